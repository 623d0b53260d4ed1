import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok } from '../operation.ts'
import { start } from '../testing.ts'

test('an event can be read by its id', async (t) => {
  const { as, db } = await start(t)
  const { permission } = (await as().post('/api/v1/permissions', { name: 'Feed', key: 'feed' })).body
  const { id } = await db.selectFrom('events').select('id').executeTakeFirstOrThrow()
  assert.match(id, /^event_[0-9a-f]{32}$/)
  const { status, body } = await as('read:events').get(`/api/v1/events/${id}`)
  assert.equal(status, 200)
  assert.deepEqual(body, {
    ...ok,
    event: {
      type: 'permission.created',
      source: 'api',
      event_id: id,
      timestamp: Date.parse('2026-01-15T12:00:00.000Z'),
      data: { permission: { id: permission.id, key: 'feed', name: 'Feed', description: '' } },
    },
  })
})

test('an event that nobody knows is not found', async (t) => {
  const { as } = await start(t)
  const { status, body } = await as().get('/api/v1/events/event_0')
  assert.deepEqual([status, body.errors[0].code], [404, 'EVENT_NOT_FOUND'])
})
