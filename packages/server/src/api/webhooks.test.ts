import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok } from '../operation.ts'
import { start } from '../testing.ts'

const url = '/api/v1/webhooks'
const bell = { name: 'Bell', endpoint: 'https://zoo.example/bell', event_types: ['user.deleted', 'user.created'] }

test('a webhook is listed as it was made, types in their order and each once', async (t) => {
  const { as, events, firstClient } = await start(t)
  const made = await as('create:webhooks').post(url, { ...bell, event_types: [...bell.event_types, 'user.deleted'] })
  assert.equal(made.status, 200)
  const { id } = made.body.webhook
  assert.match(id, /^webhook_[0-9a-f]{32}$/)
  assert.deepEqual(made.body, { ...ok, webhook: { id, endpoint: bell.endpoint } })
  const second = await as().post(url, { ...bell, name: 'Gong', description: 'For the keeper' })
  const { status, body } = await as('read:webhooks').get(url)
  assert.equal(status, 200)
  const shared = { endpoint: bell.endpoint, event_types: bell.event_types, is_enabled: true }
  const created_on = '2026-01-15T12:00:00.000+00:00'
  assert.deepEqual(body, {
    ...ok,
    webhooks: [
      { id, name: 'Bell', ...shared, created_on },
      { id: second.body.webhook.id, name: 'Gong', description: 'For the keeper', ...shared, created_on },
    ],
  })
  assert.deepEqual((await events())[0], {
    type: 'webhook.created',
    data: { webhook: { id, ...bell, description: null } },
    application_id: firstClient.clientId,
    request_id: (await events())[0]!.request_id,
  })
})

test('a webhook is made for known types and a safe endpoint alone', async (t) => {
  const { as, db } = await start(t, { baseUrl: 'https://id.zoo.example' })
  const rows = [
    [{ event_types: ['user.created', 'user.exploded'] }, 'INVALID_EVENT_TYPE', 'event_types'],
    [{ event_types: ['api.created'] }, 'INVALID_EVENT_TYPE', 'event_types'],
    [{ event_types: [] }, 'INVALID_VALUE', 'event_types'],
    [{ event_types: 'user.created' }, 'INVALID_VALUE', 'event_types'],
    [{ event_types: undefined }, 'EVENT_TYPES_REQUIRED', 'event_types'],
    [{ endpoint: undefined }, 'ENDPOINT_REQUIRED', 'endpoint'],
    [{ endpoint: 'zoo.example' }, 'INVALID_ENDPOINT', 'endpoint'],
    [{ endpoint: 'http://zoo.example' }, 'INVALID_ENDPOINT', 'endpoint'],
    [{ endpoint: 'https://10.0.0.1' }, 'INVALID_ENDPOINT', 'endpoint'],
    [{ endpoint: 'http://localhost:3000' }, 'INVALID_ENDPOINT', 'endpoint'],
    [{ endpoint: 'https://owl:hoot@zoo.example' }, 'INVALID_ENDPOINT', 'endpoint'],
    [{ name: undefined }, 'NAME_REQUIRED', 'name'],
    [{ name: '' }, 'INVALID_VALUE', 'name'],
  ] as const
  for (const [part, code, field] of rows) {
    const reply = await as().post(url, { ...bell, ...part })
    assert.equal(reply.status, 400, JSON.stringify(part))
    assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field], JSON.stringify(part))
  }
  assert.deepEqual(await db.selectFrom('webhooks').selectAll().execute(), [])
})

test('on loopback an endpoint may be http, and on this machine', async (t) => {
  const { as } = await start(t)
  for (const endpoint of ['http://localhost:3000/hook', 'http://127.0.0.1:3000', 'https://192.168.1.5/hook']) {
    assert.equal((await as().post(url, { ...bell, endpoint })).status, 200, endpoint)
  }
})

test('name, description and types can be changed, the endpoint cannot; no change leaves no event', async (t) => {
  const { as, events } = await start(t)
  const { id } = (await as().post(url, { ...bell, description: 'Rings' })).body.webhook
  const patch = (body: unknown) => as('update:webhooks').patch(`${url}/${id}`, body)
  assert.deepEqual((await patch({ ...bell, description: 'Rings' })).body, { ...ok, webhook: { id } })
  assert.equal((await events()).length, 1)

  const changes = { name: 'Gong', description: null, event_types: ['role.created'] }
  assert.equal((await patch({ ...changes, endpoint: 'https://elsewhere.example' })).status, 200)
  const [webhook] = (await as().get(url)).body.webhooks
  assert.deepEqual(
    [webhook.name, webhook.description, webhook.event_types, webhook.endpoint],
    ['Gong', undefined, ['role.created'], bell.endpoint],
  )
  const last = (await events()).at(-1)!
  assert.deepEqual([last.type, last.data], ['webhook.updated', { webhook: { id, ...changes } }])

  const unknown = await patch({ event_types: ['role.exploded'] })
  assert.deepEqual([unknown.status, unknown.body.errors[0].code], [400, 'INVALID_EVENT_TYPE'])
  assert.deepEqual((await as().get(url)).body.webhooks[0].event_types, ['role.created'])
})

test('a webhook can be switched off and on', async (t) => {
  const { as, events } = await start(t)
  const { id } = (await as().post(url, bell)).body.webhook
  for (const isEnabled of [true, false, false, true]) {
    await as().patch(`${url}/${id}`, { is_enabled: isEnabled })
    assert.equal((await as().get(url)).body.webhooks[0].is_enabled, isEnabled)
  }
  assert.deepEqual(
    (await events()).map(({ type, data }) => [type, (data.webhook as { is_enabled?: boolean }).is_enabled]),
    [
      ['webhook.created', undefined],
      ['webhook.updated', false],
      ['webhook.updated', true],
    ],
  )
})

test('a webhook that is deleted is gone', async (t) => {
  const { as, events } = await start(t)
  const { id } = (await as().post(url, bell)).body.webhook
  const reply = await as('delete:webhooks').delete(`${url}/${id}`)
  assert.deepEqual([reply.status, reply.body], [200, ok])
  assert.deepEqual((await as().get(url)).body.webhooks, [])
  const again = await as().delete(`${url}/${id}`)
  assert.deepEqual([again.status, again.body.errors[0].code], [404, 'WEBHOOK_NOT_FOUND'])
  assert.equal((await as().patch(`${url}/${id}`, { name: 'Gong' })).status, 404)
  const last = (await events()).at(-1)!
  const { name, endpoint } = bell
  assert.deepEqual(
    [last.type, last.data],
    ['webhook.deleted', { webhook: { id, name, endpoint }, reach: { deliveries: 0 } }],
  )
})
