import type { Kindred } from '@kindred/sdk'
import {
  type Ids,
  managementApiName,
  numbered,
  type SeedApplication,
  type SeedConnection,
  type SeedWebhook,
} from './configuration.ts'
import type { Grant, Grants } from './read-access.ts'

/** Switches of applications, spelled as the API spells them. */
export const applicationSwitches = [
  'is_access_control_enabled',
  'is_allow_faceless_auth',
  'is_ask_for_name',
  'has_marketing_consent',
  'has_sign_in_link_on_sign_up_page',
  'has_register_link_on_sign_in_page',
  'has_sign_in_with_sso_button',
  'use_gravatar_fallback',
] as const

/** Connections that were made. What a provider needs is shown by no server. */
export async function readConnections(kindred: Kindred, ids: Ids): Promise<SeedConnection[]> {
  const connections: SeedConnection[] = []
  for await (const listed of kindred.connections.list()) {
    const { id = '', name = '', display_name, strategy = '' } = listed.connection ?? listed
    ids.set('connection', name, id)
    if (!/^(oauth2|saml|wsfed):/.test(strategy)) continue
    connections.push({ name, display_name, strategy: strategy as SeedConnection['strategy'] })
  }
  return connections
}

/** Applications with their credentials, in the order in which they were made. */
export async function readApplications(
  kindred: Kindred,
  ids: Ids,
  { grants, askToken, onRead }: { grants: Grants; askToken: AskToken | undefined; onRead: (count: number) => void },
): Promise<SeedApplication[]> {
  const applications: SeedApplication[] = []
  for await (const { id = '' } of kindred.applications.list()) {
    applications.push(await readApplication(kindred, id, { granted: grants.get(id) ?? new Map(), askToken }))
    onRead(applications.length)
  }
  for (const [key, { client_id: id = '' }] of numbered(applications, ({ name }) => name))
    ids.set('application', key, id)
  return applications
}

/** Asks for a token as an application, and tells what it carries. */
export type AskToken = (
  credentials: { clientId: string; clientSecret: string },
  audience: string,
) => Promise<{ scopes: string[]; organization: string | undefined }>

async function readApplication(
  kindred: Kindred,
  id: string,
  { granted, askToken }: { granted: Map<string, Grant>; askToken: AskToken | undefined },
): Promise<SeedApplication> {
  const { application = {} } = await kindred.applications.get({ application_id: id })
  const { name = '', type = 'm2m', client_secret: secret } = application
  let organization = application.org_code ?? undefined
  if (type === 'm2m' && secret && askToken !== undefined) {
    for (const grant of granted.values()) {
      if (grant.scopes !== undefined) continue
      const carried = await askToken({ clientId: id, clientSecret: secret }, grant.audience)
      grant.scopes = carried.scopes
      organization ??= carried.organization
    }
  }
  const apis: Record<string, string[]> = {}
  for (const [api, { scopes }] of granted) if (api !== managementApiName) apis[api] = scopes ?? []
  const entry: SeedApplication = {
    ...{ name, type, client_id: id },
    ...(secret ? { client_secret: secret } : {}),
    ...(organization ? { organization } : {}),
    ...(granted.has(managementApiName) ? { scopes: granted.get(managementApiName)?.scopes ?? [] } : {}),
    apis,
    ...(application.access_token_lifetime === undefined
      ? {}
      : { access_token_lifetime: application.access_token_lifetime }),
  }
  const properties = await readValues(kindred.applications.properties.list({ application_id: id }))
  if (Object.keys(properties).length > 0) entry.properties = properties
  if (type === 'm2m') return entry
  const switches = applicationSwitches.map((name) => [name, application[name]]).filter(([, on]) => on !== undefined)
  const { logout_urls: logoutUris = [] } = await kindred.applications.logoutUrls.list({ app_id: id })
  const { redirect_urls: redirectUris = [] } = await kindred.applications.redirectUrls.list({ app_id: id })
  const connections = await kindred.applications.connections.list({ application_id: id }).all()
  const roles = await kindred.applications.accessRoles.list({ application_id: id }).all()
  return {
    ...entry,
    ...{ login_uri: application.login_uri ?? '', homepage_uri: application.homepage_uri ?? '' },
    ...{ redirect_uris: redirectUris, logout_uris: logoutUris },
    connections: connections.map((listed) => (listed.connection ?? listed).name ?? ''),
    access_roles: roles.map(({ key = '' }) => key),
    ...Object.fromEntries(switches),
  }
}

/** Values of properties by key, without those that are not set. */
export async function readValues(
  list: AsyncIterable<{ key?: string; value?: string | null }>,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {}
  for await (const { key = '', value } of list)
    if (value !== null && value !== undefined && value !== '') values[key] = value
  return values
}

export async function readWebhooks(kindred: Kindred, ids: Ids): Promise<SeedWebhook[]> {
  const webhooks: (SeedWebhook & { id: string })[] = []
  for await (const listed of kindred.webhooks.list()) {
    const { id = '', name = '', endpoint = '', description, event_types: types = [], is_enabled } = listed
    webhooks.push({
      ...{ id, name, endpoint, description: description ?? '' },
      event_types: types as SeedWebhook['event_types'],
      ...(is_enabled === undefined ? {} : { is_enabled }),
    })
  }
  for (const [key, { id }] of numbered(webhooks, ({ endpoint }) => endpoint)) ids.set('webhook', key, id)
  return webhooks.map(({ id: _, ...webhook }) => webhook)
}
