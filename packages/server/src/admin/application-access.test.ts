import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addApplication, start, startOfTest } from '../testing.ts'
import { ownerBrowser } from './testing-console.ts'

test('applications are listed by name, a page at a time, with organization and last token', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { code } = (await owner.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const made = await owner.post('/api/v1/applications', { name: 'aviary door', type: 'm2m', org_code: code })
  const { id } = made.body.application
  const shop = await owner.post('/api/v1/applications', { name: 'Zoo shop', type: 'reg' })
  const door = {
    id,
    name: 'aviary door',
    type: 'm2m',
    org_code: code,
    organization_name: 'Zoo',
    created_at: new Date(startOfTest).toISOString(),
    last_token_at: null,
  }
  const first = (await owner.get('/admin/api/applications?page_size=1')).body
  assert.deepEqual(first.applications, [door])
  const rest = (await owner.get(`/admin/api/applications?page_size=9&next_token=${first.next_token}`)).body
  const ids = rest.applications.map((each: { id: string }) => each.id)
  assert.deepEqual([ids, rest.next_token], [[server.firstClient.clientId, shop.body.application.id], null])
  assert.deepEqual((await owner.get(`/admin/api/applications?org_code=${code}`)).body.applications, [door])

  server.clock.advance(60_000)
  const { clientId, clientSecret } = server.firstClient
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const asked = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  assert.equal(asked.status, 200)
  await server.environment.tokenUse.flush()
  const { applications } = (await owner.get('/admin/api/applications')).body
  const last = (wanted: string) => applications.find((each: { id: string }) => each.id === wanted).last_token_at
  assert.equal(last(server.firstClient.clientId), new Date(startOfTest + 60_000).toISOString())
  assert.equal(last(id), null)
})

test('of an application every API is shown, whether it may ask tokens for it and with which scopes, and how they last', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { clientId } = await addApplication(server, { scopes: ['read:users', 'read:roles'] })
  await addApplication(server, { scopes: ['read:apis'] })
  const orders = (await owner.post('/api/v1/apis', { name: 'Orders', audience: 'orders' })).body.api.id
  const url = `/admin/api/applications/${clientId}/access`
  const access = (await owner.get(url)).body
  const [management, other] = access.apis
  assert.deepEqual(
    access.apis.map((api: { id: string }) => api.id),
    [management.id, orders],
  )
  assert.deepEqual(
    [management.is_management_api, management.is_authorized, management.audience],
    [true, true, `${server.baseUrl}/api`],
  )
  assert.deepEqual([other.is_authorized, other.scope_ids, access.org_code], [false, [], null])
  const { scopes } = (await owner.get(`/api/v1/apis/${management.id}/scopes`)).body
  const keys = scopes
    .filter((scope: { id: string }) => management.scope_ids.includes(scope.id))
    .map(({ key }: { key: string }) => key)
  assert.deepEqual(keys.sort(), ['read:roles', 'read:users'])

  const lifetimes = {
    access_token_lifetime: 600,
    refresh_token_lifetime: 7200,
    id_token_lifetime: 900,
    authenticated_session_lifetime: 1800,
    is_hasura_mapping_enabled: true,
  }
  assert.equal((await owner.patch(`/api/v1/applications/${clientId}/tokens`, lifetimes)).status, 200)
  assert.equal((await owner.patch(`/api/v1/applications/${clientId}`, { language_key: 'pt-BR' })).status, 200)
  const authorize = { applications: [{ id: clientId }] }
  assert.equal((await owner.patch(`/api/v1/apis/${orders}/applications`, authorize)).status, 200)
  assert.deepEqual((await owner.get(url)).body, {
    ...access,
    ...lifetimes,
    language_key: 'pt-BR',
    apis: [management, { ...other, is_authorized: true }],
  })
  assert.equal((await owner.get('/admin/api/applications/unknown/access')).status, 404)
})
