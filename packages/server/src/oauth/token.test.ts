import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { addApplication, start, startOfTest, type TestServer } from '../testing.ts'

const base = 'https://localhost:8443'
const audience = `${base}/api`

/** Sends a token request; `form` may hold lists for parameters that repeat. */
async function ask(
  server: TestServer,
  form: Record<string, string | string[] | undefined>,
  headers: Record<string, string> = {},
) {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) for (const item of [value ?? []].flat()) body.append(name, item)
  return server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', ...headers },
    payload: body.toString(),
  })
}

async function begin(t: TestContext, options: { baseUrl?: string } = {}) {
  const server = await start(t, options)
  const { clientId, clientSecret } = server.firstClient
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience: `${server.baseUrl}/api`,
  }
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  return { server, form, basic }
}

test('a token has exactly the claims that Kinde’s have, and verifies against the published keys', async (t) => {
  const { server, form } = await begin(t)
  const reply = await ask(server, { ...form, scope: 'read:users update:users' })
  assert.equal(reply.status, 200)
  assert.deepEqual([reply.headers['cache-control'], reply.headers.pragma], ['no-store', 'no-cache'])
  const { access_token: token, ...rest } = reply.body
  assert.deepEqual(rest, { expires_in: 86_399, scope: 'read:users update:users', token_type: 'bearer' })
  const header = token.split('.')[0]
  assert.doesNotMatch(header, /[-_]/)
  const { alg, kid, typ } = decodeProtectedHeader(token)
  assert.deepEqual(Object.keys(decodeProtectedHeader(token)), ['alg', 'kid', 'typ'])
  assert.deepEqual([alg, typ], ['RS256', 'JWT'])
  assert.match(kid!, /^[0-9a-f]{2}(:[0-9a-f]{2}){15}$/)
  const claims = decodeJwt(token)
  assert.deepEqual(claims, {
    aud: [audience],
    azp: form.client_id,
    exp: startOfTest / 1000 + 86_400,
    gty: ['client_credentials'],
    iat: startOfTest / 1000,
    iss: base,
    jti: claims.jti,
    scope: 'read:users update:users',
    scp: ['read:users', 'update:users'],
    v: '2',
  })
  for (const url of ['/.well-known/jwks', '/.well-known/jwks.json']) {
    const { body } = await server.send({ method: 'GET', url })
    assert.deepEqual(Object.keys(body.keys[0]), ['e', 'n', 'alg', 'kid', 'kty', 'use'])
    const options = { issuer: base, audience, currentDate: new Date(startOfTest) }
    assert.equal((await jwtVerify(token, createLocalJWKSet(body), options)).payload.jti, claims.jti)
  }
})

test('without a scope every enabled one is granted, and the reply names none', async (t) => {
  const { server, form } = await begin(t)
  for (const scope of [undefined, '', 'openid profile email offline']) {
    const { body } = await ask(server, { ...form, ...(scope === undefined ? {} : { scope }) })
    const claims = decodeJwt(body.access_token) as { scope: string; scp: string[] }
    assert.deepEqual([body.scope, claims.scp, claims.scope.split(' ').length], ['', [], 148])
    assert.deepEqual(claims.scope.split(' '), claims.scope.split(' ').toSorted())
  }
  const mixed = await ask(server, { ...form, scope: 'openid read:users  delete:api_scopes' })
  assert.equal(mixed.body.scope, 'read:users delete:apis_scopes')
})

test('credentials come in the body or by Basic, and must not contradict each other', async (t) => {
  const { server, form, basic } = await begin(t)
  const { client_id, client_secret, ...rest } = form
  const escaped = `Basic ${Buffer.from(`${encodeURIComponent(client_id)}:${client_secret}`).toString('base64')}`
  assert.equal((await ask(server, rest, { authorization: basic })).status, 200)
  assert.equal((await ask(server, rest, { authorization: escaped })).status, 200)
  assert.equal((await ask(server, form, { authorization: basic })).status, 200)
  const contradicting = await ask(server, { ...form, client_id: 'other' }, { authorization: basic })
  assert.deepEqual([contradicting.status, contradicting.body.error], [400, 'invalid_request'])
})

