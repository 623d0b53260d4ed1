import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addApplication, start, type TestClient, type TestReply } from '../../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

async function makeFlag(api: TestClient, key: string, type: string, value: unknown, level = 'org') {
  const flag = { name: 'N', key, type, allow_override_level: level, default_value: value }
  assert.equal((await api.post('/api/v1/feature_flags', flag)).status, 201)
}

async function makeOrganization(api: TestClient, name: string): Promise<string> {
  return (await api.post('/api/v1/organization', { name })).body.organization.code
}

test("an organization's value of a feature flag is its own, from the query or from a body", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  await makeFlag(api, 'owls', 'str', 'few')
  const zoo = await makeOrganization(api, 'Zoo')
  const farm = await makeOrganization(api, 'Farm')
  const url = `/api/v1/organizations/${zoo}/feature_flags`
  const values = async () => {
    const values: string[] = []
    for (const code of [zoo, farm]) {
      const { body } = await as('read:organization_feature_flags').get(`/api/v1/organizations/${code}/feature_flags`)
      assert.deepEqual(Object.keys(body), ['code', 'message', 'feature_flags'])
      values.push(body.feature_flags.owls.value)
    }
    return values
  }
  assert.deepEqual(await values(), ['few', 'few'])
  const change = as('update:organization_feature_flags')
  assert.deepEqual(outcome(await change.patch(`${url}/owls?value=a%20lot`)), [200, 'OK'])
  assert.deepEqual(await values(), ['a lot', 'few'])
  assert.deepEqual(outcome(await change.patch(`${url}/owls`, { value: 'all' })), [200, 'OK'])
  assert.deepEqual(outcome(await change.patch(`${url}/owls`, { value: 'all' })), [200, 'OK'])
  await api.patch('/api/v1/environment/feature_flags/owls', { value: 'some' })
  assert.deepEqual(await values(), ['all', 'some'])
  assert.deepEqual(outcome(await as('delete:organization_feature_flags').delete(`${url}/owls`)), [200, 'OK'])
  await api.delete(`${url}/owls`)
  assert.deepEqual(await values(), ['some', 'some'])
  const organization = { code: zoo }
  assert.deepEqual(
    (await events())
      .filter(({ type }) => type.startsWith('organization.feature'))
      .map(({ type, data }) => [type, data]),
    [
      ['organization.feature_flag_overridden', { organization, feature_flag: { key: 'owls', value: 'a lot' } }],
      ['organization.feature_flag_overridden', { organization, feature_flag: { key: 'owls', value: 'all' } }],
      ['organization.feature_flags_reset', { organization, feature_flag: { key: 'owls' }, reach: { overrides: 1 } }],
    ],
  )
})

test('feature flags of an organization that does not exist, and flags that do not, are not found', async (t) => {
  const { as } = await start(t)
  const api = as()
  await makeFlag(api, 'owls', 'bool', true)
  const zoo = await makeOrganization(api, 'Zoo')
  const nowhere = '/api/v1/organizations/org_none/feature_flags'
  const rows = [
    api.get(nowhere),
    api.patch(`${nowhere}/owls?value=true`),
    api.delete(`${nowhere}/owls`),
    api.delete(nowhere),
  ]
  for (const reply of await Promise.all(rows)) assert.deepEqual(outcome(reply), [404, 'ORGANIZATION_NOT_FOUND'])
  const url = `/api/v1/organizations/${zoo}/feature_flags`
  for (const reply of [await api.patch(`${url}/cats?value=true`), await api.delete(`${url}/cats`)]) {
    assert.deepEqual(outcome(reply), [404, 'FEATURE_FLAG_NOT_FOUND'])
  }
  assert.deepEqual(outcome(await api.patch(`${url}/owls?value=1`)), [400, 'INVALID_FLAG_VALUE'])
  assert.deepEqual(outcome(await api.patch(`${url}/owls`)), [400, 'VALUE_REQUIRED'])
})

