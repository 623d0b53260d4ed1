import type { Generated, Insertable, Kysely, Selectable } from 'kysely'

/**
 * Every table, one interface each; `docs/storage.md` tells what the columns mean.
 * Both databases spell alike: text, integer, boolean, JSON as text. A column that ends in `_ms` holds milliseconds
 * since the epoch, in `_seconds` a duration; `seq` counts rows in the order of their making and is the keyset of lists.
 */
export interface Database {
  settings: SettingsTable
  business: BusinessTable
  environment: EnvironmentTable
  environment_variables: EnvironmentVariablesTable
  logos: LogosTable
  signing_keys: SigningKeysTable
  revoked_tokens: RevokedTokensTable
  idempotency_keys: IdempotencyKeysTable
  events: EventsTable
  apis: ApisTable
  api_scopes: ApiScopesTable
  applications: ApplicationsTable
  application_secrets: ApplicationSecretsTable
  application_urls: ApplicationUrlsTable
  application_token_counts: ApplicationTokenCountsTable
  application_token_flags: ApplicationTokenFlagsTable
  application_token_properties: ApplicationTokenPropertiesTable
  api_applications: ApiApplicationsTable
  api_application_scopes: ApiApplicationScopesTable
  connections: ConnectionsTable
  connection_domains: ConnectionDomainsTable
  directories: DirectoriesTable
  connected_apps: ConnectedAppsTable
  connected_app_sessions: ConnectedAppSessionsTable
  organizations: OrganizationsTable
  organization_users: OrganizationUsersTable
  organization_invites: OrganizationInvitesTable
  organization_invite_roles: OrganizationInviteRolesTable
  users: UsersTable
  identities: IdentitiesTable
  user_passwords: UserPasswordsTable
  user_token_times: UserTokenTimesTable
  user_api_scopes: UserApiScopesTable
  properties: PropertiesTable
  property_values: PropertyValuesTable
  property_categories: PropertyCategoriesTable
  permissions: PermissionsTable
  roles: RolesTable
  role_permissions: RolePermissionsTable
  role_scopes: RoleScopesTable
  role_system_permissions: RoleSystemPermissionsTable
  organization_user_roles: OrganizationUserRolesTable
  organization_user_permissions: OrganizationUserPermissionsTable
  application_access_roles: ApplicationAccessRolesTable
  feature_flags: FeatureFlagsTable
  feature_flag_overrides: FeatureFlagOverridesTable
  application_connections: ApplicationConnectionsTable
  organization_connections: OrganizationConnectionsTable
  sessions: SessionsTable
  mfa_factors: MfaFactorsTable
  billing_customers: BillingCustomersTable
  billing_plans: BillingPlansTable
  billing_plan_features: BillingPlanFeaturesTable
  billing_agreements: BillingAgreementsTable
  billing_entitlements: BillingEntitlementsTable
  billing_usage: BillingUsageTable
  subscribers: SubscribersTable
  api_keys: ApiKeysTable
  api_key_scopes: ApiKeyScopesTable
  webhooks: WebhooksTable
  webhook_event_types: WebhookEventTypesTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
  administrators: AdministratorsTable
  administrator_sessions: AdministratorSessionsTable
  administrator_links: AdministratorLinksTable
  sign_in_attempts: SignInAttemptsTable
}

/** The database as handlers and store functions get it: the read side, or a request's transaction. */
export type Db = Kysely<Database>

interface SettingsTable {
  key: string
  value: string
}

interface BusinessTable {
  code: string
  name: string
  phone: string | null
  email: string | null
  industry_key: string | null
  timezone_key: string | null
  privacy_url: string | null
  terms_url: string | null
  has_clickwrap: boolean
  has_kinde_branding: boolean
  kinde_perk_code: string | null
  created_at_ms: number
}

interface EnvironmentTable {
  code: string
  name: string
  /** JSON: the policy for second factors. */
  mfa: string
  /** `off`, `optional` or `mandatory`. */
  passkey_policy: string
  created_at_ms: number
}