test('an unknown client, a wrong secret and no secret are refused in the same words', async (t) => {
  const { server, form, basic } = await begin(t)
  const wrong = await ask(server, { ...form, client_secret: 'x'.repeat(52) })
  assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client'])
  assert.match(wrong.body.error_description, /^Client authentication failed \(e\.g\., unknown client, no client/)
  assert.equal(wrong.headers['www-authenticate'], undefined)
  assert.deepEqual((await ask(server, { ...form, client_id: 'nobody' })).body, wrong.body)
  assert.deepEqual((await ask(server, { ...form, client_secret: undefined })).body, wrong.body)
  const byBasic = await ask(
    server,
    { ...form, client_id: undefined, client_secret: undefined },
    {
      authorization: basic.slice(0, -6),
    },
  )
  assert.deepEqual([byBasic.status, byBasic.headers['www-authenticate']], [401, 'Basic realm="kindred"'])
})

test('several secrets are good at a time, until they expire', async (t) => {
  const { server, form } = await begin(t)
  const { clientId, clientSecret } = await addApplication(server, { scopes: ['read:users'] })
  await server.write((db) =>
    db
      .updateTable('application_secrets')
      .set({ expires_at_ms: startOfTest + 60_000 })
      .where('application_id', '=', clientId)
      .execute(),
  )
  const mine = { ...form, client_id: clientId, client_secret: clientSecret }
  assert.equal((await ask(server, mine)).status, 200)
  server.clock.advance(60_000)
  assert.equal((await ask(server, mine)).body.error, 'invalid_client')
})

test('the audience may repeat or be separated by spaces, comes in several spellings, and is echoed as asked', async (t) => {
  const { server, form } = await begin(t)
  const aud = async (asked: string | string[]) => {
    const reply = await ask(server, { ...form, audience: asked })
    return reply.status === 200 ? (decodeJwt(reply.body.access_token).aud as string[]) : reply.body.error
  }
  for (const asked of [
    audience,
    `${audience}/`,
    `${audience}/v1`,
    'http://localhost:8443/api',
    'https://http://localhost:8443/api',
    'http://127.0.0.1:8443/api',
  ]) {
    assert.deepEqual(await aud(asked), [asked])
  }
  assert.deepEqual(await aud([audience, `${audience}/v1`]), [audience, `${audience}/v1`])
  assert.deepEqual(await aud(`${audience} ${audience}/v1`), [audience, `${audience}/v1`])
  for (const asked of [
    'https://localhost:9999/api',
    'https://example.com/api',
    `${base}/apis`,
    'zoo',
    `${base}/api?x`,
  ]) {
    assert.equal(await aud(asked), 'invalid_request', asked)
  }
  assert.equal(await aud(Array.from({ length: 21 }, (_, index) => `a${index}`)), 'invalid_request')
  const far = await begin(t, { baseUrl: 'https://id.example.com' })
  const twin = await ask(far.server, { ...far.form, audience: 'http://id.example.com/api' })
  assert.deepEqual([twin.status, twin.body.error], [403, 'invalid_request'])
})

test('every refusal has its code and status, and says what to do', async (t) => {
  const { server, form } = await begin(t)
  const rows: [Record<string, string | string[] | undefined>, number, string, RegExp][] = [
    [{ grant_type: undefined }, 400, 'invalid_request', /'grant_type' is missing/],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type', /Use 'client_credentials'/],
    [{ audience: undefined }, 400, 'invalid_request', /'audience' is missing\. Send the audience/],
    [
      { audience: 'https://x/api' },
      403,
      'invalid_request',
      /Requested audience 'https:\/\/x\/api' has not been whitelisted/,
    ],
    [{ scope: 'read:nothing' }, 403, 'invalid_scope', /not allowed to request scope 'read:nothing'\. Enable it/],
    [{ scope: 'read:nothing', audience: 'x' }, 403, 'invalid_scope', /read:nothing/],
    [{ scope: 'a"b\\c\né' }, 403, 'invalid_scope', /scope 'a\?b\?c\?\?'/],
    [{ client_id: ['a', 'b'] }, 400, 'invalid_request', /'client_id' once only/],
  ]
  for (const [change, status, error, description] of rows) {
    const reply = await ask(server, { ...form, ...change })
    assert.deepEqual([reply.status, reply.body.error], [status, error], JSON.stringify(change))
    assert.match(reply.body.error_description, description)
    assert.equal(reply.headers['cache-control'], 'no-store')
  }
  const empty = await server.send({ method: 'POST', url: '/oauth2/token' })
  assert.match(empty.body.error_description, /The POST body can not be empty/)
  const get = await server.send({ method: 'GET', url: '/oauth2/token' })
  assert.deepEqual([get.status, get.headers.allow, get.body.error], [405, 'POST', 'invalid_request'])
  const post = (payload: string) =>
    server.send({ method: 'POST', url: '/oauth2/token', headers: { 'content-type': 'application/json' }, payload })
  assert.equal((await post(JSON.stringify(form))).status, 200)
  assert.match((await post(JSON.stringify({ ...form, scope: 7 }))).body.error_description, /'scope' must be text/)
  assert.match((await post('{')).body.error_description, /not valid JSON/)
})

test('an application of a type that keeps no secret cannot ask by itself', async (t) => {
  const { server, form } = await begin(t)
  const { application } = (await server.as().post('/api/v1/applications', { name: 'Page', type: 'spa' })).body
  const reply = await ask(server, { ...form, client_id: application.id, client_secret: undefined })
  assert.deepEqual([reply.status, reply.body.error], [400, 'unauthorized_client'])
})

test('the lifetime is the application’s own', async (t) => {
  const { server, form } = await begin(t)
  await server.as().patch(`/api/v1/applications/${form.client_id}/tokens`, { access_token_lifetime: 120 })
  const { body } = await ask(server, form)
  const { exp, iat } = decodeJwt(body.access_token)
  assert.deepEqual([body.expires_in, exp! - iat!], [119, 120])
})

test('an organization’s application carries its code, and gets nothing while the organization is suspended', async (t) => {
  const { server, form } = await begin(t)
  const { code } = (await server.as().post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const { clientId, clientSecret } = await addApplication(server, { scopes: ['read:users'], orgCode: code })
  const mine = { ...form, client_id: clientId, client_secret: clientSecret }
  const { body } = await ask(server, mine)
  assert.equal(decodeJwt(body.access_token).org_code, code)
  const held = server.withToken(body.access_token)
  assert.equal((await held.get('/api/v1/users')).status, 200)
  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: true })
  const refused = await ask(server, mine)
  assert.deepEqual([refused.status, refused.body.error], [403, 'access_denied'])
  assert.equal((await held.get('/api/v1/users')).status, 401)
})

test('tokens and the last use of secrets are counted in batches', async (t) => {
  const { server, form } = await begin(t)
  for (let index = 0; index < 3; index += 1) await ask(server, form)
  await server.environment.tokenUse.flush()
  const counts = await server.db.selectFrom('application_token_counts').selectAll().execute()
  assert.deepEqual(
    counts.map((row) => ({ ...row })),
    [{ application_id: form.client_id, hour_ms: startOfTest, tokens: 3 }],
  )
  const secret = await server.db.selectFrom('application_secrets').select('last_used_at_ms').executeTakeFirstOrThrow()
  assert.equal(secret.last_used_at_ms, startOfTest)
  assert.equal(server.environment.tokenUse.issued, 3)
})
