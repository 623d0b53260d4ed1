import assert from 'node:assert/strict'
import { test } from 'node:test'
import { managementScopes } from '../../management-api.ts'
import { addApplication, start, type TestClient, type TestServer } from '../../testing.ts'

async function addOrganization({ as }: TestServer, name: string): Promise<string> {
  return (await as().post('/api/v1/organization', { name })).body.organization.code
}

async function addConnection({ as }: TestServer, body: object): Promise<string> {
  const reply = await as().post('/api/v1/connections', { strategy: 'saml:okta', ...body })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body.connection.id
}

const listOf = (code: string) => `/api/v1/organizations/${code}/connections`

async function idsOf(api: TestClient, code: string): Promise<string[]> {
  return (await api.get(listOf(code))).body.connections.map(({ id }: { id: string }) => id)
}

test('a connection is switched on for an organization and off again, as often as it is asked', async (t) => {
  const server = await start(t)
  const api = server.as()
  const [zoo, farm] = [await addOrganization(server, 'Zoo'), await addOrganization(server, 'Farm')]
  const id = await addConnection(server, { name: 'Okta' })
  for (const _ of [1, 2]) {
    const reply = await api.post(`${listOf(zoo)}/${id}`)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  }
  const shown = { id, name: 'Okta', display_name: 'Okta', strategy: 'saml:okta' }
  const { body } = await api.get(listOf(zoo))
  assert.deepEqual([body.connections, body.has_more], [[{ ...shown, connection: shown }], false])
  assert.deepEqual(await idsOf(api, farm), [])
  for (const _ of [1, 2]) assert.equal((await api.delete(`${listOf(zoo)}/${id}`)).status, 200)
  assert.deepEqual(await idsOf(api, zoo), [])
  const told = (await server.events()).filter(({ type }) => type.startsWith('organization.connection'))
  const data = { organization: { code: zoo }, connection: { id, strategy: 'saml:okta' } }
  assert.deepEqual(
    told.map(({ type, data }) => [type, data]),
    [
      ['organization.connection_enabled', data],
      ['organization.connection_disabled', data],
    ],
  )
})

test('a connection that belongs to an organization is on there, nowhere else, and goes with it', async (t) => {
  const server = await start(t)
  const api = server.as()
  const [zoo, farm] = [await addOrganization(server, 'Zoo'), await addOrganization(server, 'Farm')]
  const id = await addConnection(server, { name: 'Okta', organization_code: zoo })
  assert.deepEqual(await idsOf(api, zoo), [id])
  const refused = await api.post(`${listOf(farm)}/${id}`)
  assert.deepEqual([refused.status, refused.body.errors[0].code], [400, 'CONNECTION_NOT_AVAILABLE'])
  await api.delete(`${listOf(zoo)}/${id}`)
  assert.equal((await api.post(`${listOf(zoo)}/${id}`)).status, 200)
  assert.equal((await api.delete(`/api/v1/organization/${zoo}`)).status, 200)
  assert.equal((await api.get(`/api/v1/connections/${id}`)).status, 404)
})

test('only enterprise connections belong to an organization, which exists', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addOrganization(server, 'Zoo')
  for (const [strategy, organization, code] of [
    ['oauth2:google', zoo, 'ORG_CODE_NOT_SUPPORTED'],
    ['saml:google', 'org_none', 'ORGANIZATION_NOT_FOUND'],
  ]) {
    const body = { name: 'New', strategy, organization_code: organization }
    const { status, body: reply } = await api.post('/api/v1/connections', body)
    assert.deepEqual([status, reply.errors[0].code, reply.errors[0].field], [400, code, 'organization_code'])
  }
  for (const strategy of ['oauth2:azure_ad', 'wsfed:azure_ad', 'saml:google']) {
    await addConnection(server, { name: strategy, strategy, organization_code: zoo })
  }
  assert.equal((await idsOf(api, zoo)).length, 3)
})

test('an unknown organization or connection is 404', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addOrganization(server, 'Zoo')
  const id = await addConnection(server, { name: 'Okta' })
  for (const [reply, code] of [
    [await api.get(listOf('org_none')), 'ORGANIZATION_NOT_FOUND'],
    [await api.post(`${listOf('org_none')}/${id}`), 'ORGANIZATION_NOT_FOUND'],
    [await api.delete(`${listOf('org_none')}/${id}`), 'ORGANIZATION_NOT_FOUND'],
    [await api.post(`${listOf(zoo)}/none`), 'CONNECTION_NOT_FOUND'],
    [await api.delete(`${listOf(zoo)}/none`), 'CONNECTION_NOT_FOUND'],
  ] as const) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [404, code])
  }
})

test('an application of one organization manages the connections of that one', async (t) => {
  const server = await start(t)
  const [zoo, farm] = [await addOrganization(server, 'Zoo'), await addOrganization(server, 'Farm')]
  const id = await addConnection(server, { name: 'Okta' })
  const scopes = managementScopes.map(({ key }) => key)
  const { clientId, clientSecret } = await addApplication(server, { scopes, orgCode: zoo })
  const { body } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: `${server.baseUrl}/api`,
    }).toString(),
  })
  const own = server.withToken(body.access_token)
  assert.equal((await own.post(`${listOf(zoo)}/${id}`)).status, 200)
  assert.deepEqual(await idsOf(own, zoo), [id])
  for (const reply of [
    await own.get(listOf(farm)),
    await own.post(`${listOf(farm)}/${id}`),
    await own.get('/api/v1/connections'),
  ]) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [403, 'ORGANIZATION_ACCESS_DENIED'])
  }
})
