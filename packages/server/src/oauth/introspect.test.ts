import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { sql } from 'kysely'
import { addApplication, start, startOfTest, type TestServer } from '../testing.ts'
import { addApi, basic, credentials, issueTo, postForm } from './testing-oauth.ts'

/** Asks about a token with the credentials of the first application. */
function introspect(server: TestServer, token: string) {
  return postForm(server, 'introspect', { ...credentials(server.firstClient), token, token_type_hint: 'access_token' })
}

async function assertInactive(server: TestServer, token: string): Promise<void> {
  const { status, body } = await introspect(server, token)
  assert.deepEqual([status, body], [200, { active: false }])
}

test('of a good token it is told whose it is, what it opens and how long it lives', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const reply = await introspect(server, token)
  assert.deepEqual([reply.status, reply.headers['cache-control']], [200, 'no-store'])
  assert.deepEqual(reply.body, {
    active: true,
    aud: ['https://localhost:8443/api'],
    client_id: server.firstClient.clientId,
    exp: startOfTest / 1000 + 86_400,
    iat: startOfTest / 1000,
    iss: 'https://localhost:8443',
    jti: decodeJwt(token).jti,
    scope: 'read:users',
    token_type: 'bearer',
  })
})

test('of a token of an organization’s application the organization is told', async (t) => {
  const server = await start(t)
  const { code } = (await server.as().post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const application = await addApplication(server, { scopes: ['read:users'], orgCode: code })
  const token = await issueTo(server, application)
  assert.equal((await introspect(server, token)).body.org_code, code)
  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: true })
  await assertInactive(server, token)
})

test('of a token that is not good nothing is told but that', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  for (const bad of ['nonsense', '..', `${token}x`, token.slice(0, -5), '\0', 'é'.repeat(1000)]) {
    await assertInactive(server, bad)
  }
  server.clock.advance(86_400_000)
  await assertInactive(server, token)
})

test('a token that was revoked is not good any more', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  await postForm(server, 'revoke', { ...credentials(server.firstClient), token })
  await assertInactive(server, token)
})

test('what was taken from an application since is not told of its tokens any more', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: [] })
  const { clientId } = application
  const id = await addApi(server, { audience: 'zoo', scopes: ['feed:owls', 'clean:owls'], clientId })
  const token = await issueTo(server, application, { audience: 'zoo' })
  const twice = await issueTo(server, application, { audience: ['zoo', 'https://http://localhost:8443/api'] })
  const scope = async (of: string) => (await introspect(server, of)).body.scope
  assert.equal(await scope(token), 'clean:owls feed:owls')
  const { scopes } = (await server.as().get(`/api/v1/apis/${id}`)).body.api
  const feed = scopes.find(({ key }: { key: string }) => key === 'feed:owls')
  await server.as().delete(`/api/v1/apis/${id}/applications/${clientId}/scopes/${feed.id}`)
  assert.deepEqual([await scope(token), await scope(twice)], ['clean:owls', 'clean:owls'])
  await server.as().patch(`/api/v1/apis/${id}/applications`, { applications: [{ id: clientId, operation: 'delete' }] })
  await assertInactive(server, token)
  // The Management API is left, of which it has no scope.
  assert.deepEqual([(await introspect(server, twice)).body.active, await scope(twice)], [true, ''])
  await server.as().delete(`/api/v1/applications/${clientId}`)
  await assertInactive(server, twice)
})

test('the caller shows its secret, or a good token of the Management API', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const other = await addApplication(server, { scopes: [] })
  const { clientId, clientSecret } = server.firstClient
  for (const [form, headers] of [
    [credentials(other), {}],
    [{}, basic(clientId, clientSecret)],
    [{}, { authorization: `Bearer ${token}` }],
    [{}, { authorization: `bearer  ${token}` }],
    [{}, { authorization: `Bearer ${await issueTo(server, other)}` }],
  ] as const) {
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await postForm(server, 'introspect', { ...form, token }, { ...headers })
      assert.deepEqual([status, body.active], [200, true])
    }
  }
})

test('whoever shows neither is refused, and is told nothing of the token', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const { clientId } = server.firstClient
  await addApi(server, { audience: 'zoo', scopes: [], clientId })
  const elsewhere = await issueTo(server, server.firstClient, { audience: 'zoo' })
  const spa = (await server.as().post('/api/v1/applications', { name: 'Page', type: 'spa' })).body.application
  for (const [form, headers, error, challenge] of [
    [{}, {}, 'invalid_client', undefined],
    [{ client_id: clientId }, {}, 'invalid_client', undefined],
    [{ client_id: clientId, client_secret: 'x' }, {}, 'invalid_client', undefined],
    [{ client_id: spa.client_id }, {}, 'invalid_client', undefined],
    [{}, basic(spa.client_id, ''), 'invalid_client', 'Basic realm="kindred"'],
    [{}, basic(clientId, 'x'), 'invalid_client', 'Basic realm="kindred"'],
    [{}, { authorization: 'Bearer nonsense' }, 'invalid_token', 'Bearer realm="kindred", error="invalid_token"'],
    [{}, { authorization: `Bearer ${elsewhere}` }, 'invalid_token', 'Bearer realm="kindred", error="invalid_token"'],
  ] as const) {
    const reply = await postForm(server, 'introspect', { ...form, token }, { ...headers })
    assert.deepEqual([reply.status, reply.body.error, reply.headers['www-authenticate']], [401, error, challenge])
    assert.deepEqual(Object.keys(reply.body), ['error', 'error_description'])
  }
})

test('a request without a token is refused', async (t) => {
  const server = await start(t)
  const { status, body } = await postForm(server, 'introspect', credentials(server.firstClient))
  assert.deepEqual([status, body.error], [400, 'invalid_request'])
  assert.match(body.error_description, /Request parameter 'token' is missing\. Send the access token in it\.$/)
})

test('a fault of the database is not taken for a bad token', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const rename = (from: string, to: string) =>
    server.write((db) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db))
  await rename('revoked_tokens', 'put_away')
  try {
    const reply = await postForm(server, 'introspect', { token }, { authorization: `Bearer ${token}` })
    assert.deepEqual([reply.status, reply.body.error], [500, 'server_error'])
  } finally {
    await rename('put_away', 'revoked_tokens')
  }
})
