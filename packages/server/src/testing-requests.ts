import { operations } from './api/index.ts'
import type { Operation } from './operation.ts'
import { createCustomer, putPlan } from './store/billing.ts'
import { addSession, putConnectedApp, requireConnectedApp } from './store/connected-apps.ts'
import { putLogo } from './store/logos.ts'
import { startOfTest, type TestClient, type TestReply, type TestServer } from './testing.ts'
import { type Chosen, exampleOf, leftOut } from './testing-examples.ts'

/** A request of one operation that succeeds, in parts, so that a test can break one of them. */
export interface ExampleRequest {
  params: Record<string, string>
  query: Record<string, unknown>
  /** Undefined where the operation takes none. */
  body: unknown
}

/** What a maker works with. `made` remembers what was made for this request, by the name in the table of makers. */
interface Scene {
  server: TestServer
  /** A client that may do anything. */
  api: TestClient
  made: Record<string, unknown>
}

let count = 0
/** A word that no one has used before. */
const fresh = (word: string) => {
  count += 1
  return `${word}-${count}`
}

/**
 * How to get a value that a schema cannot tell: the id of something that exists, a text in a certain form. By the name
 * of a parameter or member, or, where a name means different things, by more of its path (`applications.id`), from the
 * operation on if need be (`CreateUserIdentity.value`).
 */
