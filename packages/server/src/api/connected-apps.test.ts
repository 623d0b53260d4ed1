import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { managementScopes } from '../management-api.ts'
import { type ConnectedAppSettings, putConnectedApp } from '../store/connected-apps.ts'
import { addApplication, start, startOfTest, type TestReply, type TestServer } from '../testing.ts'
import { type OAuthProvider, startOAuthProvider } from '../testing-oauth-provider.ts'

const apps = '/api/v1/connected_apps'

interface Scene {
  server: TestServer
  provider: OAuthProvider
  userId: string
}

/** A server with the connected app `zoo`, whose provider is a real one on loopback, and a user. */
async function startWithApp(t: TestContext, settings: Partial<ConnectedAppSettings> = {}): Promise<Scene> {
  const server = await start(t)
  const provider = await startOAuthProvider(t)
  await put(server, provider, settings)
  return { server, provider, userId: (await server.as().post('/api/v1/user')).body.id }
}

function put(server: TestServer, provider: OAuthProvider, settings: Partial<ConnectedAppSettings> = {}) {
  const app: ConnectedAppSettings = {
    keyCodeRef: 'zoo',
    name: 'Zoo',
    authorizeUrl: `${provider.url}/authorize?access_type=offline`,
    tokenUrl: `${provider.url}/token`,
    revokeUrl: `${provider.url}/revoke`,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    scopes: ['animals.read', 'keepers.read'],
    callbackUrl: 'https://app.example/done?from=zoo',
    ...settings,
  }
  return server.write((db) => putConnectedApp(db, app, { ...server.environment, now: startOfTest }))
}

/** The callback of a provider, as a browser calls it. */
function follow(server: TestServer, address: string): Promise<TestReply> {
  const { origin, pathname, search } = new URL(address)
  assert.equal(origin, server.baseUrl)
  return server.send({ method: 'GET', url: `${pathname}${search}` })
}

/** A session that has been authorized. @returns its id */
async function authorized({ server, provider, userId }: Scene, query = ''): Promise<string> {
  const { status, body } = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  const reply = await follow(server, await provider.authorize(body.url))
  assert.equal(reply.status, 303, String(reply.body))
  return body.session_id
}

const tokenOf = (server: TestServer, session: string) => server.as().get(`${apps}/token?session_id=${session}`)
const revoke = (server: TestServer, session: string) => server.as().post(`${apps}/revoke?session_id=${session}`)
const faultOf = ({ status, body }: TestReply) => [status, body.errors[0].code, body.errors[0].field]
const eventsOf = async (server: TestServer) =>
  (await server.events()).filter(({ type }) => type.startsWith('connected_app.'))

test('a user authorizes an app in the browser, and its access token is there by the session', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider, userId } = scene
  const begun = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)
  assert.equal(begun.status, 200)
  assert.deepEqual(Object.keys(begun.body), ['url', 'session_id'])
  const { session_id: session, url } = begun.body
  const { state, code_challenge: challenge, ...query } = Object.fromEntries(new URL(url).searchParams)
  assert.deepEqual(query, {
    access_type: 'offline',
    response_type: 'code',
    client_id: 'zoo client',
    redirect_uri: 'https://localhost:8443/connected_apps/callback',
    scope: 'animals.read keepers.read',
    code_challenge_method: 'S256',
  })
  assert.match(challenge!, /^[\w-]{43}$/)
  assert.equal(state!.includes(userId), false)
  assert.deepEqual(faultOf(await tokenOf(server, session)), [400, 'INVALID_SESSION', 'session_id'])

  const back = await follow(server, await provider.authorize(url))
  assert.deepEqual(
    [back.status, back.headers.location],
    [303, `https://app.example/done?from=zoo&session_id=${session}`],
  )
  assert.deepEqual([back.headers['cache-control'], back.headers['referrer-policy']], ['no-store', 'no-referrer'])
  const { status, body } = await tokenOf(server, session)
  assert.equal(status, 200)
  assert.deepEqual(body, { access_token: 'access-2', access_token_expiry: '2026-01-15T13:00:00.000+00:00' })
  assert.ok(provider.good.has(body.access_token))
  const names = {
    connected_app: { key_code_ref: 'zoo' },
    session: { id: session, user_id: userId, organization_code: null },
  }
  assert.deepEqual(
    (await eventsOf(server)).map(({ type, data }) => [type, data]),
    [['connected_app.authorized', names]],
  )
})

