import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { addApplication, start, type TestReply, type TestServer } from '../../testing.ts'

const audience = 'https://zoo.example'

/** An API of its own with two scopes, and where its applications are changed. */
async function addZoo({ as }: TestServer) {
  const { body } = await as().post('/api/v1/apis', { name: 'Zoo', audience })
  const url = `/api/v1/apis/${body.api.id}`
  const read = await as().post(`${url}/scopes`, { key: 'read:animals' })
  const feed = await as().post(`${url}/scopes`, { key: 'feed:animals' })
  return { id: body.api.id, url, read: read.body.scope.id, feed: feed.body.scope.id }
}

async function addM2m({ as }: TestServer, name: string): Promise<{ id: string; secret: string }> {
  const { body } = await as().post('/api/v1/applications', { name, type: 'm2m' })
  return { id: body.application.client_id, secret: body.application.client_secret }
}

function requestToken(
  { send }: TestServer,
  client: { id: string; secret: string },
  asked: { audience: string; scope?: string },
): Promise<TestReply> {
  const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret, ...asked }
  return send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
}

test('an application gets tokens of an API from its authorization on, with the scopes enabled by then', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addZoo(server)
  const keeper = await addM2m(server, 'Keeper')
  assert.equal((await requestToken(server, keeper, { audience })).status, 403)

  const authorized = await api.patch(`${zoo.url}/applications`, { applications: [{ id: keeper.id }] })
  assert.equal(authorized.status, 200)
  assert.deepEqual(authorized.body, {
    code: 'API_APPLICATIONS_UPDATED',
    message: 'API applications updated',
    applications_disconnected: [],
    applications_connected: [keeper.id],
  })
  assert.equal(decodeJwt((await requestToken(server, keeper, { audience })).body.access_token).scope, '')
  assert.equal((await requestToken(server, keeper, { audience, scope: 'read:animals' })).body.error, 'invalid_scope')

  await api.post(`${zoo.url}/applications/${keeper.id}/scopes/${zoo.read}`)
  await api.post(`${zoo.url}/applications/${keeper.id}/scopes/${zoo.feed}`)
  const { access_token: all } = (await requestToken(server, keeper, { audience })).body
  assert.deepEqual([decodeJwt(all).aud, decodeJwt(all).scope], [[audience], 'feed:animals read:animals'])
  const { access_token: some } = (await requestToken(server, keeper, { audience, scope: 'read:animals' })).body
  assert.equal(decodeJwt(some).scope, 'read:animals')
})

test('revoking takes the scopes of the pair too, and authorizing again starts without any', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addZoo(server)
  const keeper = await addM2m(server, 'Keeper')
  const applications = `${zoo.url}/applications`
  await api.patch(applications, { applications: [{ id: keeper.id }] })
  await api.post(`${applications}/${keeper.id}/scopes/${zoo.read}`)

  const revoked = await api.patch(applications, { applications: [{ id: keeper.id, operation: 'delete' }] })
  assert.deepEqual(revoked.body.applications_disconnected, [keeper.id])
  assert.deepEqual((await server.events()).at(-1), {
    type: 'api.applications_updated',
    data: { api: { id: zoo.id }, connected: [], disconnected: [keeper.id], reach: { scopes: 1 } },
    application_id: server.firstClient.clientId,
    request_id: (await server.events()).at(-1)?.request_id,
  })
  assert.equal((await requestToken(server, keeper, { audience })).status, 403)

  await api.patch(applications, { applications: [{ id: keeper.id, operation: 'anything' }] })
  assert.equal(decodeJwt((await requestToken(server, keeper, { audience })).body.access_token).scope, '')
})

test('what is as wanted already is not listed and leaves no event', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addZoo(server)
  const [keeper, guard] = [await addM2m(server, 'Keeper'), await addM2m(server, 'Guard')]
  await api.patch(`${zoo.url}/applications`, { applications: [{ id: keeper.id }] })
  const events = await server.events()
  for (const applications of [[], [{ id: keeper.id }, { id: guard.id, operation: 'delete' }]]) {
    const { status, body } = await api.patch(`${zoo.url}/applications`, { applications })
    assert.equal(status, 200)
    assert.deepEqual([body.applications_connected, body.applications_disconnected], [[], []])
  }
  assert.deepEqual(await server.events(), events)
})

