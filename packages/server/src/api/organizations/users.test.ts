import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest } from '../../testing.ts'
import { type Club, clientOf, openClub, outcome } from '../../testing-members.ts'

const usersOf = (code: string) => `/api/v1/organizations/${code}/users`

interface Item {
  id: string
  full_name: string
  email: string | null
}

async function idsIn(club: Club, code: string): Promise<string[]> {
  const { body } = await club.api.get(`${usersOf(code)}?page_size=500`)
  return body.organization_users.map(({ id }: Item) => id)
}

test('users join with roles and permissions by key, and the list shows them so', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const feed = await club.permission('feed')
  const clean = await club.permission('clean')
  const keeper = await club.role('keeper', { permissions: [clean] })
  const guide = await club.role('guide')
  const olga = await club.user(null, { first: 'Olga', last: 'Owl', email: 'Olga@zoo.example' })
  const bare = await club.user(null)
  await club.updates()
  server.clock.advance(5000)

  const users = [{ id: olga, roles: ['guide', 'keeper'], permissions: ['feed'] }, { id: bare }]
  const reply = await server.as('create:organization_users').post(usersOf(code), { users })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success', users_added: [olga, bare] }])
  const { body } = await server.as('read:organization_users').get(usersOf(code))
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    organization_users: [
      {
        id: olga,
        email: 'Olga@zoo.example',
        full_name: 'Olga Owl',
        last_name: 'Owl',
        first_name: 'Olga',
        picture: null,
        joined_on: '2026-01-15T12:00:05.000+00:00',
        last_accessed_on: null,
        is_suspended: false,
        roles: ['keeper', 'guide'],
      },
      {
        id: bare,
        email: null,
        full_name: '',
        last_name: null,
        first_name: null,
        picture: null,
        joined_on: '2026-01-15T12:00:05.000+00:00',
        last_accessed_on: null,
        is_suspended: false,
        roles: [],
      },
    ],
  })
  // In the form of Kinde's webhooks; the permissions include what comes through the roles.
  const roles = [
    { id: keeper, key: 'keeper' },
    { id: guide, key: 'guide' },
  ]
  const permissions = [
    { id: feed, key: 'feed' },
    { id: clean, key: 'clean' },
  ]
  assert.deepEqual(
    (await club.updates()).map(({ id, organizations }) => [id, organizations]),
    [
      [olga, [{ code, permissions, roles }]],
      [bare, [{ code, permissions: null, roles: null }]],
    ],
  )
})

test('the list shows who is suspended, and when a member was last here', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const id = await club.user(code)
  await club.api.patch(`/api/v1/user?id=${id}`, { is_suspended: true, picture: 'https://zoo.example/owl.png' })
  await server.write((db) =>
    db
      .updateTable('organization_users')
      .set({ last_signed_in_at_ms: startOfTest + 1000 })
      .execute(),
  )
  const [member] = (await club.api.get(usersOf(code))).body.organization_users
  assert.deepEqual(
    [member.is_suspended, member.last_accessed_on, member.picture],
    [true, '2026-01-15T12:00:01.000+00:00', 'https://zoo.example/owl.png'],
  )
})

test('who joins without roles gets those that everyone gets; who is given roles gets just these', async (t) => {
  const club = await openClub(await start(t))
  const code = await club.organization('Zoo')
  await club.role('visitor', { isDefault: true })
  await club.role('keeper')
  const [plain, keeper, none] = [await club.user(null), await club.user(null), await club.user(null)]
  await club.join(code, { id: plain }, { id: keeper, roles: ['keeper'] }, { id: none, roles: [] })
  assert.deepEqual(await club.keys('roles', code, plain), ['visitor'])
  assert.deepEqual(await club.keys('roles', code, keeper), ['keeper'])
  assert.deepEqual(await club.keys('roles', code, none), [])
  const later = await club.user(null)
  await club.api.patch(usersOf(code), { users: [{ id: later }] })
  assert.deepEqual(await club.keys('roles', code, later), ['visitor'])
})

