import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { addApplication, start, type TestServer } from '../testing.ts'
import { basic, credentials, issueTo, postForm } from './testing-oauth.ts'

const users = '/api/v1/users'

function revoke(server: TestServer, token: string) {
  return postForm(server, 'revoke', { ...credentials(server.firstClient), token, token_type_hint: 'access_token' })
}

function revocations(server: TestServer) {
  return server.db.selectFrom('revoked_tokens').selectAll().execute()
}

test('a revoked token is refused at once, though it was used a moment ago; others stay good', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const other = await server.token('read:users')
  for (const good of [token, other]) assert.equal((await server.withToken(good).get(users)).status, 200)
  const reply = await revoke(server, token)
  assert.deepEqual([reply.status, reply.body, reply.headers['content-type']], [200, '', undefined])
  const refused = await server.withToken(token).get(users)
  assert.deepEqual([refused.status, refused.body.errors[0].code], [401, 'TOKEN_INVALID'])
  assert.equal((await server.withToken(other).get(users)).status, 200)
})

test('a revocation is recorded once, with who asked for it, and never the token', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  await revoke(server, token)
  const again = await revoke(server, token)
  assert.equal(again.status, 200)
  const { jti, exp } = decodeJwt(token)
  const events = await server.events()
  assert.deepEqual(
    events.map(({ type, data, application_id: by }) => ({ type, data, by })),
    [{ type: 'token.revoked', data: { token: { jti } }, by: server.firstClient.clientId }],
  )
  assert.deepEqual(
    (await revocations(server)).map((row) => ({ ...row })),
    [{ jti, expires_at_seconds: exp }],
  )
})

test('a token that is not good any more, or never was, needs no revoking', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  server.clock.advance(86_400_000)
  for (const gone of [token, 'nonsense', '..', `${token}x`, '\0', 'x'.repeat(100_000)]) {
    const { status, body } = await revoke(server, gone)
    assert.deepEqual([status, body], [200, ''])
  }
  assert.deepEqual([await revocations(server), await server.events()], [[], []])
})

test('only the application that a token was issued to may revoke it', async (t) => {
  const server = await start(t)
  const other = await addApplication(server, { scopes: ['read:users'] })
  const token = await issueTo(server, other)
  const { status, body } = await revoke(server, token)
  assert.deepEqual([status, body.error], [400, 'unauthorized_client'])
  assert.match(body.error_description, /issued to another client\. Authenticate as the client that it was issued to\.$/)
  assert.equal((await server.withToken(token).get(users)).status, 200)
  const own = await postForm(server, 'revoke', { token }, basic(other.clientId, other.clientSecret))
  assert.equal(own.status, 200)
  assert.equal((await server.withToken(token).get(users)).status, 401)
})

test('whoever does not authenticate, or sends no token, is refused', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const { clientId } = server.firstClient
  for (const [form, headers, status, error, challenge] of [
    [{ token }, {}, 401, 'invalid_client', undefined],
    [{ token, client_id: clientId }, {}, 401, 'invalid_client', undefined],
    [{ token }, { authorization: `Bearer ${token}` }, 401, 'invalid_client', undefined],
    [{ token }, basic(clientId, 'x'), 401, 'invalid_client', 'Basic realm="kindred"'],
    [credentials(server.firstClient), {}, 400, 'invalid_request', undefined],
  ] as const) {
    const reply = await postForm(server, 'revoke', form, { ...headers })
    assert.deepEqual([reply.status, reply.body.error, reply.headers['www-authenticate']], [status, error, challenge])
  }
  assert.equal((await server.withToken(token).get(users)).status, 200)
})

test('revocations of tokens that have expired are cleaned away by the next one', async (t) => {
  const server = await start(t)
  const short = await addApplication(server, { scopes: ['read:users'] })
  await server.as().patch(`/api/v1/applications/${short.clientId}/tokens`, { access_token_lifetime: 60 })
  const brief = await issueTo(server, short)
  const long = await server.token('read:users')
  await postForm(server, 'revoke', { ...credentials(short), token: brief })
  server.clock.advance(59_000)
  await revoke(server, long)
  assert.equal((await revocations(server)).length, 2)
  server.clock.advance(1000)
  await revoke(server, await server.token('read:users'))
  const left = (await revocations(server)).map(({ jti }) => jti)
  assert.equal(left.length, 2)
  assert.ok(left.includes(decodeJwt(long).jti!) && !left.includes(decodeJwt(brief).jti!))
})
