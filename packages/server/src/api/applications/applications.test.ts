import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { changeApplication, holdApplication, putSecret } from '../../store/applications.ts'
import { addApplication, start, type TestReply, type TestServer } from '../../testing.ts'

const applications = '/api/v1/applications'

async function create({ as }: TestServer, body: Record<string, unknown>): Promise<{ id: string; secret: string }> {
  const reply = await as().post(applications, body)
  assert.equal(reply.status, 201)
  return { id: reply.body.application.id, secret: reply.body.application.client_secret }
}

function requestToken({ send, baseUrl }: TestServer, client: { id: string; secret: string }): Promise<TestReply> {
  const form = {
    grant_type: 'client_credentials',
    client_id: client.id,
    client_secret: client.secret,
    audience: `${baseUrl}/api`,
  }
  return send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
}

async function authorizeForManagement({ as }: TestServer, id: string, key: string): Promise<void> {
  const { body } = await as().get('/api/v1/apis?expand=scopes')
  const api = body.apis.find((row: { is_management_api: boolean }) => row.is_management_api)
  const scope = api.scopes.find((row: { key: string }) => row.key === key)
  await as().patch(`/api/v1/apis/${api.id}/applications`, { applications: [{ id }] })
  await as().post(`/api/v1/apis/${api.id}/applications/${id}/scopes/${scope.id}`)
}

test('a new application has a client id, and a secret where its type keeps one', async (t) => {
  const server = await start(t)
  for (const type of ['reg', 'spa', 'm2m', 'device']) {
    const { status, body } = await server.as().post(applications, { name: `A ${type}`, type })
    assert.equal(status, 201)
    const { id, client_id: clientId, client_secret: secret } = body.application
    assert.match(id, /^[0-9a-f]{32}$/)
    assert.equal(clientId, id)
    assert.match(secret, type === 'reg' || type === 'm2m' ? /^[A-Za-z0-9]{52}$/ : /^$/)
    assert.deepEqual((await server.as().get(`${applications}/${id}`)).body, {
      code: 'OK',
      message: 'Success',
      application: {
        id,
        name: `A ${type}`,
        type,
        client_id: id,
        client_secret: secret,
        login_uri: '',
        homepage_uri: '',
        has_cancel_button: false,
        is_access_control_enabled: false,
        is_allow_faceless_auth: false,
        is_ask_for_name: true,
        has_marketing_consent: false,
        has_sign_in_link_on_sign_up_page: true,
        has_register_link_on_sign_in_page: true,
        has_sign_in_with_sso_button: false,
        use_gravatar_fallback: true,
        org_code: null,
        access_token_lifetime: 86_400,
        ...(type === 'reg' || type === 'm2m'
          ? { m2m_token: { feature_flags: [], properties: [], has_permissions_claim: false } }
          : {}),
      },
    })
  }
})

test('the event of a new application tells everything but its secret', async (t) => {
  const server = await start(t)
  const { id, secret } = await create(server, { name: 'Keeper', type: 'm2m' })
  const events = await server.events()
  assert.deepEqual(
    events.map(({ type, data }) => [type, data]),
    [['application.created', { application: { id, name: 'Keeper', type: 'm2m', org_code: null } }]],
  )
  assert.equal(JSON.stringify(events).includes(secret), false)
})

test('a new application gets a token once it is authorized, and calls what its scopes open', async (t) => {
  const server = await start(t)
  const client = await create(server, { name: 'Keeper', type: 'm2m' })
  assert.equal((await requestToken(server, client)).status, 403)
  await authorizeForManagement(server, client.id, 'read:apis')
  const { body } = await requestToken(server, client)
  assert.equal(decodeJwt(body.access_token).scope, 'read:apis')
  assert.equal((await server.withToken(body.access_token).get('/api/v1/apis')).status, 200)
  assert.equal((await server.withToken(body.access_token).get(applications)).status, 403)
})

test('after a second secret is added the newest one is shown, and both are good', async (t) => {
  const server = await start(t)
  const client = await create(server, { name: 'Keeper', type: 'm2m' })
  await authorizeForManagement(server, client.id, 'read:apis')
  server.clock.advance(1000)
  const { cipher, ids, now } = server.environment
  const secret = ids.secret()
  await server.write((db) =>
    putSecret(db, { applicationId: client.id, secret, label: 'Second', cipher, ids, now: now() }),
  )
  assert.equal((await server.as().get(`${applications}/${client.id}`)).body.application.client_secret, secret)
  assert.equal((await requestToken(server, client)).status, 200)
  assert.equal((await requestToken(server, { id: client.id, secret })).status, 200)
})