test('a new user whose organization gives roles tells of them in its first event', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const enter = await club.permission('enter')
  const visitor = await club.role('visitor', { isDefault: true, permissions: [enter] })
  await club.user(code)
  const { type, data } = (await server.events()).at(-1)!
  assert.equal(type, 'user.created')
  assert.deepEqual((data.user as { organizations: unknown }).organizations, [
    { code, permissions: [{ id: enter, key: 'enter' }], roles: [{ id: visitor, key: 'visitor' }] },
  ])
})

test('a user, role or permission that does not exist is named, and then nobody joins or changes', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  await club.role('keeper')
  await club.permission('feed')
  const member = await club.user(code)
  const other = await club.user(null)
  await club.updates()
  const good = { id: other, roles: ['keeper'], permissions: ['feed'] }
  const wrong = [
    [{ id: 'kp_none' }, 'USER_NOT_FOUND', 'users.1.id'],
    [{ id: member, roles: ['keeper', 'Keeper'] }, 'ROLE_NOT_FOUND', 'users.1.roles.1'],
    [{ id: member, permissions: ['fee'] }, 'PERMISSION_NOT_FOUND', 'users.1.permissions.0'],
    [{ roles: [] }, 'ID_REQUIRED', 'users.1.id'],
  ] as const
  for (const [entry, error, field] of wrong) {
    for (const method of ['post', 'patch'] as const) {
      assert.deepEqual(outcome(await club.api[method](usersOf(code), { users: [good, entry] })), [400, error, field])
    }
  }
  const reply = await club.api.patch(usersOf(code), { users: [good, { id: member, operation: 'remove' }] })
  assert.deepEqual(outcome(reply), [400, 'INVALID_VALUE', 'users.1.operation'])
  const many = Array.from({ length: 101 }, () => good)
  for (const method of ['post', 'patch'] as const) {
    const call = club.api[method]
    assert.deepEqual(outcome(await call(usersOf(code), { users: many })), [400, 'TOO_MANY_OBJECTS', 'users'])
    assert.deepEqual(outcome(await call(usersOf(code), {})), [400, 'USERS_REQUIRED', 'users'])
    assert.deepEqual(outcome(await call(usersOf('org_none'), { users: [good] })), [404, 'ORGANIZATION_NOT_FOUND'])
  }
  assert.deepEqual(await idsIn(club, code), [member])
  assert.deepEqual(await club.updates(), [])
  // As many as are allowed, one user many times: the last entry counts.
  const last = [...many.slice(2), { id: other, roles: [] }]
  assert.deepEqual((await club.api.post(usersOf(code), { users: last })).body.users_added, [other])
  assert.deepEqual(await club.keys('roles', code, other), [])
})

test('adding leaves members as they are', async (t) => {
  const club = await openClub(await start(t))
  const code = await club.organization('Zoo')
  await club.role('keeper')
  const member = await club.user(code)
  await club.updates()
  const reply = await club.api.post(usersOf(code), { users: [{ id: member, roles: ['keeper'] }] })
  assert.deepEqual([reply.status, reply.body.users_added], [200, []])
  assert.deepEqual(await club.keys('roles', code, member), [])
  assert.deepEqual(await club.updates(), [])
})

