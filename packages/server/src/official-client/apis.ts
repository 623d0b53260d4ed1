import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, requestToken, sdk } from './testing-sdk.ts'

const { ApIs, ApiKeys, Apis, Applications, Users } = sdk

test('Apis: an API and its scopes are made, found, changed and deleted', async () => {
  const { api } = await Apis.addApis({ requestBody: { name: 'Zoo', audience: 'https://zoo.example' } })
  const apiId = api.id
  const got = (await Apis.getApi({ apiId })).api
  assert.deepEqual([got.name, got.audience, got.is_management_api], ['Zoo', 'https://zoo.example', false])

  const { scope } = await Apis.addApiScope({ apiId, requestBody: { key: 'read:owls', description: 'Look at owls' } })
  const scopeId = scope.id
  assert.equal((await Apis.getApiScope({ apiId, scopeId })).scope.description, 'Look at owls')
  await Apis.updateApiScope({ apiId, scopeId, requestBody: { description: 'Look at them all' } })
  assert.equal((await Apis.getApiScope({ apiId, scopeId })).scope.description, 'Look at them all')
  assert.deepEqual(column((await Apis.getApiScopes({ apiId })).scopes, 'key'), ['read:owls'])
  const listed = (await Apis.getApis({ expand: 'scopes' })).apis.find(({ id }: { id: string }) => id === apiId)
  assert.deepEqual(column(listed.scopes, 'key'), ['read:owls'])

  await Apis.deleteApiScope({ apiId, scopeId })
  assert.deepEqual(await refusal(Apis.getApiScope({ apiId, scopeId })), [404, 'API_SCOPE_NOT_FOUND'])
  await Apis.deleteApi({ apiId })
  assert.deepEqual(await refusal(Apis.getApi({ apiId })), [404, 'API_NOT_FOUND'])
})

test('Apis: an application is authorized for an API, and gets a scope and loses it', async () => {
  const { api } = await Apis.addApis({ requestBody: { name: 'Aviary', audience: 'https://aviary.example' } })
  const { scope } = await Apis.addApiScope({ apiId: api.id, requestBody: { key: 'read:nests' } })
  const { application } = await Applications.createApplication({ requestBody: { name: 'Keeper', type: 'm2m' } })
  const place = { apiId: api.id, applicationId: application.id, scopeId: scope.id }
  await Apis.updateApiApplications({ apiId: api.id, requestBody: { applications: [{ id: application.id }] } })
  const authorized = async () =>
    (await Apis.getApi({ apiId: api.id })).api.applications
      .filter(({ is_active }: { is_active: boolean }) => is_active)
      .map(({ id }: { id: string }) => id)
  assert.deepEqual(await authorized(), [application.id])
  const granted = async () => {
    const credentials = { client_id: application.client_id, client_secret: application.client_secret }
    return (await requestToken({ ...credentials, audience: 'https://aviary.example' })).claims.scope
  }
  await Apis.addApiApplicationScope(place)
  assert.equal(await granted(), 'read:nests')
  await Apis.deleteApiApplicationScope(place)
  assert.equal(await granted(), '')
  const gone = [{ id: application.id, operation: 'delete' }]
  await Apis.updateApiApplications({ apiId: api.id, requestBody: { applications: gone } })
  assert.deepEqual(await authorized(), [])
})

test('ApIs: the older name of the class is the same class', async () => {
  const { api } = await ApIs.addApis({ requestBody: { name: 'Reptiles', audience: 'reptiles' } })
  const apiId = api.id
  const { scope } = await ApIs.addApiScope({ apiId, requestBody: { key: 'read:snakes' } })
  const scopeId = scope.id
  await ApIs.updateApiScope({ apiId, scopeId, requestBody: { description: 'Hiss' } })
  assert.equal((await ApIs.getApiScope({ apiId, scopeId })).scope.description, 'Hiss')
  assert.equal((await ApIs.getApiScopes({ apiId })).scopes.length, 1)
  const { application } = await Applications.createApplication({ requestBody: { name: 'Snake keeper', type: 'm2m' } })
  const applicationId = application.id
  await ApIs.updateApiApplications({ apiId, requestBody: { applications: [{ id: applicationId }] } })
  await ApIs.addApiApplicationScope({ apiId, applicationId, scopeId })
  await ApIs.deleteApiApplicationScope({ apiId, applicationId, scopeId })
  await ApIs.deleteApiScope({ apiId, scopeId })
  assert.deepEqual((await ApIs.getApi({ apiId })).api.scopes, [])
  assert.ok(column((await ApIs.getApis()).apis, 'id').includes(apiId))
  await ApIs.deleteApi({ apiId })
  assert.ok(!column((await ApIs.getApis()).apis, 'id').includes(apiId))
})

test('ApiKeys: a key is made, verified, rotated and deleted; the old one and the deleted one are not valid', async () => {
  const { api } = await Apis.addApis({ requestBody: { name: 'Gate', audience: 'gate' } })
  const { scope } = await Apis.addApiScope({ apiId: api.id, requestBody: { key: 'open:gate' } })
  const { id: userId } = await Users.createUser({ requestBody: { profile: { given_name: 'Gatekeeper' } } })
  const verify = async (key: string) => ApiKeys.verifyApiKey({ requestBody: { api_key: key } })
  const unknown = { code: 'API_KEY_INVALID', message: 'The API key is not known', is_valid: false, scopes: [] }

  const made = await ApiKeys.createApiKey({
    requestBody: { name: 'Gate', type: 'user', api_id: api.id, user_id: userId, scope_ids: [scope.id] },
  })
  const keyId = made.api_key.id
  const verified = await verify(made.api_key.key)
  assert.deepEqual([verified.is_valid, verified.key_id, verified.user_id], [true, keyId, userId])
  assert.deepEqual(verified.scopes, ['open:gate'])
  const got = (await ApiKeys.getApiKey({ keyId })).api_key
  assert.deepEqual([got.name, got.status, got.key], ['Gate', 'active', undefined])
  assert.deepEqual(column((await ApiKeys.getApiKeys({ userId, status: 'active' })).api_keys, 'id'), [keyId])

  const rotated = (await ApiKeys.rotateApiKey({ keyId })).api_key
  assert.equal((await verify(rotated.key)).is_valid, true)
  assert.deepEqual(await verify(made.api_key.key), unknown)
  await ApiKeys.deleteApiKey({ keyId: rotated.id })
  assert.deepEqual(await verify(rotated.key), unknown)
})
