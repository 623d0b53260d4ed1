import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { issueTo, readPart, tokenForm } from '../oauth/testing-oauth.ts'
import { addApplication, start, type TestReply, type TestServer } from '../testing.ts'

const faultOf = ({ status, body }: TestReply) => [status, body.errors[0].code, body.errors[0].field]

/** A server with flags, properties, and an application that carries none of them yet. */
async function scene(t: TestContext, options: { isHeld?: boolean } = {}) {
  const server = await start(t)
  const api = server.as()
  const orgCode: string = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization.code
  for (const [key, type, value] of [
    ['theme', 'str', 'pink'],
    ['seats', 'int', '12'],
    ['beta', 'bool', 'false'],
    ['hidden', 'bool', 'true'],
  ]) {
    const flag = { name: key, key, type, default_value: value, allow_override_level: 'org' }
    assert.equal((await api.post('/api/v1/feature_flags', flag)).status, 201)
  }
  const { category } = (await api.post('/api/v1/property_categories', { name: 'Zoo', context: 'app' })).body
  const properties: Record<string, string> = {}
  for (const [key, isPrivate] of [
    ['region', false],
    ['tier', false],
    ['cost', true],
  ] as const) {
    const body = { name: key, key, type: 'single_line_text', context: 'app', is_private: isPrivate }
    const made = await api.post('/api/v1/properties', { ...body, category_id: category.id })
    properties[key] = made.body.property.id
  }
  const application = await addApplication(server, {
    scopes: ['read:users', 'read:apis'],
    ...(options.isHeld ? { orgCode } : {}),
  })
  const url = `/api/v1/applications/${application.clientId}`
  const choose = (m2mToken: unknown) => api.patch(`${url}/tokens`, { m2m_token: m2mToken })
  const claims = async (node: Pick<TestServer, 'send'> = server) =>
    readPart(await issueTo({ ...server, send: node.send }, application), 'claims')
  const setProperty = (key: string, value: string) => api.put(`${url}/properties/${key}`, { value })
  return { server, api, orgCode, application, url, choose, claims, setProperty, properties, category }
}

test('a token carries nothing of flags and properties until they are chosen', async (t) => {
  const { claims, setProperty, url, api } = await scene(t)
  await setProperty('region', 'eu')
  const names = ['aud', 'azp', 'exp', 'gty', 'iat', 'iss', 'jti', 'scope', 'scp', 'v']
  assert.deepEqual(Object.keys(await claims()), names)
  assert.deepEqual((await api.get(url)).body.application.m2m_token, {
    feature_flags: [],
    properties: [],
    has_permissions_claim: false,
  })
})

test('chosen flags, properties and scopes are in the token in the form of Kinde, in alphabetical order', async (t) => {
  const { choose, claims, setProperty, url, api, server } = await scene(t)
  await setProperty('region', 'eu')
  const chosen = { feature_flags: ['theme', 'seats', 'beta'], properties: ['tier', 'region'] }
  assert.equal((await choose({ ...chosen, has_permissions_claim: true })).status, 200)
  const token = await claims()
  assert.deepEqual(Object.keys(token), [
    ...['application_properties', 'aud', 'azp', 'exp', 'feature_flags', 'gty', 'iat', 'iss', 'jti', 'permissions'],
    ...['scope', 'scp', 'v'],
  ])
  assert.deepEqual(token.application_properties, { region: { v: 'eu' }, tier: {} })
  assert.deepEqual(token.feature_flags, {
    theme: { t: 's', v: 'pink' },
    seats: { t: 'i', v: 12 },
    beta: { t: 'b', v: false },
  })
  assert.deepEqual([token.permissions, token.scope], [['read:apis', 'read:users'], 'read:apis read:users'])
  const after = { ...chosen, feature_flags: ['beta', 'seats', 'theme'], properties: ['region', 'tier'] }
  assert.deepEqual((await api.get(url)).body.application.m2m_token, { ...after, has_permissions_claim: true })
  const { type, change } = (await server.events()).at(-1)!
  assert.deepEqual(
    [type, change?.after],
    ['application.tokens_updated', { m2m_token: { ...after, has_permissions_claim: true } }],
  )
  // The same once more changes nothing, and what is left out stays.
  const told = (await server.events()).length
  await choose({ feature_flags: ['theme', 'seats', 'beta', 'beta'] })
  assert.equal((await server.events()).length, told)
  await choose({ feature_flags: [], properties: [], has_permissions_claim: false })
  assert.equal(Object.keys(await claims()).length, 10)
})

test('a token of the API with chosen claims opens what its scopes say', async (t) => {
  const { server, application, choose } = await scene(t)
  await choose({ feature_flags: ['theme'], has_permissions_claim: true })
  const holder = server.withToken(await issueTo(server, application))
  assert.equal((await holder.get('/api/v1/users')).status, 200)
  assert.equal((await holder.get('/api/v1/roles')).status, 403)
})

