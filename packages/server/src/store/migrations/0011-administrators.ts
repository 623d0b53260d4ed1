import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** Administrators of the console with their sessions and links; who changed what, in the journal. */
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

  await sequence('administrators')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_key', word, (column) => column.notNull().unique())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('password_sealed', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_signed_in_at_ms', 'bigint')
    .execute()

  await sequence('administrator_sessions')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('sha256', word, (column) => column.notNull().unique())
    .addColumn('administrator_id', word, (column) =>
      column.notNull().references('administrators.id').onDelete('cascade'),
    )
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('user_agent', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('administrator_sessions_by_administrator', 'administrator_sessions', ['administrator_id'])

  await sequence('administrator_links')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('sha256', word, (column) => column.notNull().unique())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('administrator_id', word, (column) => column.references('administrators.id').onDelete('cascade'))
    .addColumn('created_by', word, (column) => column.references('administrators.id').onDelete('cascade'))
    .addColumn('name', 'text')
    .addColumn('email', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('administrator_links_by_administrator', 'administrator_links', ['administrator_id'])
  await index('administrator_links_by_creator', 'administrator_links', ['created_by'])

  await table('sign_in_attempts')
    .addColumn('key', word, (column) => column.primaryKey())
    .addColumn('attempts', 'bigint', (column) => column.notNull())
    .addColumn('window_ends_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema.alterTable('events').addColumn('administrator_id', word).execute()
  await db.schema.alterTable('events').addColumn('administrator_name', 'text').execute()
  await db.schema.alterTable('events').addColumn('subject', word).execute()
  await index('events_by_subject', 'events', ['subject', 'seq'])

  await db.schema.alterTable('application_secrets').addColumn('last_used_address', 'text').execute()
}
