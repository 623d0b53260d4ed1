import { type Kysely, sql } from 'kysely'

/** Handles are compared without regard to case: the index says at once whether one is taken. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index organizations_by_handle on organizations (lower(handle))`.execute(db)
}
