import { sql } from 'kysely'
import type { Database, Db } from './tables.ts'

/** Rows that refer to something by a column; `of` counts each value of another column once, such as users. */
export type Reference =
  | `${keyof Database & string}.${string}`
  | { by: `${keyof Database & string}.${string}`; of: string }

/**
 * Counts what refers to something that is about to be deleted, in one statement: how far that reaches.
 * @param value the id or code by which it is referred to
 * @param references by the names of the counts
 */
export async function reachOf<Name extends string>(
  db: Db,
  value: string,
  references: Record<Name, Reference>,
): Promise<Record<Name, number>> {
  const counts = Object.entries<Reference>(references).map(([name, reference]) => {
    const by = typeof reference === 'string' ? reference : reference.by
    const counted = typeof reference === 'string' ? sql`*` : sql`distinct ${sql.ref(reference.of)}`
    const [table] = by.split('.')
    return sql`(select count(${counted}) from ${sql.table(table!)} where ${sql.ref(by)} = ${value}) as ${sql.ref(name)}`
  })
  const { rows } = await sql<Record<Name, unknown>>`select ${sql.join(counts)}`.execute(db)
  const reach = Object.entries(rows[0]!).map(([name, count]) => [name, Number(count)])
  return Object.fromEntries(reach) as Record<Name, number>
}
