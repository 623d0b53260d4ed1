import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { start } from '../testing.ts'

interface EventType {
  id: string
  code: string
  name: string
  origin: string
  schema: Record<string, unknown>
}

test('the twenty-seven types are listed, each with an id, a name and a schema', async (t) => {
  const { as } = await start(t)
  const { status, body } = await as('read:event_types').get('/api/v1/event_types')
  assert.equal(status, 200)
  const types: EventType[] = body.event_types
  for (const member of ['id', 'code', 'name'] as const) {
    assert.equal(new Set(types.map((type) => type[member])).size, 27, member)
  }
  const { schema, ...type } = types.find(({ code }) => code === 'role.deleted')!
  assert.deepEqual(type, { id: type.id, code: 'role.deleted', name: 'Role deleted', origin: 'kinde' })
  assert.match(type.id, /^event_type_[0-9a-f]{32}$/)
  const id = { type: 'string' }
  const role = { type: 'object', properties: { id }, required: ['id'] }
  assert.deepEqual(schema, { type: 'object', properties: { role }, required: ['role'] })
})

test('what the API records fits the schema of its type', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Aviary', handle: 'aviary' })).body.organization
  await api.patch(`/api/v1/organization/${code}`, { name: 'Big aviary' })
  const user = (await api.post('/api/v1/user', { profile: { given_name: 'Olivia' } })).body
  await api.patch(`/api/v1/user?id=${user.id}`, { given_name: 'Oz' })
  await api.delete(`/api/v1/user?id=${user.id}`)
  const { role } = (await api.post('/api/v1/roles', { name: 'Keeper', key: 'keeper' })).body
  await api.patch(`/api/v1/roles/${role.id}`, { name: 'Head keeper', key: 'keeper' })
  await api.delete(`/api/v1/roles/${role.id}`)
  const { permission } = (await api.post('/api/v1/permissions', { name: 'Feed', key: 'feed' })).body
  await api.patch(`/api/v1/permissions/${permission.id}`, { name: 'Feed well' })
  await api.delete(`/api/v1/permissions/${permission.id}`)
  await api.post('/api/v1/subscribers?first_name=Olga&last_name=Owl&email=olga@zoo.example')
  await api.delete(`/api/v1/organization/${code}`)

  const types: EventType[] = (await api.get('/api/v1/event_types')).body.event_types
  const ajv = new Ajv({ allowUnionTypes: true })
  const seen = new Set<string>()
  for (const { type, data } of await events()) {
    const schema = types.find((one) => one.code === type)?.schema
    assert.ok(schema, type)
    assert.ok(ajv.validate(schema, data), `${type}: ${ajv.errorsText()} in ${JSON.stringify(data)}`)
    seen.add(type)
  }
  const nouns = ['organization', 'user', 'role', 'permission']
  const expected = nouns.flatMap((noun) => ['created', 'updated', 'deleted'].map((verb) => `${noun}.${verb}`))
  assert.deepEqual([...seen].sort(), [...expected, 'subscriber.created'].sort())
})
