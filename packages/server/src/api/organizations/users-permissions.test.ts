import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'
import { openClub, outcome } from '../../testing-members.ts'

test('permissions of a member are its own and those of its roles, once each, with their origins on request', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const [own, both, derived] = [
    await club.permission('own'),
    await club.permission('both'),
    await club.permission('derived'),
  ]
  await club.permission('elsewhere')
  const [guide, keeper] = [
    await club.role('guide', { permissions: [derived] }),
    await club.role('keeper', { permissions: [both, derived] }),
  ]
  const user = await club.user(null)
  await club.join(
    code,
    { id: user, roles: ['keeper', 'guide'], permissions: ['both'] },
    { id: await club.user(null), permissions: ['elsewhere'] },
  )
  await club.join(other, { id: user, permissions: ['elsewhere'] })
  await club.updates()
  const url = `/api/v1/organizations/${code}/users/${user}/permissions`
  const given = await server.as('create:organization_user_permissions').post(url, { permission_id: own })
  assert.deepEqual([given.status, given.body], [200, { code: 'OK', message: 'Success' }])

  const shown = (id: string, key: string) => ({ id, key, name: key, description: '' })
  const reader = server.as('read:organization_user_permissions')
  const plain = [shown(own, 'own'), shown(both, 'both'), shown(derived, 'derived')]
  for (const query of ['', '?expand=', '?expand=other']) {
    assert.deepEqual((await reader.get(url + query)).body, { code: 'OK', message: 'Success', permissions: plain })
  }
  assert.deepEqual((await reader.get(`${url}?expand=roles`)).body.permissions, [
    { ...shown(own, 'own'), roles: [] },
    { ...shown(both, 'both'), roles: [{ id: keeper, key: 'keeper' }] },
    {
      ...shown(derived, 'derived'),
      roles: [
        { id: guide, key: 'guide' },
        { id: keeper, key: 'keeper' },
      ],
    },
  ])
  const [update] = await club.updates()
  assert.deepEqual(
    update?.organizations.find((membership) => membership.code === code)?.permissions,
    plain.map(({ id, key }) => ({ id, key })),
  )
})

test('taking a permission from a member takes only what is its own', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const [feed, clean] = [await club.permission('feed'), await club.permission('clean')]
  await club.role('keeper', { permissions: [feed] })
  const user = await club.user(null)
  await club.join(code, { id: user, roles: ['keeper'], permissions: ['feed', 'clean'] })
  await club.updates()
  const url = `/api/v1/organizations/${code}/users/${user}/permissions`
  const reply = await server.as('delete:organization_user_permissions').delete(`${url}/${clean}`)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual(outcome(await club.api.delete(`${url}/${feed}`)), [200, 'OK'])
  assert.deepEqual(await club.keys('permissions', code, user), ['feed'])
  assert.equal((await club.updates()).length, 2)
  // What is left comes through the role.
  const again = await club.api.delete(`${url}/${feed}`)
  assert.deepEqual(outcome(again), [400, 'PERMISSION_NOT_ASSIGNED', 'permission_id'])
  assert.deepEqual(await club.updates(), [])
})

test('a permission that a member has is no change; one that nobody has, or a stranger, is an error', async (t) => {
  const club = await openClub(await start(t))
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const feed = await club.permission('feed')
  const user = await club.user(code)
  const stranger = await club.user(other)
  const of = (id: string, organization = code) => `/api/v1/organizations/${organization}/users/${id}/permissions`
  await club.api.post(of(user), { permission_id: feed })
  await club.updates()
  assert.deepEqual(outcome(await club.api.post(of(user), { permission_id: feed })), [200, 'OK'])
  const rows = [
    [club.api.post(of(user), { permission_id: 'feed' }), 400, 'PERMISSION_NOT_FOUND', 'permission_id'],
    [club.api.post(of(user), {}), 400, 'PERMISSION_ID_REQUIRED', 'permission_id'],
    [club.api.delete(`${of(user)}/none`), 404, 'PERMISSION_NOT_FOUND'],
    [club.api.get(of(stranger)), 400, 'USER_NOT_IN_ORGANIZATION'],
    [club.api.post(of(stranger), { permission_id: feed }), 400, 'USER_NOT_IN_ORGANIZATION'],
    [club.api.delete(`${of(stranger)}/${feed}`), 400, 'USER_NOT_IN_ORGANIZATION'],
    [club.api.get(of('kp_none')), 404, 'USER_NOT_FOUND'],
    [club.api.get(of(user, 'org_none')), 404, 'ORGANIZATION_NOT_FOUND'],
    [club.api.post(of(user, 'org_none'), { permission_id: feed }), 404, 'ORGANIZATION_NOT_FOUND'],
  ] as const
  for (const [reply, ...expected] of rows) assert.deepEqual(outcome(await reply), expected)
  assert.deepEqual(await club.updates(), [])
})
