import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, sdk, server } from './testing-sdk.ts'

const { Apis, Organizations, Permissions, Roles, Search, Users } = sdk

/** An organization with one member, and a role and a permission that nobody has. */
async function club(word: string) {
  const { organization } = await Organizations.createOrganization({ requestBody: { name: word } })
  const user = await Users.createUser({
    requestBody: {
      profile: { given_name: 'Olivia', family_name: word },
      identities: [{ type: 'email', details: { email: `${word}@zoo.example` } }],
      organization_code: organization.code,
    },
  })
  const { role } = await Roles.createRole({ requestBody: { name: word, key: word } })
  const { permission } = await Permissions.createPermission({ requestBody: { name: word, key: word } })
  return { orgCode: organization.code, userId: user.id, roleId: role.id, permissionId: permission.id }
}

test('Organizations: users are added with roles and permissions, filtered by them, changed, removed', async () => {
  const { orgCode, userId } = await club('crows')
  const other = await Users.createUser({ requestBody: { profile: { given_name: 'Otto' } } })
  const added = { users: [{ id: other.id, roles: ['crows'], permissions: ['crows'] }] }
  await Organizations.addOrganizationUsers({ orgCode, requestBody: added })
  const members = async (filters: object = {}) =>
    column((await Organizations.getOrganizationUsers({ orgCode, ...filters })).organization_users, 'id')
  assert.deepEqual((await members({ sort: 'name_asc' })).sort(), [userId, other.id].sort())
  assert.deepEqual(await members({ roles: 'crows' }), [other.id])
  assert.deepEqual(await members({ permissions: 'crows' }), [other.id])
  const changed = {
    users: [
      { id: userId, roles: ['crows'] },
      { id: other.id, operation: 'delete' },
    ],
  }
  await Organizations.updateOrganizationUsers({ orgCode, requestBody: changed })
  assert.deepEqual(await members({ roles: 'crows' }), [userId])
  await Organizations.removeOrganizationUser({ orgCode, userId })
  assert.deepEqual(await members(), [])
})

test("Organizations: a member's roles and permissions are given and taken", async () => {
  const { orgCode, userId, roleId, permissionId } = await club('ravens')
  const place = { orgCode, userId }
  const roles = async () => column((await Organizations.getOrganizationUserRoles(place)).roles, 'id')
  await Organizations.createOrganizationUserRole({ ...place, requestBody: { role_id: roleId } })
  assert.deepEqual(await roles(), [roleId])
  const { users } = await Organizations.getOrganizationRoleUsers({ orgCode, roleId })
  assert.deepEqual(column(users, 'id'), [userId])
  await Organizations.deleteOrganizationUserRole({ ...place, roleId })
  assert.deepEqual(await roles(), [])

  const permissions = async () =>
    column((await Organizations.getOrganizationUserPermissions({ ...place, expand: 'roles' })).permissions, 'id')
  await Organizations.createOrganizationUserPermission({ ...place, requestBody: { permission_id: permissionId } })
  assert.deepEqual(await permissions(), [permissionId])
  await Organizations.deleteOrganizationUserPermission({ ...place, permissionId })
  assert.deepEqual(await permissions(), [])
})

test('Organizations: a member gets a scope of an API and loses it', async () => {
  const { orgCode, userId } = await club('magpies')
  const { api } = await Apis.addApis({ requestBody: { name: 'Silver', audience: 'silver' } })
  const { scope } = await Apis.addApiScope({ apiId: api.id, requestBody: { key: 'take:silver' } })
  const place = { orgCode, userId, apiId: api.id, scopeId: scope.id }
  const holders = async () => column((await Search.searchUsers({ apiScopes: 'take:silver' })).results, 'id')
  await Organizations.addOrganizationUserApiScope(place)
  assert.deepEqual(await holders(), [userId])
  await Organizations.deleteOrganizationUserApiScope(place)
  assert.deepEqual(await holders(), [])
})

test("Organizations: a member's second factors of the organization are shown and reset", async () => {
  const { orgCode, userId } = await club('jays')
  for (const id of ['mfa_a', 'mfa_b']) await addFactor(id, userId, orgCode)
  const place = { orgCode, userId }
  const factor = async () => (await Organizations.getOrgUserMfa(place)).mfa.id
  assert.equal(await factor(), 'mfa_b')
  await Organizations.resetOrgUserMfa({ ...place, factorId: 'mfa_b' })
  assert.equal(await factor(), 'mfa_a')
  await Organizations.resetOrgUserMfaAll(place)
  assert.deepEqual(await refusal(Organizations.getOrgUserMfa(place)), [404, 'MFA_NOT_FOUND'])
})

test("Users: a user's second factors are shown and reset", async () => {
  const { userId } = await club('rooks')
  for (const id of ['mfa_c', 'mfa_d']) await addFactor(id, userId, null)
  const factor = async () => (await Users.getUsersMfa({ userId })).mfa.id
  assert.equal(await factor(), 'mfa_d')
  await Users.resetUsersMfa({ userId, factorId: 'mfa_d' })
  assert.equal(await factor(), 'mfa_c')
  await Users.resetUsersMfaAll({ userId })
  assert.deepEqual(await refusal(Users.getUsersMfa({ userId })), [404, 'MFA_NOT_FOUND'])
})

async function addFactor(id: string, userId: string, organizationCode: string | null): Promise<void> {
  const factor = {
    id,
    user_id: userId,
    organization_code: organizationCode,
    type: 'email',
    name: 'owl@zoo.example',
    is_verified: true,
    usage_count: 1,
    created_at_ms: server.environment.now(),
  }
  await server.write((db) => db.insertInto('mfa_factors').values(factor).execute())
}
