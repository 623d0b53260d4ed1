import { CompiledQuery } from 'kysely'
import { type Dialect, dialectOf } from './dialect.ts'
import type { Db } from './tables.ts'

/**
 * A statement of a hot path: its text is made once for each dialect and run with new parameters, without building and
 * compiling a query each time (10 to 20 µs). It must not change a watched table (see `touched.ts`).
 * @param text the SQL, with `?` for each parameter in the order in which they are given
 * @returns a function that runs it and resolves to its rows
 * @example const findUser = statement<[id: string], { id: string }>(() => 'select id from users where id = ?')
 */
export function statement<Parameters extends readonly unknown[], Row = never>(
  text: (dialect: Dialect) => string,
): (db: Db, ...parameters: Parameters) => Promise<Row[]> {
  const texts: Partial<Record<Dialect, string>> = {}
  return async function runStatement(db, ...parameters) {
    const dialect = dialectOf(db)
    texts[dialect] ??= numbered(text(dialect), dialect)
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(texts[dialect], parameters as unknown as unknown[]))
    return rows
  }
}

function numbered(text: string, dialect: Dialect): string {
  if (dialect === 'sqlite') return text
  let position = 0
  return text.replaceAll('?', () => `$${++position}`)
}
