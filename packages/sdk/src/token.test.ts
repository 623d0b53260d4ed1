import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { FileTokenStore } from './file-token-store.ts'
import type { Hooks, TokenEvent } from './hooks.ts'
import {
  AuthenticationError,
  ConfigurationError,
  Kindred,
  MemoryTokenStore,
  RateLimitError,
  ServerError,
} from './index.ts'
import { startScene } from './testing-scene.ts'

const { server, proxy, access, client } = await startScene({ after })
const folder = mkdtempSync(join(tmpdir(), 'kindred-test-'))
after(() => rmSync(folder, { recursive: true }))
beforeEach(() => proxy.forget())

const tokenRequests = () => proxy.lines().filter((line) => line === 'POST /oauth2/token').length
const bearers = () => proxy.seen.map(({ headers }) => headers.authorization).filter((value) => value !== undefined)

test('twenty first calls at once wait for one token', async () => {
  const { kindred } = client()
  assert.equal(tokenRequests(), 0)
  await Promise.all(Array.from({ length: 20 }, () => kindred.timezones.list()))
  assert.equal(tokenRequests(), 1)
  assert.equal(bearers().length, 20)
  assert.equal(new Set(bearers()).size, 1)
})

test('a token request that fails is told to all that wait, and the next call asks again', async () => {
  const { kindred } = client({ maxRetries: 0 })
  proxy.spoil('/oauth2/token', { status: 503 })
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => kindred.business.get()))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.constructor),
    [ServerError, ServerError, ServerError],
  )
  assert.equal(tokenRequests(), 1)
  await kindred.business.get()
  assert.equal(tokenRequests(), 2)
})

test('a token is renewed a minute before it ends, and until then not', async () => {
  let now = Date.now()
  const begun = now
  let told: TokenEvent | undefined
  const hooks: Hooks = {
    token(event) {
      told = event
    },
  }
  const { kindred } = client({ timing: { now: () => now }, hooks })
  await kindred.business.get()
  assert.ok(told!.expiresAtMs > begun + 86_000_000 && told!.expiresAtMs <= begun + 86_400_000)
  assert.equal(told!.renewAtMs, told!.expiresAtMs - 60_000)
  now = told!.renewAtMs - 1
  await kindred.business.get()
  assert.equal(tokenRequests(), 1)
  now += 1
  await kindred.business.get()
  assert.equal(tokenRequests(), 2)
})

test('when the renewal fails, the token that is still good is used', async () => {
  let now = Date.now()
  const { kindred } = client({ timing: { now: () => now } })
  const first = await kindred.accessToken()
  now += 86_400_000 - 30_000
  proxy.spoil('/oauth2/token', { status: 503 })
  assert.equal(await kindred.accessToken(), first)
  assert.equal(tokenRequests(), 2)
  assert.equal(typeof (await kindred.accessToken()), 'string')
  assert.equal(tokenRequests(), 3)
})

test('after a 401 one new token is asked for, however many calls met it, and they go on', async () => {
  const { kindred } = client()
  const token = await kindred.accessToken()
  const form = new URLSearchParams({ token: token!, client_id: access.clientId, client_secret: access.clientSecret })
  const revoked = await fetch(`${server.running.url}/oauth2/revoke`, { method: 'POST', body: form })
  assert.equal(revoked.status, 200)
  await Promise.all([1, 2, 3].map((number) => kindred.users.create({ provided_id: `after-401-${number}` })))
  assert.equal(tokenRequests(), 2)
  const refused = bearers().filter((bearer) => bearer === `Bearer ${token}`).length
  assert.deepEqual([refused, bearers().length], [3, 6])
})

test('a second 401 is an error', async () => {
  const { kindred } = client()
  const refusal = { status: 401, body: { errors: [{ code: 'TOKEN_INVALID', message: 'No.' }] } }
  proxy.spoil('/api/v1/business', refusal, refusal)
  await assert.rejects(kindred.business.get(), (error: unknown) => {
    assert.ok(error instanceof AuthenticationError)
    assert.deepEqual([error.status, error.code], [401, 'TOKEN_INVALID'])
    return true
  })
  assert.equal(tokenRequests(), 2)
})

