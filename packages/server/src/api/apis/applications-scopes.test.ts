import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../../testing.ts'

/** An API with one scope, and an application that is authorized for it. */
async function addPair({ as }: TestServer) {
  const api = as()
  const zoo = (await api.post('/api/v1/apis', { name: 'Zoo', audience: 'https://zoo.example' })).body.api.id
  const scope = (await api.post(`/api/v1/apis/${zoo}/scopes`, { key: 'read:animals' })).body.scope.id
  const { body } = await api.post('/api/v1/applications', { name: 'Keeper', type: 'm2m' })
  await api.patch(`/api/v1/apis/${zoo}/applications`, { applications: [{ id: body.application.id }] })
  return { zoo, scope, application: body.application.id as string }
}

test('a scope is enabled for an application once, however often that is asked', async (t) => {
  const server = await start(t)
  const { zoo, scope, application } = await addPair(server)
  const url = `/api/v1/apis/${zoo}/applications/${application}/scopes/${scope}`
  for (const _ of [1, 2]) {
    const reply = await server.as().post(url)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  }
  const rows = await server.db
    .selectFrom('api_application_scopes')
    .select('scope_id')
    .where('application_id', '=', application)
    .execute()
  assert.deepEqual(
    rows.map(({ scope_id: id }) => id),
    [scope],
  )
  const added = (await server.events()).filter(({ type }) => type === 'api.application_scope_added')
  assert.deepEqual(
    added.map(({ data }) => data),
    [{ api: { id: zoo }, application: { id: application }, scope: { id: scope, key: 'read:animals' } }],
  )
})

test('a scope is taken from an application; one that is not enabled is no error and no event', async (t) => {
  const server = await start(t)
  const { zoo, scope, application } = await addPair(server)
  const url = `/api/v1/apis/${zoo}/applications/${application}/scopes/${scope}`
  await server.as().post(url)
  for (const _ of [1, 2]) {
    const reply = await server.as().delete(url)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  }
  const removed = (await server.events()).filter(({ type }) => type === 'api.application_scope_removed')
  assert.deepEqual(
    removed.map(({ data }) => data),
    [{ api: { id: zoo }, application: { id: application }, scope: { id: scope, key: 'read:animals' } }],
  )
  const { scopes } = (await server.as().get(`/api/v1/apis/${zoo}/scopes`)).body
  assert.equal(scopes.length, 1)
})

test('an application that is not authorized for the API cannot have a scope of it', async (t) => {
  const server = await start(t)
  const { zoo, scope } = await addPair(server)
  const reply = await server
    .as()
    .post(`/api/v1/apis/${zoo}/applications/${server.firstClient.clientId}/scopes/${scope}`)
  assert.equal(reply.status, 400)
  assert.deepEqual(reply.body.errors, [
    {
      code: 'APPLICATION_NOT_AUTHORIZED',
      message: `The application "${server.firstClient.clientId}" is not authorized for the API. Authorize it first: PATCH /api/v1/apis/${zoo}/applications.`,
      field: 'application_id',
    },
  ])
})

test('what the address names must exist, and the scope belong to the API', async (t) => {
  const server = await start(t)
  const { zoo, scope, application } = await addPair(server)
  const { body } = await server.as().post('/api/v1/apis', { name: 'Aviary', audience: 'aviary' })
  const rows = [
    [`/api/v1/apis/unknown/applications/${application}/scopes/${scope}`, 'API_NOT_FOUND'],
    [`/api/v1/apis/${zoo}/applications/unknown/scopes/${scope}`, 'APPLICATION_NOT_FOUND'],
    [`/api/v1/apis/${zoo}/applications/${application}/scopes/unknown`, 'API_SCOPE_NOT_FOUND'],
    [`/api/v1/apis/${body.api.id}/applications/${application}/scopes/${scope}`, 'API_SCOPE_NOT_FOUND'],
  ] as const
  for (const [url, code] of rows) {
    for (const reply of [await server.as().post(url), await server.as().delete(url)]) {
      assert.deepEqual([reply.status, reply.body.errors[0].code], [404, code])
    }
  }
})

test('a scope of the Management API is gone from tokens at once when it is taken', async (t) => {
  const server = await start(t)
  const { body } = await server.as().get('/api/v1/apis?expand=scopes')
  const management = body.apis.find((api: { is_management_api: boolean }) => api.is_management_api)
  const readApis = management.scopes.find((scope: { key: string }) => scope.key === 'read:apis')
  const reader = server.as('read:apis')
  const url = `/api/v1/apis/${management.id}/applications/${server.firstClient.clientId}/scopes/${readApis.id}`
  const writer = server.as('create:api_application_scopes', 'delete:apis_application_scopes')
  assert.equal((await reader.get('/api/v1/apis')).status, 200)
  await writer.delete(url)
  const refused = await reader.get('/api/v1/apis')
  assert.deepEqual([refused.status, refused.body.errors[0].code], [403, 'SCOPE_MISSING'])
  await writer.post(url)
  assert.equal((await reader.get('/api/v1/apis')).status, 200)
})
