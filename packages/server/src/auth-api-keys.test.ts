import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { issueTo, postForm, tokenForm } from './oauth/testing-oauth.ts'
import { addApplication, start, type TestReply, type TestServer } from './testing.ts'

const users = '/api/v1/users'
const faultOf = ({ status, body }: TestReply) => [status, body.errors[0].code, body.errors[0].message]

/** A server with a key of the Management API. */
async function scene(t: TestContext, body: object = { scope_ids: ['read:users', 'read:organizations'] }) {
  const server = await start(t)
  const api = server.as()
  const { apis } = (await api.get('/api/v1/apis')).body
  const apiId: string = apis.find((row: { is_management_api: boolean }) => row.is_management_api).id
  const makeKey = async (settings: object, maker = api) => {
    const made = await maker.post('/api/v1/api_keys', { name: 'Robot', api_id: apiId, ...settings })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    return made.body.api_key as { id: string; key: string }
  }
  const made = await makeKey(body)
  const use = (key = made.key, send = server.send) =>
    send({ method: 'GET', url: users, headers: { authorization: `Bearer ${key}` } })
  const shown = async () => (await api.get(`/api/v1/api_keys/${made.id}`)).body.api_key
  return { server, api, apiId, makeKey, ...made, use, shown }
}

const unknown = [401, 'TOKEN_INVALID', 'The API key is not known here. It may have been rotated or deleted.']

test('a key of the environment is a bearer token with the scopes that it was made with', async (t) => {
  const { server, key, id, use } = await scene(t)
  const holder = server.withToken(key)
  assert.deepEqual([(await use()).status, (await use()).status], [200, 200])
  assert.deepEqual(faultOf(await holder.post('/api/v1/user')), [403, 'SCOPE_MISSING', 'Scope is missing: create:users'])
  const wrong = await use(`${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`)
  assert.deepEqual(faultOf(wrong), unknown)
  assert.equal(wrong.headers['www-authenticate'], 'Bearer realm="kindred", error="invalid_token"')
  for (const other of ['k_live_', `${key}x`, key.slice(0, -1), `k_live_${'x'.repeat(70_000)}`]) {
    assert.deepEqual(faultOf(await use(other)), unknown)
  }
  assert.equal((await use(id)).body.errors[0].code, 'TOKEN_INVALID')
})

test('what a key writes is told with its id, and never with the key', async (t) => {
  const { server, makeKey } = await scene(t)
  const writer = await makeKey({ name: 'Writer', scope_ids: ['create:users', 'create:api_keys'] })
  const holder = server.withToken(writer.key)
  assert.equal((await holder.post('/api/v1/user')).status, 200)
  const events = await server.events()
  assert.equal(events.at(-1)!.application_id, writer.id)
  assert.equal(JSON.stringify(events).includes(writer.key), false)
  const child = await makeKey({ scope_ids: ['create:users'] }, holder)
  const { created_by: maker } = (await server.as().get(`/api/v1/api_keys/${child.id}`)).body.api_key
  assert.equal(maker, 'Writer')
})

test('a key that is rotated, revoked or deleted opens nothing from that moment on', async (t) => {
  const { server, api, id, key, use } = await scene(t)
  assert.equal((await use()).status, 200)
  const rotated: string = (await api.put(`/api/v1/api_keys/${id}`)).body.api_key.key
  assert.deepEqual(faultOf(await use(key)), unknown)
  assert.equal((await use(rotated)).status, 200)
  await server.write((db) => db.updateTable('api_keys').set({ status: 'inactive' }).where('id', '=', id).execute())
  assert.deepEqual(faultOf(await use(rotated)), [401, 'TOKEN_INVALID', 'The API key is inactive. Use another one.'])
  await server.write((db) => db.updateTable('api_keys').set({ status: 'active' }).where('id', '=', id).execute())
  assert.equal((await use(rotated)).status, 200)
  assert.equal((await api.post(`/admin/api/api_keys/${id}/revoke`)).status, 200)
  assert.deepEqual(faultOf(await use(rotated)), [401, 'TOKEN_INVALID', 'The API key is revoked. Use another one.'])
  await api.delete(`/api/v1/api_keys/${id}`)
  assert.deepEqual(faultOf(await use(rotated)), unknown)
})

test('a key that is rotated on one node is refused on the other', async (t) => {
  const { server, api, id, key, use } = await scene(t)
  if (server.environment.store.dialect !== 'postgres') return t.skip('one node holds the database')
  const node = await server.addNode()
  assert.equal((await use(key, node.send)).status, 200)
  await api.put(`/api/v1/api_keys/${id}`)
  // The notice travels through the database.
  while ((await use(key, node.send)).status === 200);
  assert.deepEqual(faultOf(await use(key, node.send)), unknown)
})

test('a key for another API, be it of a user, an organization or the environment, does not open this one', async (t) => {
  const { api, makeKey, use } = await scene(t)
  const zoo = (await api.post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).body.api.id
  const user = (await api.post('/api/v1/user')).body.id
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  for (const owner of [{ user_id: user }, { org_code: code }, {}]) {
    const { key } = await makeKey({ api_id: zoo, ...owner })
    assert.deepEqual(faultOf(await use(key)), [
      403,
      'INVALID_AUDIENCE',
      'Missing or incorrect Management API audience. The API key is for another API: use one of the type environment.',
    ])
  }
})

