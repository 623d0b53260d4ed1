import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** What connections have beside their name; directories; connected apps and the sessions with them. */
export async function up(db: Kysely<never>): Promise<void> {
  const dialect = dialectOf(db)
  const word = sortedText(dialect)
  const table = (name: string) => db.schema.createTable(name)
  const sequence = (name: string) =>
    dialect === 'sqlite'
      ? table(name).addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      : table(name).addColumn('seq', 'bigint', (column) => column.primaryKey().generatedByDefaultAsIdentity())
  const index = (name: string, on: string, columns: string[]) =>
    db.schema.createIndex(name).on(on).columns(columns).execute()

  await db.schema
    .alterTable('connections')
    .addColumn('organization_code', word, (column) => column.references('organizations.code').onDelete('cascade'))
    .execute()
  await index('connections_by_organization', 'connections', ['organization_code'])
  await db.schema.createIndex('connections_name').on('connections').column('name').unique().execute()

  // The domain first: the list of connections is asked which ones have it.
  await table('connection_domains')
    .addColumn('domain', word, (column) => column.notNull())
    .addColumn('connection_id', word, (column) => column.notNull().references('connections.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('connection_domains_key', ['domain', 'connection_id'])
    .execute()
  await index('connection_domains_by_connection', 'connection_domains', ['connection_id'])

  await sequence('directories')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('organization_code', word, (column) =>
      column.notNull().unique().references('organizations.code').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('provider_code', 'text', (column) => column.notNull())
    .addColumn('endpoint_id', word, (column) => column.notNull().unique())
    .addColumn('secret_sealed', 'text', (column) => column.notNull())
    .addColumn('secret_sha256', word, (column) => column.notNull().unique())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('connection_id', word, (column) => column.references('connections.id').onDelete('set null'))
    .addColumn('last_sync_started_at_ms', 'bigint')
    .addColumn('last_sync_completed_at_ms', 'bigint')
    .addColumn('last_sync_error', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('directories_by_connection', 'directories', ['connection_id'])

  await sequence('connected_apps')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('key_code_ref', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('authorize_url', 'text', (column) => column.notNull())
    .addColumn('token_url', 'text', (column) => column.notNull())
    .addColumn('revoke_url', 'text')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('client_secret_sealed', 'text')
    .addColumn('client_authentication', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('callback_url', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await sequence('connected_app_sessions')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('app_id', word, (column) => column.notNull().references('connected_apps.id').onDelete('cascade'))
    .addColumn('user_id', word, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('organization_code', word, (column) => column.references('organizations.code').onDelete('cascade'))
    .addColumn('tokens_sealed', 'text', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addColumn('refreshing_until_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('connected_app_sessions_by_app', 'connected_app_sessions', ['app_id'])
  await index('connected_app_sessions_by_user', 'connected_app_sessions', ['user_id'])
  await index('connected_app_sessions_by_organization', 'connected_app_sessions', ['organization_code'])
}
