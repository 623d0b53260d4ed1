import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seqOfUser } from '../../store/users.ts'
import { addApplication, start, startOfTest, type TestClient, type TestServer } from '../../testing.ts'
import { walk } from '../../testing-walk.ts'

const url = '/api/v1/roles'

interface Item {
  id: string
  key: string
  name: string
}

async function create(api: TestClient, key: string, more: object = {}): Promise<string> {
  const { status, body } = await api.post(url, { name: key, key, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body.role.id
}

async function createUser(api: TestClient, organization?: string): Promise<string> {
  return (await api.post('/api/v1/user', { profile: {}, organization_code: organization })).body.id
}

async function addOrganization({ write }: TestServer, code: string): Promise<string> {
  const organization = { name: code, name_sort: code, handle: null, external_id: null, created_at_ms: startOfTest }
  const flags = { is_default: false, is_auto_membership_enabled: false }
  await write((db) =>
    db
      .insertInto('organizations')
      .values({ code, ...organization, ...flags })
      .execute(),
  )
  return code
}

async function give({ write }: TestServer, roleId: string, userId: string, organization: string): Promise<void> {
  const values = { organization_code: organization, user_id: userId, role_id: roleId }
  await write((db) => db.insertInto('organization_user_roles').values(values).execute())
}

async function defaultOrganization({ db }: TestServer): Promise<string> {
  const organizations = db.selectFrom('organizations').select('code').where('is_default', '=', true)
  return (await organizations.executeTakeFirstOrThrow()).code
}

function outcome({ status, body }: { status: number; body: { code?: string; errors?: { code: string }[] } }) {
  return [status, body.code ?? body.errors?.[0]?.code]
}

test('a new role answers with its id, is shown as it was sent, and leaves an event', async (t) => {
  const { as, events } = await start(t)
  const made = await as('create:roles').post(url, { name: 'Keeper', key: 'keeper', description: 'Feeds the animals' })
  assert.equal(made.status, 201)
  const { id } = made.body.role
  assert.deepEqual(made.body, { code: 'OK', message: 'Success', role: { id } })
  const milliseconds = startOfTest.toString(16).padStart(12, '0')
  assert.ok(id.startsWith(`${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-`), id)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  const role = { id, key: 'keeper', name: 'Keeper', description: 'Feeds the animals', is_default_role: false }
  assert.deepEqual((await as('read:roles').get(url)).body, { code: 'OK', message: 'Success', roles: [role] })
  const one = await as('read:roles').get(`${url}/${id}`)
  assert.deepEqual(one.body, { code: 'OK', message: 'Success', role })
  const [event] = await events()
  assert.deepEqual([event?.type, event?.data], ['role.created', { role }])
})

test('a role without a description has null in the list and an empty one by itself', async (t) => {
  const { as } = await start(t)
  const id = await create(as(), 'plain')
  assert.equal((await as().get(url)).body.roles[0].description, null)
  assert.equal((await as().get(`${url}/${id}`)).body.role.description, '')
})

test('name and key of a role are needed, when it is made and when it is changed', async (t) => {
  const { as, events } = await start(t)
  const id = await create(as(), 'keeper')
  const rows = [
    [{ key: 'k' }, 'NAME_REQUIRED', 'name'],
    [{ name: 'N' }, 'KEY_REQUIRED', 'key'],
    [undefined, 'NAME_REQUIRED', 'name'],
    [{ name: '', key: 'k' }, 'INVALID_VALUE', 'name'],
    [{ name: ' \u00a0\t', key: 'k' }, 'INVALID_VALUE', 'name'],
    [{ name: 'x'.repeat(256), key: 'k' }, 'INVALID_VALUE', 'name'],
    [{ name: 'N', key: '' }, 'INVALID_VALUE', 'key'],
    [{ name: 'N', key: 'a b' }, 'INVALID_KEY', 'key'],
    [{ name: 'N', key: 'x'.repeat(256) }, 'INVALID_VALUE', 'key'],
    [{ name: 'N', key: 'k', description: 'x'.repeat(1025) }, 'INVALID_VALUE', 'description'],
    [{ name: 'N', key: 'k', assignment_permission_id: 'none' }, 'INVALID_PERMISSION_ID', 'assignment_permission_id'],
    [{ name: 'N', key: 'k', assignment_permission_id: '' }, 'INVALID_PERMISSION_ID', 'assignment_permission_id'],
  ] as const
  for (const [body, code, field] of rows) {
    for (const reply of [await as().post(url, body), await as().patch(`${url}/${id}`, body)]) {
      assert.equal(reply.status, 400)
      assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field])
    }
  }
  assert.equal((await events()).length, 1)
})

