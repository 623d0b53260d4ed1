import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestClient } from '../../testing.ts'

async function scene(api: TestClient) {
  const { role } = (await api.post('/api/v1/roles', { name: 'Keeper', key: 'keeper' })).body
  const { api: made } = (await api.post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).body
  const scopes: { id: string; key: string }[] = []
  for (const key of ['read:zoo', 'write:zoo']) {
    const { scope } = (await api.post(`/api/v1/apis/${made.id}/scopes`, { key, description: `May ${key}` })).body
    scopes.push({ id: scope.id, key })
  }
  return { role, apiId: made.id, scopes, url: `/api/v1/roles/${role.id}/scopes` }
}

function outcome({ status, body }: { status: number; body: { code?: string; errors?: { code: string }[] } }) {
  return [status, body.code ?? body.errors?.[0]?.code]
}

test('a scope that is added to a role is listed with its API, and taken away again', async (t) => {
  const { as, events } = await start(t)
  const { role, apiId, scopes, url } = await scene(as())
  const [first, second] = [scopes[0]!, scopes[1]!]
  // In the order of their making, not of their adding.
  for (const { id } of [second, first]) {
    const reply = await as('create:role_scopes').post(url, { scope_id: id })
    assert.deepEqual([reply.status, reply.body], [201, { code: 'ROLE_SCOPE_ADDED', message: 'Scope added to role' }])
  }
  const listed = await as('read:role_scopes').get(url)
  assert.deepEqual(listed.body, {
    code: 'OK',
    message: 'Success',
    scopes: scopes.map(({ id, key }) => ({ id, key, description: `May ${key}`, api_id: apiId })),
  })
  const removed = await as('delete:role_scopes').delete(`${url}/${first.id}`)
  assert.deepEqual([removed.status, removed.body], [200, { code: 'SCOPE_DELETED', message: 'Scope deleted from role' }])
  const left = await as().get(url)
  assert.deepEqual(
    left.body.scopes.map(({ id }: { id: string }) => id),
    [second.id],
  )
  const shown = { id: role.id, key: 'keeper', name: 'Keeper', description: null, is_default_role: false }
  assert.deepEqual(
    (await events()).slice(-3).map(({ type, data }) => [type, data]),
    [
      ['role.updated', { role: shown, scopes_added: [second.id] }],
      ['role.updated', { role: shown, scopes_added: [first.id] }],
      ['role.updated', { role: shown, scopes_removed: [first.id] }],
    ],
  )
})

test('adding a scope that the role has changes nothing and leaves no event', async (t) => {
  const { as, events } = await start(t)
  const { scopes, url } = await scene(as())
  await as().post(url, { scope_id: scopes[0]!.id })
  const before = (await events()).length
  assert.deepEqual(outcome(await as().post(url, { scope_id: scopes[0]!.id })), [201, 'ROLE_SCOPE_ADDED'])
  assert.equal((await events()).length, before)
  assert.equal((await as().get(url)).body.scopes.length, 1)
})

test('an unknown scope is refused, and so is one that the role does not have', async (t) => {
  const { as } = await start(t)
  const { scopes, url } = await scene(as())
  const unknown = await as().post(url, { scope_id: 'api_scope_none' })
  assert.deepEqual(
    [unknown.status, unknown.body.errors],
    [
      400,
      [
        {
          code: 'INVALID_SCOPE_ID',
          message: 'There is no API scope with the id "api_scope_none".',
          field: 'scope_id',
        },
      ],
    ],
  )
  assert.deepEqual(outcome(await as().delete(`${url}/${scopes[0]!.id}`)), [404, 'ROLE_SCOPE_NOT_FOUND'])
  const other = '/api/v1/roles/none/scopes'
  const replies = [as().get(other), as().post(other, { scope_id: scopes[0]!.id }), as().delete(`${other}/x`)]
  for (const reply of replies) assert.deepEqual(outcome(await reply), [404, 'ROLE_NOT_FOUND'])
})

test('a scope or an API that is deleted is gone from roles', async (t) => {
  const { as } = await start(t)
  const { apiId, scopes, url } = await scene(as())
  for (const { id } of scopes) await as().post(url, { scope_id: id })
  await as().delete(`/api/v1/apis/${apiId}/scopes/${scopes[0]!.id}`)
  assert.equal((await as().get(url)).body.scopes.length, 1)
  await as().delete(`/api/v1/apis/${apiId}`)
  assert.deepEqual((await as().get(url)).body.scopes, [])
})

test('a scope that is deleted while a role gets it is refused or gone, and nothing fails', async (t) => {
  const { as } = await start(t)
  const api = as()
  const { apiId, url } = await scene(api)
  for (let round = 0; round < 5; round += 1) {
    const { scope } = (await api.post(`/api/v1/apis/${apiId}/scopes`, { key: `s${round}` })).body
    const [given, deleted] = await Promise.all([
      api.post(url, { scope_id: scope.id }),
      api.delete(`/api/v1/apis/${apiId}/scopes/${scope.id}`),
    ])
    assert.ok(['ROLE_SCOPE_ADDED', 'INVALID_SCOPE_ID'].includes(String(outcome(given)[1])), JSON.stringify(given.body))
    assert.equal(deleted.status, 200)
  }
  assert.deepEqual((await api.get(url)).body.scopes, [])
})