test('name and type of a new application are checked', async (t) => {
  const server = await start(t)
  const rows = [
    [{ type: 'm2m' }, 'NAME_REQUIRED', 'name'],
    [{ name: 'x' }, 'TYPE_REQUIRED', 'type'],
    [{ name: '', type: 'm2m' }, 'INVALID_VALUE', 'name'],
    [{ name: ' \t ', type: 'm2m' }, 'INVALID_VALUE', 'name'],
    [{ name: 'x'.repeat(101), type: 'm2m' }, 'INVALID_VALUE', 'name'],
    [{ name: 'x', type: 'M2M' }, 'INVALID_VALUE', 'type'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await server.as().post(applications, body)
    assert.deepEqual([reply.status, reply.body.errors[0].code, reply.body.errors[0].field], [400, code, field])
  }
  assert.equal((await server.as().post(applications)).body.errors[0].code, 'BODY_REQUIRED')
  // Letters that sorting spells out, so that the sorted name is many times as long.
  for (const name of ['x'.repeat(100), 'ﷺ'.repeat(100), '㌖ﷻ㌗ﷺ'.repeat(25)]) {
    const { id } = await create(server, { name, type: 'm2m' })
    assert.equal((await server.as().get(`${applications}/${id}`)).body.application.name, name)
  }
})

test('an m2m application can be held to an organization that exists; no other type can', async (t) => {
  const server = await start(t)
  const { code } = await server.db.selectFrom('organizations').select('code').executeTakeFirstOrThrow()
  const client = await create(server, { name: 'Keeper', type: 'm2m', org_code: code })
  await authorizeForManagement(server, client.id, 'read:apis')
  assert.equal(decodeJwt((await requestToken(server, client)).body.access_token).org_code, code)

  const general = await create(server, { name: 'General', type: 'm2m', org_code: null })
  await authorizeForManagement(server, general.id, 'read:apis')
  assert.equal('org_code' in decodeJwt((await requestToken(server, general)).body.access_token), false)

  const rows = [
    [{ name: 'x', type: 'm2m', org_code: 'org_none' }, 'ORGANIZATION_NOT_FOUND'],
    [{ name: 'x', type: 'reg', org_code: code }, 'ORG_CODE_NOT_SUPPORTED'],
  ] as const
  for (const [body, expected] of rows) {
    const { status, body: reply } = await server.as().post(applications, body)
    assert.deepEqual([status, reply.errors[0].code, reply.errors[0].field], [400, expected, 'org_code'])
  }
})

test('applications are listed in the order of their making, or by name up and down, by pages', async (t) => {
  const server = await start(t)
  for (const name of ['delta', 'Alpha', 'charlie', 'Bravo', 'alpha']) await create(server, { name, type: 'spa' })
  const made = ['First M2M application', 'delta', 'Alpha', 'charlie', 'Bravo', 'alpha']
  const byName = ['Alpha', 'alpha', 'Bravo', 'charlie', 'delta', 'First M2M application']
  const rows = [
    ['', made],
    ['&sort=name_asc', byName],
    ['&sort=name_desc', byName.toReversed()],
  ] as const
  for (const [sort, expected] of rows) {
    const names: string[] = []
    const sizes: number[] = []
    let token: string | undefined
    do {
      const next = token === undefined ? '' : `&next_token=${encodeURIComponent(token)}`
      const { body } = await server.as().get(`${applications}?page_size=4${sort}${next}`)
      names.push(...body.applications.map((row: { name: string }) => row.name))
      sizes.push(body.applications.length)
      token = body.next_token
      assert.equal('next_token' in body, sizes.length === 1)
    } while (token !== undefined)
    assert.deepEqual([names, sizes], [expected, [4, 2]])
  }
})

test('an entry of the list shows id, name and type, and no secret', async (t) => {
  const server = await start(t)
  const { body } = await server.as().get(applications)
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    applications: [{ id: server.firstClient.clientId, name: 'First M2M application', type: 'm2m' }],
  })
  const unsorted = await server.as().get(`${applications}?sort=email_asc`)
  assert.deepEqual([unsorted.status, unsorted.body.errors[0].field], [400, 'sort'])
})