test('two roles cannot have one key', async (t) => {
  const { as, events } = await start(t)
  await create(as(), 'keeper')
  const error = { code: 'ROLE_KEY_EXISTS', message: 'Another role has the key "keeper".', field: 'key' }
  const second = await as().post(url, { name: 'Second', key: 'keeper' })
  assert.deepEqual([second.status, second.body.errors], [400, [error]])
  const other = await create(as(), 'Keeper')
  const renamed = await as().patch(`${url}/${other}`, { name: 'Lost', key: 'keeper' })
  assert.deepEqual([renamed.status, renamed.body.errors], [400, [error]])
  assert.equal((await as().get(`${url}/${other}`)).body.role.name, 'Keeper')
  assert.equal((await events()).length, 2)
})

test('an update of a role answers 201, changes what is sent, and what changes nothing leaves no event', async (t) => {
  const { as, events } = await start(t)
  const id = await create(as(), 'keeper', { description: 'Feeds' })
  const one = `${url}/${id}`
  const same = { name: 'keeper', key: 'keeper' }
  const reply = await as('update:roles').patch(one, { ...same, is_default_role: true })
  assert.deepEqual([reply.status, reply.body], [201, { code: 'OK', message: 'Success' }])
  for (const body of [same, { ...same, is_default_role: true, description: 'Feeds' }]) {
    assert.deepEqual(outcome(await as().patch(one, body)), [201, 'OK'])
  }
  await as().patch(one, { name: 'Guard', key: 'guard', description: null })
  const shown = { id, key: 'keeper', name: 'keeper', description: 'Feeds', is_default_role: true }
  assert.deepEqual(
    (await events()).slice(1).map(({ type, data }) => [type, data.role]),
    [
      ['role.updated', shown],
      ['role.updated', { id, key: 'guard', name: 'Guard', description: null, is_default_role: true }],
    ],
  )
})

test('a renamed role is sorted by its new name', async (t) => {
  const { as } = await start(t)
  await create(as(), 'b')
  await as().patch(`${url}/${await create(as(), 'a')}`, { name: 'C', key: 'a' })
  const { body } = await as().get(`${url}?sort=name_asc`)
  assert.deepEqual(
    body.roles.map(({ name }: Item) => name),
    ['b', 'C'],
  )
})

test('null leaves the permission that assigning a role needs, and NO_PERMISSION_REQUIRED takes it away', async (t) => {
  const { as, db, events } = await start(t)
  const [first, second] = await Promise.all(
    ['one', 'two'].map(async (key) => {
      return (await as().post('/api/v1/permissions', { name: key, key })).body.permission.id
    }),
  )
  const id = await create(as(), 'keeper', { assignment_permission_id: first })
  const same = { name: 'keeper', key: 'keeper' }
  const rows = [
    [undefined, first],
    [null, first],
    [second, second],
    ['NO_PERMISSION_REQUIRED', null],
    [null, null],
    [first, first],
  ] as const
  for (const [asked, kept] of rows) {
    const before = (await events()).length
    const stored = db.selectFrom('roles').select('assignment_permission_id').where('id', '=', id)
    const { assignment_permission_id: was } = await stored.executeTakeFirstOrThrow()
    const reply = await as().patch(`${url}/${id}`, { ...same, assignment_permission_id: asked })
    assert.deepEqual(outcome(reply), [201, 'OK'])
    const { assignment_permission_id: now } = await stored.executeTakeFirstOrThrow()
    assert.equal(now, kept)
    assert.equal((await events()).length, was === now ? before : before + 1)
  }
  const { body } = await as().get(`${url}/${id}`)
  assert.equal('assignment_permission_id' in body.role, false)
  const free = await create(as(), 'free', { assignment_permission_id: 'NO_PERMISSION_REQUIRED' })
  const row = db.selectFrom('roles').select('assignment_permission_id').where('id', '=', free)
  assert.equal((await row.executeTakeFirstOrThrow()).assignment_permission_id, null)
})

