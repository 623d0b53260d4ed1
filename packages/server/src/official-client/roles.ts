import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, sdk } from './testing-sdk.ts'

const { Apis, Organizations, Permissions, Roles, Users } = sdk

test('Permissions: made, listed, changed, deleted', async () => {
  const requestBody = { name: 'Feed', key: 'feed:bats', description: 'Feed the bats' }
  const { permission } = await Permissions.createPermission({ requestBody })
  const permissionId = permission.id
  await Permissions.updatePermissions({ permissionId, requestBody: { name: 'Feed all', key: 'feed:all' } })
  const listed = async () => (await Permissions.getPermissions({ sort: 'name_asc', pageSize: 100 })).permissions
  const changed = (await listed()).find(({ id }: { id: string }) => id === permissionId)
  assert.deepEqual([changed.name, changed.key], ['Feed all', 'feed:all'])
  await Permissions.deletePermission({ permissionId })
  assert.ok(!column(await listed(), 'id').includes(permissionId))
})

test('Roles: made, listed, changed, deleted', async () => {
  const { role } = await Roles.createRole({ requestBody: { name: 'Keeper', key: 'keeper', description: 'Keeps' } })
  const roleId = role.id
  await Roles.updateRoles({ roleId, requestBody: { name: 'Head keeper', key: 'head' } })
  const read = (await Roles.getRole({ roleId })).role
  assert.deepEqual([read.name, read.key], ['Head keeper', 'head'])
  assert.ok(column((await Roles.getRoles({ sort: 'key_desc', pageSize: 100 })).roles, 'id').includes(roleId))
  await Roles.deleteRole({ roleId })
  assert.deepEqual(await refusal(Roles.getRole({ roleId })), [404, 'ROLE_NOT_FOUND'])
})

test('Roles: permissions, scopes of APIs and users come and go', async () => {
  const { role } = await Roles.createRole({ requestBody: { name: 'Feeder', key: 'feeder' } })
  const roleId = role.id
  const { permission } = await Permissions.createPermission({ requestBody: { name: 'Feed', key: 'feed:owls' } })
  const { api } = await Apis.addApis({ requestBody: { name: 'Food', audience: 'food' } })
  const { scope } = await Apis.addApiScope({ apiId: api.id, requestBody: { key: 'read:food' } })

  const permissions = async () => column((await Roles.getRolePermissions({ roleId, sort: 'id_asc' })).permissions, 'id')
  await Roles.updateRolePermissions({ roleId, requestBody: { permissions: [{ id: permission.id }] } })
  assert.deepEqual(await permissions(), [permission.id])
  await Roles.removeRolePermission({ roleId, permissionId: permission.id })
  assert.deepEqual(await permissions(), [])

  const scopes = async () => column((await Roles.getRoleScopes({ roleId })).scopes, 'id')
  await Roles.addRoleScope({ roleId, requestBody: { scope_id: scope.id } })
  assert.deepEqual(await scopes(), [scope.id])
  await Roles.deleteRoleScope({ roleId, scopeId: scope.id })
  assert.deepEqual(await scopes(), [])

  const { organization } = await Organizations.createOrganization({ requestBody: { name: 'Feeders' } })
  const user = await Users.createUser({ requestBody: { organization_code: organization.code } })
  const place = { orgCode: organization.code, userId: user.id }
  await Organizations.createOrganizationUserRole({ ...place, requestBody: { role_id: roleId } })
  assert.deepEqual(column((await Roles.getRoleUsers({ roleId })).users, 'id'), [user.id])
  await Organizations.deleteOrganizationUserRole({ ...place, roleId })
  assert.deepEqual((await Roles.getRoleUsers({ roleId })).users, [])
})