export const makers: Record<string, (scene: Scene) => unknown> = {
  api_id: async ({ api }) => {
    const { api: made } = await succeed(api.post('/api/v1/apis', { name: fresh('Zoo'), audience: fresh('zoo') }))
    return made.id
  },
  scope_id: async (scene) => {
    const { api, made } = scene
    made.api_id ??= await makers.api_id!(scene)
    const { scope } = await succeed(api.post(`/api/v1/apis/${made.api_id}/scopes`, { key: fresh('read:zoo') }))
    return scope.id
  },
  role_id: async ({ api }) => {
    const { role } = await succeed(api.post('/api/v1/roles', { name: fresh('Keeper'), key: fresh('keeper') }))
    return role.id
  },
  permission_id: async ({ api, made }) => {
    const { permission } = await succeed(api.post('/api/v1/permissions', { name: fresh('Feed'), key: fresh('feed') }))
    if (made.role_id !== undefined) {
      const body = { permissions: [{ id: permission.id }] }
      await succeed(api.patch(`/api/v1/roles/${made.role_id}/permissions`, body))
    }
    return permission.id
  },
  assignment_permission_id: ({ server, api }) => makers.permission_id!({ server, api, made: {} }),
  'permissions.id': ({ server, api }) => makers.permission_id!({ server, api, made: {} }),
  'system_permissions.id': async ({ api }) => {
    const { system_permissions: permissions } = await succeed(api.get('/api/v1/system_permissions'))
    return permissions[0].id
  },
  application_id: async ({ api, made }) => {
    const { application } = await succeed(api.post('/api/v1/applications', { name: fresh('App'), type: 'reg' }))
    if (made.api_id !== undefined) {
      await succeed(api.patch(`/api/v1/apis/${made.api_id}/applications`, { applications: [{ id: application.id }] }))
    }
    return application.id
  },
  app_id: (scene) => makers.application_id!(scene),
  'applications.id': ({ server, api }) => makers.application_id!({ server, api, made: {} }),
  // A member, where the path names an organization before.
  user_id: async ({ api, made }) => {
    const identities = [1, 2].map(() => ({ type: 'email', details: { email: `${fresh('owl')}@zoo.example` } }))
    const user = { profile: { given_name: 'Olivia' }, identities, organization_code: made.org_code }
    return (await succeed(api.post('/api/v1/user', user))).id
  },
  'users.id': ({ server, api }) => makers.user_id!({ server, api, made: {} }),
  'users.roles': async ({ api }) => {
    const body = { name: fresh('Keeper'), key: fresh('keeper') }
    await succeed(api.post('/api/v1/roles', body))
    return [body.key]
  },
  'users.permissions': async ({ api }) => {
    const body = { name: fresh('Feed'), key: fresh('feed') }
    await succeed(api.post('/api/v1/permissions', body))
    return [body.key]
  },
  // GET, PATCH and DELETE /api/v1/user name the user in the query.
  id: (scene) => makers.user_id!(scene),
  identity_id: async (scene) => {
    scene.made.user_id ??= await makers.user_id!(scene)
    const { identities } = await succeed(scene.api.get(`/api/v1/users/${scene.made.user_id}/identities`))
    return identities.at(-1).id
  },
  org_code: async ({ api }) => {
    const body = { name: fresh('Aviary'), handle: fresh('aviary') }
    const { organization } = await succeed(api.post('/api/v1/organization', body))
    return organization.code
  },
  key_id: async (scene) => {
    const body = {
      name: 'Gate',
      type: 'user',
      user_id: await makers.user_id!(scene),
      api_id: await makers.api_id!(scene),
    }
    return (await succeed(scene.api.post('/api/v1/api_keys', body))).api_key.id
  },
  'createApiKey.type': () => 'user',
  'createApiKey.user_id': (scene) => makers.user_id!(scene),
  'createApiKey.scope_ids': async (scene) => [await makers.scope_id!(scene)],
  subscriber_id: async ({ api }) => {
    const query = new URLSearchParams({ first_name: 'Olga', last_name: 'Owl', email: `${fresh('owl')}@zoo.example` })
    return (await succeed(api.post(`/api/v1/subscribers?${query}`))).subscriber.subscriber_id
  },
  factor_id: async (scene) => {
    const { server, made } = scene
    made.user_id ??= await makers.user_id!(scene)
    return addFactor(server, made.user_id as string, made.org_code as string | undefined)
  },
  'GetUsersMFA.user_id': async (scene) => {
    scene.made.user_id = await makers.user_id!(scene)
    await makers.factor_id!(scene)
    return scene.made.user_id
  },
  'ResetUsersMFAAll.user_id': (scene) => makers['GetUsersMFA.user_id']!(scene),
  'GetOrgUserMFA.user_id': (scene) => makers['GetUsersMFA.user_id']!(scene),
  'ResetOrgUserMFAAll.user_id': (scene) => makers['GetUsersMFA.user_id']!(scene),
  feature_flag_key: async ({ api }) => {
    const flag = { name: 'Owls', key: fresh('owls'), type: 'str', allow_override_level: 'usr', default_value: 'few' }
    await succeed(api.post('/api/v1/feature_flags', flag))
    return flag.key
  },
  // With the type and the level that the example of the update names.
  'UpdateFeatureFlag.feature_flag_key': async ({ api }) => {
    const flag = { name: 'Owls', key: fresh('owls'), type: 'str', allow_override_level: 'env', default_value: 'few' }
    await succeed(api.post('/api/v1/feature_flags', flag))
    return flag.key
  },
  'DeleteEnvironementFeatureFlagOverride.feature_flag_key': async (scene) => {
    const key = await makers.feature_flag_key!(scene)
    await succeed(scene.api.patch(`/api/v1/environment/feature_flags/${key}`, { value: 'many' }))
    return key
  },
  'DeleteOrganizationFeatureFlagOverride.feature_flag_key': async (scene) => {
    const key = await makers.feature_flag_key!(scene)
    const of = `/api/v1/organizations/${scene.made.org_code}/feature_flags`
    await succeed(scene.api.patch(`${of}/${key}?value=many`))
    return key
  },
  // Of organizations, as the example of a new property is.
  category_id: async ({ api }) => {
    const body = { name: fresh('Nests'), context: 'org' }
    return (await succeed(api.post('/api/v1/property_categories', body))).category.id
  },
  property_id: async (scene) => {
    const category = await makers.category_id!(scene)
    const body = { name: 'Nest', key: fresh('nest'), type: 'single_line_text', context: 'org', is_private: false }
    return (await succeed(scene.api.post('/api/v1/properties', { ...body, category_id: category }))).property.id
  },
  property_key: () => 'kp_org_city',
  'UpdateUserProperty.property_key': () => 'kp_usr_city',
  'updateApplicationsProperty.property_key': async ({ api }) => {
    const category = { name: fresh('Nests'), context: 'app' }
    const { id } = (await succeed(api.post('/api/v1/property_categories', category))).category
    const key = fresh('nest')
    const body = { name: 'Nest', key, type: 'single_line_text', context: 'app', is_private: false, category_id: id }
    await succeed(api.post('/api/v1/properties', body))
    return key
  },
  'm2m_token.feature_flags': async (scene) => [await makers.feature_flag_key!(scene)],
  'm2m_token.properties': async (scene) => [await makers['updateApplicationsProperty.property_key']!(scene)],
  'UpdateUserProperties.properties': () => ({ kp_usr_city: 'Sydney', kp_usr_is_marketing_opt_in: true }),
  'UpdateOrganizationProperties.properties': () => ({ kp_org_city: 'Sydney' }),
  'AddLogo.type': () => 'dark',
  'AddOrganizationLogo.type': () => 'light',
  'DeleteLogo.type': async ({ server }) => {
    await addLogo(server, '')
    return 'dark'
  },
  'DeleteOrganizationLogo.type': () => 'light',
  variable_id: async ({ api }) => {
    const body = { key: fresh('OWL').replace('-', '_'), value: 'hoot', is_secret: true }
    return (await succeed(api.post('/api/v1/environment_variables', body))).environment_variable.id
  },
  'createEnvironmentVariable.key': () => fresh('OWL').replace('-', '_'),
  'updateEnvironmentVariable.key': () => fresh('OWL').replace('-', '_'),
  authenticated_session_lifetime: () => 3600,
  invite_code: async ({ api, made }) => {
    const body = { email: `${fresh('owl')}@zoo.example`, roles: [] }
    return (await succeed(api.post(`/api/v1/organization/${made.org_code}/invites`, body))).invite.code
  },
  'createOrganizationInvite.roles': (scene) => makers['users.roles']!(scene),
  webhook_id: async ({ api }) => {
    const body = { name: 'Bell', endpoint: 'https://zoo.example/bell', event_types: ['access_request.created'] }
    return (await succeed(api.post('/api/v1/webhooks', body))).webhook.id
  },
  // Nothing that the other examples do: each would be sent.
  event_types: () => ['access_request.created'],
  'CreateWebHook.endpoint': () => 'https://zoo.example/bell',
  connection_id: async ({ api }) => {
    const body = { name: fresh('Owls elsewhere'), strategy: 'oauth2:google' }
    return (await succeed(api.post('/api/v1/connections', body))).connection.id
  },
  enabled_applications: async ({ server, api }) => [await makers.application_id!({ server, api, made: {} })],
  'options.client_id': () => 'owls',
  // The example has the options of a social provider, which belongs to no organization.
  'CreateConnection.organization_code': () => null,
  enterprise_connection_id: async (scene) => {
    const { api, made } = scene
    made.org_code ??= await makers.org_code!(scene)
    const body = { name: fresh('Owls at work'), strategy: 'saml:okta', organization_code: made.org_code }
    return (await succeed(api.post('/api/v1/connections', body))).connection.id
  },
  directory_id: async ({ server, api }) => {
    const made: Scene['made'] = {}
    const enterprise_connection_id = await makers.enterprise_connection_id!({ server, api, made })
    const body = { org_code: made.org_code, directory_name: 'Owls', provider_code: 'okta', enterprise_connection_id }
    return (await succeed(api.post('/api/v1/directories', body))).directory.id
  },
  key_code_ref: ({ server }) => addConnectedApp(server),
  'GetConnectedAppAuthUrl.user_id': (scene) => makers.user_id!(scene),
  session_id: async (scene) => {
    const { server, made } = scene
    const { environment } = server
    const userId = (await makers.user_id!(scene)) as string
    const app = await requireConnectedApp(server.db, await addConnectedApp(server))
    const id = fresh('session')
    const tokens = { accessToken: 'owls', refreshToken: null, expiresAtMs: null }
    const organizationCode = (made.org_code as string | undefined) ?? null
    const session = { id, appId: app.id, userId, organizationCode, tokens }
    await server.write((db) => addSession(db, session, { ...environment, now: startOfTest }))
    return id
  },
  event_id: async ({ server, api }) => {
    await succeed(api.post('/api/v1/permissions', { name: fresh('Feed'), key: fresh('feed') }))
    const { id } = await server.db.selectFrom('events').select('id').limit(1).executeTakeFirstOrThrow()
    return id
  },
  theme_code: () => 'dark',
  billing_email: () => 'bills@zoo.example',
  billing_plan_code: ({ server }) => addPlan(server),
  plan_code: ({ server }) => addPlan(server),
  customer_id: ({ server }) => addCustomer(server),
  customer_agreement_id: async ({ server, api, made }) => {
    made.plan_code ??= await addPlan(server)
    made.customer_id ??= await addCustomer(server)
    const { customer_id, plan_code } = made
    await succeed(api.post('/api/v1/billing/agreements', { customer_id, plan_code }))
    return (await succeed(api.get(`/api/v1/billing/agreements?customer_id=${customer_id}`))).agreements.at(-1).id
  },
  billing_feature_code: () => 'owls',
  meter_value: () => '12.5',
  meter_usage_timestamp: () => '2026-01-15T11:00:00Z',
  max_value: () => '100',
  'getOrganization.code': (scene) => makers.org_code!(scene),
  organization_code: (scene) => makers.org_code!(scene),

  // Of an entry of a list of changes: `delete` takes it away, and without it it is added.
  operation: () => leftOut,
  page_size: () => 5,
  external_id: () => fresh('theirs'),
  handle: () => fresh('aviary'),
  provided_id: () => fresh('mine'),
  phone_country_id: () => 'gb',
  sender_email: () => 'owls@zoo.example',
  email: () => `${fresh('owl')}@zoo.example`,
  phone: () => '+441632960123',
  'details.phone': () => `+4416329${fresh('').slice(1).padStart(5, '6')}`,
  username: () => fresh('owl'),
  'CreateUserIdentity.value': () => `${fresh('owl')}@zoo.example`,
  // Only the types social and enterprise have one.
  'CreateUserIdentity.connection_id': () => leftOut,
  // In the form of bcrypt; of no word.
  hashed_password: () => `$2b$10$${'abcdefghijklmnopqrstuu'}${'x'.repeat(31)}`,
  // Longer than an access token's.
  refresh_token_lifetime: () => 86_400,
  ...Object.fromEntries(
    ['link', 'background', 'button', 'button_text']
      .flatMap((part) => [`${part}_color`, `${part}_color_dark`])
      .map((name) => [name, () => '#336699']),
  ),
  industry_key: () => 'construction',
  timezone_key: () => 'london_greenwich_mean_time',
  language_key: () => 'en',
  picture: () => 'https://zoo.example/owl.png',
  privacy_url: () => 'https://zoo.example/privacy',
  terms_url: () => 'https://zoo.example/terms',
  login_uri: () => 'https://zoo.example/login',
  homepage_uri: () => 'https://zoo.example',
  logout_uris: () => ['https://zoo.example/bye'],
  redirect_uris: () => ['https://zoo.example/back'],
  allowed_domains: () => ['zoo.example'],
  urls: () => ['https://zoo.example/other'],
  // True needs roles that may enter.
  is_access_control_enabled: () => false,
}

