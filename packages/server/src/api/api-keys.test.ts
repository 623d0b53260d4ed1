import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../testing.ts'

async function scene(server: TestServer) {
  const { api } = (await server.as().post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).body
  const { scope } = (await server.as().post(`/api/v1/apis/${api.id}/scopes`, { key: 'read:zoo' })).body
  const user = (await server.as().post('/api/v1/user')).body
  return { apiId: api.id as string, scopeId: scope.id as string, userId: user.id as string }
}

const verify = async (server: TestServer, key: string) =>
  (await server.withToken(undefined).post('/api/v1/api_keys/verify', { api_key: key })).body

test('a key is shown once, kept as a hash, and found good by whoever has it', async (t) => {
  const server = await start(t)
  const { apiId, userId } = await scene(server)
  // Scopes may be named by key, as Kinde's guides do, and the type follows from the user.
  const body = { name: 'Gate', api_id: apiId, user_id: userId, scope_ids: ['read:zoo'] }
  const made = await server.as().post('/api/v1/api_keys', body)
  assert.equal(made.status, 201)
  const { id, key } = made.body.api_key
  assert.match(id, /^api_key_[0-9a-f]{32}$/)
  assert.match(key, /^k_live_[A-Za-z0-9]{52}$/)
  assert.deepEqual(await verify(server, key), {
    code: 'API_KEY_VERIFIED',
    message: 'API key verified',
    is_valid: true,
    key_id: id,
    status: 'active',
    scopes: ['read:zoo'],
    org_code: null,
    user_id: userId,
    last_verified_on: null,
    verification_count: 1,
  })
  server.clock.advance(1000)
  const again = await verify(server, key)
  assert.deepEqual([again.last_verified_on, again.verification_count], ['2026-01-15T12:00:00.000+00:00', 2])
  const { body: shown } = await server.as().get(`/api/v1/api_keys/${id}`)
  assert.deepEqual(shown.api_key, {
    id,
    name: 'Gate',
    type: 'user',
    status: 'active',
    key_prefix: 'k_live',
    key_suffix: key.slice(-4),
    created_on: '2026-01-15T12:00:00.000+00:00',
    last_verified_on: '2026-01-15T12:00:01.000+00:00',
    last_verified_ip: '127.0.0.1',
    created_by: 'First M2M application',
    api_ids: [apiId],
    scopes: ['read:zoo'],
    verification_count: 2,
    organization_id: null,
    user_id: userId,
  })
  const row = await server.db.selectFrom('api_keys').selectAll().executeTakeFirstOrThrow()
  assert.equal(JSON.stringify(row).includes(key), false)
  assert.equal(JSON.stringify(await server.events()).includes(key), false)
})

test('rotating a key ends the old secret at once and keeps the id; deleting it ends it altogether', async (t) => {
  const server = await start(t)
  const { apiId, userId } = await scene(server)
  const { api_key: made } = (
    await server.as().post('/api/v1/api_keys', { name: 'Gate', type: 'user', api_id: apiId, user_id: userId })
  ).body
  const rotated = await server.as().put(`/api/v1/api_keys/${made.id}`)
  assert.deepEqual([rotated.status, rotated.body.code, rotated.body.api_key.id], [201, 'API_KEY_ROTATED', made.id])
  assert.deepEqual(await verify(server, made.key), {
    code: 'API_KEY_INVALID',
    message: 'The API key is not known',
    is_valid: false,
    scopes: [],
  })
  assert.equal((await verify(server, rotated.body.api_key.key)).is_valid, true)
  assert.equal((await server.as().delete(`/api/v1/api_keys/${made.id}`)).status, 200)
  assert.equal((await verify(server, rotated.body.api_key.key)).is_valid, false)
  const gone = await server.as().get(`/api/v1/api_keys/${made.id}`)
  assert.deepEqual([gone.status, gone.body.errors.code], [404, 'API_KEY_NOT_FOUND'])
})

