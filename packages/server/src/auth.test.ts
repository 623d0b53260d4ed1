import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { KeyRing } from './oauth/keys.ts'
import { addApplication, start, type TestServer } from './testing.ts'

const users = '/api/v1/users'

async function introspect(server: TestServer, token: string) {
  const { clientId, clientSecret } = server.firstClient
  return oauth(server, 'introspect', { token, client_id: clientId, client_secret: clientSecret })
}

async function oauth(server: TestServer, endpoint: string, form: Record<string, string>, headers = {}) {
  return server.send({
    method: 'POST',
    url: `/oauth2/${endpoint}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  })
}

const outcome = ({ status, body }: { status: number; body: { errors: { code: string }[] } }) => [
  status,
  body.errors?.[0]?.code,
]

test('no token, a token of somebody else’s making and an expired one are refused, each with its code', async (t) => {
  const server = await start(t)
  const none = await server.withToken(undefined).get(users)
  assert.deepEqual(
    [...outcome(none), none.headers['www-authenticate']],
    [401, 'TOKEN_MISSING', 'Bearer realm="kindred"'],
  )
  const token = await server.token('read:users')
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicPem = server.environment.keys.current.publicKey.export({ type: 'spki', format: 'pem' })
  const hs256 = encode({ alg: 'HS256', kid: server.environment.keys.current.kid, typ: 'JWT' })
  const forged = [
    'nonsense',
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${encode({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), scope: 'x' })}.${signature}`,
    `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    `${hs256}.${payload}.${createHmac('sha256', publicPem).update(`${hs256}.${payload}`).digest('base64url')}`,
    `${header}.${payload}.${sign('sha256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')}`,
    `${encode({ alg: 'RS256', kid: Array(16).fill('00').join(':'), typ: 'JWT' })}.${payload}.${signature}`,
  ]
  for (const bad of forged) assert.deepEqual(outcome(await server.withToken(bad).get(users)), [401, 'TOKEN_INVALID'])
  assert.equal((await server.withToken(token).get(users)).status, 200)
  // It is remembered now, but no longer than it lives.
  server.clock.advance(86_400_000)
  assert.deepEqual(outcome(await server.withToken(token).get(users)), [401, 'TOKEN_EXPIRED'])
})

test('a token for another API opens nothing here', async (t) => {
  const server = await start(t)
  const { clientId, clientSecret } = server.firstClient
  const { api } = (await server.as().post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).body
  await server.as().patch(`/api/v1/apis/${api.id}/applications`, { applications: [{ id: clientId }] })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience: 'zoo' }
  const { access_token: token } = (await oauth(server, 'token', form)).body
  const reply = await server.withToken(token).get(users)
  assert.deepEqual(outcome(reply), [403, 'INVALID_AUDIENCE'])
  assert.match(reply.body.errors[0].message, /^Missing or incorrect Management API audience/)
})

test('taking a scope, an authorization or the application away works on tokens that are out already', async (t) => {
  const server = await start(t)
  const { clientId, clientSecret } = await addApplication(server, { scopes: ['read:users', 'read:apis'] })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { access_token: token } = (await oauth(server, 'token', { ...form, audience: `${server.baseUrl}/api` })).body
  const held = server.withToken(token)
  const { apis } = (await server.as().get('/api/v1/apis?expand=scopes')).body
  const management = apis.find((api: { is_management_api: boolean }) => api.is_management_api)
  const scope = management.scopes.find(({ key }: { key: string }) => key === 'read:users')
  const enabled = `/api/v1/apis/${management.id}/applications/${clientId}/scopes/${scope.id}`
  assert.equal((await held.get(users)).status, 200)
  await server.as().delete(enabled)
  const refused = await held.get(users)
  assert.deepEqual(refused.body, { errors: [{ code: 'SCOPE_MISSING', message: 'Scope is missing: read:users' }] })
  assert.equal(
    refused.headers['www-authenticate'],
    'Bearer realm="kindred", error="insufficient_scope", scope="read:users"',
  )
  assert.equal((await held.get('/api/v1/apis')).status, 200)
  await server.as().post(enabled)
  assert.equal((await held.get(users)).status, 200)
  const authorization = `/api/v1/apis/${management.id}/applications`
  await server.as().patch(authorization, { applications: [{ id: clientId, operation: 'delete' }] })
  assert.deepEqual(outcome(await held.get(users)), [403, 'INVALID_AUDIENCE'])
  await server.as().delete(`/api/v1/applications/${clientId}`)
  assert.deepEqual(outcome(await held.get(users)), [401, 'TOKEN_INVALID'])
})

test('after a rotation old tokens stay good, and new ones are signed with the key that was published before', async (t) => {
  const server = await start(t)
  const { keys, store, cipher, now } = server.environment
  await keys.prepareNext()
  const other = await KeyRing.open({ store, cipher, now, firstKey: () => Promise.reject(new Error('there is a key')) })
  const before = await server.token('read:users')
  const published = JSON.parse(keys.jwks).keys.map(({ kid }: { kid: string }) => kid)
  assert.equal(published.length, 2)
  const { retired, current, next } = await keys.rotate()
  assert.deepEqual([published.toSorted(), [retired, current].toSorted()], [published.toSorted(), published.toSorted()])
  const after = await server.token('read:users')
  assert.equal(JSON.parse(Buffer.from(after.split('.')[0]!, 'base64url').toString()).kid, current)
  for (const token of [before, after]) assert.equal((await server.withToken(token).get(users)).status, 200)
  assert.equal(JSON.parse(keys.jwks).keys.length, 3)
  // Another node on the same database finds the new key by its id.
  assert.equal((await other.find(next))?.kid, next)
})

test('introspection tells of a good token, and only that another one is not', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const { body } = await introspect(server, token)
  const { active, client_id, scope, token_type, aud, iss } = body
  assert.deepEqual(
    { active, client_id, scope, token_type, aud, iss },
    {
      active: true,
      client_id: server.firstClient.clientId,
      scope: 'read:users',
      token_type: 'bearer',
      aud: [`${server.baseUrl}/api`],
      iss: server.baseUrl,
    },
  )
  assert.deepEqual((await introspect(server, `${token}x`)).body, { active: false })
  const bearer = { authorization: `Bearer ${token}` }
  assert.equal((await oauth(server, 'introspect', { token }, bearer)).body.active, true)
  const bad = await oauth(server, 'introspect', { token }, { authorization: 'Bearer nonsense' })
  assert.deepEqual([bad.status, bad.body.error], [401, 'invalid_token'])
  assert.equal((await oauth(server, 'introspect', { token })).body.error, 'invalid_client')
})

test('a revoked token is refused at once; only its own client may revoke it', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const { clientId: client_id, clientSecret: client_secret } = await addApplication(server, { scopes: [] })
  const mine = { client_id: server.firstClient.clientId, client_secret: server.firstClient.clientSecret }
  assert.equal((await server.withToken(token).get(users)).status, 200)
  const foreign = await oauth(server, 'revoke', { token, client_id, client_secret })
  assert.deepEqual([foreign.status, foreign.body.error], [400, 'unauthorized_client'])
  const reply = await oauth(server, 'revoke', { token, ...mine })
  assert.deepEqual([reply.status, reply.body], [200, ''])
  assert.deepEqual(outcome(await server.withToken(token).get(users)), [401, 'TOKEN_INVALID'])
  assert.deepEqual((await introspect(server, token)).body, { active: false })
  assert.equal((await oauth(server, 'revoke', { token: 'nonsense', ...mine })).status, 200)
  assert.equal((await oauth(server, 'revoke', mine)).body.error, 'invalid_request')
  assert.equal((await server.events()).at(-1)?.type, 'token.revoked')
})

test('both discovery documents are the same, and name this issuer', async (t) => {
  const server = await start(t)
  const [first, second] = await Promise.all(
    ['openid-configuration', 'oauth-authorization-server'].map((name) =>
      server.send({ method: 'GET', url: `/.well-known/${name}` }),
    ),
  )
  assert.deepEqual(first!.body, second!.body)
  assert.equal(first!.body.issuer, server.baseUrl)
  assert.equal(first!.body.token_endpoint, `${server.baseUrl}/oauth2/token`)
  assert.equal(first!.headers['access-control-allow-origin'], '*')
})
