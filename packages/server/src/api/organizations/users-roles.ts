import { Type } from '@sinclair/typebox'
import { ApiError, invalid, notFound } from '../../errors.ts'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { afterMemberChange, give, holdMember, keepGrants, take, unknownGrant } from '../../store/members.ts'
import { requireMembership } from '../../store/organizations.ts'

export const getOrganizationUserRoles = operation({
  id: 'GetOrganizationUserRoles',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/roles',
  scope: 'read:organization_user_roles',
  tag: 'Organizations',
  summary: 'List roles of a member',
  description: 'The roles that the user has in the organization, all at once.',
  responses: {
    200: named(
      'get_organizations_user_roles_response',
      Success({
        roles: Type.Optional(
          Type.Array(
            named(
              'organization_user_role',
              Type.Object({
                id: Type.Optional(Type.String({ description: 'Id of the role.' })),
                key: Type.Optional(Type.String({ description: 'The role as code and tokens name it.' })),
                name: Type.Optional(Type.String({ description: 'Name of the role.' })),
              }),
            ),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Left out: the list has one page.' })),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const { org_code: code, user_id: userId } = params
    await requireMembership(db, code, userId)
    const roles = await db
      .selectFrom('organization_user_roles')
      .innerJoin('roles', 'roles.id', 'organization_user_roles.role_id')
      .select(['roles.id', 'roles.key', 'roles.name'])
      .where('user_id', '=', userId)
      .where('organization_code', '=', code)
      .orderBy('roles.seq')
      .execute()
    return { ...ok, roles }
  },
})

export const createOrganizationUserRole = operation({
  id: 'CreateOrganizationUserRole',
  method: 'POST',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/roles',
  scope: 'create:organization_user_roles',
  tag: 'Organizations',
  summary: 'Give a member a role',
  description: 'By the id of the role. A role that the member has already stays as it is.',
  body: Type.Object({ role_id: Type.Optional(Type.String({ description: 'Id of the role.' })) }),
  bodyRequired: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, now, record }) => {
    const { role_id: id } = body
    if (id === undefined) throw invalid('role_id', 'The member role_id is missing.', 'ROLE_ID_REQUIRED')
    const member = await holdMember(db, params.org_code, params.user_id)
    const known = await keepGrants(db, 'role', 'id', [id])
    if (!known.has(id)) throw unknownGrant('role', 'id', 'role_id', id)
    if (!(await give(db, 'role', member, [id]))) return ok
    for (const data of await afterMemberChange(db, [member.user], now)) record('user.updated', data)
    return ok
  },
})

export const deleteOrganizationUserRole = operation({
  id: 'DeleteOrganizationUserRole',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/roles/{role_id}',
  scope: 'delete:organization_user_roles',
  tag: 'Organizations',
  summary: 'Take a role from a member',
  description: 'The member loses the role in this organization. One that it does not have is an error.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const { role_id: id } = params
    const member = await holdMember(db, params.org_code, params.user_id)
    const known = await keepGrants(db, 'role', 'id', [id])
    if (!known.has(id)) throw notFound('role', id)
    if (!(await take(db, 'role', member, [id]))) {
      const message = `The member ${member.userId} does not have the role ${known.get(id)!.key}.`
      throw new ApiError(400, 'ROLE_NOT_ASSIGNED', message, { field: 'role_id' })
    }
    for (const data of await afterMemberChange(db, [member.user], now)) record('user.updated', data)
    return ok
  },
})
