import { type Kysely, sql } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'

/** All tables of the first version. Portable: the few differences are named in `store/dialect.ts`. */
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

  await table('settings')
    .addColumn('key', word, (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()

  await table('business')
    .addColumn('code', word, (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('phone', 'text')
    .addColumn('email', 'text')
    .addColumn('industry_key', 'text')
    .addColumn('timezone_key', 'text')
    .addColumn('privacy_url', 'text')
    .addColumn('terms_url', 'text')
    .addColumn('has_clickwrap', 'boolean', (column) => column.notNull())
    .addColumn('has_kinde_branding', 'boolean', (column) => column.notNull())
    .addColumn('kinde_perk_code', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await table('signing_keys')
    .addColumn('kid', word, (column) => column.primaryKey().notNull())
    .addColumn('public_jwk', 'text', (column) => column.notNull())
    .addColumn('private_sealed', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('activated_at_ms', 'bigint')
    .addColumn('retired_at_ms', 'bigint')
    .execute()

  await table('revoked_tokens')
    .addColumn('jti', word, (column) => column.primaryKey().notNull())
    .addColumn('expires_at_seconds', 'bigint', (column) => column.notNull())
    .execute()
  await index('revoked_tokens_by_expiry', 'revoked_tokens', ['expires_at_seconds'])

  await sequence('events')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('application_id', 'text')
    .addColumn('request_id', 'text')
    .addColumn('data', 'text', (column) => column.notNull())
    .execute()

  await sequence('apis')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('audience', word, (column) => column.notNull().unique())
    .addColumn('is_management_api', 'boolean', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await sequence('api_scopes')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('api_id', word, (column) => column.notNull().references('apis.id').onDelete('cascade'))
    .addColumn('key', word, (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('api_scopes_api_key', ['api_id', 'key'])
    .execute()

  await sequence('connections')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('strategy', 'text', (column) => column.notNull())
    .addColumn('options_sealed', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await sequence('organizations')
    .addColumn('code', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('handle', word, (column) => column.unique())
    .addColumn('external_id', word, (column) => column.unique())
    .addColumn('is_default', 'boolean', (column) => column.notNull())
    .addColumn('is_auto_membership_enabled', 'boolean', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('organizations_default')
    .on('organizations')
    .column('is_default')
    .where(sql.ref('is_default'), '=', true)
    .execute()

  await sequence('applications')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_sort', word, (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('org_code', word, (column) => column.references('organizations.code').onDelete('cascade'))
    .addColumn('login_uri', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('homepage_uri', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('language_key', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('has_cancel_button', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('is_access_control_enabled', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('is_allow_faceless_auth', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('is_ask_for_name', 'boolean', (column) => column.notNull().defaultTo(true))
    .addColumn('has_marketing_consent', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('has_sign_in_link_on_sign_up_page', 'boolean', (column) => column.notNull().defaultTo(true))
    .addColumn('has_register_link_on_sign_in_page', 'boolean', (column) => column.notNull().defaultTo(true))
    .addColumn('has_sign_in_with_sso_button', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('use_gravatar_fallback', 'boolean', (column) => column.notNull().defaultTo(true))
    .addColumn('access_token_lifetime_seconds', 'bigint', (column) => column.notNull().defaultTo(86_400))
    .addColumn('refresh_token_lifetime_seconds', 'bigint', (column) => column.notNull().defaultTo(1_296_000))
    .addColumn('id_token_lifetime_seconds', 'bigint', (column) => column.notNull().defaultTo(3_600))
    .addColumn('session_lifetime_seconds', 'bigint', (column) => column.notNull().defaultTo(86_400))
    .addColumn('is_hasura_mapping_enabled', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await index('applications_by_name', 'applications', ['name_sort', 'seq'])

  await table('application_secrets')
    .addColumn('id', word, (column) => column.primaryKey().notNull())
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addColumn('last_used_at_ms', 'bigint')
    .execute()
  await index('application_secrets_by_application', 'application_secrets', ['application_id'])

  await sequence('application_urls')
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('kind', word, (column) => column.notNull())
    .addColumn('url', word, (column) => column.notNull())
    .addUniqueConstraint('application_urls_once', ['application_id', 'kind', 'url'])
    .execute()

  await table('application_token_counts')
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('tokens', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('application_token_counts_key', ['application_id', 'hour_ms'])
    .execute()

  await table('api_applications')
    .addColumn('api_id', word, (column) => column.notNull().references('apis.id').onDelete('cascade'))
    .addColumn('application_id', word, (column) => column.notNull().references('applications.id').onDelete('cascade'))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('api_applications_key', ['application_id', 'api_id'])
    .execute()
  await index('api_applications_by_api', 'api_applications', ['api_id'])

  await table('api_application_scopes')
    .addColumn('api_id', word, (column) => column.notNull())
    .addColumn('application_id', word, (column) => column.notNull())
    .addColumn('scope_id', word, (column) => column.notNull().references('api_scopes.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('api_application_scopes_key', ['application_id', 'scope_id'])
    .addForeignKeyConstraint(
      'api_application_scopes_pair',
      ['application_id', 'api_id'],
      'api_applications',
      ['application_id', 'api_id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  await index('api_application_scopes_by_scope', 'api_application_scopes', ['scope_id'])

  await sequence('users')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('provided_id', 'text')
    .addColumn('first_name', 'text')
    .addColumn('last_name', 'text')
    .addColumn('picture', 'text')
    .addColumn('is_suspended', 'boolean', (column) => column.notNull())
    .addColumn('is_password_reset_requested', 'boolean', (column) => column.notNull())
    .addColumn('email', 'text')
    .addColumn('phone', 'text')
    .addColumn('username', 'text')
    .addColumn('total_sign_ins', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('failed_sign_ins', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('last_signed_in_at_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('search_text', word, (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .execute()

  await sequence('identities')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('user_id', word, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('type', word, (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('value_key', word, (column) => column.notNull())
    .addColumn('is_confirmed', 'boolean', (column) => column.notNull())
    .addColumn('is_primary', 'boolean', (column) => column.notNull())
    .addColumn('connection_id', word, (column) => column.notNull().defaultTo(''))
    .addColumn('total_logins', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('last_login_at_ms', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('identities_value', ['value_key', 'type', 'connection_id'])
    .execute()
  await index('identities_by_user', 'identities', ['user_id', 'seq'])

  await table('organization_users')
    .addColumn('organization_code', word, (column) =>
      column.notNull().references('organizations.code').onDelete('cascade'),
    )
    .addColumn('user_id', word, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('joined_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_signed_in_at_ms', 'bigint')
    .addPrimaryKeyConstraint('organization_users_key', ['user_id', 'organization_code'])
    .execute()
  await index('organization_users_by_organization', 'organization_users', ['organization_code', 'user_id'])

  await table('user_passwords')
    .addColumn('user_id', word, (column) => column.primaryKey().notNull().references('users.id').onDelete('cascade'))
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('is_temporary', 'boolean', (column) => column.notNull())
    .addColumn('set_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await table('user_api_scopes')
    .addColumn('organization_code', word, (column) => column.notNull())
    .addColumn('user_id', word, (column) => column.notNull())
    .addColumn('scope_id', word, (column) => column.notNull().references('api_scopes.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('user_api_scopes_key', ['user_id', 'organization_code', 'scope_id'])
    .addForeignKeyConstraint(
      'user_api_scopes_member',
      ['user_id', 'organization_code'],
      'organization_users',
      ['user_id', 'organization_code'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  await index('user_api_scopes_by_scope', 'user_api_scopes', ['scope_id'])

  await sequence('properties')
    .addColumn('id', word, (column) => column.notNull().unique())
    .addColumn('key', word, (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('context', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('is_private', 'boolean', (column) => column.notNull())
    .addColumn('is_kinde_property', 'boolean', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()

  await table('property_values')
    .addColumn('property_id', word, (column) => column.notNull().references('properties.id').onDelete('cascade'))
    .addColumn('owner_id', word, (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('property_values_key', ['owner_id', 'property_id'])
    .execute()
  await index('property_values_by_property', 'property_values', ['property_id', 'owner_id'])

  await searchIndexes(db)
}

/** Substring search over names and addresses: trigrams in both databases. */
async function searchIndexes(db: Kysely<never>): Promise<void> {
  if (dialectOf(db) === 'sqlite') {
    // Contentless: the text stands in users.search_text already. Rows are addressed by users.seq.
    await sql`create virtual table users_search using fts5(
      text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
    )`.execute(db)
    // What a transaction changes is noted, and indexed once before the commit: see store/user-search-index.ts.
    await sql`create table users_search_queue (seq integer primary key, is_indexed boolean not null)`.execute(db)
    await sql`create trigger users_search_insert after insert on users begin
      insert into users_search_queue (seq, is_indexed) values (new.seq, false);
    end`.execute(db)
    await sql`create trigger users_search_update after update of search_text on users
      when new.search_text is not old.search_text begin
      insert into users_search_queue (seq, is_indexed) values (new.seq, true) on conflict do nothing;
    end`.execute(db)
    await sql`create trigger users_search_delete after delete on users begin
      insert into users_search_queue (seq, is_indexed) values (old.seq, true) on conflict do nothing;
    end`.execute(db)
    return
  }
  // pg_trgm is a trusted extension: whoever may create in the database may install it, no superuser is needed.
  await sql`create extension if not exists pg_trgm with schema public`.execute(db)
  await sql`create index users_search on users using gin (search_text public.gin_trgm_ops)`.execute(db)
}
