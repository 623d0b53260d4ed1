import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** What the environment is called and which policies hold in it; its variables; logos, its own and organizations'. */
export async function up(db: Kysely<never>): Promise<void> {
  const dialect = dialectOf(db)
  const word = sortedText(dialect)
  const table = (name: string) => db.schema.createTable(name)
  const sequence = (name: string) =>
    dialect === 'sqlite'
      ? table(name).addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      : table(name).addColumn('seq', 'bigint', (column) => column.primaryKey().generatedByDefaultAsIdentity())

  await table('environment')
    .addColumn('code', word, (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('mfa', 'text', (column) => column.notNull())
    .addColumn('passkey_policy', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await sequence('environment_variables')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('key', word, (column) => column.notNull().unique())
    .addColumn('value', 'text')
    .addColumn('value_sealed', 'text')
    .addColumn('is_secret', 'boolean', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  // The environment has no code to refer to, so `store/organizations.ts` takes care that none is left behind.
  await table('logos')
    .addColumn('organization_code', word, (column) => column.notNull())
    .addColumn('type', word, (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('content_type', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('logos_key', ['organization_code', 'type'])
    .execute()
}
