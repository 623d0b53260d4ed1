import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { addApplication, start, startOfTest, type TestServer } from '../testing.ts'
import { addApi, type Form, issueTo, postForm, readPart, tokenForm } from './testing-oauth.ts'

const base = 'https://localhost:8443'
const audience = `${base}/api`

/** Asks for a token of the Management API for the first application, with changes. */
function ask(server: TestServer, changes: Form = {}) {
  return postForm(server, 'token', { ...tokenForm(server), ...changes })
}

test('a token has exactly the claims that Kinde’s have, and verifies against the published keys', async (t) => {
  const server = await start(t)
  const reply = await ask(server, { scope: 'read:users update:users' })
  assert.equal(reply.status, 200)
  assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
  assert.deepEqual([reply.headers['cache-control'], reply.headers.pragma], ['no-store', 'no-cache'])
  const { access_token: token, ...rest } = reply.body
  assert.deepEqual(rest, { expires_in: 86_399, scope: 'read:users update:users', token_type: 'bearer' })

  const header = Buffer.from(token.split('.')[0], 'base64url').toString()
  assert.match(header, /^\{"alg":"RS256","kid":"[0-9a-f]{2}(:[0-9a-f]{2}){15}","typ":"JWT"\}$/)
  // Kinde's validator reads it with plain atob.
  assert.equal(atob(token.split('.')[0]), header)

  const claims = readPart(token, 'claims')
  const expected = {
    aud: [audience],
    azp: server.firstClient.clientId,
    exp: startOfTest / 1000 + 86_400,
    gty: ['client_credentials'],
    iat: startOfTest / 1000,
    iss: base,
    jti: claims.jti,
    scope: 'read:users update:users',
    scp: ['read:users', 'update:users'],
    v: '2',
  }
  assert.equal(JSON.stringify(claims), JSON.stringify(expected))
  assert.match(String(claims.jti), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)

  for (const url of ['/.well-known/jwks', '/.well-known/jwks.json']) {
    const { body } = await server.send({ method: 'GET', url })
    const options = { issuer: base, audience, currentDate: new Date(startOfTest) }
    assert.equal((await jwtVerify(token, createLocalJWKSet(body), options)).payload.jti, claims.jti)
  }
})

test('two tokens that were asked for in the same words have ids of their own', async (t) => {
  const server = await start(t)
  const [first, second] = [decodeJwt(await server.token()), decodeJwt(await server.token())]
  assert.notEqual(first.jti, second.jti)
  assert.deepEqual({ ...first, jti: '' }, { ...second, jti: '' })
})

test('the lifetime is the application’s own', async (t) => {
  const server = await start(t)
  const { clientId } = server.firstClient
  await server.as().patch(`/api/v1/applications/${clientId}/tokens`, { access_token_lifetime: 120 })
  const { body } = await ask(server)
  const { exp, iat } = decodeJwt(body.access_token)
  assert.deepEqual([body.expires_in, exp! - iat!], [119, 120])
})

test('without a scope every enabled one is granted, and the reply names none', async (t) => {
  const server = await start(t)
  for (const scope of [undefined, '', ' ', 'openid profile email phone address offline offline_access']) {
    const { body } = await ask(server, { scope })
    const claims = readPart(body.access_token, 'claims') as { scope: string; scp: string[] }
    assert.deepEqual([body.scope, claims.scp, claims.scope.split(' ').length], ['', [], 148])
    assert.deepEqual(claims.scope.split(' '), claims.scope.split(' ').toSorted())
  }
})

test('scopes are granted as asked for: once each, without those of OpenID Connect, in Kinde’s other spellings too', async (t) => {
  const server = await start(t)
  for (const [asked, granted] of [
    ['read:users', 'read:users'],
    ['update:users  read:users read:users', 'update:users read:users'],
    ['openid read:users offline', 'read:users'],
    ['delete:api_scopes', 'delete:apis_scopes'],
    ['delete:api_scopes delete:apis_scopes', 'delete:apis_scopes'],
    ['read:application_redirect_uris', 'read:applications_redirect_uris'],
  ] as const) {
    const { body } = await ask(server, { scope: asked })
    assert.equal(body.scope, granted, asked)
    const { scope, scp } = readPart(body.access_token, 'claims')
    assert.deepEqual([scope, scp], [granted, granted.split(' ')], asked)
  }
})

