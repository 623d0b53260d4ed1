import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'
import { openClub, outcome } from '../../testing-members.ts'

test('a member gets a role by its id and loses it again, in one organization', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [here, there] = [await club.organization('Here'), await club.organization('There')]
  const feed = await club.permission('feed')
  const [guide, keeper] = [await club.role('guide'), await club.role('keeper', { permissions: [feed] })]
  const user = await club.user(here)
  await club.join(there, { id: user, roles: ['guide'] })
  await club.updates()
  const url = `/api/v1/organizations/${here}/users/${user}/roles`

  const given = await server.as('create:organization_user_roles').post(url, { role_id: keeper })
  assert.deepEqual([given.status, given.body], [200, { code: 'OK', message: 'Success' }])
  await club.api.post(url, { role_id: guide })
  const { body } = await server.as('read:organization_user_roles').get(url)
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    roles: [
      { id: guide, key: 'guide', name: 'guide' },
      { id: keeper, key: 'keeper', name: 'keeper' },
    ],
  })
  const taken = await server.as('delete:organization_user_roles').delete(`${url}/${guide}`)
  assert.deepEqual([taken.status, taken.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual(
    [await club.keys('roles', here, user), await club.keys('roles', there, user)],
    [['keeper'], ['guide']],
  )

  const permissions = [{ id: feed, key: 'feed' }]
  const keeping = { id: keeper, key: 'keeper' }
  const guiding = { id: guide, key: 'guide' }
  const updates = (await club.updates()).map(({ organizations }) => organizations.find(({ code }) => code === here))
  assert.deepEqual(updates, [
    { code: here, permissions, roles: [keeping] },
    { code: here, permissions, roles: [guiding, keeping] },
    { code: here, permissions, roles: [keeping] },
  ])
})

test('a role that a member has already is no change; one that it lacks, or nobody has, is an error', async (t) => {
  const club = await openClub(await start(t))
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const [guide, keeper] = [await club.role('guide'), await club.role('keeper')]
  const user = await club.user(code)
  const stranger = await club.user(other)
  const of = (id: string, organization = code) => `/api/v1/organizations/${organization}/users/${id}/roles`
  await club.api.post(of(user), { role_id: keeper })
  await club.updates()
  assert.deepEqual(outcome(await club.api.post(of(user), { role_id: keeper })), [200, 'OK'])
  const rows = [
    [club.api.delete(`${of(user)}/${guide}`), 400, 'ROLE_NOT_ASSIGNED', 'role_id'],
    [club.api.delete(`${of(user)}/none`), 404, 'ROLE_NOT_FOUND'],
    [club.api.post(of(user), { role_id: 'none' }), 400, 'ROLE_NOT_FOUND', 'role_id'],
    // Here it is the id that names the role.
    [club.api.post(of(user), { role_id: 'guide' }), 400, 'ROLE_NOT_FOUND', 'role_id'],
    [club.api.post(of(user), {}), 400, 'ROLE_ID_REQUIRED', 'role_id'],
    [club.api.get(of(stranger)), 400, 'USER_NOT_IN_ORGANIZATION'],
    [club.api.post(of(stranger), { role_id: guide }), 400, 'USER_NOT_IN_ORGANIZATION'],
    [club.api.delete(`${of(stranger)}/${guide}`), 400, 'USER_NOT_IN_ORGANIZATION'],
    [club.api.get(of('kp_none')), 404, 'USER_NOT_FOUND'],
    [club.api.post(of('kp_none'), { role_id: guide }), 404, 'USER_NOT_FOUND'],
    [club.api.get(of(user, 'org_none')), 404, 'ORGANIZATION_NOT_FOUND'],
    [club.api.post(of(user, 'org_none'), { role_id: guide }), 404, 'ORGANIZATION_NOT_FOUND'],
    [club.api.delete(`${of(user, 'org_none')}/${guide}`), 404, 'ORGANIZATION_NOT_FOUND'],
  ] as const
  for (const [reply, ...expected] of rows) assert.deepEqual(outcome(await reply), expected)
  assert.deepEqual(await club.keys('roles', code, user), ['keeper'])
  assert.deepEqual(await club.updates(), [])
})

test('a role that is given while it is deleted neither fails nor stays behind', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const users = [await club.user(code), await club.user(code)]
  for (let round = 0; round < 5; round += 1) {
    const role = await club.role(`keeper-${round}`)
    const give = (user: string) => club.api.post(`/api/v1/organizations/${code}/users/${user}/roles`, { role_id: role })
    const [first, deleted, second] = await Promise.all([
      give(users[0]!),
      club.api.delete(`/api/v1/roles/${role}`),
      give(users[1]!),
    ])
    assert.deepEqual(outcome(deleted), [200, 'OK'])
    for (const { status, body } of [first, second]) {
      assert.ok(status === 200 || body.errors[0].code === 'ROLE_NOT_FOUND', JSON.stringify(body))
    }
  }
  assert.deepEqual(await server.db.selectFrom('organization_user_roles').selectAll().execute(), [])
})
