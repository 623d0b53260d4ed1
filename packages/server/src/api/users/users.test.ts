import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../../testing.ts'

const email = (address: string, verified = false) => ({
  type: 'email',
  is_verified: verified,
  details: { email: address },
})
const username = (name: string) => ({ type: 'username', details: { username: name } })

/** Makes a user. @returns its id */
async function made(server: TestServer, body?: unknown): Promise<string> {
  const reply = await server.as().post('/api/v1/user', body)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body.id
}

async function madeOrganization(server: TestServer, name: string): Promise<string> {
  const reply = await server.as().post('/api/v1/organization', { name })
  assert.equal(reply.status, 200)
  return reply.body.organization.code
}

const codesOf = (body: { errors: { code: string; field?: string }[] }) =>
  body.errors.map(({ code, field }) => [code, field])

test('a user with three identities is found again with all of them', async (t) => {
  const server = await start(t)
  const { as, events } = server
  const made = await as().post('/api/v1/user', {
    profile: { given_name: 'Ada', family_name: 'Lovelace', picture: 'https://img.example/ada.png' },
    provided_id: 'crm-7',
    identities: [
      email('Ada@Example.com', true),
      { type: 'phone', details: { phone: '0412 345 678', phone_country_id: 'au' } },
      username('ada'),
    ],
  })
  assert.equal(made.status, 200)
  assert.match(made.body.id, /^kp_[0-9a-f]{32}$/)
  assert.deepEqual(made.body, {
    id: made.body.id,
    created: true,
    identities: ['email', 'phone', 'username'].map((type) => ({ type, result: { created: true } })),
  })
  const { body: user } = await as().get(`/api/v1/user?id=${made.body.id}&expand=identities,organizations`)
  const { body: list } = await as().get('/api/v1/users?expand=organizations')
  const code = list.users[0].organizations[0]
  assert.deepEqual(user, {
    id: made.body.id,
    preferred_email: 'Ada@Example.com',
    provided_id: 'crm-7',
    phone: '+61412345678',
    username: 'ada',
    last_name: 'Lovelace',
    first_name: 'Ada',
    is_suspended: false,
    picture: 'https://img.example/ada.png',
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in: null,
    created_on: '2026-01-15T12:00:00.000+00:00',
    organizations: [code],
    identities: [
      { type: 'email', identity: 'Ada@Example.com' },
      { type: 'phone', identity: '+61412345678' },
      { type: 'username', identity: 'ada' },
    ],
  })
  assert.deepEqual((await events()).at(-1)?.data, {
    user: {
      email: 'Ada@Example.com',
      first_name: 'Ada',
      id: made.body.id,
      is_password_reset_requested: false,
      is_suspended: false,
      last_name: 'Lovelace',
      organizations: [{ code, permissions: null, roles: null }],
      phone: '+61412345678',
      username: 'ada',
    },
  })
})

test('a user can be made of nothing, and then has no members that could be null', async (t) => {
  const server = await start(t)
  for (const body of [undefined, {}, { profile: {}, identities: [], organization_code: '' }]) {
    const id = await made(server, body)
    const { body: user } = await server.as().get(`/api/v1/user?id=${id}`)
    assert.deepEqual(user, {
      id,
      is_suspended: false,
      total_sign_ins: 0,
      failed_sign_ins: 0,
      last_signed_in: null,
      created_on: '2026-01-15T12:00:00.000+00:00',
    })
  }
})

test('a user joins the named organization alone, or else the default one', async (t) => {
  const server = await start(t)
  const acme = await madeOrganization(server, 'Acme')
  const { body } = await server.as().get('/api/v1/organizations')
  const standard = body.organizations.find((row: { is_default: boolean }) => row.is_default).code
  for (const [organizationCode, expected] of [
    [acme, acme],
    [undefined, standard],
  ]) {
    const id = await made(server, { organization_code: organizationCode })
    const user = await server.as().get(`/api/v1/user?id=${id}&expand=organizations`)
    assert.deepEqual(user.body.organizations, [expected])
  }
})