test('one scope that is not enabled fails the request, and the first one is named', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users'] })
  const form = tokenForm(server, application)
  for (const [scope, named] of [
    ['read:users delete:users read:nothing', 'delete:users'],
    ['read:nothing', 'read:nothing'],
    ['openid Read:users', 'Read:users'],
    ['delete:api_scopes', 'delete:apis_scopes'],
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((name) => [name, name] as const),
  ] as const) {
    const { status, body } = await postForm(server, 'token', { ...form, scope })
    assert.deepEqual([status, body.error], [403, 'invalid_scope'], scope)
    assert.equal(
      body.error_description,
      `The requested scope is invalid, unknown, or malformed. The OAuth 2.0 Client is not allowed to request scope '${named}'. Enable it for the application first, or leave it out.`,
    )
  }
})

test('a wrong scope is told before a wrong audience, and both before what the audience would allow', async (t) => {
  const server = await start(t)
  await addApi(server, { audience: 'zoo', scopes: ['feed:owls'], clientId: server.firstClient.clientId })
  assert.equal((await ask(server, { scope: 'read:nothing', audience: 'nowhere' })).body.error, 'invalid_scope')
  assert.equal((await ask(server, { scope: 'feed:owls', audience: 'nowhere' })).body.error, 'invalid_request')
  const elsewhere = await ask(server, { scope: 'feed:owls' })
  assert.deepEqual([elsewhere.status, elsewhere.body.error], [403, 'invalid_scope'])
  assert.equal((await ask(server, { scope: 'feed:owls', audience: 'zoo' })).body.scope, 'feed:owls')
})

test('several audiences bring the scopes of all of them, once each and sorted', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users', 'read:apis'] })
  const scopes = ['feed:owls', 'read:users']
  await addApi(server, { audience: 'zoo', scopes, clientId: application.clientId })
  for (const both of [['zoo', audience], `zoo ${audience}`]) {
    const claims = decodeJwt(await issueTo(server, application, { audience: both }))
    assert.deepEqual([claims.aud, claims.scope], [['zoo', audience], 'feed:owls read:apis read:users'])
    const some = decodeJwt(await issueTo(server, application, { audience: both, scope: 'read:apis feed:owls' }))
    assert.deepEqual(some.scope, 'read:apis feed:owls')
  }
})

test('an API for which no scope is enabled has tokens without a scope', async (t) => {
  const server = await start(t)
  await addApi(server, { audience: 'zoo', scopes: [], clientId: server.firstClient.clientId })
  const { status, body } = await ask(server, { audience: 'zoo' })
  const { scope, scp } = readPart(body.access_token, 'claims')
  assert.deepEqual([status, body.scope, scope, scp], [200, '', '', []])
})

test('scopes of an own API keep their names, even those that mean something elsewhere', async (t) => {
  const server = await start(t)
  const { clientId } = server.firstClient
  await addApi(server, { audience: 'zoo', scopes: ['delete:api_scopes', 'email'], clientId })
  const own = await ask(server, { audience: 'zoo', scope: 'openid email delete:api_scopes' })
  assert.equal(own.body.scope, 'email delete:api_scopes')
  // For the Management API they mean what they mean to everyone.
  const other = await ask(server, { scope: 'openid email' })
  assert.deepEqual([other.status, other.body.scope], [200, ''])
})

test('the audience may repeat or be separated by spaces, comes in several spellings, and is echoed as asked', async (t) => {
  const server = await start(t)
  const aud = async (asked: string | string[]) => {
    const { status, body } = await ask(server, { audience: asked })
    return status === 200 ? (readPart(body.access_token, 'claims').aud as string[]) : [status, body.error]
  }
  // The whole list of spellings is in management-api.test.ts.
  for (const asked of [audience, `${audience}/`, `${audience}/v1`, 'https://http://localhost:8443/api']) {
    assert.deepEqual(await aud(asked), [asked])
  }
  const both = [`${audience}/v1`, audience]
  assert.deepEqual(await aud(both), both)
  assert.deepEqual(await aud(both.join(' ')), both)
  assert.deepEqual(await aud(` ${audience}  ${audience} `), [audience])
  assert.deepEqual(await aud([audience, '', audience]), [audience])
  // What repeats is not taken apart.
  assert.deepEqual(await aud([both.join(' '), audience]), [403, 'invalid_request'])
})