test("all of an organization's values of feature flags go at once, and those of another one stay", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const zoo = await makeOrganization(api, 'Zoo')
  const farm = await makeOrganization(api, 'Farm')
  for (const key of ['a', 'b']) {
    await makeFlag(api, key, 'int', 1)
    for (const code of [zoo, farm]) await api.patch(`/api/v1/organizations/${code}/feature_flags/${key}?value=2`)
  }
  const url = `/api/v1/organizations/${zoo}/feature_flags`
  assert.deepEqual(outcome(await as('delete:organization_feature_flags').delete(url)), [200, 'OK'])
  const [one, two] = [
    { type: 'int', value: '1' },
    { type: 'int', value: '2' },
  ]
  assert.deepEqual((await api.get(url)).body.feature_flags, { a: one, b: one })
  const { body } = await api.get(`/api/v1/organizations/${farm}/feature_flags`)
  assert.deepEqual(body.feature_flags, { a: two, b: two })
  assert.deepEqual((await events()).at(-1)?.data, { organization: { code: zoo }, reach: { overrides: 2 } })
})

test('an organization begins with the values of feature flags that it is made with', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  await makeFlag(api, 'owls', 'int', 1)
  await makeFlag(api, 'dark', 'bool', false)
  await makeFlag(api, 'motto', 'str', '')
  const flags = { owls: 7.9, dark: true, motto: 'str' }
  const made = await api.post('/api/v1/organization', { name: 'Zoo', feature_flags: flags })
  const { code } = made.body.organization
  assert.deepEqual((await api.get(`/api/v1/organizations/${code}/feature_flags`)).body.feature_flags, {
    owls: { type: 'int', value: '7' },
    dark: { type: 'bool', value: 'true' },
    motto: { type: 'str', value: 'str' },
  })
  assert.deepEqual(
    (await events()).slice(3).map(({ type, data }) => [type, data.feature_flag]),
    [
      ['organization.created', undefined],
      ['organization.feature_flag_overridden', { key: 'dark', value: 'true' }],
      ['organization.feature_flag_overridden', { key: 'motto', value: 'str' }],
      ['organization.feature_flag_overridden', { key: 'owls', value: '7' }],
    ],
  )
})

test('an organization is not made with a value of a feature flag that cannot be taken', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  await makeFlag(api, 'dark', 'bool', false)
  await makeFlag(api, 'fixed', 'bool', false, 'env')
  const before = (await events()).length
  const rows = [
    [{ dark: true, unknown: true }, 'FEATURE_FLAG_NOT_FOUND'],
    [{ dark: 'dark' }, 'INVALID_FLAG_VALUE'],
    [{ fixed: true }, 'FLAG_OVERRIDE_NOT_ALLOWED'],
    [{ dark: null }, 'INVALID_VALUE'],
    [Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, true])), 'TOO_MANY_OBJECTS'],
  ] as const
  for (const [flags, code] of rows) {
    const reply = await api.post('/api/v1/organization', { name: 'Zoo', feature_flags: flags })
    assert.deepEqual(outcome(reply), [400, code])
  }
  assert.equal((await api.get('/api/v1/organizations')).body.organizations.length, 1)
  assert.equal((await events()).length, before)
})

test("an application of one organization sets the organization's feature flags, and no other one's", async (t) => {
  const server = await start(t)
  const api = server.as()
  await makeFlag(api, 'owls', 'bool', false)
  const zoo = await makeOrganization(api, 'Zoo')
  const farm = await makeOrganization(api, 'Farm')
  const { clientId, clientSecret } = await addApplication(server, {
    scopes: ['update:organization_feature_flags'],
    orgCode: zoo,
  })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { body } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  const own = server.withToken(body.access_token)
  const change = (code: string) => own.patch(`/api/v1/organizations/${code}/feature_flags/owls?value=true`)
  assert.deepEqual(outcome(await change(zoo)), [200, 'OK'])
  assert.deepEqual(outcome(await change(farm)), [403, 'ORGANIZATION_ACCESS_DENIED'])
})
