import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** Invites to organizations, and the roles that come with them. */
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

  await sequence('organization_invites')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('organization_code', word, (column) =>
      column.notNull().references('organizations.code').onDelete('cascade'),
    )
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_sort', word, (column) => column.notNull())
    .addColumn('first_name', 'text')
    .addColumn('last_name', 'text')
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('code_sealed', 'text', (column) => column.notNull())
    .addColumn('code_sha256', word, (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('accepted_at_ms', 'bigint')
    .addColumn('revoked_at_ms', 'bigint')
    .execute()
  await index('organization_invites_in_order', 'organization_invites', ['organization_code', 'seq'])
  await index('organization_invites_by_email', 'organization_invites', ['organization_code', 'email_sort', 'seq'])
  await index('organization_invites_by_name', 'organization_invites', ['organization_code', 'name_sort', 'seq'])
  await index('organization_invites_by_day', 'organization_invites', ['organization_code', 'created_at_ms'])

  await table('organization_invite_roles')
    .addColumn('invite_id', word, (column) =>
      column.notNull().references('organization_invites.id').onDelete('cascade'),
    )
    .addColumn('role_id', word, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('organization_invite_roles_key', ['invite_id', 'role_id'])
    .execute()
  await index('organization_invite_roles_by_role', 'organization_invite_roles', ['role_id'])
}