test('an audience that is unknown and one that is not authorized are refused in the same words', async (t) => {
  const server = await start(t)
  const { clientId } = await addApplication(server, { scopes: [] })
  await addApi(server, { audience: 'https://x/api', scopes: [], clientId })
  const words = (asked: string) =>
    `The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed. Requested audience '${asked}' has not been whitelisted by the OAuth 2.0 Client. Authorize the application for this API, or correct the audience.`
  for (const asked of ['https://x/api', 'https://y/api', 'constructor', '__proto__', 'https://localhost:9999/api']) {
    const { status, body } = await ask(server, { audience: asked })
    assert.deepEqual([status, body], [403, { error: 'invalid_request', error_description: words(asked) }])
  }
  const { body } = await ask(server, { audience: [audience, 'one', 'two'] })
  assert.equal(body.error_description, words('one'))
})

test('audiences and scopes have bounds', async (t) => {
  const server = await start(t)
  const paths = (count: number) => Array.from({ length: count }, (_, index) => `${audience}/${index}`)
  assert.equal((await ask(server, { audience: paths(20) })).status, 200)
  for (const [form, description] of [
    [{ audience: paths(21) }, /Ask for 20 audiences at most\.$/],
    [{ audience: paths(21).join(' ') }, /Ask for 20 audiences at most\.$/],
    [{ audience: paths(1000) }, /Ask for 20 audiences at most\.$/],
    [{ audience: `${audience}/${'x'.repeat(500)}` }, /'audience' of 500 characters at most\.$/],
    [{ scope: 'x'.repeat(16_385) }, /scope of 16384 characters at most\.$/],
  ] as const) {
    const { status, body } = await ask(server, form as Form)
    assert.deepEqual([status, body.error], [400, 'invalid_request'])
    assert.match(body.error_description, description)
  }
})

test('what a description echoes is short, and holds nothing that could break out of it', async (t) => {
  const server = await start(t)
  for (const [word, shown] of [
    ['a"b\\c\r\nSet-Cookie:é', 'a?b?c??Set-Cookie:?'],
    ['x'.repeat(10_000), 'x'.repeat(200)],
  ] as const) {
    const { body, headers } = await ask(server, { scope: word })
    assert.match(body.error_description, new RegExp(`scope '${shown.replaceAll('?', '\\?')}'\\.`))
    assert.equal(headers['set-cookie'], undefined)
  }
  const { body } = await ask(server, { audience: '"\n\\' })
  assert.match(body.error_description, /audience '\?\?\?' has/)
})

test('an application of a type that keeps no secret cannot ask by itself; a web application can', async (t) => {
  const server = await start(t)
  const create = async (type: string) => {
    const { application } = (await server.as().post('/api/v1/applications', { name: 'One', type })).body
    return { clientId: application.client_id, clientSecret: application.client_secret }
  }
  for (const type of ['spa', 'device']) {
    const { status, body } = await postForm(server, 'token', tokenForm(server, await create(type)))
    assert.deepEqual([status, body.error], [400, 'unauthorized_client'])
    assert.match(body.error_description, /not allowed to use authorization grant 'client_credentials'\. Create an/)
  }
  const web = await create('reg')
  await addApi(server, { audience: 'zoo', scopes: [], clientId: web.clientId })
  assert.equal(decodeJwt(await issueTo(server, web, { audience: 'zoo' })).azp, web.clientId)
})

test('an organization’s application carries its code, and gets nothing while the organization is suspended', async (t) => {
  const server = await start(t)
  const { code } = (await server.as().post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const application = await addApplication(server, { scopes: ['read:users'], orgCode: code })
  const token = await issueTo(server, application)
  const names = Object.keys(readPart(token, 'claims'))
  assert.deepEqual(names, ['aud', 'azp', 'exp', 'gty', 'iat', 'iss', 'jti', 'org_code', 'scope', 'scp', 'v'])
  assert.equal(decodeJwt(token).org_code, code)
  const named = await postForm(server, 'token', { ...tokenForm(server, application), org_code: 'org_other' })
  assert.equal(decodeJwt(named.body.access_token).org_code, code, 'the caller has no say in it')

  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: true })
  const refused = await postForm(server, 'token', tokenForm(server, application))
  assert.deepEqual([refused.status, refused.body.error], [403, 'access_denied'])
  assert.equal((await server.withToken(token).get('/api/v1/users')).status, 401)
  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: false })
  assert.equal((await server.withToken(token).get('/api/v1/users')).status, 401, 'ended for good')
  server.clock.advance(1000)
  const fresh = await issueTo(server, application)
  assert.equal((await server.withToken(fresh).get('/api/v1/users')).status, 200)
})
