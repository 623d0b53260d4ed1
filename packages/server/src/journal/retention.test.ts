import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { startReceiver } from '../testing-receiver.ts'
import { addPermission, addWebhook, attempts, deliveries } from '../testing-webhooks.ts'
import { keptForMs, removeOldEvents } from './retention.ts'

test('events are kept for thirty days, and go with their deliveries and the log of these', async (t) => {
  const server = await start(t)
  const { store, now, webhooks } = server.environment
  const receiver = await startReceiver(t)
  await addWebhook(server, receiver.url)
  await addPermission(server)
  await webhooks.deliverDue()
  server.clock.advance(1)
  await addPermission(server)
  await webhooks.deliverDue()
  assert.equal(keptForMs, 30 * 24 * 60 * 60 * 1000)

  server.clock.advance(keptForMs - 1)
  assert.equal(await removeOldEvents(store, now()), 0)
  assert.equal((await server.events()).length, 3)
  server.clock.advance(1)
  assert.equal(await removeOldEvents(store, now()), 2)
  assert.deepEqual(
    (await server.events()).map(({ type }) => type),
    ['permission.created'],
  )
  assert.deepEqual([(await deliveries(server)).length, (await attempts(server)).length], [1, 1])
})

test('old events are removed in small batches, the oldest first', async (t) => {
  const server = await start(t)
  const { store, now } = server.environment
  await server.write(async (db) => {
    for (let count = 1; count <= 250; count += 1) {
      const row = { id: `event_${count}`, type: 'user.created', source: 'api', created_at_ms: now(), data: '{}' }
      await db
        .insertInto('events')
        .values({ ...row, application_id: null, request_id: null })
        .execute()
    }
  })
  server.clock.advance(keptForMs + 1)
  assert.equal(await removeOldEvents(store, now()), 200)
  const left = await server.db.selectFrom('events').select('id').orderBy('seq').execute()
  assert.deepEqual([left.length, left[0]!.id], [50, 'event_201'])
  assert.equal(await removeOldEvents(store, now()), 50)
  assert.equal(await removeOldEvents(store, now()), 0)
})