interface EnvironmentVariablesTable {
  seq: Generated<number>
  id: string
  key: string
  /** Null for a secret one, whose value is sealed. */
  value: string | null
  value_sealed: string | null
  is_secret: boolean
  created_at_ms: number
}

interface LogosTable {
  /** Empty for the environment's own. */
  organization_code: string
  /** `light` or `dark`: the ground that it is for. */
  type: string
  file_name: string
  content_type: string
  /** Base64. */
  content: string
  /** Of the content, hex. */
  sha256: string
  updated_at_ms: number
}

interface SigningKeysTable {
  kid: string
  /** Public half as JWK, JSON. */
  public_jwk: string
  /** Private half, PKCS #8 PEM, sealed. */
  private_sealed: string
  created_at_ms: number
  /** Null while the key waits as the next one. */
  activated_at_ms: number | null
  retired_at_ms: number | null
}

interface IdempotencyKeysTable {
  /** SHA-256, hex, of whose key it is, method, path and the key itself. */
  id: string
  /** SHA-256, hex, of query and body: the same key with another request is refused. */
  request_sha256: string
  created_at_ms: number
  /** Null only inside the transaction that makes the row, and for a request that is still running. */
  status: number | null
  reply_sealed: string | null
}

interface RevokedTokensTable {
  jti: string
  expires_at_seconds: number
}

interface EventsTable {
  seq: Generated<number>
  id: string
  type: string
  source: string
  created_at_ms: number
  /** The application whose token made the change; null for the server's own doing. */
  application_id: string | null
  /** The administrator who made the change in the console, and the name at that moment. */
  administrator_id: string | null
  administrator_name: string | null
  /** Id, code or key of what changed; null where an event tells of no single thing. */
  subject: string | null
  request_id: string | null
  /** JSON. */
  data: string
  /** Of an update, the members that changed, `before` and `after`, as JSON; webhooks and the API never show it. */
  change: string | null
}

interface ApisTable {
  seq: Generated<number>
  id: string
  name: string
  name_sort: string
  audience: string
  is_management_api: boolean
  created_at_ms: number
}

interface ApiScopesTable {
  seq: Generated<number>
  id: string
  api_id: string
  key: string
  description: string
  created_at_ms: number
}

interface ApplicationsTable {
  seq: Generated<number>
  id: string
  name: string
  name_sort: string
  type: string
  org_code: string | null
  login_uri: Generated<string>
  homepage_uri: Generated<string>
  language_key: Generated<string>
  has_cancel_button: Generated<boolean>
  is_access_control_enabled: Generated<boolean>
  is_allow_faceless_auth: Generated<boolean>
  is_ask_for_name: Generated<boolean>
  has_marketing_consent: Generated<boolean>
  has_sign_in_link_on_sign_up_page: Generated<boolean>
  has_register_link_on_sign_in_page: Generated<boolean>
  has_sign_in_with_sso_button: Generated<boolean>
  use_gravatar_fallback: Generated<boolean>
  access_token_lifetime_seconds: Generated<number>
  refresh_token_lifetime_seconds: Generated<number>
  id_token_lifetime_seconds: Generated<number>
  session_lifetime_seconds: Generated<number>
  is_hasura_mapping_enabled: Generated<boolean>
  /** Its own limit of requests, as the setting spells it: `off` or `<requests>/<seconds>`; null for the setting's. */
  rate_limit: string | null
  /** Its M2M tokens list the granted scopes in `permissions` too. */
  has_permissions_claim: Generated<boolean>
  created_at_ms: number
}

interface ApplicationTokenFlagsTable {
  application_id: string
  flag_id: string
}

interface ApplicationTokenPropertiesTable {
  application_id: string
  property_id: string
}

