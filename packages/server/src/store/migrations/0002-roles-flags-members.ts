import type { Kysely } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** Roles, permissions, feature flags, and what members of organizations and users have of them. */
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

  await sequence('permissions')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('key', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await sequence('roles')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('key', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('is_default_role', 'boolean', (column) => column.notNull())
    .addColumn('assignment_permission_id', word, (column) => column.references('permissions.id').onDelete('set null'))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await table('role_permissions')
    .addColumn('role_id', word, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('permission_id', word, (column) => column.notNull().references('permissions.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('role_permissions_key', ['role_id', 'permission_id'])
    .execute()
  await index('role_permissions_by_permission', 'role_permissions', ['permission_id'])

  await table('role_scopes')
    .addColumn('role_id', word, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('scope_id', word, (column) => column.notNull().references('api_scopes.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('role_scopes_key', ['role_id', 'scope_id'])
    .execute()
  await index('role_scopes_by_scope', 'role_scopes', ['scope_id'])

  await table('role_system_permissions')
    .addColumn('role_id', word, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('system_permission_id', word, (column) => column.notNull())
    .addPrimaryKeyConstraint('role_system_permissions_key', ['role_id', 'system_permission_id'])
    .execute()

  await table('organization_user_roles')
    .addColumn('organization_code', word, (column) => column.notNull())
    .addColumn('user_id', word, (column) => column.notNull())
    .addColumn('role_id', word, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('organization_user_roles_key', ['user_id', 'organization_code', 'role_id'])
    .addForeignKeyConstraint(
      'organization_user_roles_member',
      ['user_id', 'organization_code'],
      'organization_users',
      ['user_id', 'organization_code'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  // By user, because a role's holders are paged so.
  await index('organization_user_roles_by_role', 'organization_user_roles', ['role_id', 'user_id', 'organization_code'])

  await table('organization_user_permissions')
    .addColumn('organization_code', word, (column) => column.notNull())
    .addColumn('user_id', word, (column) => column.notNull())
    .addColumn('permission_id', word, (column) => column.notNull().references('permissions.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('organization_user_permissions_key', ['user_id', 'organization_code', 'permission_id'])
    .addForeignKeyConstraint(
      'organization_user_permissions_member',
      ['user_id', 'organization_code'],
      'organization_users',
      ['user_id', 'organization_code'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  await index('organization_user_permissions_by_permission', 'organization_user_permissions', ['permission_id'])

  await table('application_access_roles')
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('role_id', word, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('application_access_roles_key', ['application_id', 'role_id'])
    .execute()
  await index('application_access_roles_by_role', 'application_access_roles', ['role_id'])

  await sequence('feature_flags')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('key', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('allow_override_level', 'text')
    .addColumn('default_value', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await table('feature_flag_overrides')
    .addColumn('flag_id', word, (column) => column.notNull().references('feature_flags.id').onDelete('cascade'))
    .addColumn('level', word, (column) => column.notNull())
    .addColumn('owner_id', word, (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('feature_flag_overrides_key', ['level', 'owner_id', 'flag_id'])
    .execute()
  await index('feature_flag_overrides_by_flag', 'feature_flag_overrides', ['flag_id'])

  await sequence('property_categories')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('context', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .alterTable('properties')
    .addColumn('category_id', word, (column) => column.references('property_categories.id').onDelete('set null'))
    .execute()

  await table('application_connections')
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('connection_id', word, (column) => column.notNull().references('connections.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('application_connections_key', ['application_id', 'connection_id'])
    .execute()
  await index('application_connections_by_connection', 'application_connections', ['connection_id'])

  await table('organization_connections')
    .addColumn('organization_code', word, (column) =>
      column.notNull().references('organizations.code').onDelete('cascade'),
    )
    .addColumn('connection_id', word, (column) => column.notNull().references('connections.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('organization_connections_key', ['organization_code', 'connection_id'])
    .execute()
  await index('organization_connections_by_connection', 'organization_connections', ['connection_id'])

  await sequence('sessions')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('user_id', word, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('organization_code', word, (column) => column.references('organizations.code').onDelete('cascade'))
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('connection_id', word)
    .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('initial_ip', 'text')
    .addColumn('initial_user_agent', 'text')
    .addColumn('last_ip', 'text')
    .addColumn('last_user_agent', 'text')
    .execute()
  await index('sessions_by_user', 'sessions', ['user_id', 'seq'])
  await index('sessions_by_organization', 'sessions', ['organization_code'])
  await index('sessions_by_application', 'sessions', ['application_id'])

  await sequence('mfa_factors')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('user_id', word, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('organization_code', word, (column) => column.references('organizations.code').onDelete('cascade'))
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('is_verified', 'boolean', (column) => column.notNull())
    .addColumn('usage_count', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('mfa_factors_by_user', 'mfa_factors', ['user_id', 'seq'])
  await index('mfa_factors_by_organization', 'mfa_factors', ['organization_code'])

  await sequence('billing_customers')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('user_id', word, (column) => column.unique().references('users.id').onDelete('cascade'))
    .addColumn('organization_code', word, (column) =>
      column.unique().references('organizations.code').onDelete('cascade'),
    )
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
}
