import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prepareEnvironment } from '../first-start.ts'
import { optionsOf, requireConnection } from '../store/connections.ts'
import { start, startOfTest, type TestReply, type TestServer } from '../testing.ts'

const connections = '/api/v1/connections'
const builtIn = ['email:password', 'email:otp', 'phone:otp', 'username:password', 'username:otp']

async function create(server: TestServer, body: object): Promise<string> {
  const reply = await server.as().post(connections, body)
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  assert.deepEqual(Object.keys(reply.body), ['code', 'message', 'connection'])
  return reply.body.connection.id
}

async function addApplication({ as }: TestServer, type = 'reg'): Promise<string> {
  return (await as().post('/api/v1/applications', { name: 'App', type })).body.application.id
}

async function addOrganization({ as }: TestServer): Promise<string> {
  return (await as().post('/api/v1/organization', { name: 'Aviary' })).body.organization.code
}

/** What is kept of the options of a connection, secrets included. */
async function optionsFrom(server: TestServer, id: string) {
  return optionsOf(await requireConnection(server.db, id), server.environment.cipher)
}

async function applicationsOf(server: TestServer, id: string): Promise<string[]> {
  const rows = await server.db
    .selectFrom('application_connections')
    .select('application_id')
    .where('connection_id', '=', id)
    .execute()
  return rows.map((row) => row.application_id).sort()
}

const faultOf = ({ status, body }: TestReply) => {
  const { code, field } = Array.isArray(body.errors) ? body.errors[0] : body.errors
  return [status, code, field]
}
const strategiesIn = ({ body }: TestReply) => body.connections.map(({ strategy }: { strategy: string }) => strategy)

test('a fresh environment has the built-in connections, and another start leaves them as they are', async (t) => {
  const server = await start(t)
  const before = (await server.as().get(connections)).body
  assert.deepEqual(
    before.connections.map(({ strategy }: { strategy: string }) => strategy),
    builtIn,
  )
  await server.write((db) =>
    prepareEnvironment(db, {
      ...server.environment,
      now: startOfTest + 1000,
      clientId: undefined,
      clientSecret: undefined,
    }),
  )
  assert.deepEqual((await server.as().get(connections)).body, before)
})

test('a built-in connection is switched on and off for applications and renamed, and nothing else', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const { id } = (await api.get(connections)).body.connections[1]
  const url = `${connections}/${id}`
  const of = `/api/v1/applications/${application}/connections`
  assert.equal((await api.post(`${of}/${id}`)).status, 200)
  assert.deepEqual(strategiesIn(await api.get(of)), ['email:otp'])
  assert.equal((await api.delete(`${of}/${id}`)).status, 200)
  assert.deepEqual(strategiesIn(await api.get(of)), [])
  const settings = { display_name: 'Code by mail', enabled_applications: [application] }
  assert.equal((await api.patch(url, settings)).status, 200)
  assert.deepEqual(strategiesIn(await api.get(of)), ['email:otp'])
  const { connection } = (await api.get(url)).body
  assert.deepEqual(connection, { id, name: 'email-code', display_name: 'Code by mail', strategy: 'email:otp' })

  for (const [reply, field] of [
    [await api.delete(url), undefined],
    [await api.put(url, { name: 'Mine', display_name: 'Mine' }), undefined],
    [await api.patch(url, { name: 'Mine' }), 'name'],
    [await api.patch(url, { options: { client_id: 'x' } }), 'options'],
  ] as const) {
    assert.deepEqual(faultOf(reply), [400, 'BUILT_IN_CONNECTION', field])
  }
  assert.deepEqual((await api.get(url)).body.connection, connection)
})

test('a connection of every strategy is made, shown without its options, and listed in both forms', async (t) => {
  const server = await start(t)
  const { strategies } = await import('../store/connections.ts')
  for (const strategy of strategies) {
    const id = await create(server, { name: strategy, display_name: `By ${strategy}`, strategy })
    const shown = { id, name: strategy, display_name: `By ${strategy}`, strategy }
    const { body } = await server.as().get(`${connections}/${id}`)
    assert.deepEqual(body, { code: 'OK', message: 'Success', connection: shown })
    const { body: list } = await server.as().get(`${connections}?page_size=100`)
    assert.deepEqual(list.connections.at(-1), { ...shown, connection: shown })
  }
})