test('tokens and the secret of the app are kept sealed, and no event holds them', async (t) => {
  const scene = await startWithApp(t)
  const { server } = scene
  const session = await authorized(scene)
  const rows = [
    await server.db.selectFrom('connected_app_sessions').selectAll().execute(),
    await server.db.selectFrom('connected_apps').selectAll().execute(),
    await server.events(),
  ]
  const text = JSON.stringify(rows)
  assert.ok(text.includes(session))
  for (const secret of ['access-2', 'refresh-2', 'kept in the dark']) assert.equal(text.includes(secret), false, secret)
})

test('an app can be authorized for an organization, for a member in it, and back to another address', async (t) => {
  const { server, provider, userId } = await startWithApp(t)
  const api = server.as()
  const { organization } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body
  await api.post(`/api/v1/organizations/${organization.code}/users`, { users: [{ id: userId }] })
  for (const [owner, user] of [
    [`org_code=${organization.code}`, null],
    [`org_code=${organization.code}&user_id=${userId}`, userId],
  ]) {
    const override = encodeURIComponent('myapp://done')
    const { body } = await api.get(`${apps}/auth_url?key_code_ref=zoo&${owner}&override_callback_url=${override}`)
    const back = await follow(server, await provider.authorize(body.url))
    assert.equal(back.headers.location, `myapp://done?session_id=${body.session_id}`)
    assert.equal((await tokenOf(server, body.session_id)).status, 200)
    const { data } = (await eventsOf(server)).at(-1)!
    assert.deepEqual(data.session, { id: body.session_id, user_id: user, organization_code: organization.code })
  }
})

test('an app without a callback URL ends on a page of its own', async (t) => {
  const { server, provider, userId } = await startWithApp(t, { callbackUrl: null })
  const { body } = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)
  const address = await provider.authorize(body.url)
  const page = await follow(server, address)
  assert.equal(page.status, 200)
  assert.match(String(page.headers['content-type']), /^text\/plain/)
  const denied = new URL(address)
  denied.searchParams.delete('code')
  denied.searchParams.set('error', 'access_denied')
  assert.equal((await follow(server, denied.href)).status, 400)
})

test('what cannot be authorized is refused with the documented statuses', async (t) => {
  const { server, userId } = await startWithApp(t)
  const api = server.as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const member = `user_id=${userId}`
  const rows: [string, number, string, string | undefined][] = [
    [`key_code_ref=none&${member}`, 404, 'CONNECTED_APP_NOT_FOUND', undefined],
    [member, 400, 'KEY_CODE_REF_REQUIRED', 'key_code_ref'],
    ['key_code_ref=zoo', 400, 'USER_REQUIRED', 'user_id'],
    ['key_code_ref=zoo&user_id=kp_none', 400, 'USER_NOT_FOUND', 'user_id'],
    ['key_code_ref=zoo&org_code=org_none', 400, 'ORGANIZATION_NOT_FOUND', 'org_code'],
    [`key_code_ref=zoo&org_code=${code}&${member}`, 400, 'USER_NOT_IN_ORGANIZATION', 'user_id'],
    ...['here', 'javascript:alert(1)', 'http://app.example/', 'https://*.app.example/', 'https://a.example/#x'].map(
      (url): [string, number, string, string] => [
        `key_code_ref=zoo&${member}&override_callback_url=${encodeURIComponent(url)}`,
        400,
        'INVALID_URL',
        'override_callback_url',
      ],
    ),
  ]
  for (const [query, status, error, field] of rows) {
    assert.deepEqual(faultOf(await api.get(`${apps}/auth_url?${query}`)), [status, error, field], query)
  }
  for (const reply of [await tokenOf(server, 'none'), await revoke(server, 'none')]) {
    assert.deepEqual(faultOf(reply), [400, 'INVALID_SESSION', 'session_id'])
  }
  assert.equal((await api.get(`${apps}/revoke?session_id=none`)).status, 405)
})

