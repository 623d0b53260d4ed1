import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { ownerBrowser } from './testing-console.ts'

test('properties are listed with owner, type and category', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { category } = (await owner.post('/api/v1/property_categories', { name: 'Contract', context: 'org' })).body
  const property = {
    name: 'Cage',
    description: 'Where it sleeps',
    key: 'cage',
    type: 'single_line_text',
    context: 'org',
    is_private: true,
  }
  const made = await owner.post('/api/v1/properties', { ...property, category_id: category.id })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { properties } = (await owner.get('/admin/api/properties')).body
  assert.deepEqual(properties.at(-1), {
    ...property,
    id: made.body.property.id,
    is_kinde_property: false,
    category_id: category.id,
    category_name: 'Contract',
  })
})

test("the environment's policy for second factors is shown as it was set", async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const mfa = { policy: 'required', enabled_factors: ['mfa:authenticator_app'], is_recovery_codes_enabled: false }
  assert.equal((await owner.get('/admin/api/mfa')).body.policy, 'off')
  assert.equal((await owner.put('/api/v1/mfa', mfa)).status, 200)
  assert.deepEqual((await owner.get('/admin/api/mfa')).body, { code: 'OK', message: 'Success', ...mfa })
})

test('a connection is shown with its options and where it is offered, and without its secret', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const shop = (await owner.post('/api/v1/applications', { name: 'Zoo shop', type: 'reg' })).body.application.id
  const options = { client_id: 'owls', client_secret: 'hoot-hoot-hoot' }
  const made = await owner.post('/api/v1/connections', {
    name: 'google',
    display_name: 'Google',
    strategy: 'oauth2:google',
    enabled_applications: [shop],
    options,
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { id } = made.body.connection
  const { status, body } = await owner.get(`/admin/api/connections/${id}`)
  assert.equal(status, 200)
  assert.equal(JSON.stringify(body).includes(options.client_secret), false)
  const { options: shown, ...connection } = body.connection
  assert.equal(shown.client_id, 'owls')
  assert.deepEqual(connection, {
    id,
    name: 'google',
    display_name: 'Google',
    strategy: 'oauth2:google',
    organization_code: null,
    secrets_set: ['client_secret'],
    application_ids: [shop],
  })
  assert.equal((await owner.get('/admin/api/connections/unknown')).status, 404)
})