test('what a provider needs is kept sealed, and no reply and no event holds a secret', async (t) => {
  const server = await start(t)
  const options = { client_id: 'id-7', client_secret: 'kept-in-the-dark', is_trusted: true, unknown_member: 1 }
  const id = await create(server, { name: 'Google', strategy: 'oauth2:google', options })
  assert.deepEqual(await optionsFrom(server, id), {
    client_id: 'id-7',
    client_secret: 'kept-in-the-dark',
    is_trusted: true,
  })
  await server.as().patch(`${connections}/${id}`, { options: { client_secret: 'kept-in-the-dark too' } })
  const rows = await server.db.selectFrom('connections').selectAll().execute()
  const replies = [await server.as().get(connections), await server.as().get(`${connections}/${id}`)]
  for (const text of [rows, replies.map(({ body }) => body), await server.events()]) {
    assert.equal(JSON.stringify(text).includes('kept-in-the-dark'), false)
    assert.equal(JSON.stringify(text).includes(id), true)
  }
  assert.deepEqual((await server.events()).at(-1)!.data, {
    connection: { id },
    options_changed: ['client_secret'],
  })
})

test('PATCH merges options, and PUT replaces them', async (t) => {
  const server = await start(t)
  const api = server.as()
  const [one, two, three] = [await addApplication(server), await addApplication(server), await addApplication(server)]
  const options = { saml_entity_id: 'zoo', saml_email_key_attr: 'mail', upstream_params: { prompt: 'login', acr: 1 } }
  const body = { name: 'Okta', display_name: 'Work', strategy: 'saml:okta', enabled_applications: [one, two], options }
  const id = await create(server, body)
  const url = `${connections}/${id}`
  assert.deepEqual(await applicationsOf(server, id), [one, two].sort())

  const patch = { options: { saml_email_key_attr: '', upstream_params: { prompt: 'none' }, is_trusted: false } }
  assert.equal((await api.patch(url, { ...patch, display_name: 'Sign in with Okta' })).status, 200)
  assert.deepEqual(await optionsFrom(server, id), {
    saml_entity_id: 'zoo',
    upstream_params: { prompt: 'none' },
    is_trusted: false,
  })
  assert.deepEqual((await api.get(url)).body.connection, {
    id,
    name: 'Okta',
    display_name: 'Sign in with Okta',
    strategy: 'saml:okta',
  })
  assert.deepEqual(await applicationsOf(server, id), [one, two].sort())
  await api.patch(url, { enabled_applications: [two, three, three] })
  assert.deepEqual(await applicationsOf(server, id), [two, three].sort())

  assert.equal((await api.put(url, { name: 'New', options: { saml_entity_id: 'new' } })).status, 200)
  assert.deepEqual(await optionsFrom(server, id), { saml_entity_id: 'new' })
  assert.deepEqual(await applicationsOf(server, id), [])
  const { name, display_name: displayName } = (await api.get(url)).body.connection
  assert.deepEqual([name, displayName], ['New', 'Sign in with Okta'])
})

test('null in place of a list of domains, as the Go client of Terraform’s provider writes an empty one, means none', async (t) => {
  const server = await start(t)
  for (const strategy of ['saml:custom', 'oauth2:azure_ad']) {
    const options = { home_realm_domains: null, is_create_missing_user: true }
    const id = await create(server, { name: strategy, display_name: 'Work', strategy, options })
    assert.deepEqual(await optionsFrom(server, id), { is_create_missing_user: true })
    const url = `${connections}/${id}`
    await server.as().patch(url, { options: { home_realm_domains: ['zoo.example'] } })
    assert.equal((await server.as().patch(url, { options })).status, 200)
    assert.deepEqual((await server.as().get(`${connections}?home_realm_domain=zoo.example`)).body.connections, [])
  }
})

test('a change that changes nothing leaves no event', async (t) => {
  const server = await start(t)
  const application = await addApplication(server)
  const options = { client_id: 'a', upstream_params: { b: 1 }, home_realm_domains: ['x.example'] }
  const body = { name: 'Entra', display_name: 'Entra', options, enabled_applications: [application] }
  const id = await create(server, { ...body, strategy: 'oauth2:azure_ad' })
  const before = await server.events()
  for (const method of ['patch', 'put'] as const) {
    assert.equal((await server.as()[method](`${connections}/${id}`, body)).status, 200)
  }
  assert.equal((await server.as().patch(`${connections}/${id}`, {})).status, 200)
  assert.deepEqual(await server.events(), before)
})