test('a way back that was changed, made up or used up brings no session', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider, userId } = scene
  const begin = async () => (await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)).body
  const { url, session_id: session } = await begin()
  const good = new URL(await provider.authorize(url))
  for (const state of ['', 'x', `${good.searchParams.get('state')!.slice(0, -6)}AAAAAA`]) {
    const changed = new URL(good)
    changed.searchParams.set('state', state)
    assert.equal((await follow(server, changed.href)).status, 400)
  }
  assert.equal(provider.requests.length, 0)
  // The code of one session in another one: PKCE tells them apart.
  const other = new URL(await provider.authorize((await begin()).url))
  other.searchParams.set('state', good.searchParams.get('state')!)
  const swapped = await follow(server, other.href)
  assert.equal(new URL(String(swapped.headers.location)).searchParams.get('error'), 'provider_error')
  assert.equal((await tokenOf(server, session)).status, 400)

  assert.equal((await follow(server, good.href)).status, 303)
  const { body } = await tokenOf(server, session)
  // The page is loaded once more.
  const count = provider.requests.length
  assert.equal(
    (await follow(server, good.href)).headers.location,
    `https://app.example/done?from=zoo&session_id=${session}`,
  )
  assert.equal(provider.requests.length, count)
  assert.deepEqual((await tokenOf(server, session)).body, body)

  const late = await begin()
  server.clock.advance(3_600_000)
  const expired = await follow(server, await provider.authorize(late.url))
  assert.equal(new URL(String(expired.headers.location)).searchParams.get('error'), 'expired')
  const denied = new URL(await provider.authorize((await begin()).url))
  denied.searchParams.delete('code')
  denied.searchParams.set('error', 'access_denied')
  const refused = await follow(server, denied.href)
  assert.equal(new URL(String(refused.headers.location)).searchParams.get('error'), 'access_denied')
})

test('nothing is kept for a user who is gone when the app is authorized', async (t) => {
  const { server, provider, userId } = await startWithApp(t)
  const { body } = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)
  await server.as().delete(`/api/v1/user?id=${userId}`)
  const back = await follow(server, await provider.authorize(body.url))
  assert.equal(new URL(String(back.headers.location)).searchParams.get('error'), 'unknown_owner')
  assert.equal(provider.requests.length, 0)
})

for (const clientAuthentication of ['post', 'basic'] as const) {
  test(`the provider is told who asks (${clientAuthentication}), and with what: code, refresh token, revocation`, async (t) => {
    const scene = await startWithApp(t, { clientAuthentication })
    const { server, provider } = scene
    const session = await authorized(scene)
    server.clock.advance(3_600_000)
    assert.equal((await tokenOf(server, session)).status, 200)
    assert.equal((await revoke(server, session)).status, 200)
    const kinds = provider.requests.map(({ path, form }) => [path, form.grant_type ?? form.token_type_hint])
    assert.deepEqual(kinds, [
      ['/token', 'authorization_code'],
      ['/token', 'refresh_token'],
      ['/revoke', 'refresh_token'],
      ['/revoke', 'access_token'],
    ])
    for (const { headers, form } of provider.requests) {
      assert.equal(headers.authorization === undefined, clientAuthentication === 'post')
      assert.equal(form.client_secret === undefined, clientAuthentication === 'basic')
    }
  })
}

test('a browser that comes back several times at once is sent on each time, and the code is used once', async (t) => {
  const { server, provider, userId } = await startWithApp(t)
  const { body } = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)
  const address = await provider.authorize(body.url)
  const replies = await Promise.all([1, 2, 3, 4].map(() => follow(server, address)))
  for (const { status, headers } of replies) {
    assert.deepEqual([status, new URL(String(headers.location)).searchParams.get('error')], [303, null])
  }
  assert.equal(provider.requests.length, 1)
  assert.equal((await eventsOf(server)).length, 1)
})