interface ApplicationSecretsTable {
  id: string
  application_id: string
  label: string
  /** SHA-256 of the secret, hex: what a token request is compared with. */
  sha256: string
  /** The secret itself, sealed, because Kinde's API shows it again. */
  sealed: string
  created_at_ms: number
  expires_at_ms: number | null
  last_used_at_ms: number | null
  /** The address that it was used from the last time. */
  last_used_address: string | null
}

interface ApplicationUrlsTable {
  seq: Generated<number>
  application_id: string
  kind: string
  url: string
}

interface ApplicationTokenCountsTable {
  application_id: string
  /** Start of the hour. */
  hour_ms: number
  tokens: number
}

interface ApiApplicationsTable {
  api_id: string
  application_id: string
  created_at_ms: number
}

interface ApiApplicationScopesTable {
  api_id: string
  application_id: string
  scope_id: string
}

interface ConnectionsTable {
  seq: Generated<number>
  id: string
  name: string
  display_name: string
  strategy: string
  /** JSON, sealed. */
  options_sealed: string | null
  created_at_ms: number
  /** The organization that an enterprise connection belongs to; null for one that all may use. */
  organization_code: string | null
}

/** The domains whose addresses a connection is for. */
interface ConnectionDomainsTable {
  /** Lower case, ASCII. */
  domain: string
  connection_id: string
}

interface DirectoriesTable {
  seq: Generated<number>
  id: string
  organization_code: string
  name: string
  provider_code: string
  /** Names the directory in the address to which its provider sends. */
  endpoint_id: string
  secret_sealed: string
  /** Of the secret, hex. */
  secret_sha256: string
  /** `Pending`, `Validating`, `Active`, `Inactive` or `Error`. */
  status: string
  connection_id: string | null
  last_sync_started_at_ms: number | null
  last_sync_completed_at_ms: number | null
  last_sync_error: string | null
  created_at_ms: number
}

/** A provider that speaks OAuth 2.0. */
interface ConnectedAppsTable {
  seq: Generated<number>
  id: string
  key_code_ref: string
  name: string
  authorize_url: string
  token_url: string
  /** RFC 7009; null where the provider has none. */
  revoke_url: string | null
  client_id: string
  /** Null for a public client. */
  client_secret_sealed: string | null
  /** `post` or `basic`: where the token request carries the secret. */
  client_authentication: string
  /** Separated by spaces. */
  scopes: string
  /** Where people are sent afterwards; null for a page that says so. */
  callback_url: string | null
  created_at_ms: number
}

/** What a provider has granted to a user or an organization. */
interface ConnectedAppSessionsTable {
  seq: Generated<number>
  id: string
  app_id: string
  user_id: string | null
  organization_code: string | null
  /** JSON: access token and, where there is one, refresh token. */
  tokens_sealed: string
  /** Of the access token; null where the provider does not say. */
  expires_at_ms: number | null
  /** Until then whoever began to refresh the tokens is the only one to do it. */
  refreshing_until_ms: number | null
  created_at_ms: number
  updated_at_ms: number
}

interface OrganizationsTable {
  seq: Generated<number>
  code: string
  name: string
  name_sort: string
  handle: string | null
  external_id: string | null
  is_default: boolean
  is_auto_membership_enabled: boolean
  created_at_ms: number
  /** Whoever signs up with an address of an allowed domain joins. */
  is_auto_join_domain_list: Generated<boolean>
  is_enable_advanced_orgs: Generated<boolean>
  is_enforce_mfa: Generated<boolean>
  is_suspended: Generated<boolean>
  suspended_at_ms: number | null
  /** The organization's tokens issued up to this moment open nothing any more; null while none were ended. */
  tokens_ended_at_ms: number | null
  sender_name: string | null
  sender_email: string | null
  /** JSON, name of a colour → as it was set. */
  brand: Generated<string>
  theme_code: Generated<string>
  /** JSON, a list. */
  allowed_domains: Generated<string>
  /** JSON: the organization's own factors; null where the environment's hold. */
  mfa: string | null
  /** The organization's own policy; null where the environment's holds. */
  passkey_policy: string | null
  /** JSON: its own session policy; null where the environment's holds. */
  session_policy: string | null
}