test('an update changes what is sent, and nothing else', async (t) => {
  const server = await start(t)
  const { id } = await create(server, { name: 'zebra', type: 'spa' })
  const url = `${applications}/${id}`
  const before = (await server.as().get(url)).body.application
  const changes = {
    name: 'Aardvark',
    login_uri: 'https://app.example/login',
    homepage_uri: 'https://app.example',
    is_allow_faceless_auth: true,
    is_ask_for_name: false,
    has_marketing_consent: true,
    has_sign_in_link_on_sign_up_page: false,
    has_register_link_on_sign_in_page: false,
    has_sign_in_with_sso_button: true,
    use_gravatar_fallback: false,
  }
  const ignored = { type: 'm2m', client_id: 'x', seq: 1, has_cancel_button: true }
  const reply = await server.as().patch(url, { ...changes, ...ignored, language_key: 'pt-BR' })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual((await server.as().get(url)).body.application, { ...before, ...changes })
  const { body } = await server.as().get(`${applications}?sort=name_asc`)
  assert.equal(body.applications[0].id, id)
  const { type, data, change } = (await server.events()).at(-1)!
  assert.equal(type, 'application.updated')
  assert.deepEqual(data, { application: { id } })
  assert.deepEqual(change, {
    before: {
      language_key: '',
      ...Object.fromEntries(Object.keys(changes).map((key) => [key, before[key]])),
    },
    after: { ...changes, language_key: 'pt-BR' },
  })
})

test('an update that changes nothing, without a body too, leaves no event', async (t) => {
  const server = await start(t)
  const { id } = await create(server, { name: 'Keeper', type: 'reg' })
  const events = await server.events()
  const bodies = [undefined, {}, { name: 'Keeper', is_ask_for_name: true, redirect_uris: [], login_uri: '' }]
  for (const body of bodies) {
    assert.equal((await server.as().patch(`${applications}/${id}`, body)).status, 200)
  }
  assert.deepEqual(await server.events(), events)
})

test('lists of URLs in an update replace those there are, each with an event of its own', async (t) => {
  const server = await start(t)
  const { id } = await create(server, { name: 'Web', type: 'reg' })
  const url = `${applications}/${id}`
  const lists = async () => [
    (await server.as().get(`${url}/auth_redirect_urls`)).body.redirect_urls,
    (await server.as().get(`${url}/auth_logout_urls`)).body.logout_urls,
  ]
  await server.as().patch(url, { redirect_uris: ['https://a.example/1', 'https://a.example/2'] })
  assert.deepEqual(await lists(), [['https://a.example/1', 'https://a.example/2'], []])
  await server.as().patch(url, { redirect_uris: ['https://a.example/2'], logout_uris: ['https://a.example/bye'] })
  assert.deepEqual(await lists(), [['https://a.example/2'], ['https://a.example/bye']])
  await server.as().patch(url, { name: 'Web 2' })
  assert.deepEqual(await lists(), [['https://a.example/2'], ['https://a.example/bye']])
  assert.deepEqual(
    (await server.events()).slice(-3, -1).map(({ type, data }) => [type, data]),
    [
      ['application.redirect_urls_updated', { application: { id }, added: [], removed: ['https://a.example/1'] }],
      ['application.logout_urls_updated', { application: { id }, added: ['https://a.example/bye'], removed: [] }],
    ],
  )
})