test('members that nobody knows, as the Terraform provider sends them, are ignored', async (t) => {
  const server = await start(t)
  const id = await made(server, {
    profile: { given_name: 'Ada', family_name: '', email: '' },
    org_code: '',
    identities: [
      {
        id: '',
        type: 'email',
        name: '',
        created_on: '0001-01-01T00:00:00Z',
        is_confirmed: null,
        total_logins: 0,
        last_login_on: null,
        details: { email: 'ada@example.com' },
      },
    ],
  })
  const other = await made(server, { profile: { given_name: 'Bob', email: 'bob@example.com' }, password: 'hunter2' })
  const { body } = await server.as().get('/api/v1/users?expand=identities')
  assert.deepEqual(
    body.users.map((user: Record<string, unknown>) => [user.id, user.email, user.last_name, user.identities]),
    [
      [id, 'ada@example.com', '', [{ type: 'email', identity: 'ada@example.com', connection_id: null }]],
      // An address in the profile is no identity.
      [other, undefined, undefined, []],
    ],
  )
})

test('of several identities of a type, the first is the primary one', async (t) => {
  const server = await start(t)
  const id = await made(server, { identities: [username('b'), email('b@x.example'), email('a@x.example')] })
  const { body } = await server.as().get(`/api/v1/users/${id}/identities`)
  assert.deepEqual(
    body.identities.map((one: Record<string, unknown>) => [one.type, one.name, one.is_primary]),
    [
      ['username', 'b', true],
      ['email', 'b@x.example', true],
      ['email', 'a@x.example', false],
    ],
  )
  assert.equal((await server.as().get(`/api/v1/user?id=${id}`)).body.preferred_email, 'b@x.example')
})