interface OrganizationUsersTable {
  organization_code: string
  user_id: string
  joined_at_ms: number
  last_signed_in_at_ms: number | null
  /** The `seq` of the user, by which members are listed. */
  user_seq: number
}

interface OrganizationInvitesTable {
  seq: Generated<number>
  id: string
  organization_code: string
  email: string
  /** In the form in which addresses are unique. */
  email_sort: string
  first_name: string | null
  last_name: string | null
  name_sort: string
  /** What opens the invite, sealed, because the API shows it again. */
  code_sealed: string
  /** Of the code, hex. */
  code_sha256: string
  created_at_ms: number
  expires_at_ms: number
  accepted_at_ms: number | null
  revoked_at_ms: number | null
}

/** What whoever accepts an invite gets. */
interface OrganizationInviteRolesTable {
  invite_id: string
  role_id: string
}

interface UsersTable {
  seq: Generated<number>
  id: string
  provided_id: string | null
  first_name: string | null
  last_name: string | null
  picture: string | null
  is_suspended: boolean
  is_password_reset_requested: boolean
  /** The values of the primary identities, kept here by `store/users.ts`. */
  email: string | null
  phone: string | null
  username: string | null
  total_sign_ins: Generated<number>
  failed_sign_ins: Generated<number>
  last_signed_in_at_ms: number | null
  created_at_ms: number
  /** Names and addresses in lower case: what search looks in. See `store/user-search.ts`. */
  search_text: string
  /** The user as lists show it, JSON, rendered at each change by `store/users.ts`. */
  document: string
  /** Claims that were remembered before this moment are made anew for the next token. */
  claims_refreshed_at_ms: number | null
  /** What lists sort by, kept by `store/users.ts`; see `store/user-order.ts`. */
  name_sort: Generated<string>
  email_sort: Generated<string>
}

interface IdentitiesTable {
  seq: Generated<number>
  id: string
  user_id: string
  type: string
  value: string
  /** The value in the form in which it is unique: lower case for addresses and usernames, E.164 for phones. */
  value_key: string
  is_confirmed: boolean
  is_primary: boolean
  /** Empty for identities that belong to no connection, so that the unique index holds on both databases. */
  connection_id: string
  total_logins: Generated<number>
  last_login_at_ms: number | null
  created_at_ms: number
}

interface UserPasswordsTable {
  user_id: string
  /** Hash and its parameters, JSON, sealed. */
  sealed: string
  is_temporary: boolean
  set_at_ms: number
}

/** An access token that a user got. */
interface UserTokenTimesTable {
  user_id: string
  issued_at_seconds: number
}

interface UserApiScopesTable {
  organization_code: string
  user_id: string
  scope_id: string
}

interface PropertiesTable {
  seq: Generated<number>
  id: string
  key: string
  name: string
  description: string | null
  context: string
  type: string
  is_private: boolean
  is_kinde_property: boolean
  created_at_ms: number
  category_id: string | null
}

interface PropertyValuesTable {
  property_id: string
  /** A user's id, an organization's code or an application's id, by the property's context. */
  owner_id: string
  value: string
}

interface PropertyCategoriesTable {
  seq: Generated<number>
  id: string
  name: string
  /** `usr`, `org` or `app`. */
  context: string
  created_at_ms: number
}

interface PermissionsTable {
  seq: Generated<number>
  id: string
  key: string
  name: string
  name_sort: string
  description: string
  created_at_ms: number
}

interface RolesTable {
  seq: Generated<number>
  id: string
  key: string
  name: string
  name_sort: string
  description: string | null
  is_default_role: boolean
  /** The permission that whoever assigns the role must have. */
  assignment_permission_id: string | null
  created_at_ms: number
}

interface RolePermissionsTable {
  role_id: string
  permission_id: string
}

interface RoleScopesTable {
  role_id: string
  scope_id: string
}

interface RoleSystemPermissionsTable {
  role_id: string
  system_permission_id: string
}

