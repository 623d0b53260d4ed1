import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../../errors.ts'
import { Nullable, named, ok, operation, Success } from '../../operation.ts'
import { holdRole, requireRole, roleEventData } from '../../store/roles.ts'
import { systemPermissionPage, systemPermissions } from '../../store/system-permissions.ts'
import type { Db } from '../../store/tables.ts'
import { systemPermissionList, systemPermissionListParameters } from '../system-permissions.ts'
import { bulkChange, changesTo, wantedChanges } from './permissions.ts'

export const getRoleSystemPermissions = operation({
  id: 'GetRoleSystemPermissions',
  method: 'GET',
  path: '/api/v1/roles/{role_id}/system_permissions',
  scope: 'read:role_system_permissions',
  tag: 'Roles',
  summary: 'List system permissions of a role',
  description: 'What the role lets a member do in the self-serve portal of the organization.',
  organizationAware: true,
  query: Type.Object(systemPermissionListParameters),
  responses: {
    200: named(
      'role_system_permissions_response',
      Success({
        system_permissions: systemPermissionList,
        next_token: Type.Optional(Nullable(Type.String({ description: 'Gives the next page; null on the last one.' }))),
      }),
    ),
  },
  handler: async ({ params, query, db, environment }) => {
    const role = await requireRole(db, params.role_id)
    const held = await heldBy(db, role.id)
    const { rows, nextToken } = systemPermissionPage(query, {
      list: `roles/${role.id}/system_permissions`,
      tokens: environment.pageTokens,
      isListed: ({ id }) => held.has(id),
    })
    return { ...ok, system_permissions: rows, next_token: nextToken ?? null }
  },
})

async function heldBy(db: Db, roleId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('role_system_permissions')
    .select('system_permission_id')
    .where('role_id', '=', roleId)
    .execute()
  return new Set(rows.map((row) => row.system_permission_id))
}

export const updateRoleSystemPermissions = operation({
  id: 'UpdateRoleSystemPermissions',
  method: 'PATCH',
  path: '/api/v1/roles/{role_id}/system_permissions',
  scope: 'update:role_system_permissions',
  tag: 'Roles',
  summary: 'Update system permissions of a role',
  description: 'Changes what members with the role can do in the self-serve portal. The reply names what changed.',
  body: Type.Object({ system_permissions: bulkChange('system permission') }),
  bodyRequired: true,
  example: { body: { system_permissions: [{ id: '019bc1b3-d4a0-0f3a-1c85-e7d2b904f6c3' }] } },
  responses: {
    200: named(
      'update_role_system_permissions_response',
      Success({
        system_permissions_added: Type.Optional(
          Type.Array(Type.String(), { description: 'Ids of system permissions that the role did not have before.' }),
        ),
        system_permissions_removed: Type.Optional(
          Type.Array(Type.String(), { description: 'Ids of system permissions that the role had before.' }),
        ),
      }),
    ),
  },
  handler: async ({ params, body, db, record }) => {
    const wanted = wantedChanges(body.system_permissions, 'system_permissions')
    const role = await holdRole(db, params.role_id)
    for (const [id, { field }] of wanted) {
      if (systemPermissions.some((permission) => permission.id === id)) continue
      const message = `There is no system permission with the id ${shown(id)}. GET /api/v1/system_permissions lists them.`
      throw invalid(field, message, 'INVALID_SYSTEM_PERMISSION_ID')
    }
    const { added, removed } = changesTo(await heldBy(db, role.id), wanted)
    if (added.length > 0) {
      const values = added.map((id) => ({ role_id: role.id, system_permission_id: id }))
      await db.insertInto('role_system_permissions').values(values).execute()
    }
    if (removed.length > 0) {
      await db
        .deleteFrom('role_system_permissions')
        .where('role_id', '=', role.id)
        .where('system_permission_id', 'in', removed)
        .execute()
    }
    const changes = { system_permissions_added: added, system_permissions_removed: removed }
    if (added.length + removed.length > 0) record('role.updated', { ...roleEventData(role), ...changes })
    return { ...ok, ...changes }
  },
})
