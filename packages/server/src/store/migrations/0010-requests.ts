import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** Answers kept for repeated requests, limits of single applications, what their tokens carry, the end of old tokens. */
export async function up(db: Kysely<never>): Promise<void> {
  const word = sortedText(dialectOf(db))
  const table = (name: string) => db.schema.createTable(name)
  const index = (name: string, on: string, columns: string[]) =>
    db.schema.createIndex(name).on(on).columns(columns).execute()

  await table('idempotency_keys')
    .addColumn('id', word, (column) => column.primaryKey())
    .addColumn('request_sha256', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('status', 'integer')
    .addColumn('reply_sealed', 'text')
    .execute()
  await index('idempotency_keys_by_time', 'idempotency_keys', ['created_at_ms'])

  await db.schema.alterTable('applications').addColumn('rate_limit', 'text').execute()
  await db.schema
    .alterTable('applications')
    .addColumn('has_permissions_claim', 'boolean', (column) => column.notNull().defaultTo(false))
    .execute()

  await table('application_token_flags')
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('flag_id', word, (column) => column.notNull().references('feature_flags.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('application_token_flags_key', ['application_id', 'flag_id'])
    .execute()
  await index('application_token_flags_by_flag', 'application_token_flags', ['flag_id'])

  await table('application_token_properties')
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('property_id', word, (column) => column.notNull().references('properties.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('application_token_properties_key', ['application_id', 'property_id'])
    .execute()
  await index('application_token_properties_by_property', 'application_token_properties', ['property_id'])

  await db.schema.alterTable('organizations').addColumn('tokens_ended_at_ms', 'bigint').execute()
}