test('one request adds members, replaces what others have and takes some out, and names what changed', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  for (const key of ['a', 'b', 'c']) {
    await club.role(key)
    await club.permission(key)
  }
  const [fresh, roles, both, nothing, gone, never] = [
    await club.user(null),
    await club.user(null),
    await club.user(null),
    await club.user(null),
    await club.user(code),
    await club.user(null),
  ]
  const had = { roles: ['a', 'b'], permissions: ['a', 'b'] }
  await club.join(code, { id: roles, ...had }, { id: both, ...had }, { id: nothing, ...had })
  await club.updates()

  const users = [
    { id: fresh, roles: ['c'], permissions: ['a'] },
    { id: roles, roles: ['b', 'c'] },
    { id: both, operation: '', roles: [], permissions: ['c'] },
    { id: nothing, roles: ['b', 'a'], permissions: ['a', 'b'] },
    { id: gone, operation: 'delete' },
    { id: never, operation: 'delete' },
  ]
  const { status, body } = await server.as('update:organization_users').patch(usersOf(code), { users })
  assert.deepEqual(
    [status, body.users_added, body.users_updated, body.users_removed],
    [200, [fresh], [roles, both], [gone]],
  )
  const held = async (id: string) => [await club.keys('roles', code, id), await club.keys('permissions', code, id)]
  assert.deepEqual(await held(fresh), [['c'], ['a']])
  assert.deepEqual(await held(roles), [
    ['b', 'c'],
    ['a', 'b'],
  ])
  assert.deepEqual(await held(both), [[], ['c']])
  assert.deepEqual(await held(nothing), [
    ['a', 'b'],
    ['a', 'b'],
  ])
  const updates = await club.updates()
  assert.deepEqual(
    updates.map(({ id }) => id),
    [fresh, roles, both, gone],
  )
  assert.deepEqual(updates.at(-1)?.organizations, [])

  const again = await club.api.patch(usersOf(code), { users: users.slice(0, 5) })
  assert.deepEqual(
    [again.body.users_added, again.body.users_updated, again.body.users_removed, await club.updates()],
    [[], [], [], []],
  )
})

test('a change of memberships, roles or permissions makes remembered claims old', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const role = await club.role('keeper')
  const id = await club.user(null)
  const refreshedAt = async () =>
    (await server.db.selectFrom('users').select('claims_refreshed_at_ms').executeTakeFirstOrThrow())
      .claims_refreshed_at_ms
  const changes = [
    () => club.api.post(usersOf(code), { users: [{ id }] }),
    () => club.api.post(`${usersOf(code)}/${id}/roles`, { role_id: role }),
    () => club.api.delete(`${usersOf(code)}/${id}/roles/${role}`),
    () => club.api.delete(`${usersOf(code)}/${id}`),
  ]
  for (const change of changes) {
    server.clock.advance(1000)
    assert.deepEqual(outcome(await change()), [200, 'OK'])
    assert.equal(await refreshedAt(), server.environment.now())
  }
})

test('who is taken out loses what it had there, and nothing elsewhere', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [here, there] = [await club.organization('Here'), await club.organization('There')]
  await club.role('keeper')
  await club.permission('feed')
  const id = await club.user(null)
  const grants = { id, roles: ['keeper'], permissions: ['feed'] }
  await club.join(here, grants)
  await club.join(there, grants)
  const { api } = (await club.api.post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).body
  const { scope } = (await club.api.post(`/api/v1/apis/${api.id}/scopes`, { key: 'read:owls' })).body
  for (const code of [here, there]) {
    await club.api.post(`${usersOf(code)}/${id}/apis/${api.id}/scopes/${scope.id}`)
    await server.write(async (db) => {
      const session = { id: `session_0x${code}`, user_id: id, organization_code: code, started_at_ms: startOfTest }
      const application = { application_id: server.firstClient.clientId, updated_at_ms: startOfTest }
      await db
        .insertInto('sessions')
        .values({ ...session, ...application, expires_at_ms: startOfTest + 1000 })
        .execute()
      const factor = { user_id: id, organization_code: code, type: 'email', name: 'owl', is_verified: true }
      await db
        .insertInto('mfa_factors')
        .values({ ...factor, id: `mfa_${code}`, usage_count: 0, created_at_ms: startOfTest })
        .execute()
      await db.updateTable('organization_users').set({ last_signed_in_at_ms: startOfTest }).execute()
      await db.updateTable('users').set({ last_signed_in_at_ms: startOfTest }).execute()
    })
  }
  await club.updates()

  const reply = await server.as('delete:organization_users').delete(`${usersOf(here)}/${id}`)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  const tables = [
    'organization_users',
    'organization_user_roles',
    'organization_user_permissions',
    'user_api_scopes',
    'sessions',
    'mfa_factors',
  ] as const
  for (const table of tables) {
    const rows = await server.db.selectFrom(table).select(['user_id', 'organization_code']).execute()
    assert.deepEqual(
      rows.map((row) => [row.user_id, row.organization_code]),
      [[id, there]],
      table,
    )
  }
  assert.deepEqual(await idsIn(club, here), [])
  const { users } = (await club.api.get('/api/v1/users?expand=organizations')).body
  assert.deepEqual(
    [users[0].organizations, users[0].last_organization_sign_ins],
    [[there], [{ org_code: there, last_signed_in: '2026-01-15T12:00:00.000+00:00' }]],
  )
  assert.deepEqual(
    (await club.updates()).map((user) => user.organizations.map(({ code }) => code)),
    [[there]],
  )

  assert.deepEqual(outcome(await club.api.delete(`${usersOf(here)}/${id}`)), [400, 'USER_NOT_IN_ORGANIZATION'])
  assert.deepEqual(outcome(await club.api.delete(`${usersOf('org_none')}/${id}`)), [404, 'ORGANIZATION_NOT_FOUND'])
  assert.deepEqual(outcome(await club.api.delete(`${usersOf(here)}/kp_none`)), [404, 'USER_NOT_FOUND'])
  assert.deepEqual(await club.updates(), [])
})

