import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startReceiver } from '../testing-receiver.ts'
import { addPermission, addWebhook, attempts, deliveries, idsOf, startStill } from '../testing-webhooks.ts'
import { leaseMs } from './webhooks.ts'

test('processes that share a store share the work, and no delivery is made twice at once', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receivers = await Promise.all(Array.from({ length: 3 }, () => startReceiver(t)))
  for (const receiver of receivers) {
    receiver.answer = (response) => void setTimeout(() => response.writeHead(200).end(), 5)
    await addWebhook(server, receiver.url)
  }
  for (let count = 0; count < 20; count += 1) await addPermission(server)
  const nodes = [deliverer(), deliverer(), deliverer()]
  await Promise.all(nodes.map((node) => node.deliverDue()))
  for (const receiver of receivers) {
    const ids = idsOf(receiver)
    assert.deepEqual([ids.length, new Set(ids).size], [20, 20])
  }
  const rows = await deliveries(server)
  assert.deepEqual([rows.length, new Set(rows.map(({ state }) => state))], [60, new Set(['delivered'])])
  assert.equal((await attempts(server)).length, 60)
})

test('what one process has in hand no other one takes, until the lease is over', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  await addWebhook(server, receiver.url)
  await addPermission(server)
  const stuck = deliverer()
  stuck.wake()
  await receiver.received(1)
  const other = deliverer()
  await other.deliverDue()
  server.clock.advance(leaseMs - 1)
  await other.deliverDue()
  assert.equal(receiver.requests.length, 1)
  // As if the first process had died.
  receiver.answer = 200
  server.clock.advance(1)
  await other.deliverDue()
  assert.equal(receiver.requests.length, 2)
  assert.equal(new Set(idsOf(receiver)).size, 1)
  assert.equal((await deliveries(server))[0]!.state, 'delivered')
})

test('an attempt that is cut short by the stop of its process is made again at once by the next one', async (t) => {
  const { server, deliverer } = await startStill(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  await addWebhook(server, receiver.url)
  await addPermission(server)
  const stopping = deliverer()
  stopping.wake()
  await receiver.received(1)
  await stopping.close()
  assert.deepEqual(await attempts(server), [])
  receiver.answer = 200
  await deliverer().deliverDue()
  assert.equal(receiver.requests.length, 2)
  assert.equal(new Set(idsOf(receiver)).size, 1)
  assert.deepEqual(
    (await deliveries(server)).map(({ state, attempts }) => [state, attempts]),
    [['delivered', 1]],
  )
})

test('twenty-five webhooks want one event; those that hang do not hold up the others', async (t) => {
  const { server, deliverer } = await startStill(t)
  const quick = await startReceiver(t)
  const hanging = await startReceiver(t)
  hanging.answer = () => {}
  for (let count = 0; count < 25; count += 1) {
    await addWebhook(server, `${count < 5 ? hanging.url : quick.url}/${count}`)
  }
  for (let count = 0; count < 10; count += 1) await addPermission(server)
  deliverer().wake()
  await quick.received(200)
  assert.equal(new Set(quick.requests.map(({ url }) => url)).size, 20)
  assert.equal(new Set(idsOf(quick)).size, 200)
  assert.ok(hanging.open > 0, 'they hang still')
  assert.ok(hanging.requests.length <= 20, 'each has four at most')
})