test('a user that cannot be made leaves nothing behind', async (t) => {
  const server = await start(t)
  await made(server, {
    identities: [email('taken@x.example'), username('taken'), { type: 'phone', details: { phone: '+61412345678' } }],
  })
  const before = await server.events()
  const long = 'x'.repeat(64)
  const place = 'identities.0.details'
  const rows = [
    [{ identities: [email('TAKEN@X.example')] }, 'USER_EXISTS', `${place}.email`],
    [{ identities: [username('new'), username('Taken')] }, 'USER_EXISTS', 'identities.1.details.username'],
    [
      { identities: [{ type: 'phone', details: { phone: '0412 345 678', phone_country_id: 'AU' } }] },
      'USER_EXISTS',
      `${place}.phone`,
    ],
    [{ identities: [email('a@x.example'), email('A@x.EXAMPLE')] }, 'USER_EXISTS', 'identities.1.details.email'],
    [
      { identities: [email('new@x.example')], organization_code: 'org_unknown' },
      'ORGANIZATION_NOT_FOUND',
      'organization_code',
    ],
    [{ identities: [email(`${long}@${`${long}.`.repeat(3)}example`)] }, 'EMAIL_TOO_LONG', `${place}.email`],
    ...[
      'x',
      '@x.example',
      'a@',
      'a@x',
      'a@x.',
      'a@.example',
      'a@x..example',
      'a b@x.example',
      'a@b@x.example',
      'a,b@x.example',
      '<a@x.example>',
    ].map((address) => [{ identities: [email(address)] }, 'INVALID_EMAIL', `${place}.email`] as const),
    ...['a b', ' ', 'a\tb', 'a\u200bb', 'a,b', 'x'.repeat(129)].map(
      (name) => [{ identities: [username(name)] }, 'INVALID_USERNAME', `${place}.username`] as const,
    ),
    ...[
      { phone: '0412345678' },
      { phone: '0412345678', phone_country_id: 'zz' },
      { phone: '+1' },
      { phone: 'call +61412345678' },
      { phone: '+61412345678x5' },
      { phone: 'x'.repeat(300), phone_country_id: 'gb' },
    ].map((details) => [{ identities: [{ type: 'phone', details }] }, 'INVALID_PHONE', `${place}.phone`] as const),
    [{ identities: [{ type: 'email' }] }, 'EMAIL_REQUIRED', `${place}.email`],
    [{ identities: [{ type: 'email', details: { username: 'x' } }] }, 'EMAIL_REQUIRED', `${place}.email`],
    [{ identities: [email('')] }, 'EMAIL_REQUIRED', `${place}.email`],
    [{ identities: [{ details: { email: 'a@x.example' } }] }, 'TYPE_REQUIRED', 'identities.0.type'],
    [{ identities: [{ type: 'social', details: {} }] }, 'INVALID_VALUE', 'identities.0.type'],
    [{ identities: Array.from({ length: 21 }, (_, n) => email(`a${n}@x.example`)) }, 'TOO_MANY_OBJECTS', 'identities'],
    [{ profile: { given_name: 'x'.repeat(257) } }, 'INVALID_VALUE', 'profile.given_name'],
    [{ profile: { family_name: 'x'.repeat(257) } }, 'INVALID_VALUE', 'profile.family_name'],
    [{ profile: { picture: 'x'.repeat(2049) } }, 'INVALID_VALUE', 'profile.picture'],
    [{ provided_id: 'x'.repeat(257) }, 'INVALID_VALUE', 'provided_id'],
    [{ identities: [{ ...email('a@x.example'), is_verified: 'yes' }] }, 'INVALID_VALUE', 'identities.0.is_verified'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await server.as().post('/api/v1/user', body)
    assert.equal(reply.status, 400, JSON.stringify(body))
    assert.deepEqual(codesOf(reply.body), [[code, field]], JSON.stringify(body))
  }
  assert.equal((await server.as().get('/api/v1/users')).body.users.length, 1)
  assert.deepEqual(await server.events(), before)
})

test('names keep every character, and a user may have 20 identities', async (t) => {
  const server = await start(t)
  const given = '👩‍🚀'.repeat(85)
  const family = 'שלום العربية e\u0301 ﬁ \u202e<b>"\\'
  const identities = Array.from({ length: 20 }, (_, n) => email(`ü${n}@exämple.example`))
  const id = await made(server, { profile: { given_name: given, family_name: family }, identities })
  const { body } = await server.as().get(`/api/v1/user?id=${id}&expand=identities`)
  assert.deepEqual([body.first_name, body.last_name, body.identities.length], [given, family, 20])
  assert.equal((await server.as().get('/api/v1/users')).body.users[0].last_name, family)
})

test('an update changes what is sent, and keeps the rest', async (t) => {
  const server = await start(t)
  const id = await made(server, {
    profile: { given_name: 'Ada', family_name: 'King', picture: 'https://img.example/a.png' },
    provided_id: 'crm-7',
    identities: [email('ada@x.example')],
  })
  const url = `/api/v1/user?id=${id}`
  const first = await server.as().patch(url, { family_name: 'Lovelace', is_suspended: true, unknown: 1 })
  assert.equal(first.status, 200)
  assert.deepEqual(first.body, {
    id,
    given_name: 'Ada',
    family_name: 'Lovelace',
    email: 'ada@x.example',
    is_suspended: true,
    is_password_reset_requested: false,
    picture: 'https://img.example/a.png',
  })
  const event = (await server.events()).at(-1)!
  assert.equal(event.type, 'user.updated')
  assert.equal((event.data.user as Record<string, unknown>).last_name, 'Lovelace')
  assert.equal((event.data.user as Record<string, unknown>).is_suspended, true)

  await server.as().patch(url, { given_name: '', family_name: null, picture: null, provided_id: '' })
  await server.as().patch(url, { is_password_reset_requested: true })
  const { body } = await server.as().get(url)
  assert.deepEqual(body, {
    id,
    preferred_email: 'ada@x.example',
    provided_id: '',
    first_name: '',
    is_suspended: true,
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in: null,
    created_on: '2026-01-15T12:00:00.000+00:00',
  })
})

test('an update that changes nothing records nothing', async (t) => {
  const server = await start(t)
  const id = await made(server, { profile: { given_name: 'Ada' } })
  const before = await server.events()
  for (const body of [{}, { given_name: 'Ada' }, { family_name: null, is_suspended: false }]) {
    assert.equal((await server.as().patch(`/api/v1/user?id=${id}`, body)).status, 200)
  }
  assert.deepEqual(await server.events(), before)
})

test('suspending a user ends its sessions', async (t) => {
  const server = await start(t)
  const id = await made(server)
  await server.write(async (db) => {
    const session = { application_id: server.firstClient.clientId, started_at_ms: 0, updated_at_ms: 0 }
    await db
      .insertInto('sessions')
      .values({ id: 'session_1', user_id: id, ...session, expires_at_ms: 9e12 })
      .execute()
  })
  const sessions = async () => (await server.as().get(`/api/v1/users/${id}/sessions`)).body.sessions.length
  await server.as().patch(`/api/v1/user?id=${id}`, { given_name: 'Ada' })
  assert.equal(await sessions(), 1)
  await server.as().patch(`/api/v1/user?id=${id}`, { is_suspended: true })
  assert.equal(await sessions(), 0)
})

test('whoever is not there is not found', async (t) => {
  const { as, events } = await start(t)
  for (const id of ['kp_unknown', '%20', "'"]) {
    for (const reply of [
      await as().get(`/api/v1/user?id=${id}`),
      await as().patch(`/api/v1/user?id=${id}`, { given_name: 'x' }),
      await as().delete(`/api/v1/user?id=${id}`),
    ]) {
      assert.equal(reply.status, 404)
      assert.equal(reply.body.errors[0].code, 'USER_NOT_FOUND')
    }
  }
  assert.deepEqual(await events(), [])
})

for (const [parameter, subscribersLeft] of [
  ['', 2],
  ['&is_delete_profile=false', 2],
  ['&is_delete_profile=true', 1],
] as const) {
  test(`a user deleted with "${parameter}" is gone everywhere; subscribers left: ${subscribersLeft}`, async (t) => {
    const server = await start(t)
    const { as } = server
    const id = await made(server, { identities: [email('Ada@x.example'), username('ada')] })
    const { body: listed } = await as().get(`/api/v1/users/${id}/identities`)
    for (const address of ['ada@X.example', 'bob@x.example']) {
      const query = new URLSearchParams({ first_name: 'A', last_name: 'L', email: address })
      assert.equal((await as().post(`/api/v1/subscribers?${query}`)).status, 201)
    }
    await server.write(async (db) => {
      const property = { id: 'prop_1', key: 'k', name: 'k', context: 'usr', type: 'single_line_text' }
      await db
        .insertInto('properties')
        .values({ ...property, is_private: false, is_kinde_property: false, created_at_ms: 0 })
        .execute()
      await db.insertInto('property_values').values({ property_id: 'prop_1', owner_id: id, value: 'v' }).execute()
      const flag = { id: 'flag_1', key: 'k', name: 'k', description: '', type: 'str', default_value: '' }
      await db
        .insertInto('feature_flags')
        .values({ ...flag, created_at_ms: 0 })
        .execute()
      const override = { flag_id: 'flag_1', level: 'usr', owner_id: id, value: 'v' }
      await db.insertInto('feature_flag_overrides').values(override).execute()
    })

    const reply = await as().delete(`/api/v1/user?id=${id}${parameter}`)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])

    assert.equal((await as().get(`/api/v1/user?id=${id}`)).status, 404)
    assert.equal((await as().get(`/api/v1/users/${id}/identities`)).status, 404)
    assert.equal((await as().get(`/api/v1/identities/${listed.identities[0].id}`)).status, 404)
    assert.deepEqual((await as().get('/api/v1/users')).body.users, [])
    assert.deepEqual((await as().get('/api/v1/users?email=ada@x.example')).body.users, [])
    for (const query of ['ada', '*', 'ad']) {
      assert.deepEqual((await as().get(`/api/v1/search/users?query=${query}`)).body.results, [])
    }
    for (const table of ['identities', 'organization_users', 'property_values', 'feature_flag_overrides'] as const) {
      assert.deepEqual(await server.db.selectFrom(table).selectAll().execute(), [], table)
    }
    assert.equal((await as().get('/api/v1/subscribers')).body.subscribers.length, subscribersLeft)
    assert.deepEqual((await server.events()).at(-1), {
      type: 'user.deleted',
      data: {
        user: { id },
        reach: {
          identities: 2,
          organizations: 1,
          properties: 1,
          feature_flags: 1,
          sessions: 0,
          mfa_factors: 0,
          api_keys: 0,
          connected_apps: 0,
          billing_customers: 0,
          subscribers: 2 - subscribersLeft,
        },
      },
      application_id: server.firstClient.clientId,
      request_id: (await server.events()).at(-1)!.request_id,
    })
    // The addresses are free again.
    await made(server, { identities: [email('ada@x.example'), username('Ada')] })
  })
}
