import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addApplication, start, type TestServer } from '../../testing.ts'

async function addApi({ as }: TestServer): Promise<string> {
  const { body } = await as().post('/api/v1/apis', { name: 'Zoo', audience: 'https://zoo.example' })
  return body.api.id
}

async function managementApi({ as }: TestServer): Promise<string> {
  const { body } = await as().get('/api/v1/apis')
  return body.apis.find((api: { is_management_api: boolean }) => api.is_management_api).id
}

test('scopes of an API are listed in the order of their making, each with its description', async (t) => {
  const server = await start(t)
  const api = server.as()
  const url = `/api/v1/apis/${await addApi(server)}/scopes`
  assert.deepEqual((await api.get(url)).body, { code: 'OK', message: 'Success', scopes: [] })
  const write = await api.post(url, { key: 'write:animals', description: 'Change animals' })
  assert.equal(write.status, 200)
  assert.match(write.body.scope.id, /^api_scope_[0-9a-f]{32}$/)
  const read = await api.post(url, { key: 'read:animals' })
  const scopes = [
    { id: write.body.scope.id, key: 'write:animals', description: 'Change animals' },
    { id: read.body.scope.id, key: 'read:animals', description: '' },
  ]
  assert.deepEqual((await api.get(url)).body.scopes, scopes)
  assert.deepEqual((await api.get(`${url}/${read.body.scope.id}`)).body.scope, scopes[1])
  assert.deepEqual((await server.events()).at(-1)?.data, { api: { id: url.split('/')[4] }, scope: scopes[1] })
})

test('the key of a scope is unique within its API and free in another one', async (t) => {
  const server = await start(t)
  const api = server.as()
  const url = `/api/v1/apis/${await addApi(server)}/scopes`
  await api.post(url, { key: 'read:animals' })
  const second = await api.post(url, { key: 'read:animals' })
  assert.equal(second.status, 400)
  assert.deepEqual(second.body.errors, [
    {
      code: 'API_SCOPE_KEY_EXISTS',
      message: 'The API has a scope with the key "read:animals" already.',
      field: 'key',
    },
  ])
  const other = await api.post('/api/v1/apis', { name: 'Aviary', audience: 'aviary' })
  assert.equal((await api.post(`/api/v1/apis/${other.body.api.id}/scopes`, { key: 'read:animals' })).status, 200)
  assert.equal((await server.events()).filter(({ type }) => type === 'api.scope_created').length, 2)
})

test('the key of a scope has 1 to 64 characters and no white space', async (t) => {
  const server = await start(t)
  const api = server.as()
  const url = `/api/v1/apis/${await addApi(server)}/scopes`
  const rows = [
    [{}, 'KEY_REQUIRED'],
    [{ key: '' }, 'INVALID_VALUE'],
    [{ key: 'a'.repeat(65) }, 'INVALID_VALUE'],
    [{ key: 'read animals' }, 'INVALID_SCOPE_KEY'],
    [{ key: 'read\tanimals' }, 'INVALID_SCOPE_KEY'],
    [{ key: 'read\u00a0animals' }, 'INVALID_SCOPE_KEY'],
    [{ key: 'read\u007fanimals' }, 'INVALID_SCOPE_KEY'],
  ] as const
  for (const [body, code] of rows) {
    const reply = await api.post(url, body)
    assert.deepEqual([reply.status, reply.body.errors?.[0].code, reply.body.errors?.[0].field], [400, code, 'key'])
  }
  assert.equal((await api.post(url, { key: 'ü'.repeat(64) })).status, 200)
})

test('of a scope only the description changes', async (t) => {
  const server = await start(t)
  const api = server.as()
  const apiId = await addApi(server)
  const { body } = await api.post(`/api/v1/apis/${apiId}/scopes`, { key: 'read:animals', description: 'Look' })
  const url = `/api/v1/apis/${apiId}/scopes/${body.scope.id}`
  const reply = await api.patch(url, { key: 'feed:animals', description: 'Look at animals' })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  const { scope } = (await api.get(url)).body
  assert.deepEqual(scope, { id: body.scope.id, key: 'read:animals', description: 'Look at animals' })
  const before = (await server.events()).length
  const { data, change } = (await server.events()).at(-1)!
  assert.deepEqual(data, { api: { id: apiId }, scope: { id: body.scope.id } })
  assert.deepEqual(change, { before: { description: 'Look' }, after: { description: 'Look at animals' } })
  assert.equal((await api.patch(url, { description: 'Look at animals' })).status, 200)
  assert.equal((await api.patch(url, { key: 'feed:animals' })).status, 200)
  assert.equal((await server.events()).length, before)
})

test('a scope that is deleted is gone from applications, and the event tells how many had it', async (t) => {
  const server = await start(t)
  const api = server.as()
  const apiId = await addApi(server)
  const { body } = await api.post(`/api/v1/apis/${apiId}/scopes`, { key: 'read:animals' })
  const { clientId } = await addApplication(server, { scopes: [] })
  await api.patch(`/api/v1/apis/${apiId}/applications`, { applications: [{ id: clientId }] })
  await api.post(`/api/v1/apis/${apiId}/applications/${clientId}/scopes/${body.scope.id}`)
  const url = `/api/v1/apis/${apiId}/scopes/${body.scope.id}`
  const reply = await api.delete(url)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual((await server.events()).at(-1)?.data, {
    api: { id: apiId },
    scope: { id: body.scope.id, key: 'read:animals' },
    reach: { applications: 1, users: 0, roles: 0, api_keys: 0 },
  })
  for (const gone of [await api.get(url), await api.delete(url), await api.patch(url, { description: '' })]) {
    assert.deepEqual([gone.status, gone.body.errors[0].code], [404, 'API_SCOPE_NOT_FOUND'])
  }
  const left = await server.db.selectFrom('api_application_scopes').select('scope_id').execute()
  assert.equal(
    left.some(({ scope_id: id }) => id === body.scope.id),
    false,
  )
})

test('a scope is found under its own API only', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { body } = await api.post(`/api/v1/apis/${await addApi(server)}/scopes`, { key: 'read:animals' })
  const other = await api.post('/api/v1/apis', { name: 'Aviary', audience: 'aviary' })
  const url = `/api/v1/apis/${other.body.api.id}/scopes/${body.scope.id}`
  for (const reply of [await api.get(url), await api.patch(url, { description: 'x' }), await api.delete(url)]) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [404, 'API_SCOPE_NOT_FOUND'])
  }
  const unknown = await api.get('/api/v1/apis/unknown/scopes')
  assert.deepEqual([unknown.status, unknown.body.errors[0].code], [404, 'API_NOT_FOUND'])
})

test('the scopes of the Management API can be read and not changed', async (t) => {
  const server = await start(t)
  const api = server.as()
  const url = `/api/v1/apis/${await managementApi(server)}/scopes`
  const { scopes } = (await api.get(url)).body
  assert.equal(scopes.length, 148)
  const refused = [
    await api.post(url, { key: 'read:animals' }),
    await api.patch(`${url}/${scopes[0].id}`, { description: 'x' }),
    await api.delete(`${url}/${scopes[0].id}`),
  ]
  for (const reply of refused) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, 'MANAGEMENT_API_CANNOT_BE_CHANGED'])
  }
  assert.deepEqual((await api.get(url)).body.scopes, scopes)
  assert.deepEqual(await server.events(), [])
})
