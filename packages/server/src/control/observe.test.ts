import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type StartOptions, start, type TestKindred } from '../kit/index.ts'
import { testDatabase } from '../testing.ts'

async function open(t: TestContext, options: StartOptions = {}): Promise<TestKindred> {
  const database = await testDatabase()
  const kindred = await start({ databaseUrl: database.url, ...options })
  t.after(async () => {
    await kindred.close()
    await database.drop()
  })
  return kindred
}

async function call(kindred: TestKindred, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${kindred.httpUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await kindred.token()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const user = (email: string) => ({ identities: [{ type: 'email', details: { email } }] })
const listUsers = (kindred: TestKindred) => call(kindred, 'GET', '/api/v1/users')
const tokenForm = ({ clientId, clientSecret, audience }: TestKindred) =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience,
  })

test('429 for the next three, then all is well again', async (t) => {
  const kindred = await open(t)
  const fault = kindred.faults.add({ status: 429, times: 3, retryAfterSeconds: 7 })
  const replies = []
  for (let round = 0; round < 4; round += 1) replies.push(await listUsers(kindred))
  assert.deepEqual(
    replies.map(({ status }) => status),
    [429, 429, 429, 200],
  )
  const [first] = replies
  assert.deepEqual([first!.headers.get('retry-after'), first!.headers.get('ratelimit-reset')], ['7', '7'])
  assert.deepEqual(await first!.json(), {
    errors: [
      {
        code: 'TOO_MANY_REQUESTS',
        message: 'Request was throttled',
      },
    ],
  })
  assert.equal(fault.hits, 3)
})

test('a fault hits only what it names, and the token endpoint refuses in its own form', async (t) => {
  const kindred = await open(t)
  kindred.faults.add({ path: '/oauth2/token', status: 503, times: 1 })
  kindred.faults.add({ operation: 'getUsers', status: 500, code: 'BROKEN', message: 'Broken by a test.' })
  kindred.faults.add({ method: 'delete', path: '/api/v1/organization*', status: 409 })
  const token = () => fetch(`${kindred.httpUrl}/oauth2/token`, { method: 'POST', body: tokenForm(kindred) })
  const refused = await token()
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
  assert.equal(((await refused.json()) as { error: string }).error, 'temporarily_unavailable')
  assert.equal((await token()).status, 200)
  assert.deepEqual(await (await listUsers(kindred)).json(), {
    errors: [{ code: 'BROKEN', message: 'Broken by a test.' }],
  })
  assert.equal((await call(kindred, 'GET', '/api/v1/organizations')).status, 200)
  assert.equal((await call(kindred, 'DELETE', '/api/v1/organization/org_1')).status, 409)
  assert.equal((await kindred.request('GET', '/api/v1/users')).status, 200, "the kit's own requests pass")
  kindred.faults.clear()
  assert.equal((await listUsers(kindred)).status, 200)
})

test('a request that is cut before anything leaves nothing; one that is cut after the write has written', async (t) => {
  const kindred = await open(t)
  const exists = async (email: string) =>
    (await kindred.request('GET', `/api/v1/users?email=${email}`)).body.users?.length ?? 0
  kindred.faults.add({ operation: 'createUser', cut: 'before', times: 1 })
  await assert.rejects(call(kindred, 'POST', '/api/v1/user', user('before@example.com')))
  assert.equal(await exists('before@example.com'), 0)
  kindred.faults.add({ operation: 'createUser', cut: 'after', times: 1 })
  await assert.rejects(call(kindred, 'POST', '/api/v1/user', user('after@example.com')))
  assert.equal(await exists('after@example.com'), 1)
  assert.equal((await call(kindred, 'POST', '/api/v1/user', user('well@example.com'))).status, 200)
  assert.deepEqual(
    kindred.requests.list().map(({ operation, status, fault }) => [operation, status, fault]),
    [
      ['createUser', null, 'fault_1'],
      ['createUser', null, 'fault_2'],
      ['createUser', 200, null],
    ],
  )
})

test('a slow token endpoint answers late, and others meanwhile', async (t) => {
  const kindred = await open(t)
  kindred.faults.add({ path: '/oauth2/token', delayMs: 600_000 })
  const giveUp = new AbortController()
  const slow = fetch(`${kindred.httpUrl}/oauth2/token`, {
    method: 'POST',
    body: tokenForm(kindred),
    signal: giveUp.signal,
  })
  assert.equal((await listUsers(kindred)).status, 200)
  giveUp.abort()
  await assert.rejects(slow, { name: 'AbortError' })
  kindred.faults.clear()
  kindred.faults.add({ path: '/oauth2/token', delayMs: 20 })
  const before = performance.now()
  const late = await fetch(`${kindred.httpUrl}/oauth2/token`, { method: 'POST', body: tokenForm(kindred) })
  assert.equal(late.status, 200)
  assert.ok(performance.now() - before >= 19)
})