interface OrganizationUserRolesTable {
  organization_code: string
  user_id: string
  role_id: string
}

interface OrganizationUserPermissionsTable {
  organization_code: string
  user_id: string
  permission_id: string
}

interface ApplicationAccessRolesTable {
  application_id: string
  role_id: string
}

interface FeatureFlagsTable {
  seq: Generated<number>
  id: string
  key: string
  name: string
  description: string
  /** `str`, `int` or `bool`. */
  type: string
  /** The lowest level at which it may be overridden: `env`, `org` or `usr`; null at none. */
  allow_override_level: string | null
  default_value: string
  created_at_ms: number
}

interface FeatureFlagOverridesTable {
  flag_id: string
  /** `env`, `org` or `usr`. */
  level: string
  /** An organization's code or a user's id; empty for the environment. */
  owner_id: string
  value: string
}

interface ApplicationConnectionsTable {
  application_id: string
  connection_id: string
}

interface OrganizationConnectionsTable {
  organization_code: string
  connection_id: string
}

interface SessionsTable {
  seq: Generated<number>
  id: string
  user_id: string
  organization_code: string | null
  application_id: string
  connection_id: string | null
  started_at_ms: number
  updated_at_ms: number
  expires_at_ms: number
  initial_ip: string | null
  initial_user_agent: string | null
  last_ip: string | null
  last_user_agent: string | null
}

interface MfaFactorsTable {
  seq: Generated<number>
  id: string
  user_id: string
  /** The organization that asked for the factor; null for the environment. */
  organization_code: string | null
  type: string
  name: string
  is_verified: boolean
  usage_count: number
  last_used_at_ms: number | null
  created_at_ms: number
}

interface BillingCustomersTable {
  seq: Generated<number>
  id: string
  /** One of both is set: who is billed. */
  user_id: string | null
  organization_code: string | null
  email: string
  created_at_ms: number
}

interface BillingPlansTable {
  seq: Generated<number>
  code: string
  name: string
  group_id: string | null
  /** New customers without a plan of their own get it. */
  is_default: boolean
  created_at_ms: number
}

/** What a plan and the agreements made from it say of a feature. Amounts are in cents. */
interface FeatureTerms {
  feature_code: string
  feature_name: string
  price_name: string | null
  fixed_charge: number | null
  unit_amount: number | null
  limit_max: number | null
  limit_min: number | null
}

interface BillingPlanFeaturesTable extends FeatureTerms {
  seq: Generated<number>
  plan_code: string
}

interface BillingAgreementsTable {
  seq: Generated<number>
  id: string
  customer_id: string
  plan_code: string
  started_at_ms: number
  /** Null while it holds. */
  expired_at_ms: number | null
}

interface BillingEntitlementsTable extends FeatureTerms {
  seq: Generated<number>
  id: string
  agreement_id: string
}

interface BillingUsageTable {
  seq: Generated<number>
  agreement_id: string
  feature_code: string
  /** `absolute` sets what has been used, `delta` adds to it. */
  kind: string
  /** A decimal number as text, so that nothing is rounded. */
  amount: string
  used_at_ms: number
  created_at_ms: number
}

interface SubscribersTable {
  seq: Generated<number>
  id: string
  email: string
  email_sort: string
  first_name: string
  last_name: string
  name_sort: string
  created_at_ms: number
}

interface ApiKeysTable {
  seq: Generated<number>
  id: string
  name: string
  /** `user`, `organization` or `environment`. */
  type: string
  /** `active`, `inactive` or `revoked`. */
  status: string
  api_id: string
  user_id: string | null
  organization_code: string | null
  /** SHA-256 of the key, hex; the key itself is shown once and not kept. */
  sha256: string
  key_prefix: string
  key_suffix: string
  created_by: string | null
  created_at_ms: number
  last_verified_at_ms: number | null
  last_verified_ip: string | null
  verification_count: number
}

interface ApiKeyScopesTable {
  key_id: string
  scope_id: string
}

