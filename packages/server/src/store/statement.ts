import { type Dialect, dialectOf } from './dialect.ts'
import type { Db } from './tables.ts'

/** A connection that runs a statement's text with parameters, and gives rows as lists of values. */
export interface StatementRunner {
  runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]>
}

/** The connections below the handles of the stores. */
const runners = new WeakMap<Db, StatementRunner>()

/** Lets {@link statement} find the connection of a handle that a store has made. */
export function setRunner(db: Db, runner: StatementRunner): void {
  runners.set(db, runner)
}

/**
 * A statement of a hot path: its text is made once for each dialect and run with new parameters, without building and
 * compiling a query each time (10 to 20 µs), and its rows are lists of values, which come out of the database in half
 * the time of objects. It must not change a watched table (see `touched.ts`).
 * @param text the SQL, with `?` for each parameter in the order in which they are given
 * @returns a function that runs it and resolves to its rows. On SQLite a boolean column that is not a table's own (the
 *   value of an expression) comes as 0 or 1
 * @example const findUser = statement<[id: string], [name: string]>(() => 'select name from users where id = ?')
 */
export function statement<Parameters extends readonly unknown[], Row extends readonly unknown[] = []>(
  text: (dialect: Dialect) => string,
): (db: Db, ...parameters: Parameters) => Promise<Row[]> {
  const texts: Partial<Record<Dialect, string>> = {}
  return function runStatement(db, ...parameters) {
    const dialect = dialectOf(db)
    texts[dialect] ??= numbered(text(dialect), dialect)
    // What the text selects is for its author to say.
    return runners.get(db)!.runStatement(texts[dialect], parameters) as Promise<unknown> as Promise<Row[]>
  }
}

function numbered(text: string, dialect: Dialect): string {
  if (dialect === 'sqlite') return text
  let position = 0
  return text.replaceAll('?', () => `$${++position}`)
}