async function addFactor(server: TestServer, userId: string, organizationCode?: string): Promise<string> {
  const id = fresh('mfa')
  await server.write((db) =>
    db
      .insertInto('mfa_factors')
      .values({
        id,
        user_id: userId,
        organization_code: organizationCode ?? null,
        type: 'email',
        name: 'owl@zoo.example',
        is_verified: true,
        usage_count: 1,
        created_at_ms: startOfTest,
      })
      .execute(),
  )
  return id
}

async function addLogo(server: TestServer, organizationCode: string): Promise<void> {
  const file = { name: 'owl.gif', contentType: 'image/gif', bytes: picture }
  await server.write((db) => putLogo(db, { organizationCode, type: 'dark' }, file, startOfTest))
}

/** A provider that nobody asks: it has no address for revoking, and its tokens do not expire. */
async function addConnectedApp(server: TestServer): Promise<string> {
  const app = {
    keyCodeRef: fresh('owls'),
    name: 'Owls elsewhere',
    authorizeUrl: 'https://zoo.example/authorize',
    tokenUrl: 'https://zoo.example/token',
    revokeUrl: null,
    clientId: 'owls',
    scopes: ['hoot'],
    callbackUrl: 'https://zoo.example/back',
  }
  await server.write((db) => putConnectedApp(db, app, { ...server.environment, now: startOfTest }))
  return app.keyCodeRef
}

