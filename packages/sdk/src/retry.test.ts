import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { AbortedError, Kindred, NetworkError, RateLimitError, ServerError, TimeoutError } from './index.ts'
import { askedWaitMs, backoffMs } from './retry.ts'
import { startScene } from './testing-scene.ts'

const { server, proxy, access, client } = await startScene({ after })
beforeEach(() => proxy.forget())

let count = 0
/** A user that nobody else makes. */
function newUser() {
  count += 1
  const email = `retry-${count}@example.com`
  return { email, input: { identities: [{ type: 'email' as const, details: { email } }] } }
}

async function usersWith(email: string): Promise<number> {
  const reply = await server.call('GET', `/api/v1/users?email=${encodeURIComponent(email)}`)
  return (reply.json.users ?? []).length
}

const keys = () =>
  proxy.seen.filter(({ path }) => path === '/api/v1/user').map(({ headers }) => headers['idempotency-key'])
const throttled = (seconds: string) => ({ status: 429, headers: { 'ratelimit-reset': seconds } })

test('after a 429 a call waits as long as RateLimit-Reset says, and goes on', async () => {
  const { kindred, waits, retries } = client()
  proxy.spoil('/api/v1/users', throttled('2'), throttled('1'))
  assert.equal((await kindred.users.list()).code, 'OK')
  assert.deepEqual(waits, [2000, 1000])
  assert.deepEqual(
    retries.map(({ method, url, attempt, waitMs, error }) => [method, url, attempt, waitMs, error.constructor]),
    [
      ['GET', `${proxy.url}/api/v1/users`, 1, 2000, RateLimitError],
      ['GET', `${proxy.url}/api/v1/users`, 2, 1000, RateLimitError],
    ],
  )
})

test('a 429 that lasts is an error that says when requests are taken again', async () => {
  const now = Date.parse('2026-01-15T12:00:00.000Z')
  const { kindred, waits } = client({ maxRetries: 1, timing: { now: () => now } })
  proxy.spoil('/api/v1/business', throttled('30'), throttled('30'))
  await assert.rejects(kindred.business.get(), (error: unknown) => {
    assert.ok(error instanceof RateLimitError)
    assert.equal(error.resetAt?.toISOString(), '2026-01-15T12:00:30.000Z')
    assert.match(error.message, /again from 2026-01-15T12:00:30.000Z/)
    return true
  })
  assert.deepEqual(waits, [30_000])
  proxy.spoil('/api/v1/business', throttled('3600'))
  await assert.rejects(kindred.business.get(), RateLimitError)
  assert.deepEqual(waits, [30_000], 'nobody waits an hour unless maxWaitMs allows it')
})

test('the wait is read from seconds, from a moment and from a date', () => {
  const now = Date.parse('2026-01-15T12:00:00.000Z')
  const cases: [Record<string, string>, number | undefined][] = [
    [{}, undefined],
    [{ 'ratelimit-reset': '5' }, 5000],
    [{ 'ratelimit-reset': String(now / 1000 + 9) }, 9000],
    [{ 'ratelimit-reset': String(now / 1000 - 9) }, 0],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': 'Thu, 15 Jan 2026 12:00:04 GMT' }, 4000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'ratelimit-reset': '5', 'retry-after': '3' }, 5000],
    [{ 'ratelimit-reset': 'abc', 'retry-after': '3' }, 3000],
  ]
  for (const [headers, wait] of cases)
    assert.equal(askedWaitMs(new Headers(headers), now), wait, JSON.stringify(headers))
})

test('without a word of the server the wait doubles up to eight seconds, and is never the same for all', () => {
  const waits = (random: number) => [1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, () => random))
  assert.deepEqual(waits(0), [250, 500, 1000, 2000, 4000, 4000])
  assert.deepEqual(waits(0.999999).map(Math.round), [500, 1000, 2000, 4000, 8000, 8000])
})

