import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addApplication, start } from '../testing.ts'

test('industries are listed with a key that is their name in snake case', async (t) => {
  const { as } = await start(t)
  const { status, body } = await as('read:industries').get('/api/v1/industries')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), ['code', 'message', 'industries'])
  const industries: { key: string; name: string }[] = body.industries
  for (const { key, name } of industries) {
    const words = name.replaceAll(/[^A-Za-z]+/g, ' ')
    assert.equal(key, words.toLowerCase().replaceAll(' ', '_'))
  }
  assert.equal(new Set(industries.map(({ key }) => key)).size, industries.length)
  const names = Object.fromEntries(industries.map(({ key, name }) => [key, name]))
  assert.equal(names.administration_office_support, 'Administration & Office Support')
  assert.equal(names.construction, 'Construction')
  assert.equal(names.healthcare_medical, 'Healthcare & Medical')
})

test('an application of one organization may list industries and time zones', async (t) => {
  const server = await start(t)
  const { code } = await server.db.selectFrom('organizations').select('code').executeTakeFirstOrThrow()
  const scopes = ['read:industries', 'read:timezones', 'read:businesses']
  const client = await addApplication(server, { scopes, orgCode: code })
  const reply = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
      audience: `${server.baseUrl}/api`,
    }).toString(),
  })
  const api = server.withToken(reply.body.access_token)
  assert.equal((await api.get('/api/v1/industries')).status, 200)
  assert.equal((await api.get('/api/v1/timezones')).status, 200)
  // The business is above every organization: it is not theirs to see.
  assert.equal((await api.get('/api/v1/business')).body.errors[0].code, 'ORGANIZATION_ACCESS_DENIED')
})
