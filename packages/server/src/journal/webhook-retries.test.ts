import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOfTest } from '../testing.ts'
import { startReceiver } from '../testing-receiver.ts'
import {
  addPermission,
  addWebhook,
  attempts,
  deliveries,
  hour,
  idsOf,
  minute,
  second,
  startStill,
} from '../testing-webhooks.ts'
import { answerWithinMs } from './webhooks.ts'

test('an endpoint that hangs, breaks off, answers 500 and recovers gets its event once it answers, under one id', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  const gone = await startReceiver(t)
  await gone.stop()
  const id = await addWebhook(server, receiver.url)
  await addWebhook(server, gone.url)
  await addPermission(server)

  receiver.answer = () => {}
  const impatient = deliverer({ timeoutMs: 1000 })
  await impatient.deliverDue()
  await impatient.close()
  const webhooks = deliverer()
  receiver.answer = (response) => response.destroy()
  server.clock.advance(5 * second)
  await webhooks.deliverDue()
  receiver.answer = (response) => response.writeHead(500, { 'x-reason': 'tired' }).end('Try \0later.')
  server.clock.advance(30 * second)
  await webhooks.deliverDue()
  receiver.answer = (response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end()
  server.clock.advance(2 * minute)
  await webhooks.deliverDue()
  receiver.answer = 204
  server.clock.advance(10 * minute)
  await webhooks.deliverDue()
  server.clock.advance(100 * hour)
  await webhooks.deliverDue()

  const delivery = (await deliveries(server)).find(({ webhook_id }) => webhook_id === id)
  assert.deepEqual([delivery!.state, delivery!.attempts, delivery!.next_attempt_at_ms], ['delivered', 5, null])
  assert.deepEqual(
    idsOf(receiver),
    Array.from({ length: 5 }, () => delivery!.id),
  )
  assert.deepEqual(
    receiver.requests.map(({ url }) => url),
    Array.from({ length: 5 }, () => '/hook'),
  )
  const times = [0, 5, 35, 155, 755].map((seconds) => new Date(startOfTest + seconds * second).toISOString())
  assert.deepEqual(
    receiver.events().map(({ timestamp }) => timestamp),
    times,
  )
  const all = await attempts(server)
  const log = all.filter((attempt) => attempt.delivery_id === delivery!.id)
  assert.deepEqual(
    log.map(({ attempt, status, error, started_at_ms }) => [
      attempt,
      status,
      error,
      new Date(started_at_ms).toISOString(),
    ]),
    [
      [1, null, 'no answer within 1 s', times[0]],
      [2, null, 'socket hang up', times[1]],
      [3, 500, null, times[2]],
      [4, 302, null, times[3]],
      [5, 204, null, times[4]],
    ],
  )
  assert.ok(log[0]!.duration_ms >= 990)
  assert.deepEqual(
    log.map(({ request_body }) => request_body),
    receiver.requests.map(({ body }) => body),
  )
  const sent = { 'content-type': 'application/jwt', 'webhook-id': delivery!.id }
  for (const [name, value] of Object.entries(sent)) assert.equal(JSON.parse(log[2]!.request_headers)[name], value)
  assert.equal(JSON.parse(log[2]!.response_headers!)['x-reason'], 'tired')
  assert.equal(log[2]!.response_body, 'Try \ufffdlater.')
  assert.deepEqual([log[0]!.response_headers, log[0]!.response_body], [null, null])

  const other = all.filter((attempt) => attempt.delivery_id !== delivery!.id)
  assert.match(other.at(-1)!.error!, /ECONNREFUSED/)
})

test('an endpoint has ten seconds', () => {
  assert.equal(answerWithinMs, 10_000)
})

test('attempts follow Kinde’s schedule to the second, for 36 hours, and then no more are made', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  receiver.answer = 503
  await addWebhook(server, receiver.url)
  await addPermission(server)
  const webhooks = deliverer()
  await webhooks.deliverDue()
  let made = 1
  for (const wait of [5 * second, 30 * second, 2 * minute, 10 * minute, hour, 4 * hour, 12 * hour, 12 * hour]) {
    server.clock.advance(wait - 1)
    await webhooks.deliverDue()
    assert.equal(receiver.requests.length, made, `${wait} ms have not passed`)
    server.clock.advance(1)
    await webhooks.deliverDue()
    made += 1
    assert.equal(receiver.requests.length, made, `${wait} ms have passed`)
  }
  const [delivery] = await deliveries(server)
  assert.deepEqual([delivery!.state, delivery!.attempts, delivery!.next_attempt_at_ms], ['failed', 9, null])
  server.clock.advance(365 * 24 * hour)
  await webhooks.deliverDue()
  assert.equal(receiver.requests.length, 9)
  assert.equal(new Set(idsOf(receiver)).size, 1)
})

test('an endpoint that fails for 72 hours is switched off, and works again when it is switched on', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  const other = await startReceiver(t)
  receiver.answer = 500
  const id = await addWebhook(server, receiver.url)
  await addWebhook(server, other.url)
  const webhooks = deliverer()
  const isEnabled = async () => (await server.as().get('/api/v1/webhooks')).body.webhooks[0].is_enabled
  const isDisabled = async () => (await server.events()).filter(({ type }) => type === 'webhook.disabled')

  await addPermission(server)
  await webhooks.deliverDue()
  server.clock.advance(71 * hour)
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal(await isEnabled(), true)

  server.clock.advance(hour - second)
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal(await isEnabled(), true)
  server.clock.advance(second)
  await webhooks.deliverDue()
  assert.equal(await isEnabled(), true, 'nothing is due, so nothing has failed again')
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal(await isEnabled(), false)
  assert.deepEqual(await isDisabled(), [
    {
      type: 'webhook.disabled',
      data: { webhook: { id, endpoint: receiver.url, failing_since: '2026-01-15T12:00:00.000Z' } },
      application_id: null,
      request_id: null,
    },
  ])

  const before = receiver.requests.length
  receiver.answer = 200
  await addPermission(server)
  server.clock.advance(hour)
  await webhooks.deliverDue()
  assert.equal(receiver.requests.length, before, 'it is off')
  const pending = (await deliveries(server)).filter(({ next_attempt_at_ms }) => next_attempt_at_ms !== null)
  assert.deepEqual(pending, [])
  assert.equal(other.requests.length, 5, 'the other webhook has had every event')

  await server.as().patch(`/api/v1/webhooks/${id}`, { is_enabled: true })
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal(receiver.requests.length, before + 1)
  assert.equal(await isEnabled(), true)
})

test('a success in between makes the 72 hours begin anew', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url)
  const webhooks = deliverer()
  for (const status of [500, 200, 500]) {
    receiver.answer = status
    await addPermission(server)
    await webhooks.deliverDue()
    server.clock.advance(40 * hour)
  }
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal((await server.as().get('/api/v1/webhooks')).body.webhooks[0].is_enabled, true)
})
