import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** Subscribers, API keys, and the ledger of billing: plans, features, agreements, usage. */
export async function up(db: Kysely<never>): Promise<void> {
  const dialect = dialectOf(db)
  const word = sortedText(dialect)
  const table = (name: string) => db.schema.createTable(name)
  /** A table whose rows are listed in the order of their making. */
  const sequence = (name: string) =>
    dialect === 'sqlite'
      ? table(name).addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      : table(name).addColumn('seq', 'bigint', (column) => column.primaryKey().generatedByDefaultAsIdentity())
  const index = (name: string, on: string, columns: string[]) =>
    db.schema.createIndex(name).on(on).columns(columns).execute()

  await db.schema.alterTable('users').addColumn('claims_refreshed_at_ms', 'bigint').execute()

  await sequence('subscribers')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_sort', word, (column) => column.notNull().unique())
    .addColumn('first_name', 'text', (column) => column.notNull())
    .addColumn('last_name', 'text', (column) => column.notNull())
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('subscribers_by_name', 'subscribers', ['name_sort', 'seq'])

  await sequence('api_keys')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('api_id', word, (column) => column.notNull().references('apis.id').onDelete('cascade'))
    .addColumn('user_id', word, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('organization_code', word, (column) => column.references('organizations.code').onDelete('cascade'))
    .addColumn('sha256', word, (column) => column.notNull().unique())
    .addColumn('key_prefix', 'text', (column) => column.notNull())
    .addColumn('key_suffix', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_verified_at_ms', 'bigint')
    .addColumn('last_verified_ip', 'text')
    .addColumn('verification_count', 'bigint', (column) => column.notNull())
    .execute()
  await index('api_keys_by_api', 'api_keys', ['api_id'])
  await index('api_keys_by_user', 'api_keys', ['user_id'])
  await index('api_keys_by_organization', 'api_keys', ['organization_code'])

  await table('api_key_scopes')
    .addColumn('key_id', word, (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('scope_id', word, (column) => column.notNull().references('api_scopes.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('api_key_scopes_key', ['key_id', 'scope_id'])
    .execute()
  await index('api_key_scopes_by_scope', 'api_key_scopes', ['scope_id'])

  await sequence('billing_plans')
    .addColumn('code', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('group_id', word)
    .addColumn('is_default', 'boolean', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await sequence('billing_plan_features')
    .addColumn('plan_code', word, (column) => column.notNull().references('billing_plans.code').onDelete('cascade'))
    .addColumn('feature_code', word, (column) => column.notNull())
    .addColumn('feature_name', 'text', (column) => column.notNull())
    .addColumn('price_name', 'text')
    .addColumn('fixed_charge', 'bigint')
    .addColumn('unit_amount', 'bigint')
    .addColumn('limit_max', 'bigint')
    .addColumn('limit_min', 'bigint')
    .addUniqueConstraint('billing_plan_features_once', ['plan_code', 'feature_code'])
    .execute()

  await sequence('billing_agreements')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('customer_id', word, (column) => column.notNull().references('billing_customers.id').onDelete('cascade'))
    .addColumn('plan_code', word, (column) => column.notNull().references('billing_plans.code'))
    .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expired_at_ms', 'bigint')
    .execute()
  await index('billing_agreements_by_customer', 'billing_agreements', ['customer_id', 'seq'])
  await index('billing_agreements_by_plan', 'billing_agreements', ['plan_code'])

  await sequence('billing_entitlements')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('agreement_id', word, (column) =>
      column.notNull().references('billing_agreements.id').onDelete('cascade'),
    )
    .addColumn('feature_code', word, (column) => column.notNull())
    .addColumn('feature_name', 'text', (column) => column.notNull())
    .addColumn('price_name', 'text')
    .addColumn('fixed_charge', 'bigint')
    .addColumn('unit_amount', 'bigint')
    .addColumn('limit_max', 'bigint')
    .addColumn('limit_min', 'bigint')
    .addUniqueConstraint('billing_entitlements_once', ['agreement_id', 'feature_code'])
    .execute()

  await sequence('billing_usage')
    .addColumn('agreement_id', word, (column) =>
      column.notNull().references('billing_agreements.id').onDelete('cascade'),
    )
    .addColumn('feature_code', word, (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('amount', 'text', (column) => column.notNull())
    .addColumn('used_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('billing_usage_by_agreement', 'billing_usage', ['agreement_id', 'feature_code', 'used_at_ms'])
}
