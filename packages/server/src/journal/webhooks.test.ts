import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { compactVerify, createLocalJWKSet } from 'jose'
import { resend } from '../store/webhook-deliveries.ts'
import { start } from '../testing.ts'
import { startReceiver } from '../testing-receiver.ts'
import {
  addPermission,
  addWebhook,
  attempts,
  deliveries,
  hour,
  idsOf,
  second,
  startStill,
} from '../testing-webhooks.ts'
import { recordEvents } from './record.ts'

test('an event comes to the endpoint as a bare JWT, in which Kinde’s own package recognises it', async (t) => {
  const server = await start(t)
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url, 'user.created')
  const { body } = await server.as().post('/api/v1/user', {
    profile: { given_name: 'Olivia', family_name: 'Ó Owl 🦉' },
    identities: [{ type: 'email', details: { email: 'olivia@zoo.example' } }],
  })
  await server.environment.webhooks.deliverDue()
  assert.equal(receiver.requests.length, 1)
  const { method, url, headers, body: jwt } = receiver.requests[0]!
  assert.deepEqual([method, url], ['POST', '/hook'])
  assert.equal(headers['content-type'], 'application/jwt')
  assert.match(String(headers['webhook-id']), /^webhook_request_[0-9a-f]{32}$/)
  assert.match(String(headers['user-agent']), /^Kindred\/\d+\.\d+\.\d+$/)
  assert.deepEqual(Object.keys(headers).sort(), [
    'connection',
    'content-length',
    'content-type',
    'host',
    'user-agent',
    'webhook-id',
  ])

  const jwks = await server.send({ url: '/.well-known/jwks.json' })
  const { payload, protectedHeader } = await compactVerify(jwt, createLocalJWKSet(jwks.body))
  assert.equal(protectedHeader.alg, 'RS256')
  const organization = await server.db.selectFrom('organizations').select('code').executeTakeFirstOrThrow()
  const event = await server.db
    .selectFrom('events')
    .select('id')
    .where('type', '=', 'user.created')
    .executeTakeFirstOrThrow()
  const expected = {
    data: {
      user: {
        email: 'olivia@zoo.example',
        first_name: 'Olivia',
        id: body.id,
        is_password_reset_requested: false,
        is_suspended: false,
        last_name: 'Ó Owl 🦉',
        organizations: [{ code: organization.code, permissions: null, roles: null }],
        phone: null,
        username: null,
      },
    },
    event_id: event.id,
    event_timestamp: '2026-01-15T12:00:00.000Z',
    source: 'api',
    timestamp: '2026-01-15T12:00:00.000Z',
    type: 'user.created',
  }
  assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), expected)

  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const domain = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`
  const { decodeWebhook } = await kindeWebhooks()
  assert.deepEqual(await decodeWebhook(jwt, domain), expected)
  assert.equal(await decodeWebhook(`${jwt.slice(0, -8)}AAAAAAAA`, domain), null)
})

test('the JWT of a webhook opens nothing: it is no access token', async (t) => {
  const server = await start(t)
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url)
  await addPermission(server)
  await server.environment.webhooks.deliverDue()
  const reply = await server.withToken(receiver.requests[0]!.body).get('/api/v1/webhooks')
  assert.deepEqual([reply.status, reply.body.errors[0].code], [401, 'TOKEN_INVALID'])
})

test('a webhook gets the types that it asked for and no others, from the moment it asked', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  await addPermission(server)
  const id = await addWebhook(server, receiver.url, 'permission.created', 'role.deleted')
  const { id: permissionId, key: permissionKey } = await addPermission(server)
  await server.as().patch(`/api/v1/permissions/${permissionId}`, { name: 'Feed well' })
  const role = await server.as().post('/api/v1/roles', { name: 'Keeper', key: 'keeper' })
  await server.as().delete(`/api/v1/roles/${role.body.role.id}`)
  await server.as().patch(`/api/v1/webhooks/${id}`, { event_types: ['permission.deleted'] })
  await addPermission(server)
  await server.as().delete(`/api/v1/permissions/${permissionId}`)
  await deliverer().deliverDue()
  const events = receiver.events().sort((left, right) => (left.type < right.type ? -1 : 1))
  assert.deepEqual(
    events.map(({ type, data }) => [type, data]),
    [
      ['permission.created', { permission: { id: permissionId, key: permissionKey, name: 'Feed', description: '' } }],
      ['permission.deleted', { permission: { id: permissionId } }],
      ['role.deleted', { role: { id: role.body.role.id } }],
    ],
  )
})

test('the address of whoever signed in stands beside the data, as Kinde has it', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url, 'user.authenticated')
  const { ids, now } = server.environment
  const actor = { source: 'user', applicationId: null, requestId: null } as const
  const event = { type: 'user.authenticated', data: { user: { id: 'kp_1' }, ip_address: '192.0.2.7' } } as const
  await server.write((db) => recordEvents(db, [event], { actor, ids, now: now() }))
  server.clock.advance(second)
  await deliverer().deliverDue()
  const { event_id, ...claims } = receiver.events()[0]!
  assert.match(String(event_id), /^event_[0-9a-f]{32}$/)
  assert.deepEqual(claims, {
    data: { user: { id: 'kp_1' } },
    event_timestamp: '2026-01-15T12:00:00.000Z',
    source: 'user',
    timestamp: '2026-01-15T12:00:01.000Z',
    type: 'user.authenticated',
    ip_address: '192.0.2.7',
  })
})

test('a change that is refused is told to nobody', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url)
  const { key } = await addPermission(server)
  const again = await server.as().post('/api/v1/permissions', { name: 'Feed', key })
  assert.equal(again.status, 400)
  await deliverer().deliverDue()
  assert.equal(receiver.requests.length, 1)
})

test('a delivery is made again on request, under the same id, however it ended', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url)
  const webhooks = deliverer()
  await addPermission(server)
  await webhooks.deliverDue()
  receiver.answer = 500
  await addPermission(server)
  await webhooks.deliverDue()
  for (let round = 0; round < 10; round += 1) {
    server.clock.advance(12 * hour)
    await webhooks.deliverDue()
  }
  const ids = (await deliveries(server)).map(({ id }) => id)
  assert.deepEqual(
    (await deliveries(server)).map(({ state }) => state),
    ['delivered', 'failed'],
  )

  receiver.answer = 200
  const before = receiver.requests.length
  const again = await server.write((db) => resend(db, [...ids, 'unknown'], server.environment.now()))
  assert.deepEqual(again.sort(), [...ids].sort())
  await webhooks.deliverDue()
  assert.deepEqual(idsOf(receiver).slice(before).sort(), [...ids].sort())
  assert.deepEqual(
    (await deliveries(server)).map(({ state }) => state),
    ['delivered', 'delivered'],
  )
  const log = (await attempts(server)).filter(({ delivery_id }) => delivery_id === ids[0])
  assert.deepEqual(
    log.map(({ attempt, status }) => [attempt, status]),
    [
      [1, 200],
      [2, 200],
    ],
  )
})

test('a delivery whose attempt is running is not made a second time beside it on request', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  let answer = () => {}
  receiver.answer = (response) => {
    answer = () => response.writeHead(200).end()
  }
  await addWebhook(server, receiver.url)
  await addPermission(server)
  const webhooks = deliverer()
  webhooks.wake()
  await receiver.received(1)
  const ids = (await deliveries(server)).map(({ id }) => id)
  assert.equal(ids.length, 1)
  assert.deepEqual(await server.write((db) => resend(db, ids, server.environment.now())), [])
  await deliverer().deliverDue()
  answer()
  await webhooks.deliverDue()
  assert.equal(receiver.requests.length, 1)
})

test('a webhook that is deleted gets nothing more, and its deliveries and their log go with it', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  receiver.answer = 500
  const id = await addWebhook(server, receiver.url)
  await addPermission(server)
  const webhooks = deliverer()
  await webhooks.deliverDue()
  await server.as().delete(`/api/v1/webhooks/${id}`)
  server.clock.advance(hour)
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal(receiver.requests.length, 1)
  assert.deepEqual([await deliveries(server), await attempts(server)], [[], []])
})

test('a server that others can reach calls no private address, whatever its webhooks say', async (t) => {
  const server = await start(t, { baseUrl: 'https://id.zoo.example' })
  const receiver = await startReceiver(t)
  const { port } = new URL(receiver.url)
  // As from the time when the server ran on loopback.
  await server.write(async (db) => {
    for (const [place, host] of ['localhost', '127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'a.localhost'].entries()) {
      const id = `webhook_${place}`
      const row = { name: 'Bell', description: null, is_enabled: true, failing_since_ms: null, created_at_ms: 0 }
      await db
        .insertInto('webhooks')
        .values({ ...row, id, endpoint: `http://${host}:${port}/hook` })
        .execute()
      await db
        .insertInto('webhook_event_types')
        .values({ webhook_id: id, type: 'permission.created', place: 0 })
        .execute()
    }
  })
  await addPermission(server)
  await server.environment.webhooks.deliverDue()
  assert.equal(receiver.requests.length, 0)
  const errors = (await attempts(server)).map(({ error }) => error)
  assert.equal(errors.length, 5)
  for (const error of errors) assert.match(error!, /^not called: .+ is a private address$/)
})

