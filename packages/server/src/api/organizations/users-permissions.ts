import { Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import { ApiError, invalid, notFound } from '../../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { afterMemberChange, give, holdMember, keepGrants, take, unknownGrant } from '../../store/members.ts'
import { requireMembership } from '../../store/organizations.ts'
import { wordsOf } from '../users/expansions.ts'

export const getOrganizationUserPermissions = operation({
  id: 'GetOrganizationUserPermissions',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/permissions',
  scope: 'read:organization_user_permissions',
  tag: 'Organizations',
  summary: 'List permissions of a member',
  description: 'All permissions that the user has in the organization, of its own and through roles, all at once.',
  query: Type.Object({
    expand: Type.Optional(
      Nullable(
        Type.String({ description: '`roles` adds to each permission the roles through which the member has it.' }),
      ),
    ),
  }),
  responses: {
    200: named(
      'get_organizations_user_permissions_response',
      Success({
        permissions: Type.Optional(
          Type.Array(
            named(
              'organization_user_permission',
              Type.Object({
                id: Type.Optional(Type.String({ description: 'Id of the permission.' })),
                key: Type.Optional(Type.String({ description: 'The permission as code and tokens name it.' })),
                name: Type.Optional(Type.String({ description: 'Name of the permission.' })),
                description: Type.Optional(Type.String({ description: 'What it allows.' })),
                roles: Type.Optional(
                  Type.Array(
                    Type.Object({
                      id: Type.Optional(Type.String({ description: 'Id of the role.' })),
                      key: Type.Optional(Type.String({ description: 'Key of the role.' })),
                    }),
                    { description: 'Where it comes from; empty for one that is the own of the member alone.' },
                  ),
                ),
              }),
            ),
          ),
        ),
      }),
    ),
  },
  handler: async ({ params, query, db }) => {
    const { org_code: code, user_id: userId } = params
    await requireMembership(db, code, userId)
    const withRoles = wordsOf(query.expand).includes('roles')
    const member = sql`user_id = ${userId} and organization_code = ${code}`
    const { rows } = await sql<Held>`
      select permissions.id, permissions.key, permissions.name, permissions.description,
        roles.id as role_id, roles.key as role_key
      from (
        select permission_id, null as role_id from organization_user_permissions where ${member}
        union all
        select permission_id, organization_user_roles.role_id from organization_user_roles
          join role_permissions on role_permissions.role_id = organization_user_roles.role_id where ${member}
      ) as held
        join permissions on permissions.id = held.permission_id
        left join roles on roles.id = held.role_id
      order by permissions.seq, roles.seq`.execute(db)
    const permissions = [...Map.groupBy(rows, (row) => row.id).values()].map((held) => {
      const { id, key, name, description } = held[0]!
      const origins = held.filter((row) => row.role_id !== null)
      const roles = origins.map((row) => ({ id: row.role_id!, key: row.role_key! }))
      return { id, key, name, description, ...(withRoles ? { roles } : {}) }
    })
    return { ...ok, permissions }
  },
})

/** A permission, and one way in which the member has it: through a role, or, with null, of its own. */
interface Held {
  id: string
  key: string
  name: string
  description: string
  role_id: string | null
  role_key: string | null
}

export const createOrganizationUserPermission = operation({
  id: 'CreateOrganizationUserPermission',
  method: 'POST',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/permissions',
  scope: 'create:organization_user_permissions',
  tag: 'Organizations',
  summary: 'Give a member a permission',
  description:
    'By the id of the permission, beside those that the member has through roles. One that it has of its own already ' +
    'stays as it is.',
  body: Type.Object({ permission_id: Type.Optional(Type.String({ description: 'Id of the permission.' })) }),
  bodyRequired: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, now, record }) => {
    const { permission_id: id } = body
    if (id === undefined)
      throw invalid('permission_id', 'The member permission_id is missing.', 'PERMISSION_ID_REQUIRED')
    const member = await holdMember(db, params.org_code, params.user_id)
    const known = await keepGrants(db, 'permission', 'id', [id])
    if (!known.has(id)) throw unknownGrant('permission', 'id', 'permission_id', id)
    if (!(await give(db, 'permission', member, [id]))) return ok
    for (const data of await afterMemberChange(db, [member.user], now)) record('user.updated', data)
    return ok
  },
})

export const deleteOrganizationUserPermission = operation({
  id: 'DeleteOrganizationUserPermission',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/permissions/{permission_id}',
  scope: 'delete:organization_user_permissions',
  tag: 'Organizations',
  summary: 'Take a permission from a member',
  description:
    'Takes away what the member has of its own; what it has through a role stays until the role is taken. One that it ' +
    'does not have of its own is an error.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const { permission_id: id } = params
    const member = await holdMember(db, params.org_code, params.user_id)
    const known = await keepGrants(db, 'permission', 'id', [id])
    if (!known.has(id)) throw notFound('permission', id)
    if (!(await take(db, 'permission', member, [id]))) {
      const message = `The member ${member.userId} does not have the permission ${known.get(id)!.key} of its own.`
      throw new ApiError(400, 'PERMISSION_NOT_ASSIGNED', message, { field: 'permission_id' })
    }
    for (const data of await afterMemberChange(db, [member.user], now)) record('user.updated', data)
    return ok
  },
})
