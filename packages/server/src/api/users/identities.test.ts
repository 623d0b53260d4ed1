import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { start, type TestServer } from '../../testing.ts'

async function madeUser(server: TestServer, ...addresses: string[]): Promise<string> {
  const identities = addresses.map((email) => ({ type: 'email', details: { email } }))
  const reply = await server.as().post('/api/v1/user', { identities })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body.id
}

/** A server with connections of several strategies; the id of each is its strategy. */
async function startWithConnections(t: TestContext): Promise<TestServer> {
  const server = await start(t)
  await server.write(async (db) => {
    for (const strategy of ['oauth2:google', 'oauth2:github', 'oauth2:azure_ad', 'saml:okta', 'email:otp']) {
      const connection = { id: strategy, name: strategy, display_name: strategy, strategy, created_at_ms: 0 }
      await db.insertInto('connections').values(connection).execute()
    }
  })
  return server
}

test('an identity of each type is added, and shown as it is', async (t) => {
  const server = await startWithConnections(t)
  const user = await madeUser(server)
  const url = `/api/v1/users/${user}/identities`
  const bodies = [
    { type: 'email', value: 'Ada@x.example' },
    { type: 'phone', value: '0412 345 678', phone_country_id: 'au' },
    { type: 'username', value: 'ada', phone_country_id: '', connection_id: '' },
    { type: 'social', value: 'Google-Id-7', connection_id: 'oauth2:google' },
  ]
  const ids: string[] = []
  for (const body of bodies) {
    server.clock.advance(1000)
    const reply = await server.as().post(url, body)
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
    assert.match(reply.body.identity.id, /^identity_[0-9a-f]{32}$/)
    assert.deepEqual(reply.body, { code: 'OK', message: 'Success', identity: { id: reply.body.identity.id } })
    ids.push(reply.body.identity.id)
  }
  const { body } = await server.as().get(url)
  const shown = (n: number, type: string, name: string, others: object) => ({
    id: ids[n],
    type,
    is_confirmed: false,
    created_on: `2026-01-15T12:00:0${n + 1}.000+00:00`,
    total_logins: 0,
    name,
    connection_id: null,
    is_primary: true,
    ...others,
  })
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    identities: [
      shown(0, 'email', 'Ada@x.example', { email: 'Ada@x.example' }),
      shown(1, 'phone', '+61412345678', {}),
      shown(2, 'username', 'ada', {}),
      shown(3, 'oauth2:google', 'Google-Id-7', { connection_id: 'oauth2:google' }),
    ],
    has_more: false,
  })
  const list = await server.as().get('/api/v1/users?expand=identities')
  assert.deepEqual(list.body.users[0].identities.at(-1), {
    type: 'oauth2:google',
    identity: 'Google-Id-7',
    connection_id: 'oauth2:google',
  })
  const { type, data } = (await server.events()).at(-1)!
  assert.equal(type, 'user.updated')
  assert.deepEqual(
    ['id', 'email', 'phone', 'username'].map((name) => (data.user as Record<string, unknown>)[name]),
    [user, 'Ada@x.example', '+61412345678', 'ada'],
  )
})

test('an identity that was used shows when and how often', async (t) => {
  const server = await start(t)
  const user = await madeUser(server, 'a@x.example')
  await server.write(async (db) => {
    await db.updateTable('identities').set({ total_logins: 3, last_login_at_ms: 0 }).execute()
  })
  const { body } = await server.as().get(`/api/v1/users/${user}/identities`)
  assert.equal(body.identities[0].total_logins, 3)
  assert.equal(body.identities[0].last_login_on, '1970-01-01T00:00:00.000+00:00')
})

