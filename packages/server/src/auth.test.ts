import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { BearerCheck, requireAccess, requireOwnOrganization } from './auth.ts'
import { managementAudience } from './management-api.ts'
import { addApi, credentials, issueTo, makePart, postForm } from './oauth/testing-oauth.ts'
import type { Operation } from './operation.ts'
import { addApplication, start, type TestReply, type TestServer } from './testing.ts'

const users = '/api/v1/users'

const outcome = ({ status, body }: TestReply) => [status, body.errors?.[0]?.code]

/** The bearer check of a running server, with a memory of its own. */
function bearerOf({ environment, baseUrl }: TestServer): BearerCheck {
  return new BearerCheck({ ...environment, isManagementAudience: managementAudience(baseUrl) })
}

async function management({ as }: TestServer) {
  const { apis } = (await as().get('/api/v1/apis?expand=scopes')).body
  const api = apis.find((one: { is_management_api: boolean }) => one.is_management_api)
  const scopeId = (key: string) => api.scopes.find((scope: { key: string }) => scope.key === key).id
  return { url: `/api/v1/apis/${api.id}/applications`, scopeId }
}

test('who sends no token is told how to get one, and of no fault', async (t) => {
  const { send } = await start(t)
  for (const authorization of [undefined, '', 'Bearer', 'Bearer  ', 'Basic YTpi', 'Token x']) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const reply = await send({ method: 'GET', url: users, headers })
    assert.deepEqual(outcome(reply), [401, 'TOKEN_MISSING'], `Authorization: ${authorization}`)
    // RFC 6750 §3.1: without credentials there is no error code.
    assert.equal(reply.headers['www-authenticate'], 'Bearer realm="kindred"')
    assert.match(reply.body.errors[0].message, /POST \/oauth2\/token gives one\.$/)
  }
})