async function addPlan(server: TestServer): Promise<string> {
  const code = fresh('plan')
  const features = [{ code: 'owls', name: 'Owls', unitAmount: 5, limitMax: 10 }]
  await server.write((db) => putPlan(db, { code, name: 'Plan', features }, startOfTest))
  return code
}

async function addCustomer(server: TestServer): Promise<string> {
  const { body } = await server.as().post('/api/v1/user')
  const customer = { userId: body.id, organizationCode: null, email: 'owls@zoo.example' }
  return server.write((db) => createCustomer(db, customer, { ids: server.environment.ids, now: startOfTest }))
}

/** The names under which a value is looked up, the most exact first: `op.a.b`, `a.b`, `b`. */
function namesOf(operation: Operation, path: readonly string[]): string[] {
  const whole = [operation.id, ...path]
  return whole.map((_, index) => whole.slice(index).join('.'))
}

/** The name in the table of makers that stands for a parameter or member of an operation, if one does. */
export function makerOf(operation: Operation, path: readonly string[]): string | undefined {
  return namesOf(operation, path).find((name) => Object.hasOwn(makers, name))
}

/**
 * Makes a request that the operation must answer with success. What it names is made first, through the API.
 * @param members of the body; see {@link exampleOf}
 */
export async function exampleRequest(
  server: TestServer,
  operation: Operation,
  members: 'needed' | 'all' = 'needed',
  scene: Scene = { server, api: server.as(), made: {} },
): Promise<ExampleRequest> {
  const chosen: Chosen = async (path) => {
    if (path.length === 0) return undefined
    const name = makerOf(operation, path)
    if (name === undefined) {
      if (!/(^|_)ids?$/.test(path.at(-1)!)) return undefined
      throw new Error(missing(`the member or parameter ${path.join('.')}`, operation))
    }
    scene.made[name] ??= await makers[name]!(scene)
    return scene.made[name]
  }
  const params: Record<string, string> = {}
  for (const [, name] of operation.path.matchAll(/\{(\w+)\}/g)) {
    const value = makerOf(operation, [name!]) === undefined ? undefined : await chosen([name!])
    if (value === undefined) throw new Error(missing(`the path parameter {${name}}`, operation))
    params[name!] = String(value)
  }
  const post = beforehand(operation)
  if (post !== undefined) await call(server, post, await exampleRequest(server, post, 'needed', scene)).then(succeed)
  const query: Record<string, unknown> = {}
  for (const name of Object.keys(operation.query?.properties ?? {})) {
    // Some that the document calls optional are needed all the same: a maker for just this operation says so.
    if (!operation.query!.required?.includes(name) && !Object.hasOwn(makers, `${operation.id}.${name}`)) continue
    query[name] = await exampleOf(operation.query!.properties[name]!, 'all', chosen, [name])
  }
  const body = operation.body === undefined ? undefined : await exampleOf(operation.body, members, chosen)
  return { params, query, body }
}

