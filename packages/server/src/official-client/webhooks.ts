import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, sdk, server } from './testing-sdk.ts'

const { Permissions, Webhooks } = sdk

test('Webhooks: made, listed, changed, deleted', async () => {
  const { event_types: types } = await Webhooks.getEventTypes()
  assert.ok(column(types, 'code').includes('user.created'))
  const { webhook } = await Webhooks.createWebHook({
    requestBody: { name: 'Bell', endpoint: 'https://zoo.example/bell', event_types: ['access_request.created'] },
  })
  const listed = async () => (await Webhooks.getWebHooks()).webhooks.find(({ id }: { id: string }) => id === webhook.id)
  assert.equal((await listed()).endpoint, 'https://zoo.example/bell')
  await Webhooks.updateWebHook({ webhookId: webhook.id, requestBody: { name: 'Gong', event_types: ['user.deleted'] } })
  assert.deepEqual([(await listed()).name, (await listed()).event_types], ['Gong', ['user.deleted']])
  await Webhooks.deleteWebHook({ webhookId: webhook.id })
  assert.equal(await listed(), undefined)
})

test('Webhooks: an event is read by its id', async () => {
  const { permission } = await Permissions.createPermission({ requestBody: { name: 'Ring', key: 'ring' } })
  const row = await server.db
    .selectFrom('events')
    .select('id')
    .where('type', '=', 'permission.created')
    .orderBy('seq', 'desc')
    .executeTakeFirstOrThrow()
  const { event } = await Webhooks.getEvent({ eventId: row.id })
  assert.deepEqual([event.type, event.data.permission.id], ['permission.created', permission.id])
})