test('a key that is not active is not good, and cannot be rotated', async (t) => {
  const server = await start(t)
  const { apiId } = await scene(server)
  const { api_key: made } = (await server.as().post('/api/v1/api_keys', { name: 'Gate', api_id: apiId })).body
  for (let time = 0; time < 2; time += 1) {
    assert.equal((await server.as().post(`/admin/api/api_keys/${made.id}/revoke`)).status, 200)
  }
  const told = (await server.events()).filter(({ type }) => type === 'api_key.revoked')
  assert.deepEqual(
    told.map(({ data }) => data),
    [{ api_key: { id: made.id } }],
  )
  const listed = (await server.as().get('/api/v1/api_keys?status=revoked')).body.api_keys
  assert.deepEqual([listed.length, listed[0].id], [1, made.id])
  const reply = await verify(server, made.key)
  assert.deepEqual([reply.is_valid, reply.status], [false, 'revoked'])
  const rotated = await server.as().put(`/api/v1/api_keys/${made.id}`)
  assert.equal(rotated.body.errors[0].code, 'API_KEY_NOT_ACTIVE')
})

test('a key opens scopes of its own API only, for someone who exists', async (t) => {
  const server = await start(t)
  const { apiId, userId } = await scene(server)
  const { apis } = (await server.as().get('/api/v1/apis')).body
  const management = apis.find((api: { is_management_api: boolean }) => api.is_management_api).id
  const base = { name: 'Gate', api_id: apiId }
  for (const [body, code] of [
    [{ ...base, scope_ids: ['read:users'] }, 'INVALID_SCOPE'],
    [{ ...base, api_id: 'none' }, 'API_NOT_FOUND'],
    [{ ...base, type: 'user' }, 'USER_ID_REQUIRED'],
    [{ ...base, type: 'organization' }, 'ORG_CODE_REQUIRED'],
    [{ ...base, user_id: 'kp_none' }, 'USER_NOT_FOUND'],
    [{ ...base, org_code: 'org_none' }, 'ORGANIZATION_NOT_FOUND'],
    [{ ...base, api_id: management, user_id: userId }, 'INVALID_API'],
  ] as const) {
    const reply = await server.as().post('/api/v1/api_keys', body)
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, code])
  }
})

test('keys are filtered, paged, and go with their user', async (t) => {
  const server = await start(t)
  const { apiId, userId } = await scene(server)
  const ids: string[] = []
  for (let index = 0; index < 5; index += 1) {
    const body = { name: `Key ${index}`, api_id: apiId, ...(index < 3 ? { user_id: userId } : {}) }
    ids.push((await server.as().post('/api/v1/api_keys', body)).body.api_key.id)
  }
  const list = async (query: string) => (await server.as().get(`/api/v1/api_keys?${query}`)).body
  const idsOf = (body: { api_keys: { id: string }[] }) => body.api_keys.map(({ id }) => id)
  const first = await list('page_size=2')
  assert.deepEqual([idsOf(first), first.has_more], [ids.slice(0, 2), true])
  const last = await list(`page_size=3&starting_after=${ids[1]}`)
  assert.deepEqual([idsOf(last), last.has_more], [ids.slice(2), false])
  assert.deepEqual(idsOf(await list(`user_id=${userId}&key_type=user&status=active`)), ids.slice(0, 3))
  assert.deepEqual(idsOf(await list('status=revoked')), [])
  await server.as().delete(`/api/v1/user?id=${userId}`)
  assert.deepEqual(idsOf(await list('')), ids.slice(3))
})

test('verifying needs no token, but one that is sent must be good', async (t) => {
  const server = await start(t)
  const reply = await server.withToken('nonsense').post('/api/v1/api_keys/verify', { api_key: 'k_live_x' })
  assert.equal(reply.status, 401)
  assert.equal((await server.withToken(undefined).post('/api/v1/api_keys/verify', {})).status, 400)
})