test('a default role goes to every user who joins an organization from then on, and other roles do not', async (t) => {
  const server = await start(t)
  const api = server.as()
  const other = await addOrganization(server, 'org_other')
  // Whoever is there already gets none.
  await createUser(api)
  const member = await create(api, 'member', { is_default_role: true })
  const reader = await create(api, 'reader', { is_default_role: true })
  await create(api, 'keeper')
  const here = await createUser(api)
  const there = await createUser(api, other)
  const organization = await defaultOrganization(server)
  const holdersOf = async (role: string) => (await api.get(`${url}/${role}/users`)).body.users
  const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1)
  const expected = [
    { id: here, org_codes: [organization] },
    { id: there, org_codes: [other] },
  ].sort(byId)
  assert.deepEqual(await holdersOf(member), expected)
  assert.deepEqual(await holdersOf(reader), expected)

  await api.patch(`${url}/${member}`, { name: 'member', key: 'member', is_default_role: false })
  const late = await createUser(api)
  assert.deepEqual(await holdersOf(member), expected)
  assert.deepEqual(await holdersOf(reader), [...expected, { id: late, org_codes: [organization] }].sort(byId))
})

test('a deleted role is gone from everyone and everything, and the event tells how far that reached', async (t) => {
  const server = await start(t)
  const { db, events } = server
  const api = server.as()
  const role = await create(api, 'keeper')
  const kept = await create(api, 'kept')
  const { permission } = (await api.post('/api/v1/permissions', { name: 'Feed', key: 'feed' })).body
  const { apis } = (await api.get('/api/v1/apis?expand=scopes')).body
  const [scope, otherScope] = apis[0].scopes
  const { system_permissions: rights } = (await api.get('/api/v1/system_permissions')).body
  const organization = await defaultOrganization(server)
  const other = await addOrganization(server, 'org_other')
  const user = await createUser(api)
  await server.write(async (tables) => {
    const user_seq = seqOfUser(tables, user)
    const membership = { organization_code: other, user_id: user, joined_at_ms: startOfTest, user_seq }
    await tables.insertInto('organization_users').values(membership).execute()
    for (const id of [role, kept]) {
      const values = { application_id: server.firstClient.clientId, role_id: id }
      await tables.insertInto('application_access_roles').values(values).execute()
    }
  })
  for (const id of [role, kept]) {
    await give(server, id, user, organization)
    await give(server, id, user, other)
    await api.patch(`${url}/${id}/permissions`, { permissions: [{ id: permission.id }] })
    await api.patch(`${url}/${id}/system_permissions`, { system_permissions: [{ id: rights[0].id }] })
    for (const one of [scope, otherScope]) await api.post(`${url}/${id}/scopes`, { scope_id: one.id })
  }

  const reply = await server.as('delete:roles').delete(`${url}/${role}`)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  const event = (await events()).at(-1)
  assert.deepEqual(
    [event?.type, event?.data],
    [
      'role.deleted',
      {
        role: { id: role },
        reach: { users: 1, permissions: 1, scopes: 2, system_permissions: 1, applications: 1, invites: 0 },
      },
    ],
  )
  const tables = [
    'role_permissions',
    'role_scopes',
    'role_system_permissions',
    'organization_user_roles',
    'application_access_roles',
  ] as const
  for (const table of tables) {
    const rows = await db.selectFrom(table).select('role_id').distinct().execute()
    assert.deepEqual(
      rows.map((row) => row.role_id),
      [kept],
      table,
    )
  }
  assert.deepEqual(
    (await api.get(url)).body.roles.map(({ id }: Item) => id),
    [kept],
  )
  const gone = `${url}/${role}`
  const replies = [
    api.get(gone),
    api.delete(gone),
    api.patch(gone, { name: 'a', key: 'a' }),
    ...['permissions', 'scopes', 'system_permissions', 'users'].map((part) => api.get(`${gone}/${part}`)),
  ]
  for (const one of replies) assert.deepEqual(outcome(await one), [404, 'ROLE_NOT_FOUND'])
})