test('reads are repeated after server errors and cut connections, and then give up', async () => {
  const { kindred, waits } = client()
  proxy.spoil('/api/v1/business', { status: 502, body: '<h1>Bad gateway</h1>' }, 'cut before', 'cut after')
  assert.equal((await kindred.business.get()).code, 'OK')
  assert.deepEqual(waits, [375, 750, 1500])
  proxy.spoil('/api/v1/business', 'cut after', 'cut after')
  await assert.rejects(kindred.business.get(undefined, { maxRetries: 1 }), (error: unknown) => {
    assert.ok(error instanceof NetworkError)
    assert.deepEqual([error.code, error.isUnsent], ['CONNECTION_FAILED', false])
    return true
  })
  proxy.spoil('/api/v1/business', { status: 500, body: { errors: [{ code: 'INTERNAL_ERROR', message: 'Oh.' }] } })
  await assert.rejects(kindred.business.get(undefined, { maxRetries: 0 }), ServerError)
})

test('what the caller did wrong is not tried again', async () => {
  const { kindred, waits } = client()
  await assert.rejects(kindred.users.get({ id: 'kp_none' }), { status: 404 })
  assert.deepEqual([waits, proxy.lines().length], [[], 2])
})

test('a write whose answer was lost is sent again under its key, and done once', async () => {
  const { kindred, waits } = client()
  const { email, input } = newUser()
  proxy.spoil('/api/v1/user', 'cut after', { status: 503 }, 'cut before')
  const made = await kindred.users.create(input)
  assert.match(made.id!, /^kp_/)
  assert.equal(waits.length, 3)
  assert.equal(await usersWith(email), 1)
  assert.equal(keys().length, 4)
  assert.equal(new Set(keys()).size, 1)
  await kindred.users.create(newUser().input)
  assert.equal(new Set(keys()).size, 2)
})

test('a key of the caller makes one write of two calls', async () => {
  const { kindred } = client()
  const { email, input } = newUser()
  const first = await kindred.users.create(input, { idempotencyKey: 'order-1' })
  assert.deepEqual(await kindred.users.create(input, { idempotencyKey: 'order-1' }), first)
  assert.equal(await usersWith(email), 1)
})

test('where keys are not honoured, a write is sent again only when it surely did not arrive', async () => {
  const { kindred, waits } = client({ idempotency: false })
  const { email, input } = newUser()
  proxy.spoil('/api/v1/user', 'cut after')
  await assert.rejects(kindred.users.create(input), NetworkError)
  assert.deepEqual([waits, keys(), await usersWith(email)], [[], [undefined], 1])
  proxy.spoil('/api/v1/user', { status: 503 })
  await assert.rejects(kindred.users.create(newUser().input), ServerError)
  assert.deepEqual(waits, [])
  // A 429 is given before anything is done.
  proxy.spoil('/api/v1/user', throttled('1'))
  await kindred.users.create(newUser().input)
  assert.deepEqual(waits, [1000])
})

test('a server that has not said that it honours keys is not trusted to', async () => {
  const token = await client().kindred.accessToken()
  const options = { accessToken: token, clientId: undefined, clientSecret: undefined }
  const { kindred } = client(options)
  proxy.spoil('/api/v1/user', { status: 503 })
  await assert.rejects(kindred.users.create(newUser().input), ServerError)
  const { kindred: trusting, waits } = client({ ...options, idempotency: true })
  proxy.spoil('/api/v1/user', 'cut after')
  await trusting.users.create(newUser().input)
  assert.equal(waits.length, 1)
})

test('a write that found nobody listening is sent again', async () => {
  const port = await unusedPort()
  const { kindred, waits } = client({
    domain: `http://localhost:${port}`,
    accessToken: 'a',
    idempotency: false,
    maxRetries: 2,
  })
  await assert.rejects(kindred.users.create({}), (error: unknown) => {
    assert.ok(error instanceof NetworkError)
    assert.deepEqual([error.code, error.isUnsent], ['UNREACHABLE', true])
    assert.match(error.message, new RegExp(`localhost:${port} cannot be reached \\(ECONNREFUSED\\)`))
    return true
  })
  assert.equal(waits.length, 2)
})

