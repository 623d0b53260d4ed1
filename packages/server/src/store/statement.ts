import { type Dialect, dialectOf } from './dialect.ts'
import type { Db } from './tables.ts'

/** A connection that runs a statement's text with parameters, and gives rows as lists of values. */
export interface StatementRunner {
  runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]>
  /**
   * Sends a statement whose rows nobody needs, without waiting where waiting takes time. When it fails, so does the
   * transaction.
   */
  sendStatement(text: string, parameters: readonly unknown[]): Promise<void>
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
  const textFor = numberedText(text)
  return function runStatement(db, ...parameters) {
    // What the text selects is for its author to say.
    return runners.get(db)!.runStatement(textFor(db), parameters) as Promise<unknown> as Promise<Row[]>
  }
}

/**
 * Like {@link statement}, for one that returns no rows and ends what a transaction does. On PostgreSQL it travels in one
 * packet with the next statement or the commit: each packet costs as much as all else that this server does for it. Its
 * failure fails the transaction and cannot be caught, so it must not be one that a caller can bring about.
 */
export function sentStatement<Parameters extends readonly unknown[]>(
  text: (dialect: Dialect) => string,
): (db: Db, ...parameters: Parameters) => Promise<void> {
  const textFor = numberedText(text)
  return function sendStatement(db, ...parameters) {
    return runners.get(db)!.sendStatement(textFor(db), parameters)
  }
}

function numberedText(text: (dialect: Dialect) => string): (db: Db) => string {
  const texts: Partial<Record<Dialect, string>> = {}
  return function textFor(db) {
    const dialect = dialectOf(db)
    texts[dialect] ??= numbered(text(dialect), dialect)
    return texts[dialect]
  }
}

function numbered(text: string, dialect: Dialect): string {
  if (dialect === 'sqlite') return text
  let position = 0
  return text.replaceAll('?', () => `$${++position}`)
}

/** What `sendStatement` is on a connection that only reads. */
export async function nothingToSend(): Promise<never> {
  throw new Error('A statement without rows is a write: it needs a transaction.')
}