test('many changes of the same members at the same moment all succeed', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [here, there] = [await club.organization('Here'), await club.organization('There')]
  for (const key of ['a', 'b', 'c']) await club.role(key)
  const ids: string[] = []
  for (let index = 0; index < 8; index += 1) ids.push(await club.user(null))
  const entries = ids.map((id, index) => ({ id, roles: [['a', 'b', 'c'][index % 3]!, 'c'] }))
  for (let round = 0; round < 3; round += 1) {
    const replies = await Promise.all([
      club.api.patch(usersOf(here), { users: entries }),
      club.api.patch(usersOf(here), { users: entries.toReversed() }),
      club.api.post(usersOf(there), { users: entries.toReversed() }),
      club.api.patch(usersOf(there), { users: ids.map((id) => ({ id, roles: ['b'] })) }),
      club.api.patch(usersOf(here), { users: ids.map((id) => ({ id, operation: 'delete' })).toReversed() }),
    ])
    for (const reply of replies) assert.deepEqual(outcome(reply), [200, 'OK'])
    // Every one of them joined once, and left as often.
    const joined = replies.slice(0, 2).flatMap(({ body }) => body.users_added)
    const { length: left } = await idsIn(club, here)
    assert.equal(joined.length - replies[4]!.body.users_removed.length, left)
    await club.api.patch(usersOf(here), { users: ids.map((id) => ({ id, operation: 'delete' })) })
  }
})

test('an application of one organization reaches the members of its own only', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [own, other] = [await club.organization('Own'), await club.organization('Other')]
  const role = await club.role('keeper')
  const [mine, theirs] = [await club.user(own), await club.user(other)]
  const verbs = ['read', 'create', 'update', 'delete']
  const kinds = ['organization_users', 'organization_user_roles', 'organization_user_permissions']
  const scopes = verbs.flatMap((verb) => kinds.map((kind) => `${verb}:${kind}`))
  const held = await clientOf(server, own, scopes)
  assert.deepEqual(
    (await held.get(usersOf(own))).body.organization_users.map(({ id }: Item) => id),
    [mine],
  )
  assert.deepEqual(outcome(await held.post(`${usersOf(own)}/${mine}/roles`, { role_id: role })), [200, 'OK'])
  // The user is not of its organization.
  assert.deepEqual(outcome(await held.get(`${usersOf(own)}/${theirs}/roles`)), [400, 'USER_NOT_IN_ORGANIZATION'])
  const refused = [
    held.get(usersOf(other)),
    held.post(usersOf(other), { users: [{ id: mine }] }),
    held.patch(usersOf(other), { users: [{ id: theirs, operation: 'delete' }] }),
    held.delete(`${usersOf(other)}/${theirs}`),
    held.get(`${usersOf(other)}/${theirs}/roles`),
    held.post(`${usersOf(other)}/${theirs}/roles`, { role_id: role }),
    held.get(`/api/v1/organizations/${other}/roles/${role}/users`),
  ]
  for (const reply of refused) assert.deepEqual(outcome(await reply), [403, 'ORGANIZATION_ACCESS_DENIED'])
  assert.deepEqual(await idsIn(club, other), [theirs])
})
