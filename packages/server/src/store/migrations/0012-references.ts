import type { Kysely } from 'kysely'

/** Indexes by which the rows are found that refer to something that is deleted. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const [table, column] of [
    ['sessions', 'connection_id'],
    ['applications', 'org_code'],
    ['properties', 'category_id'],
    ['roles', 'assignment_permission_id'],
  ] as const) {
    await db.schema.createIndex(`${table}_by_${column}`).on(table).column(column).execute()
  }
}