test('what belongs to a user already is refused, in whatever form it comes', async (t) => {
  const server = await startWithConnections(t)
  const owner = await madeUser(server)
  const other = await madeUser(server)
  const taken = [
    { type: 'email', value: 'ada@x.example' },
    { type: 'phone', value: '+61412345678' },
    { type: 'username', value: 'ada' },
    { type: 'social', value: 'Id', connection_id: 'oauth2:google' },
    { type: 'social', value: 'ada@x.example', connection_id: 'oauth2:google' },
  ]
  for (const body of taken) {
    assert.equal((await server.as().post(`/api/v1/users/${owner}/identities`, body)).status, 201)
  }
  const before = await server.events()
  for (const body of [
    ...taken,
    { type: 'email', value: ' ADA@X.example ' },
    { type: 'phone', value: '0412345678', phone_country_id: 'AU' },
    { type: 'username', value: 'ADA' },
    { type: 'social', value: 'Ada@X.example', connection_id: 'oauth2:google' },
  ]) {
    for (const user of [owner, other]) {
      const reply = await server.as().post(`/api/v1/users/${user}/identities`, body)
      assert.equal(reply.status, 400)
      assert.deepEqual(
        [reply.body.errors[0].code, reply.body.errors[0].field],
        ['IDENTITY_EXISTS', 'value'],
        JSON.stringify(body),
      )
    }
  }
  assert.deepEqual(await server.events(), before)
  assert.deepEqual((await server.as().get(`/api/v1/users/${other}/identities`)).body.identities, [])
  // The same id of another connection is another account, and ids are exact.
  for (const body of [
    { type: 'social', value: 'Id', connection_id: 'oauth2:github' },
    { type: 'social', value: 'id', connection_id: 'oauth2:google' },
  ]) {
    assert.equal((await server.as().post(`/api/v1/users/${other}/identities`, body)).status, 201)
  }
})

test('what is missing, malformed or does not fit is refused', async (t) => {
  const server = await startWithConnections(t)
  const user = await madeUser(server)
  const rows = [
    [undefined, 'TYPE_REQUIRED', 'type'],
    [{}, 'TYPE_REQUIRED', 'type'],
    [{ value: 'a@x.example' }, 'TYPE_REQUIRED', 'type'],
    [{ type: 'email' }, 'VALUE_REQUIRED', 'value'],
    [{ type: 'email', value: '' }, 'VALUE_REQUIRED', 'value'],
    [{ type: 'passkey', value: 'x' }, 'INVALID_VALUE', 'type'],
    [{ type: 'email', value: 'x' }, 'INVALID_EMAIL', 'value'],
    [{ type: 'phone', value: '0412345678' }, 'INVALID_PHONE', 'value'],
    [{ type: 'username', value: 'a b' }, 'INVALID_USERNAME', 'value'],
    [{ type: 'social', value: 'x' }, 'CONNECTION_ID_REQUIRED', 'connection_id'],
    [{ type: 'enterprise', value: 'x', connection_id: '' }, 'CONNECTION_ID_REQUIRED', 'connection_id'],
    [{ type: 'social', value: 'x', connection_id: 'conn_none' }, 'CONNECTION_NOT_FOUND', 'connection_id'],
    [{ type: 'social', value: 'x', connection_id: 'saml:okta' }, 'INVALID_CONNECTION', 'type'],
    [{ type: 'social', value: 'x', connection_id: 'oauth2:azure_ad' }, 'INVALID_CONNECTION', 'type'],
    [{ type: 'enterprise', value: 'x', connection_id: 'oauth2:google' }, 'INVALID_CONNECTION', 'type'],
    [{ type: 'enterprise', value: 'x', connection_id: 'email:otp' }, 'INVALID_CONNECTION', 'type'],
    [{ type: 'social', value: ' ', connection_id: 'oauth2:google' }, 'INVALID_IDENTITY', 'value'],
    [{ type: 'social', value: 'x'.repeat(257), connection_id: 'oauth2:google' }, 'INVALID_IDENTITY', 'value'],
  ] as const
  const before = await server.events()
  for (const [body, code, field] of rows) {
    const reply = await server.as().post(`/api/v1/users/${user}/identities`, body)
    assert.equal(reply.status, 400, JSON.stringify(body))
    assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field], JSON.stringify(body))
  }
  assert.deepEqual(await server.events(), before)
})