/**
 * What is to be called before a GET or DELETE, so that there is something to show or to take away: the POST to the same
 * address, or to the one above (`/roles/{role_id}/scopes`) where its body names what is to be taken away (`scope_id`).
 */
function beforehand({ method, path }: Operation): Operation | undefined {
  const [, above, last] = /^(.+)\/\{(\w+)\}$/.exec(path) ?? []
  return operations.find((post) => {
    if (post.method !== 'POST') return false
    if (method === 'GET') return anonymous(post.path) === anonymous(path)
    if (method !== 'DELETE') return false
    if (anonymous(post.path) === anonymous(path)) return true
    return above !== undefined && anonymous(post.path) === anonymous(above) && last! in (post.body?.properties ?? {})
  })
}

function missing(what: string, operation: Operation): string {
  return (
    `Nothing tells how to make ${what} of ${operation.id} (${operation.method} ${operation.path}). ` +
    'Add a line for its name to the table of makers in testing-requests.ts.'
  )
}

/** `/a/{b}` and `/a/{c}` are one address. */
function anonymous(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

/** The address of a request, parameters put in. Lists are repeated, objects written as `name[member]`. */
export function urlOf(operation: Operation, { params, query }: Pick<ExampleRequest, 'params' | 'query'>): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]!))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(name, String(one))
    else if (value !== null && typeof value === 'object') {
      for (const [member, one] of Object.entries(value)) search.append(`${name}[${member}]`, String(one))
    } else search.append(name, String(value))
  }
  return search.size === 0 ? path : `${path}?${search}`
}