test('options are those of the strategy, each of its own kind', async (t) => {
  const server = await start(t)
  const api = server.as()
  const rows: [string, object, string, string][] = [
    ['oauth2:google', { client_id: 7 }, 'INVALID_VALUE', 'options.client_id'],
    ['oauth2:google', { saml_entity_id: 'x' }, 'INVALID_OPTION', 'options.saml_entity_id'],
    ['oauth2:google', { home_realm_domains: ['x.example'] }, 'INVALID_OPTION', 'options.home_realm_domains'],
    ['oauth2:azure_ad', { saml_entity_id: 'x' }, 'INVALID_OPTION', 'options.saml_entity_id'],
    ['wsfed:azure_ad', { entra_id_domain: true }, 'INVALID_VALUE', 'options.entra_id_domain'],
    ['saml:okta', { client_secret: 'x' }, 'INVALID_OPTION', 'options.client_secret'],
    ['saml:okta', { sign_request_algorithm: 'MD5' }, 'INVALID_VALUE', 'options.sign_request_algorithm'],
    ['saml:okta', { protocol_binding: 'SOAP' }, 'INVALID_VALUE', 'options.protocol_binding'],
    ['saml:okta', { name_id_format: 'persistent' }, 'INVALID_VALUE', 'options.name_id_format'],
    ['saml:okta', { saml_idp_metadata_url: 'javascript:alert(1)' }, 'INVALID_URL', 'options.saml_idp_metadata_url'],
    ['saml:okta', { saml_sign_in_url: 'here' }, 'INVALID_URL', 'options.saml_sign_in_url'],
    ['saml:okta', { home_realm_domains: ['a.example', 'x'] }, 'INVALID_DOMAIN', 'options.home_realm_domains.1'],
    ['saml:okta', { upstream_params: { a: 'x'.repeat(9000) } }, 'INVALID_VALUE', 'options.upstream_params'],
  ]
  const ids: Record<string, string> = {}
  for (const [strategy, options, code, field] of rows) {
    ids[strategy] ??= await create(server, { name: strategy, strategy })
    for (const reply of [
      await api.post(connections, { name: 'Wrong', strategy, options }),
      await api.patch(`${connections}/${ids[strategy]}`, { options }),
      await api.put(`${connections}/${ids[strategy]}`, { options }),
    ]) {
      assert.deepEqual(faultOf(reply), [400, code, field], `${strategy} ${JSON.stringify(options)}`)
    }
  }
  assert.equal((await api.get(`${connections}?page_size=100`)).body.connections.length, builtIn.length + 4)
})

test('names are needed and unique, strategies are known, and applications exist and have people', async (t) => {
  const server = await start(t)
  const api = server.as()
  const id = await create(server, { name: 'Google', strategy: 'oauth2:google' })
  const other = await create(server, { name: 'GitHub', strategy: 'oauth2:github' })
  const machine = await addApplication(server, 'm2m')
  const rows: [object, string, string][] = [
    [{ strategy: 'oauth2:google' }, 'NAME_REQUIRED', 'name'],
    [{ name: ' ', strategy: 'oauth2:google' }, 'NAME_REQUIRED', 'name'],
    [{ name: 'New' }, 'STRATEGY_REQUIRED', 'strategy'],
    [{ name: 'New', strategy: 'email:otp' }, 'INVALID_VALUE', 'strategy'],
    [{ name: 'Google', strategy: 'oauth2:google' }, 'CONNECTION_NAME_EXISTS', 'name'],
    [
      { name: 'New', strategy: 'oauth2:google', enabled_applications: ['none'] },
      'APPLICATION_NOT_FOUND',
      'enabled_applications',
    ],
    [
      { name: 'New', strategy: 'oauth2:google', enabled_applications: [machine] },
      'APPLICATION_TYPE_NOT_SUPPORTED',
      'enabled_applications',
    ],
    [
      {
        name: 'New',
        strategy: 'oauth2:google',
        enabled_applications: Array.from({ length: 101 }, (_, number) => `${number}`),
      },
      'TOO_MANY_OBJECTS',
      'enabled_applications',
    ],
  ]
  for (const [body, code, field] of rows)
    assert.deepEqual(faultOf(await api.post(connections, body)), [400, code, field])
  assert.deepEqual(faultOf(await api.patch(`${connections}/${other}`, { name: 'Google' })), [
    400,
    'CONNECTION_NAME_EXISTS',
    'name',
  ])
  assert.equal((await api.get(connections)).body.connections.length, builtIn.length + 2)
  assert.equal((await api.get(`${connections}/${id}`)).body.connection.display_name, 'Google')
})

test('an unknown connection is 404, in the envelope that the document of the operation has', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const none = `${connections}/conn_none`
  for (const [reply, isObject] of [
    [await api.get(none), false],
    [await api.patch(none, { name: 'x' }), true],
    [await api.put(none, { name: 'x' }), true],
    [await api.delete(none), true],
    [await api.post(`/api/v1/applications/${application}/connections/conn_none`), false],
    [await api.delete(`/api/v1/applications/${application}/connections/conn_none`), false],
  ] as const) {
    assert.deepEqual(faultOf(reply), [404, 'CONNECTION_NOT_FOUND', undefined])
    assert.equal(!Array.isArray(reply.body.errors), isObject)
  }
})