test('an unknown application fails the request, and nothing of it is done', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addZoo(server)
  const [keeper, guard] = [await addM2m(server, 'Keeper'), await addM2m(server, 'Guard')]
  await api.patch(`${zoo.url}/applications`, { applications: [{ id: guard.id }] })
  const events = await server.events()
  const reply = await api.patch(`${zoo.url}/applications`, {
    applications: [{ id: keeper.id }, { id: guard.id, operation: 'delete' }, { id: 'stranger' }],
  })
  assert.equal(reply.status, 400)
  assert.deepEqual(reply.body.errors, [
    {
      code: 'APPLICATION_NOT_FOUND',
      message: 'There is no application with the id "stranger". Nothing was changed.',
      field: 'applications',
    },
  ])
  const { applications } = (await api.get(zoo.url)).body.api
  const active = applications.filter((row: { is_active: boolean }) => row.is_active)
  assert.deepEqual(
    active.map((row: { id: string }) => row.id),
    [guard.id],
  )
  assert.deepEqual(await server.events(), events)
})

test('100 applications can be named at once and not 101; the last entry of one counts', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addZoo(server)
  const keeper = await addM2m(server, 'Keeper')
  const entries = (many: number) => Array.from({ length: many }, () => ({ id: keeper.id, operation: 'delete' }))
  const tooMany = await api.patch(`${zoo.url}/applications`, { applications: entries(101) })
  assert.deepEqual([tooMany.status, tooMany.body.errors[0].code], [400, 'TOO_MANY_OBJECTS'])
  const enough = await api.patch(`${zoo.url}/applications`, { applications: [...entries(99), { id: keeper.id }] })
  assert.deepEqual(enough.body.applications_connected, [keeper.id])
})

test('applications of every type can be authorized', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addZoo(server)
  for (const type of ['reg', 'spa', 'm2m', 'device']) {
    const { body } = await api.post('/api/v1/applications', { name: type, type })
    const reply = await api.patch(`${zoo.url}/applications`, { applications: [{ id: body.application.id }] })
    assert.deepEqual(reply.body.applications_connected, [body.application.id])
  }
})

test('the body names applications by id', async (t) => {
  const server = await start(t)
  const zoo = await addZoo(server)
  const rows = [
    [undefined, 'BODY_REQUIRED', undefined],
    [{}, 'APPLICATIONS_REQUIRED', 'applications'],
    [{ applications: [{}] }, 'ID_REQUIRED', 'applications.0.id'],
    [{ applications: ['a'] }, 'INVALID_VALUE', 'applications.0'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await server.as().patch(`${zoo.url}/applications`, body)
    assert.deepEqual([reply.status, reply.body.errors[0].code, reply.body.errors[0].field], [400, code, field])
  }
  const unknown = await server.as().patch('/api/v1/apis/unknown/applications', { applications: [] })
  assert.deepEqual([unknown.status, unknown.body.errors[0].code], [404, 'API_NOT_FOUND'])
})

test('on the Management API revoking works at once, for a token that was just used too', async (t) => {
  const server = await start(t)
  const { body } = await server.as().get('/api/v1/apis')
  const client = await addApplication(server, { scopes: ['read:apis'] })
  const caller = { id: client.clientId, secret: client.clientSecret }
  const { access_token: token } = (await requestToken(server, caller, { audience: `${server.baseUrl}/api` })).body
  assert.equal((await server.withToken(token).get('/api/v1/apis')).status, 200)
  await server.as().patch(`/api/v1/apis/${body.apis[0].id}/applications`, {
    applications: [{ id: client.clientId, operation: 'delete' }],
  })
  const refused = await server.withToken(token).get('/api/v1/apis')
  assert.deepEqual([refused.status, refused.body.errors[0].code], [403, 'INVALID_AUDIENCE'])
})

test('an application may revoke its own authorization', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { body } = await api.get('/api/v1/apis')
  const url = `/api/v1/apis/${body.apis[0].id}/applications`
  const own = [{ id: server.firstClient.clientId, operation: 'delete' }]
  assert.equal((await api.patch(url, { applications: own })).status, 200)
  assert.equal((await api.patch(url, { applications: own })).status, 403)
})