test('every sort of roles walks to its end while others come and go, each once and in order', async (t) => {
  const { as } = await start(t)
  const api = as()
  const names = ['beta', 'Same', 'same', 'alpha', 'SAME', 'Zeta', 'same', 'gamma', 'same', 'älg', 'Delta']
  const stable: Item[] = []
  for (const [index, name] of names.entries()) {
    const key = `${['m', 'b', 'M', 'k'][index % 4]}-stable-${index}`
    stable.push({ id: await create(api, key, { name }), key, name })
  }
  const byName = stable.toSorted((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()))
  const byKey = stable.toSorted((a, b) => compare(a.key, b.key))
  const orders = [
    ['', stable],
    ['name_asc', byName],
    ['name_desc', byName.toReversed()],
    ['key_asc', byKey],
    ['key_desc', byKey.toReversed()],
  ] as const

  let count = 0
  for (const [sort, order] of orders) {
    for (const pageSize of [1, 2, 3, 10]) {
      const passing = new Set<string>()
      const goneUnseen = new Set<string>()
      const list = { list: `${url}?sort=${sort}`, member: 'roles', pageSize }
      const seen = await walk<Item>(api, list, async (rows, page) => {
        if (page > 6) return
        // They come at both ends and in the middle, and go read or unread.
        for (const [key, name] of [
          ['a', 'aaa'],
          ['m', 'same'],
          ['z', 'zzz'],
        ]) {
          count += 1
          passing.add(await create(api, `${key}-passing-${count}`, { name }))
        }
        const gone = [...passing][count % passing.size]!
        await api.delete(`${url}/${gone}`)
        passing.delete(gone)
        if (!rows.some(({ id }) => id === gone)) goneUnseen.add(gone)
      })
      const ids = seen.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length, `${sort} by ${pageSize}: one came twice`)
      assert.deepEqual(
        seen.filter(({ key }) => key.includes('stable')).map(({ key }) => key),
        order.map(({ key }) => key),
        `${sort} by ${pageSize}`,
      )
      assert.equal(
        ids.some((id) => goneUnseen.has(id)),
        false,
        `${sort} by ${pageSize}: one came after it had gone`,
      )
      for (const id of passing) await api.delete(`${url}/${id}`)
    }
  }
})

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

