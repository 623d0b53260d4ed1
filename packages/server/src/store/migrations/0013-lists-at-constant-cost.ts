import { type Kysely, sql } from 'kysely'

/** Members in the order of their users, and users by the value of a property, each read off an index. */
export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .alterTable('organization_users')
    .addColumn('user_seq', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`update organization_users set user_seq = (select seq from users where users.id = user_id)`.execute(db)
  await db.schema
    .createIndex('organization_users_in_order')
    .on('organization_users')
    .columns(['organization_code', 'user_seq'])
    .execute()
  // A value may be longer than an entry of an index: its beginning leads there.
  await sql`create index property_values_by_value on property_values (property_id, substr(value, 1, 200))`.execute(db)
}
