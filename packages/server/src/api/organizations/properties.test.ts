import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test("an organization's property values are its own, and go with it", async (t) => {
  const { as, db, events } = await start(t)
  const api = as()
  const codes: string[] = []
  for (const name of ['Zoo', 'Farm']) {
    codes.push((await api.post('/api/v1/organization', { name })).body.organization.code)
  }
  const [zoo, farm] = codes as [string, string]
  const url = (code: string) => `/api/v1/organizations/${code}/properties`
  const values = async (code: string) => {
    const { status, body } = await as('read:organization_properties').get(url(code))
    assert.equal(status, 200)
    const properties: { key: string; value: string | null }[] = body.properties
    assert.ok(properties.every(({ key }) => key.startsWith('kp_org_')))
    return properties.filter(({ value }) => value !== null).map(({ key, value }) => [key, value])
  }
  const change = as('update:organization_properties')
  assert.deepEqual(outcome(await change.put(`${url(zoo)}/kp_org_city?value=Perth`)), [200, 'OK'])
  assert.deepEqual(outcome(await change.put(`${url(zoo)}/kp_org_city`, { value: 'Sydney' })), [200, 'OK'])
  assert.deepEqual(outcome(await change.put(`${url(zoo)}/kp_org_city?value=Sydney`)), [200, 'OK'])
  const industry = { properties: { kp_org_industry: 'Animals', kp_org_postcode: null } }
  assert.deepEqual(outcome(await change.patch(url(zoo), industry)), [200, 'OK'])
  await change.patch(url(farm), { properties: { kp_org_city: 'Orange' } })
  assert.deepEqual(await values(zoo), [
    ['kp_org_industry', 'Animals'],
    ['kp_org_city', 'Sydney'],
  ])
  assert.deepEqual(await values(farm), [['kp_org_city', 'Orange']])
  const organization = { code: zoo }
  assert.deepEqual(
    (await events()).slice(2, 5).map(({ type, data }) => [type, data]),
    [
      ['organization.properties_updated', { organization, properties: { kp_org_city: 'Perth' } }],
      ['organization.properties_updated', { organization, properties: { kp_org_city: 'Sydney' } }],
      ['organization.properties_updated', { organization, ...industry }],
    ],
  )
  await api.delete(`/api/v1/organization/${zoo}`)
  const left = await db.selectFrom('property_values').select('owner_id').execute()
  assert.deepEqual(
    left.map((row) => row.owner_id),
    [farm],
  )
})

test('what organizations do not have as a property is refused', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const url = `/api/v1/organizations/${code}/properties`
  assert.deepEqual(outcome(await api.put(`${url}/kp_usr_city?value=x`)), [404, 'PROPERTY_NOT_FOUND'])
  assert.deepEqual(outcome(await api.put(`${url}/kp_org_city?value=a%0Ab`)), [400, 'INVALID_PROPERTY_VALUE'])
  const unknown = { kp_org_city: 'x', kp_usr_city: 'x' }
  assert.deepEqual(outcome(await api.patch(url, { properties: unknown })), [400, 'PROPERTY_NOT_FOUND'])
  const nowhere = '/api/v1/organizations/org_none/properties'
  for (const reply of [
    await api.get(nowhere),
    await api.put(`${nowhere}/kp_org_city?value=x`),
    await api.patch(nowhere, { properties: {} }),
  ]) {
    assert.deepEqual(outcome(reply), [404, 'ORGANIZATION_NOT_FOUND'])
  }
  assert.equal((await events()).length, 1)
})