test('an attempt ends after timeoutMs; a read is tried again', async () => {
  const { kindred, waits } = client({ maxRetries: 1 })
  await kindred.accessToken()
  proxy.spoil('/api/v1/business', 'silence')
  assert.equal((await kindred.business.get(undefined, { timeoutMs: 1500 })).code, 'OK')
  assert.equal(waits.length, 1)
  proxy.spoil('/api/v1/business', 'silence')
  await assert.rejects(kindred.business.get(undefined, { timeoutMs: 20, maxRetries: 0 }), TimeoutError)
})

test('a signal ends a call before it is sent, on its way, and while it waits', async () => {
  const { kindred } = client()
  const reason = new Error('not needed any more')
  await assert.rejects(kindred.business.get(undefined, { signal: AbortSignal.abort(reason) }), (error: unknown) => {
    assert.ok(error instanceof AbortedError)
    assert.equal(error.cause, reason)
    return true
  })
  await kindred.accessToken()
  proxy.spoil('/api/v1/business', 'silence')
  const onItsWay = new AbortController()
  const call = kindred.business.get(undefined, { signal: onItsWay.signal })
  while (!proxy.lines().includes('GET /api/v1/business')) await new Promise((resolve) => setImmediate(resolve))
  onItsWay.abort(reason)
  await assert.rejects(call, AbortedError)

  const waiting = new AbortController()
  const { url } = proxy
  const patient = new Kindred({ ...access, domain: url, hooks: { retry: () => waiting.abort(reason) } })
  proxy.spoil('/api/v1/business', throttled('50'))
  await assert.rejects(patient.business.get(undefined, { signal: waiting.signal }), AbortedError)
})

test('maxConcurrent holds back what is too much at once', async () => {
  let underway = 0
  let most = 0
  const { kindred } = client({
    maxConcurrent: 3,
    fetch: async (...request) => {
      underway += 1
      most = Math.max(most, underway)
      try {
        return await fetch(...request)
      } finally {
        underway -= 1
      }
    },
  })
  await Promise.all(Array.from({ length: 12 }, () => kindred.business.get()))
  assert.equal(most, 3)
})

test('who waits for a turn may leave, and the others get theirs', async () => {
  const { kindred } = client({ maxConcurrent: 1, maxRetries: 0 })
  await kindred.accessToken()
  proxy.spoil('/api/v1/business', 'silence')
  const [ending, leaving] = [new AbortController(), new AbortController()]
  const first = kindred.business.get({}, { signal: ending.signal })
  const second = kindred.timezones.list({}, { signal: leaving.signal }).all()
  const third = kindred.industries.list().all()
  while (!proxy.lines().includes('GET /api/v1/business')) await new Promise((resolve) => setImmediate(resolve))
  leaving.abort()
  await assert.rejects(second, AbortedError)
  ending.abort()
  await assert.rejects(first, AbortedError)
  assert.ok((await third).length > 0)
  assert.ok(!proxy.lines().some((line) => line.includes('timezones')))
})

test('hooks are told of each attempt, and of no secret', async () => {
  const told: unknown[] = []
  const { kindred } = client({
    hooks: {
      request: (event) => told.push(['request', event]),
      response: ({ durationMs, requestId, ...event }) => {
        assert.equal(typeof durationMs, 'number')
        assert.match(String(requestId), /\w/)
        told.push(['response', event])
      },
    },
  })
  await kindred.accessToken()
  told.length = 0
  await kindred.users.list({ email: 'ada@example.com' })
  const event = { method: 'GET', url: `${proxy.url}/api/v1/users`, attempt: 1 }
  assert.deepEqual(told, [
    ['request', event],
    ['response', { ...event, status: 200 }],
  ])
})

async function unusedPort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  await new Promise((resolve) => listener.close(resolve))
  return port
}