test('each client has tokens of its own', async () => {
  const { kindred: all } = client()
  const { kindred: few } = client({ scopes: ['read:businesses'] })
  await all.users.list()
  await few.business.get()
  assert.equal(tokenRequests(), 2)
  await assert.rejects(async () => await few.users.list(), { code: 'SCOPE_MISSING' })
  await all.users.list()
  assert.equal(tokenRequests(), 2)
})

test('clients with one store share a token, unless they ask for other scopes', async () => {
  const tokenStore = new MemoryTokenStore()
  await client({ tokenStore }).kindred.business.get()
  await client({ tokenStore }).kindred.business.get()
  assert.equal(tokenRequests(), 1)
  await client({ tokenStore, scopes: ['read:businesses'] }).kindred.business.get()
  assert.equal(tokenRequests(), 2)
})

test('a file keeps tokens for the next run, where only its owner reads them; a broken file is no fault', async () => {
  const path = join(folder, 'cache', 'tokens.json')
  await client({ tokenStore: new FileTokenStore(path) }).kindred.business.get()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'cache')).mode & 0o777, 0o700)
  await client({ tokenStore: new FileTokenStore(path) }).kindred.business.get()
  assert.equal(tokenRequests(), 1)
  writeFileSync(path, '{"half')
  await client({ tokenStore: new FileTokenStore(path) }).kindred.business.get()
  assert.equal(tokenRequests(), 2)
})

test('what the token endpoint objects to is an error with its words and the next step; the API is not called', async () => {
  const cases: [options: object, code: string, said: RegExp, advice: RegExp][] = [
    [{ clientSecret: 'x'.repeat(52) }, 'invalid_client', /authentication failed/i, /Check client id and secret/],
    [
      { audience: 'https://nobody.example' },
      'invalid_request',
      /nobody\.example/,
      /Authorize the application for this API/,
    ],
    [{ scopes: ['fly:kites'] }, 'invalid_scope', /fly:kites/, /Grant these scopes/],
  ]
  for (const [options, code, said, advice] of cases) {
    const { kindred } = client(options)
    await assert.rejects(kindred.business.get(), (error: unknown) => {
      assert.ok(error instanceof AuthenticationError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, said)
      assert.match(error.message, advice)
      assert.equal(error.message.match(/Check /g)?.length ?? 1, 1, 'advice is given once')
      assert.equal(error.request, `POST ${proxy.url}/oauth2/token`)
      assert.ok(!error.message.includes('x'.repeat(52)))
      return true
    })
  }
  assert.deepEqual(new Set(proxy.lines()), new Set(['POST /oauth2/token']))
})

test('a token endpoint that is busy is asked again; one that stays busy is a rate limit', async () => {
  const { kindred, waits } = client({ maxRetries: 1 })
  const busy = {
    status: 429,
    headers: { 'ratelimit-reset': '7' },
    body: { error: 'slow_down', error_description: 'Slow down.' },
  }
  proxy.spoil('/oauth2/token', busy)
  await kindred.business.get()
  assert.deepEqual(waits, [7000])
  const other = client({ maxRetries: 1 })
  proxy.spoil('/oauth2/token', busy, busy)
  await assert.rejects(other.kindred.business.get(), RateLimitError)
})

