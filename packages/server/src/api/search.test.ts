import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { issueTo } from '../oauth/testing-oauth.ts'
import { seqOfUser } from '../store/users.ts'
import { addApplication, start, type TestClient, type TestServer } from '../testing.ts'

interface Person {
  given_name?: string
  family_name?: string
  email?: string
  phone?: string
  username?: string
  organization_code?: string
}

async function made(server: TestServer, person: Person): Promise<string> {
  const { given_name, family_name, organization_code, ...identities } = person
  const reply = await server.as().post('/api/v1/user', {
    profile: { given_name, family_name },
    organization_code,
    identities: Object.entries(identities).map(([type, value]) => ({ type, details: { [type]: value } })),
  })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body.id
}

/** Searches with parameters. @returns the given names that were found */
async function found(client: TestClient, parameters: Record<string, string>): Promise<string> {
  const { status, body } = await client.get(`/api/v1/search/users?${new URLSearchParams(parameters)}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body.results.map((user: { first_name: string }) => user.first_name).join()
}

test('users are found by parts of their names and addresses, whatever the case', async (t) => {
  const server = await start(t)
  await made(server, { given_name: 'Ada', family_name: 'King Lovelace', email: 'Countess@Example.com' })
  await made(server, { given_name: 'Zoë', family_name: 'Ångström', username: 'zoe_90%', phone: '+61412345678' })
  await made(server, { given_name: 'אדה', family_name: '\u202eכהן', email: 'x"y@example.com'.replace('"', "'") })
  await made(server, { given_name: '🦉', family_name: 'Ó\u0301wl\\', email: 'owl+1@zoo.example' })
  await made(server, { given_name: 'Al' })
  const rows = [
    ['*', 'Ada,Zoë,אדה,🦉,Al'],
    ['', 'Ada,Zoë,אדה,🦉,Al'],
    [' ', 'Ada,Zoë,אדה,🦉,Al'],
    ['ada', 'Ada'],
    ['ADA KING', 'Ada'],
    ['lovelace', 'Ada'],
    ['velac', 'Ada'],
    ['  velac ', 'Ada'],
    ['a k', 'Ada'],
    ['countess@example.com', 'Ada'],
    ['EXAMPLE.com', 'Ada,אדה'],
    ['example', 'Ada,אדה,🦉'],
    ['.', ''],
    // Fewer than three characters find beginnings: of a name, of the family name, of an address.
    ['a', 'Ada,Al'],
    ['al', 'Al'],
    ['ki', 'Ada'],
    ['lo', ''],
    ['co', 'Ada'],
    ['ZOË', 'Zoë'],
    ['ångström', 'Zoë'],
    ['zoe_90%', 'Zoë'],
    ['zoe_', 'Zoë'],
    ['zoex90', ''],
    ['zo%90', ''],
    ['%', ''],
    ['_', ''],
    ['___', ''],
    ['+61412', 'Zoë'],
    ['345678', 'Zoë'],
    ['אד', 'אדה'],
    ['כהן', 'אדה'],
    ["x'y@", 'אדה'],
    ['🦉', '🦉'],
    ['wl\\', '🦉'],
    ['owl+1', '🦉'],
    ['"owl"', ''],
    ['"', ''],
    ['owl" or "ada', ''],
    ['owl*', ''],
    ['NOT ada', ''],
    ['nobody', ''],
    ['x'.repeat(3000), ''],
  ] as const
  for (const [query, expected] of rows) assert.equal(await found(server.as(), { query }), expected, query)
  assert.equal(await found(server.as(), {}), 'Ada,Zoë,אדה,🦉,Al')
})

test('what changes is found by what it is now', async (t) => {
  const server = await start(t)
  const client = server.as()
  const id = await made(server, { given_name: 'Ada', family_name: 'King', email: 'old@x.example' })
  const { body } = await client.post(`/api/v1/users/${id}/identities`, { type: 'email', value: 'second@x.example' })
  assert.equal(await found(client, { query: 'second@' }), 'Ada')
  await client.patch(`/api/v1/user?id=${id}`, { family_name: 'Lovelace' })
  assert.equal(await found(client, { query: 'king' }), '')
  assert.equal(await found(client, { query: 'ada love' }), 'Ada')
  await client.delete(`/api/v1/identities/${body.identity.id}`)
  assert.equal(await found(client, { query: 'second' }), '')
  assert.equal(await found(client, { query: 'old@' }), 'Ada')
})

test('a result has all its members, empty names, and null for what there is not', async (t) => {
  const server = await start(t)
  const bare = await made(server, {})
  const full = await server.as().post('/api/v1/user', {
    profile: { given_name: 'Ada', family_name: 'Lovelace', picture: 'https://x.example/a.png' },
    provided_id: 'crm-1',
    identities: [
      { type: 'email', details: { email: 'ada@x.example' } },
      { type: 'phone', details: { phone: '+61412345678' } },
      { type: 'username', details: { username: 'ada' } },
    ],
  })
  const { body } = await server.as().get('/api/v1/search/users')
  const common = {
    is_suspended: false,
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in: null,
    created_on: '2026-01-15T12:00:00.000+00:00',
  }
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    results: [
      {
        id: bare,
        provided_id: null,
        email: null,
        username: null,
        last_name: '',
        first_name: '',
        picture: null,
        ...common,
      },
      {
        id: full.body.id,
        provided_id: 'crm-1',
        email: 'ada@x.example',
        username: 'ada',
        last_name: 'Lovelace',
        first_name: 'Ada',
        picture: 'https://x.example/a.png',
        ...common,
      },
    ],
  })
})

/** Three users in two organizations, with scopes of two APIs and values of two properties. */
async function people(t: TestContext) {
  const server = await start(t)
  const organizations: string[] = []
  for (const name of ['One', 'Two']) {
    organizations.push((await server.as().post('/api/v1/organization', { name })).body.organization.code)
  }
  const [one, two] = organizations as [string, string]
  const ids = [
    await made(server, { given_name: 'Ada', organization_code: one, email: 'ada@x.example' }),
    await made(server, { given_name: 'Bob', organization_code: one, email: 'bob@x.example' }),
    await made(server, { given_name: 'Cy', organization_code: two, email: 'cy@y.example' }),
  ] as const
  const [ada, bob, cy] = ids
  const apis: string[] = []
  const scopes: Record<string, string> = {}
  for (const name of ['zoo', 'park']) {
    const { api } = (await server.as().post('/api/v1/apis', { name, audience: name })).body
    apis.push(api.id)
    for (const key of ['read:owls', `write:${name}`]) {
      scopes[`${name} ${key}`] = (await server.as().post(`/api/v1/apis/${api.id}/scopes`, { key })).body.scope.id
    }
  }
  await server.write(async (db) => {
    await db
      .insertInto('organization_users')
      .values({ organization_code: two, user_id: ada, joined_at_ms: 9e12, user_seq: seqOfUser(db, ada) })
      .execute()
    for (const [organization, user, scope] of [
      [one, ada, 'zoo read:owls'],
      [two, ada, 'zoo write:zoo'],
      [one, bob, 'park read:owls'],
      [two, cy, 'park write:park'],
    ] as const) {
      const scopeId = scopes[scope]!
      await db
        .insertInto('user_api_scopes')
        .values({ organization_code: organization, user_id: user, scope_id: scopeId })
        .execute()
    }
    for (const [key, context] of [
      ['town', 'usr'],
      ['team', 'usr'],
      ['size', 'org'],
    ] as const) {
      const property = { id: `prop_${key}`, key, name: key, context, type: 'single_line_text', created_at_ms: 0 }
      await db
        .insertInto('properties')
        .values({ ...property, is_private: false, is_kinde_property: false })
        .execute()
    }
    for (const [key, owner, value] of [
      ['town', ada, 'Sydney'],
      ['town', bob, 'Perth'],
      ['town', cy, 'São Paulo'],
      ['team', ada, 'red'],
      ['team', bob, 'red'],
      ['size', one, 'big'],
    ] as const) {
      await db
        .insertInto('property_values')
        .values({ property_id: `prop_${key}`, owner_id: owner, value })
        .execute()
    }
  })
  return { server, one, two, ids, apis }
}

test('API scopes and properties narrow a search: values of one are alternatives, all must be met', async (t) => {
  const { server } = await people(t)
  const client = server.as()
  const rows = [
    [{ api_scopes: 'write:zoo' }, 'Ada'],
    // The key means the scopes of all APIs that have it.
    [{ api_scopes: 'read:owls' }, 'Ada,Bob'],
    [{ api_scopes: 'write:park, write:zoo,unknown' }, 'Ada,Cy'],
    [{ api_scopes: 'unknown' }, ''],
    [{ api_scopes: '' }, 'Ada,Bob,Cy'],
    [{ query: '*', 'properties[town]': 'Sydney' }, 'Ada'],
    [{ 'properties[town]': 'Sydney,São Paulo' }, 'Ada,Cy'],
    [{ 'properties[town]': 'sydney' }, ''],
    [{ 'properties[team]': 'red' }, 'Ada,Bob'],
    [{ 'properties[team]': 'red', 'properties[town]': 'Perth,São Paulo' }, 'Bob'],
    [{ 'properties[team]': 'red', 'properties[town]': 'São Paulo' }, ''],
    [{ 'properties[unknown]': 'red' }, ''],
    [{ 'properties[team]': 'red', 'properties[__proto__]': 'x' }, ''],
    [{ 'properties[team]': '' }, 'Ada,Bob,Cy'],
    // A property of organizations is none of users.
    [{ 'properties[size]': 'big' }, ''],
    [{ query: 'x.example', api_scopes: 'read:owls', 'properties[town]': 'Perth,Sydney' }, 'Ada,Bob'],
    [{ query: 'bob', api_scopes: 'read:owls', 'properties[town]': 'Perth,Sydney' }, 'Bob'],
    [{ query: 'cy', api_scopes: 'read:owls' }, ''],
    // As documentation of Kinde's once had it.
    [{ query: 'properties[town]=Sydney,Perth' }, 'Ada,Bob'],
    [{ query: 'properties[unknown]=Sydney' }, ''],
  ] as const
  for (const [parameters, expected] of rows) {
    assert.equal(await found(client, parameters as Record<string, string>), expected, JSON.stringify(parameters))
  }
  const repeated = await client.get('/api/v1/search/users?properties[town]=Sydney&properties[town]=Perth')
  assert.equal(repeated.body.results.length, 2)
})

test('expand adds organizations, identities, properties and API scopes', async (t) => {
  const { server, one, two, ids, apis } = await people(t)
  const names = 'organizations,identities,properties,api_scopes,nonsense'
  const { body } = await server.as().get(`/api/v1/search/users?query=ada&expand=${names}`)
  const { organizations, identities, properties, api_scopes: scopes } = body.results[0]
  assert.deepEqual(
    { organizations, identities, properties, scopes },
    {
      organizations: [one, two],
      identities: [{ type: 'email', identity: 'ada@x.example' }],
      properties: { town: 'Sydney', team: 'red' },
      scopes: [
        { org_code: one, scope: 'read:owls', api_id: apis[0] },
        { org_code: two, scope: 'write:zoo', api_id: apis[0] },
      ].sort((a, b) => (a.org_code < b.org_code ? -1 : 1)),
    },
  )
  const plain = await server.as().get('/api/v1/search/users?query=ada')
  assert.equal('organizations' in plain.body.results[0], false)
  const all = await server.as().get('/api/v1/search/users?expand=properties')
  assert.deepEqual(
    all.body.results.map((user: { properties: object }) => user.properties),
    [{ town: 'Sydney', team: 'red' }, { town: 'Perth', team: 'red' }, { town: 'São Paulo' }],
  )
  assert.equal(all.body.results[2].id, ids[2])
})

test('who has an API scope through a role is found by it as who was given it, once, and only while that lasts', async (t) => {
  const { server, one, two, ids, apis } = await people(t)
  const api = server.as()
  const [ada, , cy] = ids
  const { role } = (await api.post('/api/v1/roles', { name: 'Warden', key: 'warden' })).body
  const { scopes } = (await api.get(`/api/v1/apis/${apis[0]}/scopes`)).body
  const owls = scopes.find(({ key }: { key: string }) => key === 'read:owls')
  await api.post(`/api/v1/roles/${role.id}/scopes`, { scope_id: owls.id })
  for (const [code, user] of [
    [one, ada],
    [two, ada],
    [two, cy],
  ]) {
    await api.post(`/api/v1/organizations/${code}/users/${user}/roles`, { role_id: role.id })
  }
  const wanted = { query: '*', api_scopes: 'read:owls' }
  assert.equal(await found(api, wanted), 'Ada,Bob,Cy')
  assert.equal(await found(api, { query: 'cy', api_scopes: 'read:owls,write:zoo' }), 'Cy')
  const scopesOf = async (name: string) =>
    (await api.get(`/api/v1/search/users?query=${name}&expand=api_scopes`)).body.results[0].api_scopes
      .filter(({ scope }: { scope: string }) => scope === 'read:owls')
      .map(({ org_code }: { org_code: string }) => org_code)
  assert.deepEqual(await scopesOf('ada'), [one, two].toSorted())
  assert.deepEqual(await scopesOf('cy'), [two])

  const ofOne = await addApplication(server, { scopes: ['read:users'], orgCode: one })
  assert.equal(await found(server.withToken(await issueTo(server, ofOne)), wanted), 'Ada,Bob')

  await api.delete(`/api/v1/organizations/${two}/users/${cy}/roles/${role.id}`)
  assert.equal(await found(api, wanted), 'Ada,Bob')
  await api.delete(`/api/v1/roles/${role.id}/scopes/${owls.id}`)
  assert.equal(await found(api, wanted), 'Ada,Bob')
  assert.deepEqual(await scopesOf('ada'), [one])
})

test('an application of one organization finds its members only, and what they have there', async (t) => {
  const { server, one, two, ids, apis } = await people(t)
  const { clientId, clientSecret } = await addApplication(server, { scopes: ['read:users'], orgCode: one })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { body: issued } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  const client = server.withToken(issued.access_token)
  assert.equal(await found(client, {}), 'Ada,Bob')
  assert.equal(await found(client, { query: 'example' }), 'Ada,Bob')
  assert.equal(await found(client, { query: 'cy@' }), '')
  assert.equal(await found(client, { 'properties[town]': 'São Paulo,Perth' }), 'Bob')
  // Ada has this scope in the other organization.
  assert.equal(await found(client, { api_scopes: 'write:zoo' }), '')
  assert.equal(await found(client, { api_scopes: 'read:owls' }), 'Ada,Bob')
  const { body } = await client.get('/api/v1/search/users?query=ada&expand=organizations,api_scopes')
  assert.deepEqual(body.results[0].organizations, [one])
  assert.deepEqual(body.results[0].api_scopes, [{ org_code: one, scope: 'read:owls', api_id: apis[0] }])
  assert.notEqual(one, two)
  const reply = await client.get(`/api/v1/search/users?starting_after=${ids[2]}`)
  assert.deepEqual([reply.status, reply.body.errors[0].code], [400, 'INVALID_CURSOR'])
})

for (const query of ['*', 'user', 'example', 'u'])
  test(`a search for "${query}" is walked to its end in both directions, while users come and go`, async (t) => {
    const server = await start(t)
    const client = server.as()
    const ids: string[] = []
    for (let n = 0; n < 11; n += 1) {
      ids.push(await made(server, { given_name: `User${n}`, email: `u${n}@x.example` }))
      await made(server, { given_name: 'Other', email: `o${n}@y.test` })
    }
    const isFound = (user: { first_name: string }) => user.first_name.startsWith('User')
    const page = async (cursor: string) => {
      const { status, body } = await client.get(`/api/v1/search/users?query=${query}&page_size=3&${cursor}`)
      assert.equal(status, 200, JSON.stringify(body))
      return body.results as { id: string; first_name: string }[]
    }
    const seen: string[] = []
    let cursor = ''
    for (let turn = 0; ; turn += 1) {
      const rows = await page(cursor)
      seen.push(...rows.filter(isFound).map(({ id }) => id))
      if (rows.length < 3) break
      cursor = `starting_after=${rows.at(-1)!.id}`
      if (turn < 3) await made(server, { given_name: `User late ${turn}`, email: `u-late${turn}@x.example` })
      // One that was shown, though not the last one, which is the cursor.
      if (turn === 1) await client.delete(`/api/v1/user?id=${seen[0]}`)
    }
    assert.deepEqual(seen.slice(0, 11), ids)
    assert.equal(seen.length, 14)

    const back: string[] = []
    cursor = `ending_before=${seen.at(-1)}`
    while (true) {
      const rows = await page(cursor)
      back.unshift(...rows.filter(isFound).map(({ id }) => id))
      if (rows.length < 3) break
      cursor = `ending_before=${rows[0]!.id}`
    }
    assert.deepEqual(back, seen.slice(1, -1))
  })

test('page sizes and cursors that cannot be meant are refused', async (t) => {
  const server = await start(t)
  const id = await made(server, { given_name: 'Ada' })
  for (let n = 0; n < 10; n += 1) await made(server, {})
  assert.equal((await server.as().get('/api/v1/search/users')).body.results.length, 10)
  assert.equal((await server.as().get('/api/v1/search/users?page_size=100')).body.results.length, 11)
  for (const [query, code, field] of [
    ['page_size=0', 'INVALID_PAGE_SIZE', 'page_size'],
    ['page_size=101', 'PAGE_SIZE_LIMIT_EXCEEDED', 'page_size'],
    ['page_size=x', 'INVALID_PAGE_SIZE', 'page_size'],
    ['starting_after=unknown', 'INVALID_CURSOR', 'starting_after'],
    ['ending_before=unknown&query=ada', 'INVALID_CURSOR', 'ending_before'],
    [`starting_after=${id}&ending_before=${id}`, 'TOO_MANY_PARAMETERS', undefined],
    ['api_scopes=unknown&starting_after=unknown', 'INVALID_CURSOR', 'starting_after'],
  ] as const) {
    const { status, body } = await server.as().get(`/api/v1/search/users?${query}`)
    assert.equal(status, 400, query)
    assert.deepEqual([body.errors[0].code, body.errors[0].field], [code, field], query)
  }
})