test('a fault anywhere in an update leaves the application as it was', async (t) => {
  const server = await start(t)
  const { id } = await create(server, { name: 'Web', type: 'reg' })
  const url = `${applications}/${id}`
  const before = (await server.as().get(url)).body
  const rows = [
    [{ name: 'New', logout_uris: ['https://a.example', 'http://a.example'] }, 'INVALID_CALLBACK_URL', 'logout_uris.1'],
    [{ name: 'New', redirect_uris: ['/callback'] }, 'INVALID_CALLBACK_URL', 'redirect_uris.0'],
    [{ name: 'New', homepage_uri: 'javascript:alert(1)' }, 'INVALID_URL', 'homepage_uri'],
    [{ name: 'New', login_uri: 'app.example' }, 'INVALID_URL', 'login_uri'],
    [{ name: 'New', language_key: '<b>' }, 'INVALID_VALUE', 'language_key'],
    [{ name: 'New', is_ask_for_name: 'true' }, 'INVALID_VALUE', 'is_ask_for_name'],
    [{ name: ' ' }, 'INVALID_VALUE', 'name'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await server.as().patch(url, body)
    assert.deepEqual([reply.status, reply.body.errors[0].code, reply.body.errors[0].field], [400, code, field])
  }
  assert.deepEqual((await server.as().get(url)).body, before)
  assert.equal((await server.events()).length, 1)
})

test('access control needs roles, and is not for machines; switching it off is always possible', async (t) => {
  const server = await start(t)
  for (const type of ['reg', 'spa', 'device', 'm2m']) {
    const { id } = await create(server, { name: type, type })
    const url = `${applications}/${id}`
    const reply = await server.as().patch(url, { is_access_control_enabled: true })
    const code = type === 'm2m' ? 'ACCESS_CONTROL_NOT_SUPPORTED' : 'ACCESS_ROLES_REQUIRED'
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, code])
    assert.equal((await server.as().patch(url, { is_access_control_enabled: false })).status, 200)
    assert.equal((await server.as().get(url)).body.application.is_access_control_enabled, false)
  }
})

test('an application that is deleted is gone at once, with its tokens and its secret', async (t) => {
  const server = await start(t)
  const client = await create(server, { name: 'Keeper', type: 'm2m' })
  const url = `${applications}/${client.id}`
  await authorizeForManagement(server, client.id, 'read:apis')
  await server.as().patch(url, { redirect_uris: ['https://a.example/1', 'https://a.example/2'] })
  const { access_token: token } = (await requestToken(server, client)).body
  assert.equal((await server.withToken(token).get('/api/v1/apis')).status, 200)
  await addPropertyValue(server, client.id)

  const reply = await server.as().delete(url)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.equal((await server.withToken(token).get('/api/v1/apis')).status, 401)
  assert.equal((await requestToken(server, client)).body.error, 'invalid_client')
  const gone = await server.as().get(url)
  assert.deepEqual([gone.status, gone.body.errors[0].code], [404, 'APPLICATION_NOT_FOUND'])
  assert.deepEqual((await server.events()).at(-1)?.data, {
    application: { id: client.id, name: 'Keeper' },
    reach: {
      secrets: 1,
      apis: 1,
      connections: 0,
      access_roles: 0,
      properties: 1,
      sessions: 0,
      redirect_urls: 2,
      logout_urls: 0,
    },
  })
  const { db } = server
  const left = [
    await db.selectFrom('application_secrets').select('id').where('application_id', '=', client.id).execute(),
    await db.selectFrom('application_urls').select('url').where('application_id', '=', client.id).execute(),
    await db.selectFrom('api_applications').select('api_id').where('application_id', '=', client.id).execute(),
    await db.selectFrom('api_application_scopes').select('api_id').where('application_id', '=', client.id).execute(),
    await db.selectFrom('property_values').select('value').where('owner_id', '=', client.id).execute(),
  ]
  assert.deepEqual(
    left.map((rows) => rows.length),
    [0, 0, 0, 0, 0],
  )
})

async function addPropertyValue(server: TestServer, owner: string): Promise<void> {
  const now = server.environment.now()
  const id = server.environment.ids.timed('prop', now)
  await server.write(async (db) => {
    const property = { id, key: 'colour', name: 'Colour', context: 'app', type: 'single_line_text' }
    await db
      .insertInto('properties')
      .values({ ...property, is_private: false, is_kinde_property: false, created_at_ms: now })
      .execute()
    await db.insertInto('property_values').values({ property_id: id, owner_id: owner, value: 'red' }).execute()
  })
}

test('the first application may delete itself', async (t) => {
  const server = await start(t)
  const api = server.as()
  assert.equal((await api.delete(`${applications}/${server.firstClient.clientId}`)).status, 200)
  assert.equal((await api.get(applications)).status, 401)
})