test('a token that is none of ours, or was changed, is refused in the same words', async (t) => {
  const server = await start(t)
  const token = await server.token('read:users')
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const bodies = new Set<string>()
  // Every way to forge one is in access-token.test.ts.
  for (const bad of [
    'undefined',
    'null',
    `${token} ${token}`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${makePart({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    `${makePart({ alg: 'RS256', kid: Array(16).fill('00').join(':'), typ: 'JWT' })}.${payload}.${signature}`,
  ]) {
    const reply = await server.withToken(bad).get(users)
    assert.deepEqual(outcome(reply), [401, 'TOKEN_INVALID'])
    assert.equal(reply.headers['www-authenticate'], 'Bearer realm="kindred", error="invalid_token"')
    bodies.add(JSON.stringify(reply.body))
  }
  assert.equal(bodies.size, 1)
})

test('an expired token is refused, even if it was used a moment before', async (t) => {
  const server = await start(t)
  await server.as().patch(`/api/v1/applications/${server.firstClient.clientId}/tokens`, { access_token_lifetime: 60 })
  const held = server.withToken(await server.token('read:users'))
  server.clock.advance(30_000)
  assert.equal((await held.get(users)).status, 200)
  server.clock.advance(29_999)
  assert.equal((await held.get(users)).status, 200)
  server.clock.advance(1)
  const reply = await held.get(users)
  assert.deepEqual(outcome(reply), [401, 'TOKEN_EXPIRED'])
  assert.equal(reply.headers['www-authenticate'], 'Bearer realm="kindred", error="invalid_token"')
})

test('the scheme may be written as one likes', async (t) => {
  const { send, token } = await start(t)
  const value = await token('read:users')
  for (const scheme of ['Bearer ', 'bearer ', 'BEARER ', 'Bearer    ']) {
    for (let times = 0; times < 2; times += 1) {
      const { status } = await send({ method: 'GET', url: users, headers: { authorization: `${scheme}${value}` } })
      assert.equal(status, 200, scheme)
    }
  }
})

test('a token for another API opens nothing here', async (t) => {
  const server = await start(t)
  const { clientId } = server.firstClient
  await addApi(server, { audience: 'zoo', scopes: ['read:users'], clientId })
  const reply = await server.withToken(await issueTo(server, server.firstClient, { audience: 'zoo' })).get(users)
  assert.deepEqual(outcome(reply), [403, 'INVALID_AUDIENCE'])
  assert.match(reply.body.errors[0].message, /^Missing or incorrect Management API audience/)
  // One for both opens this one, with the scopes that the application has here.
  const both = { audience: ['zoo', `${server.baseUrl}/api`] }
  assert.equal((await server.withToken(await issueTo(server, server.firstClient, both)).get(users)).status, 200)
  const other = await addApplication(server, { scopes: [] })
  const { clientId: otherId } = other
  await addApi(server, { audience: 'aviary', scopes: ['read:users'], clientId: otherId })
  const named = { audience: ['aviary', `${server.baseUrl}/api`], scope: 'read:users' }
  const foreign = await server.withToken(await issueTo(server, other, named)).get(users)
  assert.deepEqual(outcome(foreign), [403, 'SCOPE_MISSING'], 'a scope of the same name is that of the other API')
})

test('a token opens what it was asked for, and not all that its application may do', async (t) => {
  const server = await start(t)
  const reply = await server.as('read:apis').get(users)
  assert.equal(reply.status, 403)
  assert.deepEqual(reply.body, { errors: [{ code: 'SCOPE_MISSING', message: 'Scope is missing: read:users' }] })
  assert.equal(
    reply.headers['www-authenticate'],
    'Bearer realm="kindred", error="insufficient_scope", scope="read:users"',
  )
})

test('taking a scope, an authorization or the application away works on tokens that are out already', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users', 'read:apis'] })
  const { clientId } = application
  const held = server.withToken(await issueTo(server, application))
  const { url, scopeId } = await management(server)
  const [reader, other] = [`${url}/${clientId}/scopes/${scopeId('read:users')}`, `${url}/${clientId}/scopes/`]
  assert.equal((await held.get(users)).status, 200)
  await server.as().delete(reader)
  assert.deepEqual(outcome(await held.get(users)), [403, 'SCOPE_MISSING'])
  assert.equal((await held.get('/api/v1/apis')).status, 200)
  await server.as().post(reader)
  assert.equal((await held.get(users)).status, 200)

  await server.as().patch(url, { applications: [{ id: clientId, operation: 'delete' }] })
  assert.deepEqual(outcome(await held.get(users)), [403, 'INVALID_AUDIENCE'])
  await server.as().patch(url, { applications: [{ id: clientId }] })
  assert.deepEqual(outcome(await held.get(users)), [403, 'SCOPE_MISSING'], 'its scopes went with the authorization')
  await server.as().post(reader)
  await server.as().post(`${other}${scopeId('read:roles')}`)
  assert.equal((await held.get(users)).status, 200)
  assert.deepEqual(outcome(await held.get('/api/v1/roles')), [403, 'SCOPE_MISSING'], 'it was issued without this one')

  await server.as().delete(`/api/v1/applications/${clientId}`)
  const gone = await held.get(users)
  assert.deepEqual(outcome(gone), [401, 'TOKEN_INVALID'])
  assert.match(gone.body.errors[0].message, /does not exist any more\./)
})

test('a token is remembered by its header, but not one with blanks that anyone could add', async (t) => {
  const server = await start(t)
  const bearer = bearerOf(server)
  const token = await server.token('read:users')
  const plain = `Bearer ${token}`
  assert.equal(bearer.peek(plain), undefined)
  const caller = await bearer.authenticate(plain)
  assert.equal(bearer.peek(plain), caller)
  assert.deepEqual([caller.applicationId, caller.orgCode], [server.firstClient.clientId, null])
  for (const padded of [`Bearer  ${token}`, `Bearer ${token} `, `Bearer${' '.repeat(5000)}${token}`]) {
    assert.deepEqual(await bearer.authenticate(padded), caller)
    assert.equal(bearer.peek(padded), undefined)
  }
  for (const none of [undefined, '', 'Bearer ', `Bearer ${token}x`, token, '__proto__']) {
    assert.equal(bearer.peek(none), undefined)
  }
  server.clock.advance(60_000)
  assert.equal(bearer.peek(plain), undefined)
})

test('a revocation, a change of access or of keys makes it forget; other changes do not', async (t) => {
  const server = await start(t)
  const bearer = bearerOf(server)
  const plain = `Bearer ${await server.token('read:users')}`
  const other = await server.token('read:users')
  const remembers = async (action: () => Promise<unknown>) => {
    await bearer.authenticate(plain)
    await action()
    return bearer.peek(plain) !== undefined
  }
  const api = server.as()
  await api.get('/api/v1/business')
  assert.equal(await remembers(() => api.post('/api/v1/user', { profile: { given_name: 'Ada' } })), true)
  assert.equal(await remembers(() => server.environment.tokenUse.flush()), true)
  const revoke = () => postForm(server, 'revoke', { ...credentials(server.firstClient), token: other })
  for (const action of [
    revoke,
    () => server.environment.keys.rotate(),
    () => api.post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' }),
    () => api.patch(`/api/v1/applications/${server.firstClient.clientId}`, { name: 'Renamed' }),
  ]) {
    assert.equal(await remembers(action), false, String(action))
  }
})

test('when the database cannot be asked, a token is not called bad', async (t) => {
  const server = await start(t)
  const held = server.withToken(await server.token('read:users'))
  const rename = (from: string, to: string) =>
    server.write((db) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db))
  await rename('revoked_tokens', 'put_away')
  try {
    assert.deepEqual(outcome(await held.get(users)), [500, 'INTERNAL_ERROR'])
  } finally {
    await rename('put_away', 'revoked_tokens')
  }
  assert.equal((await held.get(users)).status, 200)
})

test('an application of one organization gets no further than its own', () => {
  const caller = {
    administrator: null,
    applicationId: 'a',
    orgCode: 'org_1',
    scopes: new Set(['read:x']),
    jti: 'j',
    rateLimit: null,
  }
  const operation = { id: 'getX', scope: 'read:x' } as Operation
  const may = (changes: Partial<Operation>, params: Record<string, string> = {}, input: object = {}) => {
    const changed = { ...operation, ...changes }
    try {
      requireAccess(caller, changed, params)
      requireOwnOrganization(caller, changed, { query: {}, body: undefined, ...input })
      return 'yes'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const inQuery = { organizationIn: { query: 'code' } } as Partial<Operation>
  const inBody = { organizationIn: { body: 'org_code' } } as Partial<Operation>
  const denied = 'ORGANIZATION_ACCESS_DENIED'
  assert.deepEqual(
    [
      may({}),
      may({ scope: null }),
      may({ organizationAware: true }),
      may({}, { org_code: 'org_1' }),
      may({}, { organization_code: 'org_1' }),
      may({}, { org_code: 'org_2' }),
      may(inQuery, {}, { query: { code: 'org_1' } }),
      may(inQuery, {}, { query: { code: 'org_2' } }),
      may(inQuery),
      may(inBody, {}, { body: { org_code: 'org_1' } }),
      may(inBody, {}, { body: { org_code: 'org_2' } }),
      may(inBody, {}, { body: null }),
      may({ scope: 'read:y' }, { org_code: 'org_1' }),
    ],
    [denied, denied, 'yes', 'yes', 'yes', denied, 'yes', denied, denied, 'yes', denied, denied, 'SCOPE_MISSING'],
  )
})
