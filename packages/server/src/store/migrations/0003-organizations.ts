import { type Kysely, sql } from 'kysely'

/** What an organization has beside its name: branding, policies, suspension. */
export async function up(db: Kysely<never>): Promise<void> {
  const flag = ['is_auto_join_domain_list', 'is_enable_advanced_orgs', 'is_enforce_mfa', 'is_suspended']
  const text = ['sender_name', 'sender_email', 'mfa', 'passkey_policy', 'session_policy']
  // SQLite adds one column at a time.
  for (const name of flag) {
    await db.schema
      .alterTable('organizations')
      .addColumn(name, 'boolean', (column) => column.notNull().defaultTo(false))
      .execute()
  }
  for (const name of text) await db.schema.alterTable('organizations').addColumn(name, 'text').execute()
  await db.schema
    .alterTable('organizations')
    .addColumn('brand', 'text', (column) => column.notNull().defaultTo(sql.lit('{}')))
    .execute()
  await db.schema
    .alterTable('organizations')
    .addColumn('theme_code', 'text', (column) => column.notNull().defaultTo(sql.lit('light')))
    .execute()
  await db.schema
    .alterTable('organizations')
    .addColumn('allowed_domains', 'text', (column) => column.notNull().defaultTo(sql.lit('[]')))
    .execute()
  await db.schema.alterTable('organizations').addColumn('suspended_at_ms', 'bigint').execute()
  await db.schema.createIndex('organizations_by_name').on('organizations').columns(['name_sort', 'seq']).execute()
}