test('the permissions are those that were granted, not all that are enabled', async (t) => {
  const { server, application, choose } = await scene(t)
  await choose({ has_permissions_claim: true })
  const token = await issueTo(server, application, { ...tokenForm(server, application), scope: 'read:users' })
  assert.deepEqual(readPart(token, 'claims').permissions, ['read:users'])
})

test('a flag has the value of the environment; of the organization too where an application is held to one', async (t) => {
  for (const isHeld of [false, true]) {
    await t.test(isHeld ? 'held to an organization' : 'general', async (t) => {
      const { api, choose, claims, orgCode } = await scene(t, { isHeld })
      await choose({ feature_flags: ['theme'] })
      const theme = async () => ((await claims()).feature_flags as Record<string, { v: string }>).theme!.v
      assert.equal(await theme(), 'pink')
      await api.patch('/api/v1/environment/feature_flags/theme', { value: 'blue' })
      assert.equal(await theme(), 'blue')
      await api.patch(`/api/v1/organizations/${orgCode}/feature_flags/theme?value=green`)
      assert.equal(await theme(), isHeld ? 'green' : 'blue')
      await api.delete(`/api/v1/organizations/${orgCode}/feature_flags/theme`)
      await api.delete('/api/v1/environment/feature_flags/theme')
      assert.equal(await theme(), 'pink')
      await api.put(
        '/api/v1/feature_flags/theme?name=theme&description=&type=str&allow_override_level=org&default_value=red',
      )
      assert.equal(await theme(), 'red')
    })
  }
})

test('what changes or is deleted is in the next token as it is', async (t) => {
  const { api, choose, claims, setProperty, properties, category, url } = await scene(t)
  await choose({ feature_flags: ['theme', 'beta'], properties: ['region', 'tier'] })
  await setProperty('region', 'eu')
  assert.deepEqual((await claims()).application_properties, { region: { v: 'eu' }, tier: {} })
  await setProperty('region', 'us')
  assert.deepEqual((await claims()).application_properties, { region: { v: 'us' }, tier: {} })
  // Made private later, it leaves the tokens.
  const hidden = { name: 'region', description: '', is_private: true, category_id: category.id }
  assert.equal((await api.put(`/api/v1/properties/${properties.region}`, hidden)).status, 200)
  assert.deepEqual((await claims()).application_properties, { tier: {} })
  await api.delete(`/api/v1/properties/${properties.tier}`)
  assert.equal((await claims()).application_properties, undefined)
  await api.delete('/api/v1/feature_flags/theme')
  assert.deepEqual((await claims()).feature_flags, { beta: { t: 'b', v: false } })
  assert.deepEqual((await api.get(url)).body.application.m2m_token.feature_flags, ['beta'])
})

test('another node hears of what changes', async (t) => {
  const { server, api, choose, claims, setProperty } = await scene(t)
  if (server.environment.store.dialect !== 'postgres') return t.skip('one node holds the database')
  const node = await server.addNode()
  assert.equal((await claims(node)).feature_flags, undefined)
  await choose({ feature_flags: ['theme'], properties: ['region'] })
  // Notices travel through the database.
  while ((await claims(node)).feature_flags === undefined);
  await api.patch('/api/v1/environment/feature_flags/theme', { value: 'blue' })
  while (JSON.stringify((await claims(node)).feature_flags) !== '{"theme":{"t":"s","v":"blue"}}');
  await setProperty('region', 'eu')
  while (JSON.stringify((await claims(node)).application_properties) !== '{"region":{"v":"eu"}}');
})

test('what cannot be in a token is refused, and nothing is chosen', async (t) => {
  const { api, choose, url } = await scene(t)
  const few = Array.from({ length: 51 }, (_, index) => `flag-${index}`)
  for (const [sent, ...fault] of [
    [{ feature_flags: ['theme', 'none'] }, 400, 'FEATURE_FLAG_NOT_FOUND', 'm2m_token.feature_flags'],
    [{ feature_flags: few }, 400, 'TOO_MANY_OBJECTS', 'm2m_token.feature_flags'],
    [{ properties: ['none'] }, 400, 'PROPERTY_NOT_FOUND', 'm2m_token.properties'],
    [{ properties: ['kp_usr_city'] }, 400, 'PROPERTY_NOT_FOUND', 'm2m_token.properties'],
    [{ feature_flags: ['theme'], properties: ['cost'] }, 400, 'PROPERTY_IS_PRIVATE', 'm2m_token.properties'],
  ] as const) {
    assert.deepEqual(faultOf(await choose(sent)), fault, JSON.stringify(sent))
  }
  assert.deepEqual((await api.get(url)).body.application.m2m_token.feature_flags, [])
  const { id } = (await api.post('/api/v1/applications', { name: 'Page', type: 'spa' })).body.application
  const refused = await api.patch(`/api/v1/applications/${id}/tokens`, { m2m_token: { feature_flags: [] } })
  assert.deepEqual(faultOf(refused), [400, 'TOKEN_CUSTOMIZATION_NOT_SUPPORTED', 'm2m_token'])
  assert.equal((await api.get(`/api/v1/applications/${id}`)).body.application.m2m_token, undefined)
})