test('chance is the same for the same seed, and the first ones may pass', async (t) => {
  const kindred = await open(t)
  const throws = async (seed: number) => {
    const fault = kindred.faults.add({ status: 500, probability: 0.5, seed })
    const statuses: number[] = []
    for (let round = 0; round < 12; round += 1) statuses.push((await listUsers(kindred)).status)
    fault.remove()
    return statuses.join()
  }
  const first = await throws(1)
  assert.match(first, /500/)
  assert.match(first, /200/)
  assert.equal(await throws(1), first)
  assert.notEqual(await throws(2), first)
  kindred.faults.add({ status: 500, after: 1, times: 1 })
  assert.deepEqual(
    [(await listUsers(kindred)).status, (await listUsers(kindred)).status, (await listUsers(kindred)).status],
    [200, 500, 200],
  )
})

test('faults that mean nothing are refused', async (t) => {
  const { faults } = await open(t)
  for (const [fault, message] of [
    [{}, 'This fault would do nothing: give it a status, delayMs or cut.'],
    [{ status: 200 }, 'status must be a whole number from 400 to 599; 200 was given.'],
    [{ status: 500, probability: 2 }, 'probability must be a number from 0 to 1; 2 was given.'],
    [{ status: 500, times: 0 }, 'times must be a whole number from 1 to 9007199254740991; 0 was given.'],
  ] as const) {
    assert.throws(() => faults.add(fault), { name: 'RangeError', message })
  }
  assert.deepEqual(faults.list(), [])
})

test('the log tells who asked for what, and keeps no secret', async (t) => {
  const kindred = await open(t, { deterministic: true })
  const { requests } = kindred
  await fetch(`${kindred.httpUrl}/oauth2/token`, { method: 'POST', body: tokenForm(kindred) })
  const made = await call(kindred, 'POST', '/api/v1/user', user('ada@example.com'))
  const { id } = (await made.json()) as { id: string }
  const hash = '1'.repeat(64)
  const body = { hashed_password: hash, hashing_method: 'sha256', salt: 'sel' }
  await call(kindred, 'PUT', `/api/v1/users/${id}/password?page=2`, body)
  await fetch(`${kindred.httpUrl}/api/v1/users`, { headers: { authorization: 'Bearer a.b.c' } })
  await fetch(`${kindred.httpUrl}/nowhere`, { headers: { 'x-request-id': 'mine' } })
  const at = '2026-01-15T12:00:00.000Z'
  const common = { at, query: {}, fault: null, operation: null, application: kindred.clientId }
  assert.deepEqual(requests.list(), [
    {
      ...common,
      number: 1,
      method: 'POST',
      path: '/oauth2/token',
      operation: 'oauth2/token',
      status: 200,
      requestId: 'request-1',
      body: {
        grant_type: 'client_credentials',
        client_id: kindred.clientId,
        client_secret: '***',
        audience: kindred.audience,
      },
    },
    {
      ...common,
      number: 2,
      method: 'POST',
      path: '/api/v1/user',
      operation: 'createUser',
      status: 200,
      requestId: 'request-2',
      body: user('ada@example.com'),
    },
    {
      ...common,
      number: 3,
      method: 'PUT',
      path: `/api/v1/users/${id}/password`,
      query: { page: '2' },
      operation: 'SetUserPassword',
      status: 400,
      requestId: 'request-3',
      body: { hashed_password: '***', hashing_method: 'sha256', salt: '***' },
    },
    {
      ...common,
      number: 4,
      method: 'GET',
      path: '/api/v1/users',
      operation: 'getUsers',
      status: 401,
      application: null,
      requestId: 'request-4',
      body: null,
    },
    {
      ...common,
      number: 5,
      method: 'GET',
      path: '/nowhere',
      status: 404,
      application: null,
      requestId: 'mine',
      body: null,
    },
  ])
  assert.doesNotMatch(JSON.stringify(requests.list()), new RegExp(`${kindred.clientSecret}|${hash}`))
  assert.deepEqual(
    requests.list({ operation: 'getUsers', status: 401 }).map(({ number }) => number),
    [4],
  )
  requests.clear()
  assert.deepEqual(requests.list(), [])
})
