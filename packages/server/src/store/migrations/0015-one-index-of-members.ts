import type { Kysely } from 'kysely'

/** One index leads to the members of an organization, in their order and with their ids: two cost each new member twice. */
export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.dropIndex('organization_users_by_organization').execute()
  await db.schema.dropIndex('organization_users_in_order').execute()
  await db.schema
    .createIndex('organization_users_in_order')
    .on('organization_users')
    .columns(['organization_code', 'user_seq', 'user_id'])
    .execute()
}
