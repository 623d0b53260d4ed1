import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok } from '../../operation.ts'
import { start } from '../../testing.ts'

test('a registered API is listed by name beside the Management API', async (t) => {
  const { as } = await start(t)
  const api = as()
  const zoo = await api.post('/api/v1/apis', { name: 'Zoo', audience: 'https://zoo.example/api' })
  assert.equal(zoo.status, 200)
  assert.match(zoo.body.api.id, /^[0-9a-f]{32}$/)
  await api.post('/api/v1/apis', { name: 'aviary', audience: 'aviary' })
  const { body } = await api.get('/api/v1/apis')
  assert.deepEqual(
    body.apis.map((row: { name: string }) => row.name),
    ['aviary', 'Kinde Management API', 'Zoo'],
  )
  assert.deepEqual(body.apis[2], {
    id: zoo.body.api.id,
    name: 'Zoo',
    audience: 'https://zoo.example/api',
    is_management_api: false,
  })
})

test('expand=scopes adds the scopes of each API; without it there are none', async (t) => {
  const { as } = await start(t)
  const { body } = await as().get('/api/v1/apis?expand=scopes')
  assert.equal(body.apis[0].scopes.length, 148)
  assert.deepEqual(Object.keys(body.apis[0].scopes[0]), ['id', 'key'])
  assert.equal('scopes' in (await as().get('/api/v1/apis')).body.apis[0], false)
})

test('two APIs cannot have one audience', async (t) => {
  const { as, events } = await start(t)
  await as().post('/api/v1/apis', { name: 'One', audience: 'https://one.example' })
  const second = await as().post('/api/v1/apis', { name: 'Two', audience: 'https://one.example' })
  assert.equal(second.status, 400)
  assert.deepEqual(second.body.errors, [
    {
      code: 'API_AUDIENCE_EXISTS',
      message: 'Another API has the audience "https://one.example".',
      field: 'audience',
    },
  ])
  assert.deepEqual(
    (await events()).map(({ type }) => type),
    ['api.created'],
  )
})

test('name and audience have 1 to 64 characters, and an audience no white space', async (t) => {
  const { as } = await start(t)
  const rows = [
    [{ name: '', audience: 'a' }, 'INVALID_VALUE', 'name'],
    [{ name: 'x'.repeat(65), audience: 'a' }, 'INVALID_VALUE', 'name'],
    [{ name: 'x', audience: 'a'.repeat(65) }, 'INVALID_VALUE', 'audience'],
    [{ name: 'x', audience: 'a b' }, 'INVALID_AUDIENCE', 'audience'],
    [{ name: 'x' }, 'AUDIENCE_REQUIRED', 'audience'],
    [{ name: 5, audience: 'a' }, 'INVALID_VALUE', 'name'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await as().post('/api/v1/apis', body)
    assert.equal(reply.status, 400)
    assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field])
  }
})

test('one API shows its scopes, and every application with whether it is authorized and for which scopes', async (t) => {
  const { as, firstClient } = await start(t)
  const { body } = await as().get('/api/v1/apis')
  const reply = await as().get(`/api/v1/apis/${body.apis[0].id}`)
  assert.equal(reply.status, 200)
  assert.equal(reply.body.api.is_management_api, true)
  assert.equal(reply.body.api.scopes.length, 148)
  const first = { id: firstClient.clientId, name: 'First M2M application', type: 'Machine to machine (M2M)' }
  const scopes = reply.body.api.scopes.map(({ key }: { key: string }) => key)
  assert.deepEqual(reply.body.api.applications, [{ ...first, is_active: true, scopes }])
})

test('an API that is deleted is gone, and the event tells how far that reached', async (t) => {
  const { as, events } = await start(t)
  const made = await as().post('/api/v1/apis', { name: 'One', audience: 'https://one.example' })
  const url = `/api/v1/apis/${made.body.api.id}`
  assert.deepEqual(
    await as()
      .delete(url)
      .then(({ body }) => body),
    {
      code: 'API_DELETED',
      message: 'API successfully deleted',
    },
  )
  const gone = await as().get(url)
  assert.equal(gone.status, 404)
  assert.equal(gone.body.errors[0].code, 'API_NOT_FOUND')
  const reach = { scopes: 0, applications: 0, api_keys: 0, roles: 0, users: 0 }
  assert.deepEqual((await events()).at(-1)?.data, { api: { id: made.body.api.id }, reach })
})

test('the Management API cannot be deleted', async (t) => {
  const { as } = await start(t)
  const { body } = await as().get('/api/v1/apis')
  const reply = await as().delete(`/api/v1/apis/${body.apis[0].id}`)
  assert.equal(reply.status, 400)
  assert.equal(reply.body.errors[0].code, 'MANAGEMENT_API_CANNOT_BE_DELETED')
})

test('a change is recorded with the application and the request that made it', async (t) => {
  const { send, token, events, firstClient } = await start(t)
  const reply = await send({
    method: 'POST',
    url: '/api/v1/apis',
    headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json', 'x-request-id': 'mine-1' },
    payload: { name: 'One', audience: 'one' },
  })
  assert.equal(reply.headers['x-request-id'], 'mine-1')
  assert.deepEqual(await events(), [
    {
      type: 'api.created',
      data: { api: { id: reply.body.api.id, name: 'One', audience: 'one' } },
      application_id: firstClient.clientId,
      request_id: 'mine-1',
    },
  ])
  assert.equal(ok.code, reply.body.code)
})
