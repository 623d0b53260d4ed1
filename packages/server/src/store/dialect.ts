import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely'

/** The two families of databases. What differs between them has a name in this file or lives in its own module. */
export type Dialect = 'sqlite' | 'postgres'

/** Which family a database handle, transactions included, belongs to. */
export function dialectOf(db: Pick<Kysely<never>, 'getExecutor'>): Dialect {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite'
}

/**
 * Text that is compared and sorted by its bytes on both databases. PostgreSQL would otherwise sort by the locale it
 * was made with, and pages would differ from machine to machine.
 */
export function sortedText(dialect: Dialect): RawBuilder<unknown> {
  return dialect === 'sqlite' ? sql`text` : sql`text collate "C"`
}

/** How a name takes part in sorting: without regard to case, the same on both databases. */
export function nameSort(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

/** Whether the error says that a unique index already holds the value. @returns the index's or column's name, else null */
export function violatedUnique(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code, constraint_name: constraint } = error as Error & { code?: string; constraint_name?: string }
  if (code === '23505') return constraint ?? ''
  return /UNIQUE constraint failed: (.+)/.exec(error.message)?.[1] ?? null
}
