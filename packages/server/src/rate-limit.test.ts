import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from './config.ts'
import { StartError } from './errors.ts'
import { issueTo, postForm, tokenForm } from './oauth/testing-oauth.ts'
import { parseRateLimit } from './rate-limit.ts'
import { requireApplication, setRateLimit } from './store/applications.ts'
import { addApplication, start, type TestReply, type TestServer } from './testing.ts'

const users = '/api/v1/users'

/** Remaining, Reset, Retry-After. */
function told({ status, headers }: TestReply) {
  return [status, headers['ratelimit-remaining'], headers['ratelimit-reset'], headers['retry-after']]
}

function limitOf(server: TestServer, id: string, limit: string | null) {
  return server.write(async (db) => setRateLimit(db, await requireApplication(db, id), limit))
}

test('without a limit no reply speaks of one', async (t) => {
  const server = await start(t)
  const { headers } = await server.as().get(users)
  assert.deepEqual(
    Object.keys(headers).filter((name) => /ratelimit|retry/.test(name)),
    [],
  )
})

test('a caller beyond its limit is refused in the form of Kinde, and told when to come again', async (t) => {
  const server = await start(t, { rateLimit: { requests: 3, seconds: 30 } })
  const api = server.as()
  const replies = [await api.get(users), await api.get(`${users}?page_size=x`), await api.post('/api/v1/user')]
  assert.deepEqual(replies.map(told), [
    [200, '2', '10', undefined],
    [400, '1', '20', undefined],
    [200, '0', '30', undefined],
  ])
  assert.equal(replies[0]!.headers['ratelimit-limit'], '3')
  const refused = await api.get(users)
  assert.deepEqual(told(refused), [429, '0', '10', '10'])
  assert.deepEqual(refused.body, { errors: [{ code: 'TOO_MANY_REQUESTS', message: 'Request was throttled' }] })
  server.clock.advance(9999)
  assert.deepEqual(told(await api.get(users)), [429, '0', '1', '1'])
  server.clock.advance(1)
  assert.deepEqual(told(await api.get(users)), [200, '0', '30', undefined])
  // Not more than the limit, however long nobody came.
  server.clock.advance(3_600_000)
  assert.deepEqual(told(await api.get(users)), [200, '2', '10', undefined])
})

test('a refused write has done nothing', async (t) => {
  const server = await start(t, { rateLimit: { requests: 1, seconds: 60 } })
  const api = server.as()
  await api.get(users)
  assert.equal((await api.post('/api/v1/user')).status, 429)
  assert.deepEqual(await server.db.selectFrom('users').select('id').execute(), [])
})

test('each application is limited by itself, by a limit of its own where it has one', async (t) => {
  const server = await start(t, { rateLimit: { requests: 1, seconds: 60 } })
  const [plain, free, wide] = await Promise.all([1, 2, 3].map(() => addApplication(server, { scopes: ['read:users'] })))
  await limitOf(server, free!.clientId, 'off')
  await limitOf(server, wide!.clientId, '2/10')
  const [one, two, three] = await Promise.all(
    [plain!, free!, wide!].map(async (application) => server.withToken(await issueTo(server, application))),
  )
  assert.deepEqual([(await one!.get(users)).status, (await one!.get(users)).status], [200, 429])
  for (let count = 0; count < 5; count += 1) {
    assert.deepEqual(told(await two!.get(users)), [200, undefined, undefined, undefined])
  }
  await three!.get(users)
  assert.deepEqual(told(await three!.get(users)), [200, '0', '10', undefined])
  assert.equal((await three!.get(users)).status, 429)
  // A limit that is changed holds from the next request on.
  await limitOf(server, wide!.clientId, '5/10')
  assert.deepEqual(told(await three!.get(users)).slice(0, 2), [200, '4'])
  await limitOf(server, wide!.clientId, null)
  assert.deepEqual(told(await three!.get(users)).slice(0, 2), [200, '0'])
})

test('an application may be limited where nobody else is', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users'] })
  assert.deepEqual((await limitOf(server, application.clientId, '1/60'))?.after, { rate_limit: '1/60' })
  assert.equal(await limitOf(server, application.clientId, '1/60'), undefined)
  const api = server.withToken(await issueTo(server, application))
  assert.deepEqual([(await api.get(users)).status, (await api.get(users)).status], [200, 429])
  assert.equal((await server.as().get(users)).status, 200)
  await assert.rejects(limitOf(server, application.clientId, 'much'), {
    status: 400,
    code: 'INVALID_RATE_LIMIT',
    message:
      '"much" is no limit. Use off, kinde, or <requests>/<seconds> such as 600/60 (up to 1000000 in up to 86400 seconds), or null.',
  })
})

test('the token endpoint counts for itself, and only who has shown a secret', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users'] })
  await limitOf(server, application.clientId, '2/60')
  const form = tokenForm(server, application)
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await postForm(server, 'token', { ...form, client_secret: 'wrong' })).status, 401)
  }
  const token = (await postForm(server, 'token', form)).body.access_token
  assert.equal((await postForm(server, 'token', form)).status, 200)
  const refused = await postForm(server, 'token', form)
  assert.deepEqual(told(refused), [429, '0', '30', '30'])
  assert.deepEqual(refused.body, {
    error: 'too_many_requests',
    error_description: 'Request was throttled. Wait 30 seconds; a token that you have is good until it expires.',
  })
  assert.equal((await server.withToken(token).get(users)).status, 200)
})

test('without a token the address is limited', async (t) => {
  const server = await start(t, { rateLimit: { requests: 1, seconds: 60 } })
  const stranger = server.withToken(undefined)
  const verify = () => stranger.post('/api/v1/api_keys/verify', { api_key: 'k_live_x' })
  assert.deepEqual([(await verify()).status, (await verify()).status], [200, 429])
  assert.equal((await server.as().get(users)).status, 200)
})

test('each node counts for itself, and hears of a limit that is changed on another one', async (t) => {
  const server = await start(t)
  if (server.environment.store.dialect !== 'postgres') return t.skip('one node holds the database')
  const node = await server.addNode()
  const application = await addApplication(server, { scopes: ['read:users'] })
  const authorization = `Bearer ${await issueTo(server, application)}`
  const get = ({ send }: Pick<TestServer, 'send'>) => send({ method: 'GET', url: users, headers: { authorization } })
  assert.equal((await get(node)).headers['ratelimit-limit'], undefined)
  await limitOf(server, application.clientId, '1/60')
  // The notice travels through the database.
  while ((await get(node)).status === 200);
  assert.deepEqual([(await get(server)).status, (await get(server)).status], [200, 429])
})

test('a limit that is none stops the start with what to write', () => {
  for (const value of ['on', '0/60', '60', '60/0', '-1/60', '60/86401', '1000001/60', '6.5/60', ' 60/60', '60/60/60']) {
    assert.equal(parseRateLimit(value), undefined, value)
  }
  assert.throws(
    () => readConfig({ KINDRED_RATE_LIMIT: 'on' }),
    (error) => error instanceof StartError && error.message.startsWith('KINDRED_RATE_LIMIT: "on" is no limit. Use off'),
  )
})