test('a user with an enterprise identity has no other one', async (t) => {
  const server = await startWithConnections(t)
  const saml = { type: 'enterprise', value: 'ada@corp.example', connection_id: 'saml:okta' }
  const entra = { type: 'enterprise', value: 'ada', connection_id: 'oauth2:azure_ad' }
  const address = { type: 'email', value: 'ada@x.example' }
  const alone = await madeUser(server)
  const first = await server.as().post(`/api/v1/users/${alone}/identities`, saml)
  assert.equal(first.status, 201)
  const shown = await server.as().get(`/api/v1/identities/${first.body.identity.id}`)
  assert.deepEqual([shown.body.type, shown.body.connection_id], ['saml:okta', 'saml:okta'])
  const mixed = await madeUser(server, 'bob@x.example')
  for (const [user, body] of [
    [alone, address],
    [alone, entra],
    [mixed, entra],
  ] as const) {
    const reply = await server.as().post(`/api/v1/users/${user}/identities`, body)
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, 'ENTERPRISE_IDENTITY_STANDS_ALONE'])
  }
  await server.as().delete(`/api/v1/identities/${first.body.identity.id}`)
  assert.equal((await server.as().post(`/api/v1/users/${alone}/identities`, address)).status, 201)
})

test('an enterprise identity and another one, added at once, do not both come in', async (t) => {
  const server = await startWithConnections(t)
  const user = await madeUser(server)
  const url = `/api/v1/users/${user}/identities`
  const client = server.as()
  const replies = await Promise.all([
    client.post(url, { type: 'enterprise', value: 'ada', connection_id: 'saml:okta' }),
    client.post(url, { type: 'email', value: 'ada@x.example' }),
    client.post(url, { type: 'enterprise', value: 'ada', connection_id: 'oauth2:azure_ad' }),
  ])
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 400, 400])
})

test("a user's identities are walked in pages, forwards and backwards", async (t) => {
  const server = await start(t)
  const addresses = Array.from({ length: 12 }, (_, n) => `a${n}@x.example`)
  const user = await madeUser(server, ...addresses)
  const stranger = await madeUser(server, 'other@x.example')
  const page = async (query: string) => {
    const { status, body } = await server.as().get(`/api/v1/users/${user}/identities?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    const names = body.identities.map(({ name }: { name: string }) => addresses.indexOf(name))
    return { names, more: body.has_more, ids: body.identities.map(({ id }: { id: string }) => id) }
  }
  const first = await page('')
  assert.deepEqual([first.names, first.more], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], true])
  const second = await page(`starting_after=${first.ids.at(-1)}`)
  assert.deepEqual([second.names, second.more], [[10, 11], false])
  const back = await page(`ending_before=${second.ids[0]}&page_size=4`)
  assert.deepEqual([back.names, back.more], [[6, 7, 8, 9], true])
  const start0 = await page(`ending_before=${first.ids[3]}`)
  assert.deepEqual([start0.names, start0.more], [[0, 1, 2], false])

  const others = await server.as().get(`/api/v1/users/${stranger}/identities`)
  for (const [query, code] of [
    [`starting_after=${first.ids[0]}&ending_before=${first.ids[1]}`, 'TOO_MANY_PARAMETERS'],
    [`starting_after=${others.body.identities[0].id}`, 'INVALID_CURSOR'],
    ['ending_before=unknown', 'INVALID_CURSOR'],
    ['page_size=0', 'INVALID_PAGE_SIZE'],
    ['page_size=101', 'PAGE_SIZE_LIMIT_EXCEEDED'],
  ] as const) {
    const reply = await server.as().get(`/api/v1/users/${user}/identities?${query}`)
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, code], query)
  }
})

test('identities of someone who is not there are not found', async (t) => {
  const { as, events } = await start(t)
  const url = '/api/v1/users/kp_unknown/identities'
  assert.equal((await as().get(url)).status, 404)
  const reply = await as().post(url, { type: 'email', value: 'a@x.example' })
  assert.deepEqual([reply.status, reply.body.errors[0].code], [404, 'USER_NOT_FOUND'])
  assert.deepEqual(await events(), [])
})