test('whoever is deleted while the provider is asked gets no session, and the provider is told', async (t) => {
  for (const gone of ['user', 'app'] as const) {
    const { server, provider, userId } = await startWithApp(t)
    const { body } = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)
    const address = await provider.authorize(body.url)
    provider.before = async ({ path }) => {
      if (path !== '/token') return false
      if (gone === 'user') await server.as().delete(`/api/v1/user?id=${userId}`)
      else await server.write((db) => db.deleteFrom('connected_apps').execute())
      return false
    }
    const { status, headers } = await follow(server, address)
    assert.equal(status, 303)
    assert.match(String(headers.location), /error=unknown_owner/)
    assert.deepEqual([...provider.good], [], gone)
    assert.deepEqual(await eventsOf(server), [])
  }
})

test('an access token is refreshed when it expires, and only then', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  const first = (await tokenOf(server, session)).body
  server.clock.advance(3_500_000)
  assert.deepEqual((await tokenOf(server, session)).body, first)
  assert.equal(provider.requests.length, 1)
  server.clock.advance(100_000)
  const { status, body: second } = await tokenOf(server, session)
  assert.equal(status, 200)
  assert.notEqual(second.access_token, first.access_token)
  assert.equal(second.access_token_expiry, '2026-01-15T14:00:00.000+00:00')
  assert.ok(provider.good.has(second.access_token))
  // With the refresh token that came with it.
  server.clock.advance(3_600_000)
  const third = (await tokenOf(server, session)).body
  assert.ok(provider.good.has(third.access_token))
  assert.deepEqual(
    (await eventsOf(server)).map(({ type }) => type),
    ['connected_app.authorized', 'connected_app.token_refreshed', 'connected_app.token_refreshed'],
  )
})

test('of many requests at once one refreshes, and all get its token', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  server.clock.advance(3_600_000)
  const replies = await Promise.all(Array.from({ length: 8 }, () => tokenOf(server, session)))
  const tokens = new Set(replies.map(({ body }) => body.access_token))
  assert.deepEqual([tokens.size, provider.requests.length], [1, 2], JSON.stringify(replies.map(({ body }) => body)))
  assert.ok(provider.good.has([...tokens][0]))
})

test('while a provider is asked, other requests change what they like', { timeout: 60_000 }, async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  server.clock.advance(3_600_000)
  let changes = 0
  // The provider answers once another change has been answered.
  provider.before = async () => {
    const { status } = await server.as().post('/api/v1/roles', { name: 'Keeper', key: `keeper-${++changes}` })
    assert.equal(status, 201)
    return false
  }
  assert.equal((await tokenOf(server, session)).status, 200)
  assert.equal((await revoke(server, session)).status, 200)
  assert.equal(changes, 3)
})

test('a token that does not expire has no expiry; one without a refresh token expires for good', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  provider.expiresIn = undefined
  const lasting = await authorized(scene)
  provider.expiresIn = 3600
  provider.before = (_request, response) => {
    response.end(JSON.stringify({ access_token: 'alone', expires_in: '3600' }))
    return true
  }
  const alone = await authorized(scene)
  server.clock.advance(3_600_000)
  assert.deepEqual(Object.keys((await tokenOf(server, lasting)).body), ['access_token'])
  assert.deepEqual(faultOf(await tokenOf(server, alone)), [400, 'SESSION_EXPIRED', 'session_id'])
})