test('where nobody wants an event, nothing is queued or asked', async (t) => {
  const server = await start(t)
  const { subscriptions } = server.environment.webhooks
  // Each change makes it ask the database anew, which takes a moment.
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await setTimeout(5)
  }
  await until(() => !subscriptions.mayExist)
  assert.equal(subscriptions.mayWant('permission.created'), false)
  const receiver = await startReceiver(t)
  const id = await addWebhook(server, receiver.url, 'permission.created')
  assert.equal(subscriptions.mayWant('permission.created'), true)
  await until(() => !subscriptions.mayWant('user.created'))
  assert.equal(subscriptions.mayWant('permission.created'), true)
  await addPermission(server)
  await server.environment.webhooks.deliverDue()
  assert.equal(receiver.requests.length, 1)
  await server.as().patch(`/api/v1/webhooks/${id}`, { is_enabled: false })
  await until(() => !subscriptions.mayExist)
})

/** Kinde's own package, as it comes from npm. */
async function kindeWebhooks(): Promise<{ decodeWebhook: (token: string, domain: string) => Promise<unknown> }> {
  const name = '@kinde/webhooks'
  try {
    return await import(name)
  } catch (cause) {
    throw new Error(`${name} is not installed. It is one of the development dependencies: run npm ci.`, { cause })
  }
}
