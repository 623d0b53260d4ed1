import type { Planting } from './apply.ts'
import type { Seed } from './seed.ts'

/** What `updateApplication` takes as the seed has it. */
const settings = [
  'login_uri',
  'homepage_uri',
  'redirect_uris',
  'logout_uris',
  'is_access_control_enabled',
  'is_allow_faceless_auth',
  'is_ask_for_name',
  'has_marketing_consent',
  'has_sign_in_link_on_sign_up_page',
  'has_register_link_on_sign_in_page',
  'has_sign_in_with_sso_button',
  'use_gravatar_fallback',
] as const

type SeedApplication = NonNullable<Seed['applications']>[number]

/** Connections, and applications with what they may do. */
export async function applyApplications(planting: Planting): Promise<void> {
  const { seed, calls, names, seeded } = planting
  for (const [index, { organization, ...connection }] of (seed.connections ?? []).entries()) {
    const at = `connections[${index}]`
    const code =
      organization === undefined ? undefined : await names.find('organization', organization, `${at}.organization`)
    const body = { display_name: connection.name, ...connection, organization_code: code }
    const reply = await calls.call('CreateConnection', { body, at, names: { organization_code: 'organization' } })
    seeded.connections[connection.name] = (reply.connection as { id: string }).id
  }
  for (const [index, application] of (seed.applications ?? []).entries()) {
    await applyApplication(planting, application, `applications[${index}]`)
  }
}

async function applyApplication(planting: Planting, application: SeedApplication, at: string): Promise<void> {
  const { calls, names, seeded } = planting
  const { name, type, organization } = application
  const code =
    organization === undefined ? undefined : await names.find('organization', organization, `${at}.organization`)
  const reply = await calls.call('createApplication', {
    body: { name, type, org_code: code },
    at,
    names: { org_code: 'organization' },
    wanted: { application: application.client_id, secret: application.client_secret },
  })
  const made = reply.application as { client_id: string; client_secret: string }
  const id = made.client_id
  seeded.applications[name] = { clientId: id, clientSecret: made.client_secret }

  if (application.scopes !== undefined) {
    await authorize(planting, id, await names.managementApi(at), application.scopes, `${at}.scopes`)
  }
  for (const [api, scopes] of Object.entries(application.apis ?? {})) {
    const place = `${at}.apis[${JSON.stringify(api)}]`
    await authorize(planting, id, await names.find('api', api, place), scopes, place)
  }
  const { access_token_lifetime, access_roles = [] } = application
  if (access_token_lifetime !== undefined) {
    const params = { application_id: id }
    await calls.call('updateApplicationTokens', { params, body: { access_token_lifetime }, at })
  }
  // Access can be controlled once there are roles that have it.
  for (const [index, role] of access_roles.entries()) {
    const place = `${at}.access_roles[${index}]`
    const params = { application_id: id, role_id: await names.find('role', role, place) }
    await calls.call('AddApplicationAccessRole', { params, at: place })
  }
  const changes = Object.fromEntries(settings.map((member) => [member, application[member]]))
  if (Object.values(changes).some((value) => value !== undefined)) {
    await calls.call('updateApplication', { params: { application_id: id }, body: changes, at })
  }
  for (const [index, connection] of (application.connections ?? []).entries()) {
    const place = `${at}.connections[${index}]`
    const params = { application_id: id, connection_id: await names.find('connection', connection, place) }
    await calls.call('EnableConnection', { params, at: place })
  }
  if (application.connections !== undefined) await switchOffOthers(planting, id, application.connections, at)
  for (const [key, value] of Object.entries(application.properties ?? {})) {
    const params = { application_id: id, property_key: key }
    await calls.call('updateApplicationsProperty', { params, body: { value }, at: `${at}.properties.${key}` })
  }
}

/** A new application has connections of its own accord; the seed names all that it shall have. */
async function switchOffOthers(
  { calls }: Planting,
  applicationId: string,
  wanted: readonly string[],
  at: string,
): Promise<void> {
  const params = { application_id: applicationId }
  const reply = await calls.call('GetApplicationConnections', { params, at })
  for (const { id, name } of reply.connections as { id: string; name: string }[]) {
    if (wanted.includes(name) || wanted.includes(id)) continue
    await calls.call('RemoveConnection', { params: { ...params, connection_id: id }, at: `${at}.connections` })
  }
}

/** Authorizes an application for an API, and enables scopes. */
async function authorize(
  { calls, names }: Planting,
  applicationId: string,
  apiId: string,
  scopes: readonly string[],
  at: string,
): Promise<void> {
  await calls.call('updateAPIApplications', {
    params: { api_id: apiId },
    body: { applications: [{ id: applicationId }] },
    at,
  })
  for (const [index, key] of scopes.entries()) {
    const scopeId = await names.scope(apiId, key, `${at}[${index}]`)
    const params = { api_id: apiId, application_id: applicationId, scope_id: scopeId }
    await calls.call('addAPIApplicationScope', { params, at: `${at}[${index}]` })
  }
}