test('a refusal of the provider, and a provider that is away, leave the session as it was', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  server.clock.advance(3_600_000)
  const rows: [number, object, string][] = [
    [400, { error: 'invalid_grant' }, 'PROVIDER_REFUSED'],
    [200, { error: 'bad_refresh_token' }, 'PROVIDER_REFUSED'],
    [302, {}, 'PROVIDER_REFUSED'],
    [503, {}, 'PROVIDER_UNAVAILABLE'],
    [429, {}, 'PROVIDER_UNAVAILABLE'],
  ]
  for (const [status, body, code] of rows) {
    provider.before = (_request, response) => {
      response.writeHead(status, { location: `${provider.url}/elsewhere` }).end(JSON.stringify(body))
      return true
    }
    assert.deepEqual(faultOf(await tokenOf(server, session)).slice(0, 2), [400, code])
    assert.deepEqual(faultOf(await revoke(server, session)).slice(0, 2), [400, code])
  }
  // Redirects are not followed.
  assert.equal(
    provider.requests.some(({ path }) => path === '/elsewhere'),
    false,
  )
  for (const answer of ['{}', '[]', '<html>', `{"access_token":"${'x'.repeat(70_000)}"}`, undefined]) {
    provider.before = (_request, response) => {
      if (answer === undefined) response.destroy()
      else response.end(answer)
      return true
    }
    assert.equal(faultOf(await tokenOf(server, session))[1], 'PROVIDER_UNAVAILABLE', `${answer?.slice(0, 20)}`)
  }
  provider.before = () => false
  assert.equal((await tokenOf(server, session)).status, 200)
})

test('a session that is revoked is gone here and at the provider', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const [session, other] = [await authorized(scene), await authorized(scene)]
  const { access_token: token } = (await tokenOf(server, session)).body
  const reply = await revoke(server, session)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.equal(provider.good.has(token), false)
  for (const again of [await tokenOf(server, session), await revoke(server, session)]) {
    assert.deepEqual(faultOf(again), [400, 'INVALID_SESSION', 'session_id'])
  }
  assert.equal((await tokenOf(server, other)).status, 200)
  assert.equal((await eventsOf(server)).at(-1)!.type, 'connected_app.revoked')

  // The session may also be named in a body; and it may be gone at the provider already.
  provider.before = (_request, response) => {
    response.writeHead(400).end('{"error":"invalid_token"}')
    return true
  }
  assert.equal((await server.as().post(`${apps}/revoke`, { session_id: other })).status, 200)
})

test('tokens that come while their session is revoked are revoked too', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  server.clock.advance(3_600_000)
  provider.before = async ({ form }) => {
    provider.before = () => false
    if (form.grant_type === 'refresh_token') {
      await server.write((db) => db.deleteFrom('connected_app_sessions').where('id', '=', session).execute())
    }
    return false
  }
  assert.deepEqual(faultOf(await tokenOf(server, session)), [400, 'INVALID_SESSION', 'session_id'])
  assert.equal(provider.requests.at(-1)!.path, '/revoke')
  assert.deepEqual([...provider.good], [])
})

test('a provider without an address for revoking is not asked, and sessions go with their user', async (t) => {
  const scene = await startWithApp(t, { revokeUrl: null })
  const { server, provider, userId } = scene
  const [one, two] = [await authorized(scene), await authorized(scene)]
  assert.equal((await revoke(server, one)).status, 200)
  assert.equal(provider.requests.length, 2)
  assert.equal((await server.as().delete(`/api/v1/user?id=${userId}`)).status, 200)
  assert.deepEqual(faultOf(await tokenOf(server, two)), [400, 'INVALID_SESSION', 'session_id'])
})

test('an application of one organization has sessions of that one alone', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider, userId } = scene
  const api = server.as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const scopes = managementScopes.map(({ key }) => key)
  const { clientId, clientSecret } = await addApplication(server, { scopes, orgCode: code })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { body } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  const own = server.withToken(body.access_token)
  assert.equal((await own.get(`${apps}/auth_url?key_code_ref=zoo&user_id=${userId}`)).status, 403)
  const begun = (await own.get(`${apps}/auth_url?key_code_ref=zoo&org_code=${code}`)).body
  await follow(server, await provider.authorize(begun.url))
  assert.equal((await own.get(`${apps}/token?session_id=${begun.session_id}`)).status, 200)
  const foreign = await authorized(scene)
  assert.deepEqual(faultOf(await own.get(`${apps}/token?session_id=${foreign}`)), [
    400,
    'INVALID_SESSION',
    'session_id',
  ])
  assert.equal((await own.post(`${apps}/revoke?session_id=${foreign}`)).status, 400)
  assert.equal((await tokenOf(server, foreign)).status, 200)
})

