import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** Webhooks, the queue of what is to be delivered to them, and the log of the attempts. */
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

  await sequence('webhooks')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('is_enabled', 'boolean', (column) => column.notNull())
    .addColumn('failing_since_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  // The type first: each event asks which webhooks want it.
  await table('webhook_event_types')
    .addColumn('type', word, (column) => column.notNull())
    .addColumn('webhook_id', word, (column) => column.notNull().references('webhooks.id').onDelete('cascade'))
    .addColumn('place', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('webhook_event_types_key', ['type', 'webhook_id'])
    .execute()
  await index('webhook_event_types_by_webhook', 'webhook_event_types', ['webhook_id', 'place'])

  await sequence('webhook_deliveries')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('webhook_id', word, (column) => column.notNull().references('webhooks.id').onDelete('cascade'))
    .addColumn('event_id', word, (column) => column.notNull().references('events.id').onDelete('cascade'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('retries', 'integer', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('first_attempt_at_ms', 'bigint')
    .addColumn('next_attempt_at_ms', 'bigint')
    .addColumn('claimed_by', 'text')
    .addUniqueConstraint('webhook_deliveries_once', ['event_id', 'webhook_id'])
    .execute()
  await index('webhook_deliveries_due', 'webhook_deliveries', ['webhook_id', 'next_attempt_at_ms', 'seq'])

  await sequence('webhook_attempts')
    .addColumn('delivery_id', word, (column) =>
      column.notNull().references('webhook_deliveries.id').onDelete('cascade'),
    )
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'integer', (column) => column.notNull())
    .addColumn('request_headers', 'text', (column) => column.notNull())
    .addColumn('request_body', 'text', (column) => column.notNull())
    .addColumn('status', 'integer')
    .addColumn('response_headers', 'text')
    .addColumn('response_body', 'text')
    .addColumn('error', 'text')
    .execute()
  await index('webhook_attempts_by_delivery', 'webhook_attempts', ['delivery_id', 'seq'])
}
