import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createCustomer, putPlan } from './store/billing.ts'
import { putConnectedApp } from './store/connected-apps.ts'
import { refreshUser } from './store/users.ts'
import { start, startOfTest, type TestServer } from './testing.ts'
import { tablesOf } from './testing-content.ts'
import { openClub } from './testing-members.ts'
import { attachEverything, foreignKeys, type Keys, storedValues } from './testing-references.ts'

let scenes = 0

/** One of everything, each attached to each. */
async function layOut(server: TestServer) {
  scenes += 1
  const word = (name: string) => `${name}-${scenes}`
  const api = server.as()
  const made = async (url: string, body: object) => {
    const reply = await api.post(url, body)
    assert.ok(reply.status < 300, `${url}: ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const organization = (await made('/api/v1/organization', { name: 'Zoo', external_id: word('zoo') })).organization.code
  const email = `${word('owl')}@zoo.example`
  const identities = [{ type: 'email', details: { email } }]
  const user = (await made('/api/v1/user', { identities, organization_code: organization })).id
  const permission = (await made('/api/v1/permissions', { name: 'Feed', key: word('feed') })).permission.id
  const role = (
    await made('/api/v1/roles', { name: 'Keeper', key: word('keeper'), assignment_permission_id: permission })
  ).role.id
  const flag = word('flag')
  const flagBody = { name: 'Flag', key: flag, type: 'str', allow_override_level: 'usr', default_value: 'few' }
  await made('/api/v1/feature_flags', flagBody)
  const application = (await made('/api/v1/applications', { name: word('App'), type: 'reg' })).application.id
  const m2m = (await made('/api/v1/applications', { name: word('Job'), type: 'm2m', org_code: organization }))
    .application.id
  const apiId = (await made('/api/v1/apis', { name: 'API', audience: word('api') })).api.id
  const scope = (await made(`/api/v1/apis/${apiId}/scopes`, { key: word('read') })).scope.id
  const connection = (await made('/api/v1/connections', { name: word('google'), strategy: 'oauth2:google' })).connection
    .id
  const own = { name: word('okta'), strategy: 'saml:okta', organization_code: organization }
  const enterprise = (await made('/api/v1/connections', own)).connection.id
  const directoryBody = { org_code: organization, directory_name: 'Okta', provider_code: 'okta' }
  const directory = (await made('/api/v1/directories', directoryBody)).directory.id
  const hook = { name: 'Bell', endpoint: 'https://zoo.example/bell', event_types: ['access_request.created'] }
  const webhook = (await made('/api/v1/webhooks', hook)).webhook.id
  const variable = (await made('/api/v1/environment_variables', { key: `OWL_${scenes}`, value: 'hoot' }))
    .environment_variable.id
  await api.post(`/api/v1/subscribers?${new URLSearchParams({ first_name: 'Olga', last_name: 'Owl', email })}`)

  const properties: Record<string, string> = {}
  let category = ''
  for (const context of ['usr', 'org', 'app']) {
    category = (await made('/api/v1/property_categories', { name: word(context), context })).category.id
    const body = { name: 'Nest', key: word(context), type: 'single_line_text', context, is_private: false }
    properties[context] = (await made('/api/v1/properties', { ...body, category_id: category })).property.id
  }
  const url = 'https://zoo.example'
  const connectedApp = { keyCodeRef: word('app'), name: 'App', authorizeUrl: url, tokenUrl: url, revokeUrl: null }
  const { id: flagId } = await server.db
    .selectFrom('feature_flags')
    .select('id')
    .where('key', '=', flag)
    .executeTakeFirstOrThrow()
  const { id: event } = await server.db.selectFrom('events').select('id').limit(1).executeTakeFirstOrThrow()
  const { ids } = server.environment
  const context = { ...server.environment, now: startOfTest }
  await server.write(async (db) => {
    const appId = await putConnectedApp(
      db,
      { ...connectedApp, clientId: 'owls', scopes: [], callbackUrl: null },
      context,
    )
    await putPlan(db, { code: word('plan'), name: 'Plan', features: [] }, startOfTest)
    const owners = [
      [properties.usr!, user],
      [properties.org!, organization],
      [properties.app!, application],
      [properties.app!, m2m],
    ] as const
    const values = owners.map(([property_id, owner_id]) => ({ property_id, owner_id, value: 'oak' }))
    await db.insertInto('property_values').values(values).execute()
    for (const [level, owner_id] of [
      ['org', organization],
      ['usr', user],
    ] as const) {
      await db
        .insertInto('feature_flag_overrides')
        .values({ flag_id: flagId, level, owner_id, value: 'many' })
        .execute()
    }
    const customer = await createCustomer(
      db,
      { userId: user, organizationCode: null, email },
      { ids, now: startOfTest },
    )
    const keys: Keys = new Map([
      ['organizations.code', organization],
      ['users.id', user],
      ['permissions.id', permission],
      ['roles.id', role],
      ['feature_flags.id', flagId],
      ['applications.id', application],
      ['apis.id', apiId],
      ['api_scopes.id', scope],
      ['connections.id', enterprise],
      ['directories.id', directory],
      ['webhooks.id', webhook],
      ['events.id', event],
      ['properties.id', properties.org!],
      ['property_categories.id', category],
      ['connected_apps.id', appId],
      ['billing_plans.code', word('plan')],
      ['billing_customers.id', customer],
    ])
    await attachEverything(db, keys)
    // The customer of the organization; the user is one already.
    await createCustomer(db, { userId: null, organizationCode: organization, email }, { ids, now: startOfTest })
    for (const connectionId of [connection, enterprise]) {
      await db
        .insertInto('organization_connections')
        .values({ organization_code: organization, connection_id: connectionId })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await db
        .insertInto('application_connections')
        .values({ application_id: application, connection_id: connectionId })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    await db
      .insertInto('sessions')
      .values({
        id: word('session'),
        user_id: user,
        organization_code: null,
        application_id: application,
        connection_id: enterprise,
        started_at_ms: 1,
        updated_at_ms: 1,
        expires_at_ms: 1,
      })
      .execute()
    await db
      .updateTable('organization_users')
      .set({ last_signed_in_at_ms: startOfTest })
      .where('user_id', '=', user)
      .execute()
    await db.updateTable('users').set({ last_signed_in_at_ms: startOfTest }).where('id', '=', user).execute()
    await refreshUser(db, user)
  })
  const { id: apiKey } = await server.db
    .selectFrom('api_keys')
    .select('id')
    .where('api_id', '=', apiId)
    .executeTakeFirstOrThrow()
  return {
    api,
    organization,
    user,
    permission,
    role,
    flag,
    flagId,
    application,
    m2m,
    apiId,
    scope,
    connection,
    enterprise,
    directory,
    webhook,
    variable,
    apiKey,
    properties,
  }
}

type Scene = Awaited<ReturnType<typeof layOut>>

interface Deletion {
  id: (scene: Scene) => string
  url: (id: string, scene: Scene) => string
  /** The key by which other tables refer to it. */
  key?: string
  /** What the event says was reached. */
  reach?: string[]
}

const deletions: Record<string, Deletion> = {
  role: {
    id: ({ role }) => role,
    url: (id) => `/api/v1/roles/${id}`,
    key: 'roles.id',
    reach: ['users', 'permissions', 'scopes', 'system_permissions', 'applications', 'invites'],
  },
  permission: {
    id: ({ permission }) => permission,
    url: (id) => `/api/v1/permissions/${id}`,
    key: 'permissions.id',
    reach: ['users', 'roles', 'assignments'],
  },
  'property of users': {
    id: ({ properties }) => properties.usr!,
    url: (id) => `/api/v1/properties/${id}`,
    reach: ['values'],
  },
  'property of organizations': {
    id: ({ properties }) => properties.org!,
    url: (id) => `/api/v1/properties/${id}`,
    key: 'properties.id',
    reach: ['values', 'applications'],
  },
  'property of applications': {
    id: ({ properties }) => properties.app!,
    url: (id) => `/api/v1/properties/${id}`,
    reach: ['values'],
  },
  'feature flag': {
    id: ({ flagId }) => flagId,
    url: (_id, { flag }) => `/api/v1/feature_flags/${flag}`,
    key: 'feature_flags.id',
    reach: ['overrides', 'applications'],
  },
  organization: {
    id: ({ organization }) => organization,
    url: (id) => `/api/v1/organization/${id}`,
    key: 'organizations.code',
    reach: [
      ...['users', 'invites', 'applications', 'connections', 'directories', 'api_keys', 'connected_apps', 'sessions'],
      ...['properties', 'feature_flags', 'billing_customers'],
    ],
  },
  user: {
    id: ({ user }) => user,
    url: (id) => `/api/v1/user?id=${id}&is_delete_profile=true`,
    key: 'users.id',
    reach: [
      ...['identities', 'organizations', 'properties', 'feature_flags', 'sessions', 'mfa_factors', 'api_keys'],
      ...['connected_apps', 'billing_customers', 'subscribers'],
    ],
  },
  application: {
    id: ({ application }) => application,
    url: (id) => `/api/v1/applications/${id}`,
    key: 'applications.id',
    reach: ['secrets', 'apis', 'connections', 'access_roles', 'properties', 'sessions'],
  },
  'application of an organization': {
    id: ({ m2m }) => m2m,
    url: (id) => `/api/v1/applications/${id}`,
    reach: ['secrets', 'properties'],
  },
  API: {
    id: ({ apiId }) => apiId,
    url: (id) => `/api/v1/apis/${id}`,
    key: 'apis.id',
    reach: ['scopes', 'applications', 'api_keys', 'roles', 'users'],
  },
  scope: {
    id: ({ scope }) => scope,
    url: (id, { apiId }) => `/api/v1/apis/${apiId}/scopes/${id}`,
    key: 'api_scopes.id',
    reach: ['applications', 'users', 'roles', 'api_keys'],
  },
  connection: {
    id: ({ connection }) => connection,
    url: (id) => `/api/v1/connections/${id}`,
    reach: ['applications', 'organizations'],
  },
  'connection of an organization': {
    id: ({ enterprise }) => enterprise,
    url: (id) => `/api/v1/connections/${id}`,
    key: 'connections.id',
    reach: ['applications', 'organizations', 'directories', 'sessions'],
  },
  directory: { id: ({ directory }) => directory, url: (id) => `/api/v1/directories/${id}`, key: 'directories.id' },
  webhook: {
    id: ({ webhook }) => webhook,
    url: (id) => `/api/v1/webhooks/${id}`,
    key: 'webhooks.id',
    reach: ['deliveries'],
  },
  'environment variable': { id: ({ variable }) => variable, url: (id) => `/api/v1/environment_variables/${id}` },
  'API key': {
    id: ({ apiKey }) => apiKey,
    url: (id) => `/api/v1/api_keys/${id}`,
    key: 'api_keys.id',
    reach: ['scopes'],
  },
}

/** Kinde keeps the identities of a connection that is gone; nobody can sign in with them. */
const kept = new Set(['identities.connection_id'])

test('nothing that stays names what was deleted, whatever was attached to it, and the event tells how far it reached', async (t) => {
  const server = await start(t)
  const references = await foreignKeys()
  for (const [what, { id: idIn, url, key, reach = [] }] of Object.entries(deletions)) {
    await t.test(`${what} deleted`, async () => {
      const scene = await layOut(server)
      const id = idIn(scene)
      for (const { table, column, to } of references) {
        if (to !== key) continue
        const rows = sql`select 1 from ${sql.table(table)} where ${sql.ref(column)} = ${id}`
        assert.ok((await rows.execute(server.db)).rows.length > 0, `${table}.${column} does not refer to it`)
      }
      const keysOf = (stored: Awaited<ReturnType<typeof storedValues>>) =>
        new Set(stored.filter(({ column }) => column === 'id' || column === 'code').map(({ value }) => value))
      const before = keysOf(await storedValues(server.db))
      const reply = await scene.api.delete(url(id, scene))
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      const stored = await storedValues(server.db)
      const gone = [...before].filter((value) => !keysOf(stored).has(value))
      assert.ok(gone.includes(id))
      const dangling = stored.filter(
        ({ table, column, value }) => !kept.has(`${table}.${column}`) && gone.some((one) => value.includes(one)),
      )
      assert.deepEqual(dangling, [])

      const { type, data } = (await server.events()).at(-1)!
      assert.match(type, /deleted$/)
      const told = (data.reach ?? {}) as Record<string, number>
      for (const name of reach) assert.ok(told[name]! > 0, `${name}: ${JSON.stringify(told)}`)
    })
  }
})

test('every reference to something that can be deleted is found by an index', async () => {
  const walked = (await foreignKeys()).filter(({ isIndexed }) => !isIndexed)
  assert.deepEqual(walked, [])
})

test('whoever leaves an organization leaves nothing there', async (t) => {
  const server = await start(t)
  const { api, organization, user } = await layOut(server)
  assert.equal((await api.delete(`/api/v1/organizations/${organization}/users/${user}`)).status, 200)
  // Keys and customers are of a user or of an organization, not of a user in one.
  const ofOne = new Set(['api_keys', 'billing_customers'])
  for (const { name, columns } of await tablesOf(server.db)) {
    const names = columns.map((column) => column.name)
    if (ofOne.has(name) || !names.includes('user_id') || !names.includes('organization_code')) continue
    const { rows } = await sql`select * from ${sql.table(name)}
      where user_id = ${user} and organization_code = ${organization}`.execute(server.db)
    assert.deepEqual(rows, [], name)
  }
})

test('a deleted organization is gone from the list of its users at once, and they are told that claims are new', async (t) => {
  const server = await start(t)
  const { api, organization, user } = await layOut(server)
  const shown = async () => {
    const { body } = await api.get(`/api/v1/users?user_id=${user}`)
    return body.users[0].last_organization_sign_ins.map(({ org_code: code }: { org_code: string }) => code)
  }
  assert.deepEqual(await shown(), [organization])
  server.clock.advance(1000)
  assert.equal((await api.delete(`/api/v1/organization/${organization}`)).status, 200)
  assert.deepEqual(await shown(), [])
  const row = await server.db.selectFrom('users').selectAll().where('id', '=', user).executeTakeFirstOrThrow()
  assert.equal(row.claims_refreshed_at_ms, startOfTest + 1000)
  // As it would be if the user had been rendered by itself.
  const again = await server.write((db) => refreshUser(db, user))
  assert.equal(row.document, again.document)
})

test('what is changed of a role or permission, or deleted, shows for every member at once', async (t) => {
  const club = await openClub(await start(t))
  const codes = [await club.organization('Zoo'), await club.organization('Park')]
  const [feed, clean] = [await club.permission('feed'), await club.permission('clean')]
  const [keeper, guide] = [await club.role('keeper', { permissions: [feed] }), await club.role('guide')]
  const members: [string, string][] = []
  for (const code of codes) {
    const id = await club.user(null)
    await club.join(code, { id, roles: ['keeper', 'guide'], permissions: ['clean'] })
    members.push([code, id])
  }
  const everyoneHas = async (roles: string[], permissions: string[]) => {
    for (const [code, id] of members) {
      assert.deepEqual(await club.keys('roles', code, id), roles)
      assert.deepEqual((await club.keys('permissions', code, id)).sort(), permissions)
      const { body } = await club.api.get(`/api/v1/organizations/${code}/users`)
      assert.deepEqual(body.organization_users[0].roles, roles)
    }
  }
  await everyoneHas(['keeper', 'guide'], ['clean', 'feed'])
  await club.api.patch(`/api/v1/roles/${keeper}`, { name: 'Warden', key: 'warden' })
  await club.api.patch(`/api/v1/permissions/${feed}`, { name: 'Nourish', key: 'nourish' })
  await everyoneHas(['warden', 'guide'], ['clean', 'nourish'])
  await club.api.delete(`/api/v1/permissions/${clean}`)
  await everyoneHas(['warden', 'guide'], ['nourish'])
  await club.api.delete(`/api/v1/roles/${guide}`)
  await everyoneHas(['warden'], ['nourish'])
  await club.api.delete(`/api/v1/roles/${keeper}/permissions/${feed}`)
  await everyoneHas(['warden'], [])
})