/** Sends a request, or text that is to be taken for its body. @param token one with every scope when left out */
export async function call(
  server: TestServer,
  operation: Operation,
  request: ExampleRequest & { text?: string; requestId?: string; idempotencyKey?: string },
  token?: string,
): Promise<TestReply> {
  const { body, text, requestId, idempotencyKey } = request
  const form = text === undefined && operation.upload !== undefined ? formWith(operation.upload.field) : undefined
  const payload = text ?? form?.payload ?? (body === undefined ? undefined : JSON.stringify(body))
  return server.send({
    method: operation.method,
    url: urlOf(operation, request),
    headers: {
      authorization: `Bearer ${token ?? (await tokenOfEverything(server))}`,
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...(payload === undefined ? {} : { 'content-type': form?.contentType ?? 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload }),
  })
}

/** The smallest picture that is one: a GIF of one dot. */
const picture = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** A multipart/form-data body with a picture in one part. RFC 7578. */
function formWith(field: string): { contentType: string; payload: Buffer } {
  const head =
    `--example\r\nContent-Disposition: form-data; name="${field}"; filename="owl.gif"\r\n` +
    'Content-Type: image/gif\r\n\r\n'
  const payload = Buffer.concat([Buffer.from(head), picture, Buffer.from('\r\n--example--\r\n')])
  return { contentType: 'multipart/form-data; boundary=example', payload }
}

const tokens = new WeakMap<TestServer, Promise<string>>()

function tokenOfEverything(server: TestServer): Promise<string> {
  const token = tokens.get(server) ?? server.token()
  tokens.set(server, token)
  return token
}

/** The body of a reply, which must be a success: what a test is about cannot begin otherwise. */
async function succeed(reply: TestReply | Promise<TestReply>): Promise<TestReply['body']> {
  const { status, body } = await reply
  if (status >= 200 && status < 300) return body
  throw new Error(`What the request needs could not be made: ${status} ${JSON.stringify(body)}`)
}