test('a key with an organization is held to it, and opens nothing while that is suspended', async (t) => {
  const { server, api, makeKey } = await scene(t)
  const organization = async (name: string) =>
    (await api.post('/api/v1/organization', { name })).body.organization.code as string
  const own = await organization('Zoo')
  const other = await organization('Farm')
  const { key } = await makeKey({ type: 'environment', org_code: own, scope_ids: ['read:organization_users'] })
  const holder = server.withToken(key)
  const members = (code: string) => holder.get(`/api/v1/organizations/${code}/users`)
  assert.equal((await members(own)).status, 200)
  assert.deepEqual((await members(other)).body.errors[0].code, 'ORGANIZATION_ACCESS_DENIED')
  await api.patch(`/api/v1/organization/${own}`, { is_suspended: true })
  assert.deepEqual(faultOf(await members(own)), [401, 'TOKEN_INVALID', 'The owner of the API key is suspended.'])
  await api.patch(`/api/v1/organization/${own}`, { is_suspended: false })
  assert.equal((await members(own)).status, 200)
})

test('a key with a user opens nothing while the user is suspended', async (t) => {
  const { api, makeKey, use } = await scene(t)
  const user = (await api.post('/api/v1/user')).body.id
  const { key } = await makeKey({ type: 'environment', user_id: user, scope_ids: ['read:users'] })
  assert.equal((await use(key)).status, 200)
  await api.patch(`/api/v1/user?id=${user}`, { is_suspended: true })
  assert.deepEqual(faultOf(await use(key)), [401, 'TOKEN_INVALID', 'The owner of the API key is suspended.'])
})

test('a key of a suspended user or organization is verified as not good', async (t) => {
  const { server, api, makeKey } = await scene(t)
  const zoo = (await api.post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).body.api.id
  const user = (await api.post('/api/v1/user')).body.id
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  for (const [owner, suspend] of [
    [{ user_id: user }, (is: boolean) => api.patch(`/api/v1/user?id=${user}`, { is_suspended: is })],
    [{ org_code: code }, (is: boolean) => api.patch(`/api/v1/organization/${code}`, { is_suspended: is })],
  ] as const) {
    const { key } = await makeKey({ api_id: zoo, ...owner })
    const verify = async () => {
      const { body } = await server.withToken(undefined).post('/api/v1/api_keys/verify', { api_key: key })
      return [body.is_valid, body.code, body.status, body.verification_count]
    }
    assert.deepEqual(await verify(), [true, 'API_KEY_VERIFIED', 'active', 1])
    await suspend(true)
    assert.deepEqual(await verify(), [false, 'API_KEY_INVALID', 'inactive', 1])
    await suspend(false)
    assert.deepEqual(await verify(), [true, 'API_KEY_VERIFIED', 'active', 2])
  }
})

test('the use of a key is counted in batches, and makes nobody forget what is remembered', async (t) => {
  const { server, use, shown, makeKey } = await scene(t)
  for (let count = 0; count < 3; count += 1) await use()
  assert.deepEqual([(await shown()).verification_count, (await shown()).last_verified_on], [0, null])
  server.clock.advance(1000)
  await use()
  let changes = 0
  const stop = server.environment.store.onChange(() => {
    changes += 1
  })
  await server.environment.tokenUse.flush()
  const { verification_count: uses, last_verified_on: last, last_verified_ip: address } = await shown()
  assert.deepEqual([uses, last, address], [4, '2026-01-15T12:00:01.000+00:00', '127.0.0.1'])
  const { key } = await makeKey({ scope_ids: [] }).finally(stop)
  assert.equal(changes, 1, 'the key that was made')
  await server.withToken(undefined).post('/api/v1/api_keys/verify', { api_key: key })
  assert.equal(changes, 1)
})

test('a key of the Management API opens no more than who gets it may do', async (t) => {
  const { server, api, apiId, id } = await scene(t)
  const maker = server.as('create:api_keys', 'update:api_keys', 'read:users')
  const make = (scopes: string[]) => maker.post('/api/v1/api_keys', { name: 'Robot', api_id: apiId, scope_ids: scopes })
  assert.equal((await make(['read:users', 'create:api_keys'])).status, 201)
  assert.deepEqual(faultOf(await make(['read:users', 'delete:users'])), [
    403,
    'SCOPE_MISSING',
    'Scope is missing: delete:users',
  ])
  assert.deepEqual(faultOf(await maker.put(`/api/v1/api_keys/${id}`)).slice(0, 2), [403, 'SCOPE_MISSING'])
  assert.equal((await api.put(`/api/v1/api_keys/${id}`)).status, 201)
})

test('the suspension of an organization ends the tokens of its applications for good', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const application = await addApplication(server, { scopes: ['read:organization_users'], orgCode: code })
  const suspend = (is: boolean) => api.patch(`/api/v1/organization/${code}`, { is_suspended: is })
  const members = (token: string, send: TestServer['send'] = server.send) =>
    send({
      method: 'GET',
      url: `/api/v1/organizations/${code}/users`,
      headers: { authorization: `Bearer ${token}` },
    })
  const isActive = async (token: string) =>
    (await postForm(server, 'introspect', { ...tokenForm(server), token })).body.active
  const old = await issueTo(server, application)
  server.clock.advance(1000)
  assert.deepEqual([(await members(old)).status, await isActive(old)], [200, true])
  await suspend(true)
  assert.deepEqual([faultOf(await members(old))[0], await isActive(old)], [401, false])
  const refused = await postForm(server, 'token', tokenForm(server, application))
  assert.deepEqual([refused.status, refused.body.error], [403, 'access_denied'])
  server.clock.advance(1000)
  await suspend(false)
  assert.deepEqual(faultOf(await members(old)), [
    401,
    'TOKEN_INVALID',
    'The organization of this application has been suspended since this token was issued. Get a new one from POST /oauth2/token.',
  ])
  assert.equal(await isActive(old), false)
  const fresh = await issueTo(server, application)
  assert.deepEqual([(await members(fresh)).status, await isActive(fresh)], [200, true])
  // Saying once more that it is not suspended ends nothing.
  await suspend(false)
  assert.equal((await members(fresh)).status, 200)
})
