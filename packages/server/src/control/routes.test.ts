import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type Reply, start, type TestKindred } from '../kit/index.ts'
import { testDatabase } from '../testing.ts'
import { listen } from '../testing-sockets.ts'
import { controlOperations } from './api/index.ts'

/** Calls the control API as a program in another language would. */
function controlOf({ httpUrl }: TestKindred) {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const reply = await fetch(`${httpUrl}/_kindred${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: reply.status, body: (await reply.json()) as Reply['body'] }
  }
}

test('everything of the test kit is there over HTTP', async (t) => {
  const database = await testDatabase()
  const kindred = await start({ databaseUrl: database.url })
  t.after(async () => {
    await kindred.close()
    await database.drop()
  })
  const control = controlOf(kindred)
  const ok = { code: 'OK', message: 'Success' }
  const users = async () => (await kindred.request('GET', '/api/v1/users')).body.users.length
  const refused = ({ status, body }: Awaited<ReturnType<typeof control>>) => [status, body.errors[0].message]

  await t.test('seed, snapshots and reset', async () => {
    const seeded = await control('POST', '/seed', { users: [{ email: 'ada@example.com' }] })
    assert.equal(seeded.status, 201)
    assert.match(seeded.body.seeded.users['ada@example.com'], /^kp_/)
    assert.deepEqual(refused(await control('POST', '/seed', { users: [{ email: 'nobody' }] })), [
      400,
      'users[0].email: "nobody" is not an e-mail address. (INVALID_EMAIL)',
    ])
    await kindred.request('POST', '/api/v1/user', {})
    const { body } = await control('POST', '/snapshots')
    const id = body.snapshot.id
    await kindred.request('POST', '/api/v1/user', {})
    assert.equal(await users(), 3)
    assert.deepEqual(await control('POST', `/snapshots/${id}/restore`), { status: 200, body: ok })
    assert.equal(await users(), 2)
    assert.deepEqual(await control('POST', '/reset'), { status: 200, body: ok })
    assert.equal(await users(), 1)
    assert.equal((await control('DELETE', `/snapshots/${id}`)).status, 200)
    assert.deepEqual(refused(await control('POST', `/snapshots/${id}/restore`)), [
      404,
      `There is no snapshot with the id "${id}".`,
    ])
  })

  await t.test('the clock', async () => {
    const set = await control('PUT', '/clock', { now: '2030-01-01T00:00:00Z', is_frozen: true })
    assert.equal(set.body.is_frozen, true)
    assert.deepEqual((await control('POST', '/clock/advance', { by: '2h' })).status, 200)
    assert.match((await control('GET', '/clock')).body.now, /^2030-01-01T02:00:0/)
    assert.equal((await control('PUT', '/clock', { is_frozen: false })).body.is_frozen, false)
    assert.deepEqual(refused(await control('POST', '/clock/advance', { by: 'soon' })), [
      400,
      '"soon" is no duration. Give milliseconds, or a text such as 90s, 15m, 2h or 30d.',
    ])
    await control('POST', '/reset')
  })

  await t.test('faults and requests', async () => {
    const { status, body } = await control('POST', '/faults', { operation: 'getUsers', status: 429, times: 1 })
    assert.deepEqual([status, body.fault.hits, body.fault.id], [201, 0, body.fault.id])
    const headers = { authorization: `Bearer ${await kindred.token()}` }
    const list = async () => (await fetch(`${kindred.httpUrl}/api/v1/users`, { headers })).status
    assert.deepEqual([await list(), await list()], [429, 200])
    assert.equal((await control('GET', '/faults')).body.faults[0].hits, 1)
    const found = await control('GET', '/requests?operation=getUsers&status=429')
    assert.equal(found.body.requests.length, 1)
    const { at, request_id: requestId, ...request } = found.body.requests[0]
    assert.ok(at && requestId)
    assert.deepEqual(request, {
      number: 1,
      method: 'GET',
      path: '/api/v1/users',
      query: {},
      operation: 'getUsers',
      status: 429,
      application: kindred.clientId,
      body: null,
      fault: body.fault.id,
    })
    assert.equal((await control('DELETE', `/faults/${body.fault.id}`)).status, 200)
    assert.equal((await control('DELETE', `/faults/${body.fault.id}`)).status, 404)
    assert.deepEqual(refused(await control('POST', '/faults', {})), [
      400,
      'This fault would do nothing: give it a status, delayMs or cut.',
    ])
    await control('POST', '/faults', { status: 500 })
    assert.equal((await control('DELETE', '/faults')).status, 200)
    assert.equal((await control('DELETE', '/requests')).status, 200)
    assert.deepEqual((await control('GET', '/requests')).body.requests, [])
  })

  await t.test('its own document, and no place in that of the Management API', async () => {
    const { body } = await control('GET', '/openapi.json')
    const { valid, errors } = await new Validator().validate(structuredClone(body))
    assert.ok(valid, JSON.stringify(errors))
    const documented = Object.values(body.paths).flatMap((path) => Object.keys(path as object))
    assert.equal(documented.length, controlOperations.length)
    const management = await (await fetch(`${kindred.httpUrl}/openapi.json`)).text()
    assert.doesNotMatch(management, /_kindred/)
  })

  await t.test('a page of another site is refused, whatever name it gives this machine', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const reply = await control('POST', '/reset', undefined, { origin })
      assert.deepEqual([reply.status, reply.body.errors[0].code], [403, 'CONTROL_DENIED'])
    }
    assert.equal((await control('POST', '/reset', undefined, { origin: 'http://localhost:3000' })).status, 200)
  })
})

test('nothing of it is there where it is not switched on', async (t) => {
  const server = await listen(t, { KINDRED_CONTROL: 'off' })
  for (const { method, path } of controlOperations) {
    const { status, json } = await server.call(
      method,
      path.replaceAll(/\{\w+\}/g, '1'),
      method === 'GET' ? undefined : {},
    )
    assert.deepEqual([status, json.errors.code], [404, 'ROUTE_NOT_FOUND'], path)
  }
  assert.equal((await server.call('GET', '/_kindred/openapi.json')).status, 404)
})