test('a server that is no token service is named', async () => {
  const { kindred } = client()
  proxy.spoil('/oauth2/token', { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' })
  await assert.rejects(kindred.business.get(), { code: 'UNEXPECTED_REPLY', message: /Check that the domain/ })
  proxy.spoil('/oauth2/token', { status: 308, headers: { location: 'https://elsewhere.example/oauth2/token' } })
  await assert.rejects(kindred.business.get(), {
    code: 'UNEXPECTED_REPLY',
    message: /a redirect to https:\/\/elsewhere/,
  })
})

test('a given access token is sent as it is; a function is asked again after a 401', async () => {
  const token = await client().kindred.accessToken()
  proxy.forget()
  const given = { clientId: undefined, clientSecret: undefined }
  await client({ ...given, accessToken: token }).kindred.business.get()
  assert.deepEqual(bearers(), [`Bearer ${token}`])
  const tokens = ['stale', token!]
  await client({ ...given, accessToken: async () => tokens.shift()! }).kindred.business.get()
  assert.deepEqual(tokens, [])
  await assert.rejects(client({ ...given, accessToken: 'stale' }).kindred.business.get(), AuthenticationError)
  assert.equal(tokenRequests(), 0)
})

test('with accessToken: null no token is sent, and none is asked for', async () => {
  const { kindred } = client({ accessToken: null, headers: { cookie: 'session=1' } })
  await assert.rejects(kindred.business.get(), { code: 'TOKEN_MISSING' })
  assert.deepEqual(proxy.lines(), ['GET /api/v1/business'])
  assert.deepEqual([proxy.seen[0]!.headers.authorization, proxy.seen[0]!.headers.cookie], [undefined, 'session=1'])
})

test('settings come from the environment; what is missing is said with the name of its variable', async (t) => {
  const names = ['KINDE_DOMAIN', 'KINDE_MANAGEMENT_CLIENT_ID', 'KINDE_MANAGEMENT_CLIENT_SECRET']
  const before = names.map((name) => process.env[name])
  t.after(() => {
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) delete process.env[name]
      else process.env[name] = before[index]
    }
  })
  for (const name of names) delete process.env[name]
  const refused = (options: object, message: RegExp) =>
    assert.throws(
      () => new Kindred(options),
      (error: unknown) => {
        assert.ok(error instanceof ConfigurationError)
        assert.match(error.message, message)
        return true
      },
    )
  refused({}, /KINDE_DOMAIN/)
  process.env.KINDE_DOMAIN = server.running.url
  refused({}, /KINDE_MANAGEMENT_CLIENT_ID/)
  process.env.KINDE_MANAGEMENT_CLIENT_ID = access.clientId
  refused({}, /KINDE_MANAGEMENT_CLIENT_SECRET/)
  process.env.KINDE_MANAGEMENT_CLIENT_SECRET = access.clientSecret
  const kindred = new Kindred()
  assert.equal((await kindred.business.get()).code, 'OK')
})

test('a domain may have a scheme, a port and a slash; plain HTTP is for this machine, or by choice', () => {
  const credentials = { clientId: 'a', clientSecret: 'b' }
  const origins = {
    'example.kinde.com': 'https://example.kinde.com',
    'https://example.kinde.com/': 'https://example.kinde.com',
    'localhost:8443': 'https://localhost:8443',
    'http://localhost:3000': 'http://localhost:3000',
    'http://127.0.0.1:3000/': 'http://127.0.0.1:3000',
    'http://[::1]:3000': 'http://[::1]:3000',
    'http://kindred.localhost': 'http://kindred.localhost',
  }
  for (const [domain, origin] of Object.entries(origins)) {
    assert.equal(new Kindred({ ...credentials, domain }).origin, origin)
  }
  for (const domain of ['http://example.kinde.com', 'http://127.0.0.1.example', 'http://localhost.example']) {
    assert.throws(() => new Kindred({ ...credentials, domain }), { code: 'HTTP_NOT_ALLOWED' })
  }
  assert.equal(
    new Kindred({ ...credentials, domain: 'http://kindred:8443', allowHttp: true }).origin,
    'http://kindred:8443',
  )
  for (const domain of [
    'a b',
    'ftp://example.kinde.com',
    'https://me:secret@example.kinde.com',
    'https://a.example?x=1',
  ]) {
    assert.throws(
      () => new Kindred({ ...credentials, domain }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'DOMAIN_INVALID')
        assert.ok(!error.message.includes('me:secret'))
        return true
      },
    )
  }
})
