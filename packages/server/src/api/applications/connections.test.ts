import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../../testing.ts'

/** An application, and a connection that is off there. */
async function add({ as }: TestServer, type = 'reg') {
  const { body: application } = await as().post('/api/v1/applications', { name: 'App', type })
  const connection = { name: `Google for ${type}`, strategy: 'oauth2:google' }
  const { body } = await as().post('/api/v1/connections', connection)
  return { application: application.application.id as string, connection: body.connection.id as string }
}

test('people can sign in to a new application by a code that is sent to them', async (t) => {
  const server = await start(t)
  for (const type of ['reg', 'spa', 'device']) {
    const { application } = await add(server, type)
    const { body } = await server.as().get(`/api/v1/applications/${application}/connections`)
    assert.deepEqual(
      body.connections.map(({ strategy }: { strategy: string }) => strategy),
      ['email:otp'],
      type,
    )
  }
  await server.as().post('/api/v1/applications', { name: 'Job', type: 'm2m' })
  const rows = await server.db.selectFrom('application_connections').selectAll().execute()
  assert.equal(rows.length, 3)
})

test('a connection is switched on for an application and off again, as often as it is asked, and told of once', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { application, connection } = await add(server)
  const url = `/api/v1/applications/${application}/connections`
  const before = (await api.get(url)).body.connections
  for (const _ of [1, 2]) {
    const reply = await api.post(`${url}/${connection}`)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  }
  const shown = { id: connection, name: 'Google for reg', display_name: 'Google for reg', strategy: 'oauth2:google' }
  assert.deepEqual((await api.get(url)).body, {
    code: 'OK',
    message: 'Success',
    connections: [...before, { ...shown, connection: shown }],
    has_more: false,
  })
  for (const _ of [1, 2]) assert.equal((await api.delete(`${url}/${connection}`)).status, 200)
  assert.deepEqual((await api.get(url)).body.connections, before)
  const told = (await server.events()).filter(({ type }) => type.startsWith('application.connection'))
  const data = { application: { id: application }, connection: { id: connection, strategy: 'oauth2:google' } }
  assert.deepEqual(
    told.map(({ type, data }) => [type, data]),
    [
      ['application.connection_enabled', data],
      ['application.connection_disabled', data],
    ],
  )
})

test('an application to which nobody signs in has no connections, and an unknown one is 404', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { application, connection } = await add(server, 'm2m')
  const refused = await api.post(`/api/v1/applications/${application}/connections/${connection}`)
  assert.deepEqual([refused.status, refused.body.errors[0].code], [400, 'APPLICATION_TYPE_NOT_SUPPORTED'])
  assert.deepEqual((await api.get(`/api/v1/applications/${application}/connections`)).body.connections, [])
  const none = '/api/v1/applications/none/connections'
  for (const reply of [
    await api.get(none),
    await api.post(`${none}/${connection}`),
    await api.delete(`${none}/${connection}`),
  ]) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [404, 'APPLICATION_NOT_FOUND'])
  }
})

test('an application that is deleted leaves its connections to others', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { application, connection } = await add(server)
  const other = (await api.post('/api/v1/applications', { name: 'Other', type: 'spa' })).body.application.id
  for (const id of [application, other]) await api.post(`/api/v1/applications/${id}/connections/${connection}`)
  assert.equal((await api.delete(`/api/v1/applications/${application}`)).status, 200)
  const { body } = await api.get(`/api/v1/applications/${other}/connections`)
  assert.ok(body.connections.some(({ id }: { id: string }) => id === connection))
})