test('the users of a role come once each, with every organization where they have it', async (t) => {
  const server = await start(t)
  const api = server.as()
  const organization = await defaultOrganization(server)
  const other = await addOrganization(server, 'org_other')
  const role = await create(api, 'keeper')
  const decoy = await create(api, 'decoy')
  const expected: { id: string; org_codes: string[] }[] = []
  for (let index = 0; index < 9; index += 1) {
    const id = await createUser(api, index % 3 === 1 ? other : organization)
    const both = index % 3 === 2
    if (both) {
      const user_seq = seqOfUser(server.db, id)
      const membership = { organization_code: other, user_id: id, joined_at_ms: startOfTest, user_seq }
      await server.write((db) => db.insertInto('organization_users').values(membership).execute())
    }
    const codes = both ? [organization, other].sort() : [index % 3 === 1 ? other : organization]
    await give(server, decoy, id, codes[0]!)
    if (index === 4) continue
    for (const code of codes) await give(server, role, id, code)
    expected.push({ id, org_codes: codes })
  }
  expected.sort((left, right) => (left.id < right.id ? -1 : 1))
  const list = `${url}/${role}/users`
  for (const pageSize of [1, 2, 3, 8, 500]) {
    assert.deepEqual(await walk(api, { list, member: 'users', pageSize }), expected)
  }
  const reply = await server.as('read:organization_user_roles').get(list)
  assert.deepEqual(reply.body, { code: 'OK', message: 'Success', users: expected, next_token: null })

  // Whoever has the role throughout is met once, whoever else gets or loses it meanwhile.
  const seen = await walk<{ id: string }>(api, { list, member: 'users', pageSize: 3 }, async (_rows, page) => {
    if (page > 1) return
    await give(server, role, await createUser(api), organization)
    await api.delete(`/api/v1/user?id=${expected[5]!.id}`)
  })
  const ids = seen.map(({ id }) => id)
  const throughout = expected.filter((_, index) => index !== 5).map(({ id }) => id)
  assert.deepEqual(
    ids.filter((id) => throughout.includes(id)),
    throughout,
  )
  assert.equal(ids.includes(expected[5]!.id), false)
})

async function clientOf(server: TestServer, organization: string, ...scopes: string[]): Promise<TestClient> {
  const { clientId, clientSecret } = await addApplication(server, { scopes, orgCode: organization })
  const { body } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: `${server.baseUrl}/api`,
      scope: scopes.join(' '),
    }).toString(),
  })
  return server.withToken(body.access_token)
}

test('an application of one organization reads roles, and of their users only its own', async (t) => {
  const server = await start(t)
  const api = server.as()
  const other = await addOrganization(server, 'org_other')
  const role = await create(api, 'keeper', { is_default_role: true })
  await createUser(api)
  const theirs = await createUser(api, other)
  const both = await createUser(api)
  const user_seq = seqOfUser(server.db, both)
  const membership = { organization_code: other, user_id: both, joined_at_ms: startOfTest, user_seq }
  await server.write((db) => db.insertInto('organization_users').values(membership).execute())
  await give(server, role, both, other)
  const scopes = [
    'read:roles',
    'read:permissions',
    'read:system_permissions',
    'read:role_permissions',
    'read:role_scopes',
    'read:role_system_permissions',
    'read:organization_user_roles',
    'create:roles',
    'update:roles',
    'delete:roles',
    'update:role_permissions',
  ]
  const held = await clientOf(server, other, ...scopes)
  assert.deepEqual(
    (await held.get(`${url}/${role}/users`)).body.users,
    [theirs, both].sort().map((id) => ({ id, org_codes: [other] })),
  )
  const readable = [url, `${url}/${role}`, '/api/v1/permissions', '/api/v1/system_permissions'].concat(
    ['permissions', 'scopes', 'system_permissions'].map((part) => `${url}/${role}/${part}`),
  )
  for (const address of readable) assert.deepEqual(outcome(await held.get(address)), [200, 'OK'], address)
  const refused = [
    held.post(url, { name: 'a', key: 'a' }),
    held.patch(`${url}/${role}`, { name: 'a', key: 'a' }),
    held.delete(`${url}/${role}`),
    held.patch(`${url}/${role}/permissions`, { permissions: [] }),
  ]
  for (const reply of refused) assert.deepEqual(outcome(await reply), [403, 'ORGANIZATION_ACCESS_DENIED'])
})

test('a role that is given while it is deleted neither fails nor stays behind', async (t) => {
  const { as, db } = await start(t)
  const api = as()
  for (let round = 0; round < 5; round += 1) {
    const role = await create(api, `default-${round}`, { is_default_role: true })
    const replies = await Promise.all([
      api.post('/api/v1/user', { profile: {} }),
      api.delete(`${url}/${role}`),
      api.post('/api/v1/user', { profile: {} }),
    ])
    for (const { status, body } of replies) assert.equal(status, 200, JSON.stringify(body))
  }
  assert.equal((await db.selectFrom('organization_user_roles').selectAll().execute()).length, 0)
})
