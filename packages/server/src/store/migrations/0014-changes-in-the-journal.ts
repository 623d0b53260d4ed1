import type { Kysely } from 'kysely'

/** What an update changed, before and after, beside the data that webhooks are sent. */
export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('events').addColumn('change', 'text').execute()
}
