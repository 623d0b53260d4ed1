import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { operations } from './api/index.ts'
import { removeOldReplies } from './journal/retention.ts'
import { issueTo } from './oauth/testing-oauth.ts'
import { repliesKeptForMs } from './store/idempotency-keys.ts'
import { addApplication, start, type TestReply, type TestServer } from './testing.ts'
import { call as callExample, exampleRequest } from './testing-requests.ts'

interface Sent {
  key?: string | undefined
  token?: string | undefined
  send?: TestServer['send']
}

const replayed = ({ headers }: TestReply) => headers['idempotency-replayed']

/** A server, and a function that sends requests with an idempotency key. */
async function scene(t: TestContext) {
  const server = await start(t)
  const bearer = await server.token()
  const call = (method: string, url: string, body: unknown, { key, token = bearer, send = server.send }: Sent) =>
    send({
      method,
      url,
      headers: {
        authorization: `Bearer ${token}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    } as InjectOptions)
  const users = async () => (await server.db.selectFrom('users').select('id').execute()).length
  return { server, call, users }
}

const ada = { profile: { given_name: 'Ada', family_name: 'Lovelace' } }

test('the same key with the same request gives the first answer again, and does nothing twice', async (t) => {
  const { server, call, users } = await scene(t)
  const first = await call('POST', '/api/v1/user', ada, { key: 'a' })
  const events = await server.events()
  const again = await call('POST', '/api/v1/user', ada, { key: 'a' })
  assert.deepEqual([first.status, replayed(first)], [200, undefined])
  assert.deepEqual([again.status, replayed(again), again.body], [200, 'true', first.body])
  assert.equal(again.headers['content-type'], first.headers['content-type'])
  assert.deepEqual([await users(), await server.events()], [1, events])
  // Another key, and none at all, are other requests.
  assert.equal(replayed(await call('POST', '/api/v1/user', ada, { key: 'b' })), undefined)
  assert.equal(replayed(await call('POST', '/api/v1/user', ada, {})), undefined)
  assert.equal(await users(), 3)
})

test('the same key with another body or query is refused with what to do', async (t) => {
  const { call, users } = await scene(t)
  const { id } = (await call('POST', '/api/v1/user', ada, { key: 'a' })).body
  const other = await call('POST', '/api/v1/user', { profile: { given_name: 'Grace' } }, { key: 'a' })
  assert.equal(other.status, 422)
  assert.deepEqual(other.body.errors, [
    {
      code: 'IDEMPOTENCY_KEY_REUSED',
      message:
        'This Idempotency-Key came with another query or body within the last 24 hours. Send a new key for a new request.',
    },
  ])
  assert.equal(await users(), 1)
  assert.equal((await call('DELETE', `/api/v1/user?id=${id}`, undefined, { key: 'b' })).status, 200)
  const query = await call('DELETE', '/api/v1/user?id=kp_other', undefined, { key: 'b' })
  assert.equal(query.body.errors[0].code, 'IDEMPOTENCY_KEY_REUSED')
})

test('a key belongs to its application, method and path', async (t) => {
  const { server, call, users } = await scene(t)
  await call('POST', '/api/v1/user', ada, { key: 'a' })
  const token = await issueTo(server, await addApplication(server, { scopes: ['create:users'] }))
  assert.equal(replayed(await call('POST', '/api/v1/user', ada, { key: 'a', token })), undefined)
  assert.equal(await users(), 2)
  const role = { name: 'Editor', key: 'editor' }
  assert.equal((await call('POST', '/api/v1/roles', role, { key: 'a' })).status, 201)
  // Without the scope nobody is given an answer, kept or not.
  const reader = await server.token('read:users')
  assert.equal((await call('POST', '/api/v1/user', ada, { key: 'a', token: reader })).status, 403)
})

test('an answer is kept for 24 hours, and then removed', async (t) => {
  const { server, call, users } = await scene(t)
  const { store, now } = server.environment
  const rows = async () => (await server.db.selectFrom('idempotency_keys').select('id').execute()).length
  assert.equal(repliesKeptForMs, 24 * 60 * 60 * 1000)
  await call('POST', '/api/v1/user', ada, { key: 'a' })
  await call('POST', '/api/v1/user', ada, { key: 'b' })
  // The token lasts just as long.
  server.clock.advance(repliesKeptForMs - 2000)
  assert.equal(replayed(await call('POST', '/api/v1/user', ada, { key: 'a' })), 'true')
  server.clock.advance(1999)
  assert.equal(await removeOldReplies(store, now()), 0)
  server.clock.advance(1)
  const token = await server.token()
  assert.equal(replayed(await call('POST', '/api/v1/user', ada, { key: 'a', token })), undefined)
  assert.equal(await users(), 3)
  assert.equal(await removeOldReplies(store, now()), 1)
  assert.equal(await rows(), 1)
  assert.equal(replayed(await call('POST', '/api/v1/user', ada, { key: 'a', token })), 'true')
})

test('a refused request is not remembered: its key may be used for one that is put right', async (t) => {
  const { server, call } = await scene(t)
  const role = { name: 'Editor', key: 'editor' }
  await call('POST', '/api/v1/roles', role, {})
  const refused = await call('POST', '/api/v1/roles', role, { key: 'a' })
  assert.equal(refused.body.errors[0].code, 'ROLE_KEY_EXISTS')
  assert.deepEqual(await server.db.selectFrom('idempotency_keys').selectAll().execute(), [])
  const other = await call('POST', '/api/v1/roles', { ...role, key: 'reader' }, { key: 'a' })
  assert.deepEqual([other.status, replayed(other)], [201, undefined])
})

test('a key is 1 to 255 visible ASCII characters; reads look at none', async (t) => {
  const { server, call, users } = await scene(t)
  for (const key of ['', ' ', 'a b', 'é', '\t', 'x'.repeat(256)]) {
    const { status, body } = await call('POST', '/api/v1/user', ada, { key })
    assert.deepEqual([status, body.errors?.[0].code], [400, 'INVALID_IDEMPOTENCY_KEY'], JSON.stringify(key))
  }
  assert.equal(await users(), 0)
  for (const key of ['x', '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '~'.repeat(255)]) {
    assert.equal((await call('POST', '/api/v1/user', ada, { key })).status, 200)
    assert.equal(replayed(await call('POST', '/api/v1/user', ada, { key })), 'true')
  }
  const token = await server.token('read:users')
  for (const key of ['x', 'a b']) {
    const read = await call('GET', '/api/v1/users', undefined, { key, token })
    assert.deepEqual([read.status, replayed(read)], [200, undefined])
  }
})

test('a secret that was answered is kept sealed, and answered again', async (t) => {
  const { server, call } = await scene(t)
  const application = { name: 'Reader', type: 'm2m' }
  const first = await call('POST', '/api/v1/applications', application, { key: 'a' })
  const { client_secret: secret } = first.body.application
  const again = await call('POST', '/api/v1/applications', application, { key: 'a' })
  assert.deepEqual([replayed(again), again.body.application.client_secret], ['true', secret])
  const [row] = await server.db.selectFrom('idempotency_keys').selectAll().execute()
  assert.match(row!.reply_sealed!, /^v1\./)
  assert.equal(JSON.stringify(row).includes(secret), false)
  assert.equal(row!.status, 201)
})

test('two equal requests at the same moment do the work once, on one node and on two', async (t) => {
  const { server, call, users } = await scene(t)
  // On SQLite one server holds the file, and memory is nobody else's.
  const other = server.environment.store.dialect === 'postgres' ? await server.addNode() : server
  for (let round = 0; round < 5; round += 1) {
    const sends = [server.send, other.send, server.send, other.send]
    const key = `round-${round}`
    const answers = await Promise.all(sends.map((send) => call('POST', '/api/v1/user', ada, { key, send })))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
    assert.equal(answers.filter((answer) => replayed(answer) === 'true').length, 3)
    assert.equal(await users(), round + 1)
  }
  const created = (await server.events()).filter(({ type }) => type === 'user.created')
  assert.equal(created.length, 5)
})

test('when the first of two equal requests fails, the second one is carried out', async (t) => {
  const { server, call, users } = await scene(t)
  const taken = { ...ada, identities: [{ type: 'email', details: { email: 'ada@example.com' } }] }
  await call('POST', '/api/v1/user', taken, {})
  const answers = await Promise.all([1, 2].map(() => call('POST', '/api/v1/user', taken, { key: 'a' })))
  assert.deepEqual(
    answers.map((answer) => [answer.status, replayed(answer)]),
    [
      [400, undefined],
      [400, undefined],
    ],
  )
  assert.equal(await users(), 1)
  assert.deepEqual(await server.db.selectFrom('idempotency_keys').selectAll().execute(), [])
})

test('without a token a key is kept apart from those of strangers', async (t) => {
  const { server } = await scene(t)
  const verify = (api_key: string) =>
    server.send({
      method: 'POST',
      url: '/api/v1/api_keys/verify',
      headers: { 'content-type': 'application/json', 'idempotency-key': '1' },
      payload: JSON.stringify({ api_key }),
    })
  assert.equal((await verify('k_live_one')).status, 200)
  assert.equal((await verify('k_live_other')).status, 200)
  assert.equal(replayed(await verify('k_live_one')), 'true')
})

test('every write of the API honours a key', async (t) => {
  const server = await start(t)
  for (const operation of operations.filter(({ method }) => method !== 'GET')) {
    const request = { ...(await exampleRequest(server, operation)), idempotencyKey: operation.id }
    const first = await callExample(server, operation, request)
    assert.ok(first.status < 300, `${operation.id}: ${JSON.stringify(first.body)}`)
    const again = await callExample(server, operation, request)
    assert.deepEqual([again.status, replayed(again), again.body], [first.status, 'true', first.body], operation.id)
  }
})

test('replies tell the version, by which a client knows that keys are honoured', async (t) => {
  const { server } = await scene(t)
  const token = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: server.firstClient.clientId,
      client_secret: server.firstClient.clientSecret,
      audience: `${server.baseUrl}/api`,
    }).toString(),
  })
  const authorization = `Bearer ${token.body.access_token}`
  const listed = await server.send({ method: 'GET', url: '/api/v1/timezones', headers: { authorization } })
  assert.equal(listed.status, 200)
  for (const { headers } of [token, listed]) assert.match(String(headers['kindred-version']), /^\d+\.\d+\.\d+$/)
})
