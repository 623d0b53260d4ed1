import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

interface Value {
  id: string
  name: string
  description: string | null
  key: string
  value: string | null
}

/** The values that are set, by key. */
const set = ({ body }: TestReply) =>
  Object.fromEntries(
    body.properties
      .filter(({ value }: Value) => value !== null)
      .map(({ key, value }: Value): [string, string | null] => [key, value]),
  )

test("a user's property values are set one at a time or several at once, and listed with those that are not set", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const { id } = (await api.post('/api/v1/user', { profile: { given_name: 'Olivia' } })).body
  const { id: other } = (await api.post('/api/v1/user')).body
  const url = `/api/v1/users/${id}/properties`
  const empty = await as('read:user_properties').get(url)
  assert.equal(empty.status, 200)
  assert.deepEqual(set(empty), {})
  const city = empty.body.properties.find(({ key }: Value) => key === 'kp_usr_city')
  assert.deepEqual(city, { id: city.id, name: 'City', description: null, key: 'kp_usr_city', value: null })
  assert.ok(empty.body.properties.every(({ key }: Value) => key.startsWith('kp_usr_')))

  const change = as('update:user_properties')
  assert.deepEqual(outcome(await change.put(`${url}/kp_usr_city?value=Alice%20Springs`)), [200, 'OK'])
  assert.deepEqual(set(await api.get(url)), { kp_usr_city: 'Alice Springs' })
  assert.deepEqual(outcome(await change.put(`${url}/kp_usr_city`, { value: 'Sydney' })), [200, 'OK'])
  const several = { kp_usr_is_marketing_opt_in: true, kp_usr_postcode: 2000, kp_usr_job_title: '' }
  assert.deepEqual(outcome(await change.patch(url, { properties: several })), [200, 'OK'])
  const values = {
    kp_usr_city: 'Sydney',
    kp_usr_is_marketing_opt_in: 'true',
    kp_usr_postcode: '2000',
    kp_usr_job_title: '',
  }
  assert.deepEqual(set(await api.get(url)), values)
  // What is so already changes nothing.
  await change.patch(url, { properties: { kp_usr_city: 'Sydney' } })
  await change.patch(url, { properties: {} })
  await change.put(`${url}/kp_usr_city?value=Sydney`)
  await change.patch(url, { properties: { kp_usr_salutation: null } })
  assert.deepEqual(outcome(await change.patch(url, { properties: { kp_usr_city: null } })), [200, 'OK'])
  const { kp_usr_city: _gone, ...left } = values
  assert.deepEqual(set(await api.get(url)), left)
  assert.deepEqual(set(await api.get(`/api/v1/users/${other}/properties`)), {})

  const changes = (await events()).slice(2)
  assert.deepEqual(
    changes.map(({ type }) => type),
    ['user.updated', 'user.updated', 'user.updated', 'user.updated'],
  )
  const { user } = changes[0]!.data as { user: Record<string, unknown> }
  assert.deepEqual([user.id, user.first_name], [id, 'Olivia'])
})

test("a user's property values are changed together or not at all", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const { id } = (await api.post('/api/v1/user')).body
  const url = `/api/v1/users/${id}/properties`
  const rows = [
    [{ kp_usr_city: 'Sydney', unknown: 'x' }, 'PROPERTY_NOT_FOUND'],
    [{ kp_usr_city: 'Sydney', kp_org_city: 'x' }, 'PROPERTY_NOT_FOUND'],
    [{ kp_usr_city: 'Sydney', kp_usr_is_marketing_opt_in: 'yes' }, 'INVALID_PROPERTY_VALUE'],
    [{ kp_usr_city: 'Sydney', kp_usr_postcode: 'two\nlines' }, 'INVALID_PROPERTY_VALUE'],
    [{ kp_usr_city: 'Sydney', kp_usr_postcode: {} }, 'INVALID_PROPERTY_VALUE'],
    [{ kp_usr_city: 'Sydney', kp_usr_postcode: ['x'] }, 'INVALID_PROPERTY_VALUE'],
    [{ kp_usr_city: 'x'.repeat(4097) }, 'INVALID_PROPERTY_VALUE'],
    [Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, 'x'])), 'TOO_MANY_OBJECTS'],
  ] as const
  for (const [properties, code] of rows) {
    const reply = await api.patch(url, { properties })
    assert.deepEqual([...outcome(reply), reply.body.errors[0].field], [400, code, 'properties'])
  }
  assert.deepEqual(set(await api.get(url)), {})
  assert.equal((await events()).length, 1)
})

test('a value of a property that users do not have, or of a user that does not exist, is not found', async (t) => {
  const { as } = await start(t)
  const api = as()
  const { id } = (await api.post('/api/v1/user')).body
  const url = `/api/v1/users/${id}/properties`
  for (const key of ['unknown', 'kp_org_city']) {
    assert.deepEqual(outcome(await api.put(`${url}/${key}?value=x`)), [404, 'PROPERTY_NOT_FOUND'])
  }
  assert.deepEqual(outcome(await api.put(`${url}/kp_usr_city`)), [400, 'VALUE_REQUIRED'])
  assert.deepEqual(outcome(await api.put(`${url}/kp_usr_is_marketing_opt_in?value=1`)), [400, 'INVALID_PROPERTY_VALUE'])
  const nobody = '/api/v1/users/kp_nobody/properties'
  for (const reply of [
    await api.get(nobody),
    await api.put(`${nobody}/kp_usr_city?value=x`),
    await api.patch(nobody, { properties: {} }),
  ]) {
    assert.deepEqual(outcome(reply), [404, 'USER_NOT_FOUND'])
  }
})

test('users are found by the property values that they were given, and lose them when they are deleted', async (t) => {
  const { as, db } = await start(t)
  const api = as()
  const { id } = (await api.post('/api/v1/user')).body
  await api.post('/api/v1/user')
  await api.put(`/api/v1/users/${id}/properties/kp_usr_city?value=Sydney`)
  const found = await api.get('/api/v1/search/users?properties[kp_usr_city]=Perth,Sydney&expand=properties')
  assert.deepEqual(
    found.body.results.map((user: { id: string; properties: unknown }) => [user.id, user.properties]),
    [[id, { kp_usr_city: 'Sydney' }]],
  )
  await api.delete(`/api/v1/user?id=${id}`)
  assert.deepEqual(await db.selectFrom('property_values').selectAll().execute(), [])
})
