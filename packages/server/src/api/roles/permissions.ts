import { Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../../errors.ts'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { tokenPage } from '../../store/page.ts'
import { knownPermissions, unknownPermission } from '../../store/permissions.ts'
import { holdRole, requireRole, roleEventData } from '../../store/roles.ts'
import { permissionItem, permissionListParameters, permissionSorts } from '../permissions.ts'

/** The most objects that one request may name, as in Kinde's API. */
const mostObjects = 100

export const getRolePermissions = operation({
  id: 'GetRolePermissions',
  method: 'GET',
  path: '/api/v1/roles/{role_id}/permissions',
  scope: 'read:role_permissions',
  tag: 'Roles',
  summary: 'List permissions of a role',
  description: 'The permissions that everyone with the role has, a page at a time.',
  organizationAware: true,
  query: Type.Object(permissionListParameters),
  responses: {
    200: named(
      'role_permissions_response',
      Success({
        permissions: Type.Optional(Type.Array(permissionItem)),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ params, query, db, environment }) => {
    const role = await requireRole(db, params.role_id)
    const { rows, nextToken } = await tokenPage(
      db
        .selectFrom('role_permissions')
        .innerJoin('permissions', 'permissions.id', 'role_permissions.permission_id')
        .select(['id', 'key', 'name', 'description', 'name_sort', 'seq'])
        .where('role_id', '=', role.id),
      query,
      {
        list: `roles/${role.id}/permissions`,
        tokens: environment.pageTokens,
        table: 'permissions',
        sorts: permissionSorts,
      },
    )
    return { ...ok, permissions: rows, next_token: nextToken }
  },
})

/** The members of a body that adds and removes what a role holds. */
export function bulkChange(what: string) {
  return Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.Optional(Type.String({ description: `Id of the ${what}.` })),
        operation: Type.Optional(
          Type.String({ description: `\`delete\` takes the ${what} away; left out, the role gets it.` }),
        ),
      }),
      { description: `At most ${mostObjects}. The last entry for an id counts. Done as a whole, or not at all.` },
    ),
  )
}

/**
 * What such a list asks for.
 * @param member the name of the list in the body
 * @returns by id, in the order of the list, where it stands there and whether it is to go
 * @throws {ApiError} 400 TOO_MANY_OBJECTS, INVALID_VALUE; `<MEMBER>_REQUIRED` and ID_REQUIRED for what is missing
 */
export function wantedChanges(
  entries: readonly { id?: string; operation?: string }[] | undefined,
  member: string,
): Map<string, { field: string; isRemoval: boolean }> {
  if (entries === undefined) {
    throw invalid(member, `The member ${member} is missing.`, `${member.toUpperCase()}_REQUIRED`)
  }
  if (entries.length > mostObjects) {
    const message = `One request takes ${mostObjects} ${member.replaceAll('_', ' ')} at most; ${entries.length} were sent.`
    throw new ApiError(400, 'TOO_MANY_OBJECTS', message, { field: member })
  }
  const wanted = new Map<string, { field: string; isRemoval: boolean }>()
  for (const [index, { id, operation }] of entries.entries()) {
    const place = `${member}.${index}`
    if (id === undefined) throw invalid(`${place}.id`, `The member ${place}.id is missing.`, 'ID_REQUIRED')
    // Anything else than `delete` would give what someone may have meant to take away.
    if (operation !== undefined && operation !== '' && operation !== 'delete') {
      throw invalid(
        `${place}.operation`,
        `The member ${place}.operation is delete, or left out; ${shown(operation)} was sent.`,
      )
    }
    wanted.set(id, { field: `${place}.id`, isRemoval: operation === 'delete' })
  }
  return wanted
}

export const updateRolePermissions = operation({
  id: 'UpdateRolePermissions',
  method: 'PATCH',
  path: '/api/v1/roles/{role_id}/permissions',
  scope: 'update:role_permissions',
  tag: 'Roles',
  summary: 'Update permissions of a role',
  description:
    'Gives permissions to a role and takes others away, for everyone with the role at once. The reply names what changed.',
  body: Type.Object({ permissions: bulkChange('permission') }),
  bodyRequired: true,
  example: { body: { permissions: [{ id: '019bc1b3-d4a0-0f3a-1c85-e7d2b904f6c2' }] } },
  responses: {
    200: named(
      'update_role_permissions_response',
      Success({
        permissions_added: Type.Optional(
          Type.Array(Type.String(), { description: 'Ids of permissions that the role did not have before.' }),
        ),
        permissions_removed: Type.Optional(
          Type.Array(Type.String(), { description: 'Ids of permissions that the role had before.' }),
        ),
      }),
    ),
  },
  handler: async ({ params, body, db, record }) => {
    const wanted = wantedChanges(body.permissions, 'permissions')
    const role = await holdRole(db, params.role_id)
    const known = await knownPermissions(db, [...wanted.keys()])
    for (const [id, { field }] of wanted) if (!known.has(id)) throw unknownPermission(field, id)

    const rows = await db
      .selectFrom('role_permissions')
      .select('permission_id')
      .where('role_id', '=', role.id)
      .execute()
    const held = new Set(rows.map((row) => row.permission_id))
    const { added, removed } = changesTo(held, wanted)
    if (added.length > 0) {
      const values = added.map((id) => ({ role_id: role.id, permission_id: id }))
      await db.insertInto('role_permissions').values(values).execute()
    }
    if (removed.length > 0) {
      await db
        .deleteFrom('role_permissions')
        .where('role_id', '=', role.id)
        .where('permission_id', 'in', removed)
        .execute()
    }
    const changes = { permissions_added: added, permissions_removed: removed }
    if (added.length + removed.length > 0) record('role.updated', { ...roleEventData(role), ...changes })
    return { ...ok, ...changes }
  },
})

/** What of the wanted changes is one. @param held what the role has before */
export function changesTo(
  held: ReadonlySet<string>,
  wanted: ReadonlyMap<string, { isRemoval: boolean }>,
): { added: string[]; removed: string[] } {
  const ids = [...wanted.keys()]
  return {
    added: ids.filter((id) => !wanted.get(id)!.isRemoval && !held.has(id)),
    removed: ids.filter((id) => wanted.get(id)!.isRemoval && held.has(id)),
  }
}

export const removeRolePermission = operation({
  id: 'RemoveRolePermission',
  method: 'DELETE',
  path: '/api/v1/roles/{role_id}/permissions/{permission_id}',
  scope: 'delete:role_permissions',
  tag: 'Roles',
  summary: 'Remove a permission from a role',
  description: 'Everyone with the role loses the permission, unless another role or the user itself has it.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const role = await holdRole(db, params.role_id)
    const { permission_id: id } = params
    const removed = await db
      .deleteFrom('role_permissions')
      .where('role_id', '=', role.id)
      .where('permission_id', '=', id)
      .returning('permission_id')
      .executeTakeFirst()
    if (removed === undefined) {
      // 400 and not 404, with these two codes, is what Kinde answers: Terraform's provider goes on after them.
      if (!(await knownPermissions(db, [id])).has(id)) throw unknownPermission('permission_id', id)
      const message = `The role ${shown(role.key)} does not have the permission ${shown(id)}.`
      throw invalid('permission_id', message, 'INVALID_PERMISSION_ID_ROLE')
    }
    record('role.updated', { ...roleEventData(role), permissions_added: [], permissions_removed: [id] })
    return ok
  },
})