test('a provider is set up again under its reference; addresses lead to https, this machine or a network of one’s own', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  const before = await server.db.selectFrom('connected_apps').selectAll().execute()
  // The secret stays when it is left out.
  const id = await put(server, provider, { name: 'Renamed', clientSecret: undefined })
  const after = await server.db.selectFrom('connected_apps').selectAll().execute()
  assert.deepEqual({ ...after[0]! }, { ...before[0]!, name: 'Renamed' })
  assert.equal(after.length, 1)
  assert.equal(id, before[0]!.id)
  server.clock.advance(3_600_000)
  assert.equal((await tokenOf(server, session)).status, 200)

  await put(server, provider, { keyCodeRef: 'gitlab', tokenUrl: 'https://10.1.2.3/token', clientSecret: null })
  for (const [settings, code] of [
    [{ tokenUrl: 'http://zoo.example/token' }, 'INVALID_URL'],
    [{ tokenUrl: 'https://169.254.169.254/latest' }, 'INVALID_URL'],
    [{ revokeUrl: 'ftp://zoo.example' }, 'INVALID_URL'],
    [{ authorizeUrl: 'https://user:pass@zoo.example' }, 'INVALID_URL'],
    [{ callbackUrl: 'http://app.example' }, 'INVALID_URL'],
    [{ keyCodeRef: 'a b' }, 'INVALID_KEY_CODE_REF'],
    [{ scopes: ['a b'] }, 'INVALID_SCOPE'],
  ] as const) {
    await assert.rejects(put(server, provider, settings), { code })
  }
})

test('a provider at an address where none can be is not called, however it came to be set up', async (t) => {
  const scene = await startWithApp(t)
  const { server } = scene
  const trap = createServer((_request, response) => response.end('{"access_token":"stolen"}'))
  trap.listen(0, '127.0.0.1')
  t.after(() => trap.close())
  await once(trap, 'listening')
  const { port } = trap.address() as AddressInfo
  const tokenUrl = `http://0.0.0.0:${port}/token`
  await server.write((db) => db.updateTable('connected_apps').set({ token_url: tokenUrl }).execute())
  const { body } = await server.as().get(`${apps}/auth_url?key_code_ref=zoo&user_id=${scene.userId}`)
  const back = await follow(server, await scene.provider.authorize(body.url))
  assert.equal(new URL(String(back.headers.location)).searchParams.get('error'), 'provider_error')
  assert.equal((await tokenOf(server, body.session_id)).status, 400)
})

test('with an idempotency key a session is revoked once, however many ask; a failure may be tried again', async (t) => {
  const scene = await startWithApp(t)
  const { server, provider } = scene
  const session = await authorized(scene)
  const authorization = `Bearer ${await server.token()}`
  const revokeOnce = () =>
    server.send({
      method: 'POST',
      url: `${apps}/revoke?session_id=${session}`,
      headers: { authorization, 'idempotency-key': 'once' },
    })
  provider.before = (_request, response) => {
    response.writeHead(503).end()
    return true
  }
  assert.equal((await revokeOnce()).status, 400)
  provider.before = () => false
  const before = provider.requests.length
  const [one, other] = await Promise.all([revokeOnce(), revokeOnce()])
  assert.deepEqual([one.status, other.status], [200, 200])
  const flags = [one, other].map(({ headers }) => headers['idempotency-replayed'] ?? 'false')
  assert.deepEqual(flags.sort(), ['false', 'true'])
  assert.equal(provider.requests.length, before + 2, 'the refresh and the access token, once each')
  assert.equal((await revokeOnce()).status, 200)
})