test('the next token lives as long as the application says', async (t) => {
  const server = await start(t)
  const client = await addApplication(server, { scopes: ['read:apis'] })
  const url = `${applications}/${client.clientId}/tokens`
  const lifetime = async () => {
    const { body } = await requestToken(server, { id: client.clientId, secret: client.clientSecret })
    const { exp, iat } = decodeJwt(body.access_token)
    return [exp! - iat!, body.expires_in]
  }
  assert.deepEqual(await lifetime(), [86_400, 86_399])
  const reply = await server.as().patch(url, { access_token_lifetime: 60, is_hasura_mapping_enabled: true })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual(await lifetime(), [60, 59])
  assert.deepEqual((await server.events()).at(-1)?.change, {
    before: { access_token_lifetime_seconds: 86_400, is_hasura_mapping_enabled: false },
    after: { access_token_lifetime_seconds: 60, is_hasura_mapping_enabled: true },
  })
  const events = await server.events()
  assert.equal((await server.as().patch(url, { access_token_lifetime: 60 })).status, 200)
  assert.equal((await server.as().patch(url, {})).status, 200)
  assert.deepEqual(await server.events(), events)
})

test('lifetimes are whole seconds from a minute to a year', async (t) => {
  const server = await start(t)
  const url = `${applications}/${server.firstClient.clientId}/tokens`
  const fields = [
    'access_token_lifetime',
    'refresh_token_lifetime',
    'id_token_lifetime',
    'authenticated_session_lifetime',
  ]
  for (const field of fields) {
    for (const value of [59, 31_536_001, 60.5, -1, 1e300, '60', null]) {
      const reply = await server.as().patch(url, { [field]: value })
      assert.deepEqual([reply.status, reply.body.errors[0].field], [400, field], `${field}: ${value}`)
    }
  }
  const shortest = { access_token_lifetime: 60, id_token_lifetime: 60, authenticated_session_lifetime: 60 }
  assert.equal((await server.as().patch(url, shortest)).status, 200)
  assert.equal((await server.as().patch(url, { refresh_token_lifetime: 31_536_000 })).status, 200)
})

test('a refresh token must outlast an access token, also one whose lifetime is stored already', async (t) => {
  const server = await start(t)
  const url = `${applications}/${server.firstClient.clientId}/tokens`
  const rows = [
    [{ access_token_lifetime: 1_296_000 }, 'access_token_lifetime'],
    [{ refresh_token_lifetime: 86_400 }, 'refresh_token_lifetime'],
    [{ access_token_lifetime: 100, refresh_token_lifetime: 100 }, 'refresh_token_lifetime'],
  ] as const
  for (const [body, field] of rows) {
    const reply = await server.as().patch(url, body)
    assert.deepEqual(
      [reply.status, reply.body.errors[0].code, reply.body.errors[0].field],
      [400, 'INVALID_TOKEN_LIFETIME', field],
    )
  }
  const both = { access_token_lifetime: 1_296_000, refresh_token_lifetime: 1_296_001 }
  assert.equal((await server.as().patch(url, both)).status, 200)
})

test('an update waits for one that is under way, and is held to what that one leaves', async (t) => {
  const server = await start(t)
  const { clientId } = server.firstClient
  const api = server.as()
  await api.get(applications)
  const second = await server.write(async (db) => {
    const application = await holdApplication(db, clientId)
    await changeApplication(db, application, { access_token_lifetime_seconds: 1_000_000 })
    const reply = api.patch(`${applications}/${clientId}/tokens`, { refresh_token_lifetime: 100_000 })
    // Long enough for it to read what is there before, if it did not wait.
    await setTimeout(250)
    return { reply }
  })
  const { status, body } = await second.reply
  assert.deepEqual([status, body.errors?.[0].code], [400, 'INVALID_TOKEN_LIFETIME'])
})

test('an application that does not exist can be neither read nor changed', async (t) => {
  const server = await start(t)
  const replies = [
    await server.as().get(`${applications}/unknown`),
    await server.as().patch(`${applications}/unknown`, { name: 'x' }),
    await server.as().delete(`${applications}/unknown`),
    await server.as().patch(`${applications}/unknown/tokens`, {}),
  ]
  for (const { status, body } of replies) {
    assert.deepEqual([status, body.errors[0].code], [404, 'APPLICATION_NOT_FOUND'])
  }
})
