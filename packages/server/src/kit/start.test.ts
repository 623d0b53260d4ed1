import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { type TestContext, test } from 'node:test'
import { decodeJwt } from 'jose'
import { testDatabase } from '../testing.ts'
import { startReceiver } from '../testing-receiver.ts'
import { type StartOptions, start, type TestKindred } from './index.ts'

/** A server on the store under test, which ends with the test. */
async function open(t: TestContext, options: StartOptions = {}): Promise<TestKindred> {
  const database = await testDatabase()
  const kindred = await start({ databaseUrl: database.url, ...options })
  t.after(async () => {
    await kindred.close()
    await database.drop()
  })
  return kindred
}

/** A token over the network, as a client gets it. */
async function fetchToken({ httpUrl, clientId, clientSecret, audience }: TestKindred): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience,
  })
  return fetch(`${httpUrl}/oauth2/token`, { method: 'POST', body })
}

async function call(kindred: TestKindred, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${kindred.httpUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${await kindred.token()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const ada = { identities: [{ type: 'email', details: { email: 'ada@example.com' } }] }
const emails = async (kindred: TestKindred) =>
  (await kindred.request('GET', '/api/v1/users')).body.users.map(({ email }: { email: string }) => email)

test('any number of servers run side by side, each with its address, credentials and data', async (t) => {
  const servers = await Promise.all([open(t), open(t), open(t)])
  assert.equal(new Set(servers.map(({ url }) => url)).size, 3)
  assert.equal(new Set(servers.map(({ clientId }) => clientId)).size, 3)
  assert.equal((await call(servers[0]!, 'POST', '/api/v1/user', ada)).status, 200)
  assert.deepEqual(await Promise.all(servers.map(emails)), [['ada@example.com'], [], []])
})

test('it answers http and, under its own authority, https', async (t) => {
  const kindred = await open(t)
  assert.equal((await fetchToken(kindred)).status, 200)
  assert.equal(readFileSync(kindred.caFile(), 'utf8'), kindred.ca)
  const status = (ca: string | undefined, url = kindred.url) =>
    new Promise<number | string | undefined>((resolve) => {
      https
        .get(`${url}/healthz`, { ca, agent: false }, (reply) => resolve(reply.resume().statusCode))
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
  assert.equal(await status(kindred.ca), 200)
  assert.equal(await status(kindred.ca, kindred.url.replace('localhost', '127.0.0.1')), 200)
  assert.match(String(await status(undefined)), /UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET/)
  await assert.rejects(fetch(`${kindred.url}/healthz`))
  kindred.trust()
  assert.equal((await fetch(`${kindred.url}/healthz`)).status, 200)
})

test('await using closes it', async () => {
  let url: string
  {
    await using kindred = await start()
    url = kindred.httpUrl
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
  }
  await assert.rejects(fetch(`${url}/healthz`))
})

test('reset goes back to the state after the seed, in data, clock, faults and requests', async (t) => {
  const kindred = await open(t, { deterministic: true, seed: { users: [{ email: 'eve@example.com' }] } })
  const began = kindred.clock.now()
  const first = await (await call(kindred, 'POST', '/api/v1/user', ada)).json()
  await kindred.clock.advance('2h')
  kindred.faults.add({ status: 500 })
  await kindred.reset()
  assert.deepEqual(await emails(kindred), ['eve@example.com'])
  assert.deepEqual(kindred.clock.now(), began)
  assert.deepEqual([kindred.faults.list(), kindred.requests.list()], [[], []])
  // The search index goes back too, and finds who is there.
  const found = await kindred.request('GET', '/api/v1/search/users?query=eve@exam')
  assert.deepEqual([found.status, found.body.results.length], [200, 1])
  const none = await kindred.request('GET', '/api/v1/search/users?query=ada@exam')
  assert.equal(none.body.results.length, 0)
  await kindred.reset()
  const second = await (await call(kindred, 'POST', '/api/v1/user', ada)).json()
  assert.deepEqual(second, first, 'the same ids come again')
})

test('a snapshot can be restored any number of times, and what was remembered of the tables is forgotten', async (t) => {
  const kindred = await open(t)
  const { body } = await kindred.request('POST', '/api/v1/applications', { name: 'Worker', type: 'm2m' })
  const snapshot = await kindred.snapshot()
  const audience = kindred.audience
  const form = { grant_type: 'client_credentials', audience }
  const worker = { client_id: body.application.client_id, client_secret: body.application.client_secret }
  const tokenStatus = async () => {
    const init = { method: 'POST', body: new URLSearchParams({ ...form, ...worker }) }
    return (await fetch(`${kindred.httpUrl}/oauth2/token`, init)).status
  }
  assert.equal(await tokenStatus(), 403, 'not authorized for the API')
  for (const round of [1, 2]) {
    await kindred.request('DELETE', `/api/v1/applications/${worker.client_id}`)
    assert.equal(await tokenStatus(), 401, `round ${round}: gone`)
    await kindred.restore(snapshot)
    assert.equal(await tokenStatus(), 403, `round ${round}: there again`)
  }
})

test('tokens expire by the clock, and live on when it goes back', async (t) => {
  const kindred = await open(t, { deterministic: true })
  const token = await kindred.token('read:users')
  const status = async () =>
    (await fetch(`${kindred.httpUrl}/api/v1/users`, { headers: { authorization: `Bearer ${token}` } })).status
  assert.equal(await status(), 200)
  const snapshot = await kindred.snapshot()
  await kindred.clock.advance('86399s')
  assert.equal(await status(), 200)
  await kindred.clock.advance('2s')
  assert.equal(await status(), 401)
  await kindred.restore(snapshot)
  assert.equal(await status(), 200)
})

test('an invitation lapses when the clock comes to its end, and can be accepted again when it goes back', async (t) => {
  const kindred = await open(t, { seed: { organizations: [{ name: 'Zoo', handle: 'zoo' }] } })
  const invites = `/api/v1/organization/${kindred.seeded.organizations.zoo}/invites`
  const made = await kindred.request('POST', invites, { email: 'owl@example.com', roles: [] })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { code, invite_link: link } = made.body.invite
  assert.ok(link.startsWith(kindred.url))
  const openInvites = async () => (await kindred.request('GET', invites)).body.invites.length
  const accept = async () => {
    const body = new URLSearchParams({ code })
    return (await fetch(`${kindred.httpUrl}/team_invitation`, { method: 'POST', body, redirect: 'manual' })).status
  }
  const snapshot = await kindred.snapshot()
  await kindred.clock.advance('29d')
  assert.equal(await openInvites(), 1)
  await kindred.clock.advance('1d')
  assert.equal(await openInvites(), 0)
  assert.equal(await accept(), 404)
  await kindred.restore(snapshot)
  assert.equal(await openInvites(), 1)
  assert.ok((await accept()) < 400)
  assert.deepEqual(await emails(kindred), ['owl@example.com'])
})

test('a frozen clock stands, a running one runs on from where it was put', async (t) => {
  const kindred = await open(t, { now: '2030-01-01T00:00:00Z' })
  assert.equal(kindred.clock.now().toISOString(), '2030-01-01T00:00:00.000Z')
  await kindred.clock.set('2031-01-01T00:00:00Z')
  assert.equal(decodeJwt(await kindred.token()).iat, Date.parse('2031-01-01T00:00:00Z') / 1000)
  kindred.clock.run()
  assert.ok(kindred.clock.now() >= new Date('2031-01-01T00:00:00Z'))
  kindred.clock.freeze()
  assert.deepEqual(kindred.clock.now(), kindred.clock.now())
  await assert.rejects(async () => kindred.clock.advance('soon' as '1s'), /"soon" is no duration\. Give milliseconds/)
  await assert.rejects(async () => kindred.clock.set('soon'), /"soon" is no moment/)
})

test('webhooks are tried again when the clock comes to the time, one retry after the other', async (t) => {
  const hook = await startReceiver(t)
  const kindred = await open(t, { deterministic: true })
  hook.answer = (response) => response.writeHead(hook.requests.length < 5 ? 500 : 200).end()
  await kindred.seed({
    webhooks: [{ name: 'Audit', endpoint: hook.url, event_types: ['user.created'] }],
  })
  await call(kindred, 'POST', '/api/v1/user', ada)
  await kindred.clock.advance(0)
  assert.equal(hook.requests.length, 1)
  await kindred.clock.advance('4s')
  assert.equal(hook.requests.length, 1, 'the first retry comes after 5 s')
  await kindred.clock.advance('1s')
  assert.equal(hook.requests.length, 2)
  await kindred.clock.advance('1h')
  assert.equal(hook.requests.length, 5)
  const times = hook.requests.map(({ body }) => Date.parse(decodeJwt(body).timestamp as string))
  const waits = times.map((time) => (time - times[0]!) / 1000)
  assert.deepEqual(waits, [0, 5, 35, 155, 755])
})

test('old events are gone when the clock has come past their time', async (t) => {
  const kindred = await open(t)
  await call(kindred, 'POST', '/api/v1/user', ada)
  const { body } = await kindred.request('GET', '/api/v1/users')
  const snapshot = await kindred.snapshot()
  const count = (state: typeof snapshot) => state.store.tables.find(({ name }) => name === 'events')!.rows.length
  assert.ok(count(snapshot) > 0 && body.users.length === 1)
  await kindred.clock.advance('29d')
  assert.equal(count(await kindred.snapshot()), count(snapshot))
  await kindred.clock.advance('2d')
  assert.equal(count(await kindred.snapshot()), 0)
})

test('deterministic servers give the same ids, secrets, times, cursors and tokens, and others for another number', async (t) => {
  const life = async (deterministic: boolean | number) => {
    const kindred = await open(t, {
      deterministic,
      url: 'https://id.example.test',
      seed: { applications: [{ name: 'Worker', type: 'm2m', scopes: ['read:users'] }], users: [{ username: 'ada' }] },
    })
    await call(kindred, 'POST', '/api/v1/user', ada)
    const users = await call(kindred, 'GET', '/api/v1/users?page_size=1')
    const text = JSON.stringify([
      kindred.clientId,
      kindred.clientSecret,
      kindred.seeded,
      await users.json(),
      users.headers.get('x-request-id'),
      await kindred.token('read:users'),
    ])
    return createHash('sha256').update(text).digest('hex')
  }
  const [first, second, other] = [await life(true), await life(true), await life(7)]
  assert.equal(first, second)
  assert.notEqual(first, other)
})

test('the first application has the credentials that were asked for', async (t) => {
  const credentials = { clientId: 'worker', clientSecret: 'S'.repeat(52) }
  const kindred = await open(t, credentials)
  assert.deepEqual(kindred.env, {
    KINDE_DOMAIN: kindred.url,
    KINDE_MANAGEMENT_CLIENT_ID: 'worker',
    KINDE_MANAGEMENT_CLIENT_SECRET: 'S'.repeat(52),
  })
  assert.equal((await fetchToken(kindred)).status, 200)
})