test('connections are paged in both directions, and found by a domain of their people', async (t) => {
  const server = await start(t)
  const api = server.as()
  for (const [name, domains] of [
    ['one', ['@Zoo.example', 'other.example']],
    ['two', ['other.example']],
    ['three', ['zoo.example', 'ZOO.example', 'bücher.example']],
  ] as const) {
    await create(server, { name, strategy: 'saml:custom', options: { home_realm_domains: domains } })
  }
  const names = async (query: string) => {
    const { body } = await api.get(`${connections}?${query}`)
    return body.connections.map(({ name }: { name: string }) => name)
  }
  for (const domain of ['zoo.example', '@zoo.example', 'ZOO.EXAMPLE']) {
    assert.deepEqual(await names(`home_realm_domain=${encodeURIComponent(domain)}`), ['one', 'three'])
  }
  assert.deepEqual(await names(`home_realm_domain=${encodeURIComponent('@bücher.example')}`), ['three'])
  assert.deepEqual(await names('home_realm_domain=none.example'), [])
  assert.deepEqual(await names('home_realm_domain=%25'), [])
  assert.equal((await names('home_realm_domain=')).length, builtIn.length + 3)

  const { connections: all } = (await api.get(`${connections}?page_size=100`)).body
  const ids: string[] = all.map(({ id }: { id: string }) => id)
  const page = async (query: string) => {
    const { body } = await api.get(`${connections}?page_size=3&${query}`)
    return [body.connections.map(({ id }: { id: string }) => ids.indexOf(id)), body.has_more]
  }
  assert.deepEqual(await page(''), [[0, 1, 2], true])
  assert.deepEqual(await page(`starting_after=${ids[2]}`), [[3, 4, 5], true])
  assert.deepEqual(await page(`starting_after=${ids[5]}`), [[6, 7], false])
  assert.deepEqual(await page(`ending_before=${ids[4]}`), [[1, 2, 3], true])
  const filter = 'home_realm_domain=zoo.example'
  assert.deepEqual(await page(`${filter}&starting_after=${ids[5]}`), [[7], false])
  // It exists, but is not in this list.
  assert.deepEqual(faultOf(await api.get(`${connections}?${filter}&starting_after=${ids[0]}`)).slice(0, 2), [
    400,
    'INVALID_CURSOR',
  ])

  await api.patch(`${connections}/${ids[5]}`, { options: { home_realm_domains: ['new.example'] } })
  assert.deepEqual(await names(filter), ['three'])
  assert.deepEqual(await names('home_realm_domain=new.example'), ['one'])
})

test('a connection that is deleted is off everywhere, and identities that belong to it stay', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const organization = await addOrganization(server)
  const body = { name: 'Okta', strategy: 'saml:okta', enabled_applications: [application] }
  const id = await create(server, { ...body, options: { home_realm_domains: ['zoo.example'] } })
  await api.post(`/api/v1/organizations/${organization}/connections/${id}`)
  const user = (await api.post('/api/v1/user')).body.id
  const identity = { type: 'enterprise', value: 'ada', connection_id: id }
  assert.equal((await api.post(`/api/v1/users/${user}/identities`, identity)).status, 201)

  const reply = await api.delete(`${connections}/${id}`)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.equal((await api.get(`${connections}/${id}`)).status, 404)
  const { body: left } = await api.get(`/api/v1/applications/${application}/connections`)
  assert.deepEqual(
    left.connections.map(({ strategy }: { strategy: string }) => strategy),
    ['email:otp'],
  )
  assert.deepEqual((await api.get(`/api/v1/organizations/${organization}/connections`)).body.connections, [])
  assert.deepEqual((await api.get(`${connections}?home_realm_domain=zoo.example`)).body.connections, [])
  const { identities } = (await api.get(`/api/v1/users/${user}/identities`)).body
  assert.deepEqual([identities[0].type, identities[0].connection_id], ['saml:okta', id])
  assert.deepEqual((await server.events()).at(-1), {
    type: 'connection.deleted',
    data: {
      connection: { id, name: 'Okta', display_name: 'Okta', strategy: 'saml:okta' },
      reach: { applications: 1, organizations: 1, directories: 0, sessions: 0 },
    },
    application_id: server.firstClient.clientId,
    request_id: (await server.events()).at(-1)!.request_id,
  })
})
