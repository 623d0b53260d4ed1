import { isIPv4 } from 'node:net'

/** The name of the Management API as an API of its environment. */
export const managementApiName = 'Kinde Management API'

/**
 * What the Management API lets an application do, as resource → verbs; the scopes are `verb:resource`. The odd plurals
 * are Kinde's.
 */
const verbsByResource: Record<string, string> = {
  api_application_scopes: 'create',
  api_keys: 'create read update delete',
  api_scopes: 'create read update',
  apis: 'create read update delete',
  apis_application_scopes: 'delete',
  apis_scopes: 'delete',
  application_connections: 'create read delete',
  application_logout_uris: 'create read update delete',
  application_properties: 'read update',
  application_tokens: 'update',
  applications: 'create read update delete',
  applications_redirect_uris: 'create read update delete',
  billing_agreements: 'create read',
  billing_entitlements: 'read',
  businesses: 'read update',
  connected_apps: 'create read',
  connections: 'create read update delete',
  environment_feature_flags: 'read update delete',
  environment_variables: 'create read update delete',
  environments: 'read update',
  event_types: 'read',
  events: 'read',
  feature_flags: 'create update delete',
  identities: 'read update delete',
  industries: 'read',
  meter_usage: 'create',
  mfa: 'update',
  organization_connections: 'create read delete',
  organization_feature_flags: 'read update delete',
  organization_handles: 'delete',
  organization_invites: 'create read delete',
  organization_mfa: 'update',
  organization_passkey: 'read update',
  organization_properties: 'read update',
  organization_user_api_scopes: 'create delete',
  organization_user_mfa: 'read delete',
  organization_user_permissions: 'create read delete',
  organization_user_roles: 'create read delete',
  organization_users: 'create read update delete',
  organizations: 'create read update delete',
  passkey: 'read update',
  permissions: 'create read update delete',
  properties: 'create read update delete',
  property_categories: 'create read update',
  role_permissions: 'read update delete',
  role_scopes: 'create read delete',
  role_system_permissions: 'read update',
  roles: 'create read update delete',
  scim_directories: 'create read update delete',
  subscribers: 'create read',
  system_permissions: 'read',
  timezones: 'read',
  user_feature_flags: 'update',
  user_identities: 'create read',
  user_mfa: 'read delete',
  user_passwords: 'update',
  user_properties: 'read update',
  user_refresh_claims: 'update',
  user_sessions: 'read delete',
  users: 'create read update delete',
  webhooks: 'create read update delete',
}

/** A scope of the Management API and what it opens, in words. */
export interface ManagementScope {
  key: string
  description: string
}

/** All scopes of the Management API, in alphabetical order. */
export const managementScopes: readonly ManagementScope[] = Object.entries(verbsByResource)
  .flatMap(([resource, verbs]) => verbs.split(' ').map((verb) => describe(verb, resource)))
  .sort((left, right) => (left.key < right.key ? -1 : 1))

function describe(verb: string, resource: string): ManagementScope {
  const noun = resource
    .replaceAll('_', ' ')
    .replace(/\bapi(s?)\b/g, 'API$1')
    .replace(/\bmfa\b/g, 'multi-factor authentication')
    .replace(/\buris\b/g, 'URIs')
  return { key: `${verb}:${resource}`, description: `${verb[0]!.toUpperCase()}${verb.slice(1)} ${noun}` }
}

/** Kinde's guides spell some scopes differently from its API document. Both spellings are taken; the document's is used. */
const otherSpellings: ReadonlyMap<string, string> = new Map([
  ['create:application_redirect_uris', 'create:applications_redirect_uris'],
  ['read:application_redirect_uris', 'read:applications_redirect_uris'],
  ['update:application_redirect_uris', 'update:applications_redirect_uris'],
  ['delete:application_redirect_uris', 'delete:applications_redirect_uris'],
  ['delete:api_scopes', 'delete:apis_scopes'],
  ['delete:api_application_scopes', 'delete:apis_application_scopes'],
])

/** The spelling under which a scope is known. */
export function canonicalScope(scope: string): string {
  return otherSpellings.get(scope) ?? scope
}

/**
 * Tells which audiences mean the Management API of an environment: `<base>/api`, with a slash at the end, or longer by
 * whole segments (`/api/v1`), as Kinde's server matches them. On loopback also the http or https twin, the other names
 * of the loopback address, and `https://http://…`, which Kinde's SDK makes of an http domain.
 */
export function managementAudience(baseUrl: string): (audience: string) => boolean {
  const base = new URL(baseUrl)
  const canonical = `${baseUrl}/api`
  return function isManagementAudience(audience) {
    if (audience === canonical) return true
    const unmangled = audience.replace(/^https?:\/\/(?=https?:\/\/)/, '')
    // Blanks and line ends are left out: the parser would overlook them, or encode them.
    if (!/^https?:\/\/[\x21-\x7e]+$/i.test(unmangled) || !URL.canParse(unmangled)) return false
    const asked = new URL(unmangled)
    if (asked.pathname !== '/api' && !asked.pathname.startsWith('/api/')) return false
    if (asked.search !== '' || asked.hash !== '' || asked.username !== '' || asked.password !== '') return false
    if (asked.origin === base.origin) return unmangled === audience || isLoopback(base.hostname)
    return isLoopback(base.hostname) && isLoopback(asked.hostname) && portOf(asked) === portOf(base)
  }
}

/** Whether a host name can only mean this machine. RFC 6761 §6.3. */
export function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  return isIPv4(hostname) && hostname.startsWith('127.')
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80')
}