interface WebhooksTable {
  seq: Generated<number>
  id: string
  name: string
  endpoint: string
  description: string | null
  is_enabled: boolean
  /** When the first of the attempts failed that have all failed since; null while the endpoint answers. */
  failing_since_ms: number | null
  created_at_ms: number
}

interface WebhookEventTypesTable {
  webhook_id: string
  type: string
  /** Where the type stands in the list that was given. */
  place: number
}

interface WebhookDeliveriesTable {
  seq: Generated<number>
  /** The header `webhook-id`. */
  id: string
  webhook_id: string
  event_id: string
  /** `pending`, `delivered` or `failed`. */
  state: string
  /** Attempts made in all. */
  attempts: number
  /** Attempts made in this run through the schedule, which a resend begins anew. */
  retries: number
  created_at_ms: number
  /** Of this run; null before it. */
  first_attempt_at_ms: number | null
  /** Null when none is to come. While an attempt runs: when another process may take the delivery over. */
  next_attempt_at_ms: number | null
  /** The process whose attempt is running. */
  claimed_by: string | null
}

interface WebhookAttemptsTable {
  seq: Generated<number>
  delivery_id: string
  attempt: number
  started_at_ms: number
  duration_ms: number
  /** JSON. */
  request_headers: string
  request_body: string
  /** Null when no answer came. */
  status: number | null
  /** JSON. */
  response_headers: string | null
  response_body: string | null
  /** Why no answer came. */
  error: string | null
}

/** People who sign in to the console. */
interface AdministratorsTable {
  seq: Generated<number>
  id: string
  name: string
  email: string
  /** The address in the form in which it is unique: lower case. */
  email_key: string
  /** `owner`, `administrator` or `read_only`. */
  role: string
  /** Argon2id as a PHC string, sealed. */
  password_sealed: string
  created_at_ms: number
  last_signed_in_at_ms: number | null
}

interface AdministratorSessionsTable {
  seq: Generated<number>
  id: string
  /** Of the cookie's value, hex. */
  sha256: string
  administrator_id: string
  address: string
  user_agent: string | null
  created_at_ms: number
  last_seen_at_ms: number
  expires_at_ms: number
}

/** One-time links that make an account, or set a new password. */
interface AdministratorLinksTable {
  seq: Generated<number>
  id: string
  /** Of the token in the link, hex. */
  sha256: string
  /** `setup`, `invite` or `reset`. */
  purpose: string
  /** Whose password it sets; null where it makes an account. */
  administrator_id: string | null
  /** Null where the server itself made it. */
  created_by: string | null
  name: string | null
  email: string | null
  role: string
  created_at_ms: number
  expires_at_ms: number
}

/** How often somebody has tried to sign in, by account, address and both. */
interface SignInAttemptsTable {
  key: string
  attempts: number
  window_ends_at_ms: number
}

export type AdministratorRow = Selectable<AdministratorsTable>
export type AdministratorLinkRow = Selectable<AdministratorLinksTable>
export type ApiRow = Selectable<ApisTable>
export type ApiKeyRow = Selectable<ApiKeysTable>
export type ApiScopeRow = Selectable<ApiScopesTable>
export type ApplicationRow = Selectable<ApplicationsTable>
export type ConnectedAppRow = Selectable<ConnectedAppsTable>
export type ConnectedAppSessionRow = Selectable<ConnectedAppSessionsTable>
export type ConnectionRow = Selectable<ConnectionsTable>
export type DirectoryRow = Selectable<DirectoriesTable>
export type IdentityRow = Selectable<IdentitiesTable>
export type InviteRow = Selectable<OrganizationInvitesTable>
export type OrganizationRow = Selectable<OrganizationsTable>
export type UserRow = Selectable<UsersTable>
export type NewEvent = Insertable<EventsTable>
export type WebhookRow = Selectable<WebhooksTable>
export type WebhookAttemptRow = Selectable<WebhookAttemptsTable>
