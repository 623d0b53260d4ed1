import { Type } from '@sinclair/typebox'
import { invalid, notFound, shown } from '../../errors.ts'
import { named, ok, operation, Success } from '../../operation.ts'
import { dialectOf } from '../../store/dialect.ts'
import { holdRole, requireRole, roleEventData } from '../../store/roles.ts'

export const getRoleScopes = operation({
  id: 'GetRoleScopes',
  method: 'GET',
  path: '/api/v1/roles/{role_id}/scopes',
  scope: 'read:role_scopes',
  tag: 'Roles',
  summary: 'List scopes of a role',
  description: 'The API scopes that everyone with the role has, all at once.',
  organizationAware: true,
  responses: {
    200: named(
      'role_scopes_response',
      Success({
        scopes: Type.Optional(
          Type.Array(
            named(
              'scopes',
              Type.Object({
                id: Type.Optional(Type.String({ description: 'Id of the scope.' })),
                key: Type.Optional(Type.String({ description: 'The scope as tokens carry it.' })),
                description: Type.Optional(Type.String({ description: 'What the scope opens.' })),
                api_id: Type.Optional(Type.String({ description: 'Id of the API that knows the scope.' })),
              }),
            ),
          ),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const role = await requireRole(db, params.role_id)
    const scopes = await db
      .selectFrom('role_scopes')
      .innerJoin('api_scopes', 'api_scopes.id', 'role_scopes.scope_id')
      .select(['api_scopes.id', 'api_scopes.key', 'api_scopes.description', 'api_scopes.api_id'])
      .where('role_scopes.role_id', '=', role.id)
      .orderBy('api_scopes.seq')
      .execute()
    return { ...ok, scopes }
  },
})

export const addRoleScope = operation({
  id: 'AddRoleScope',
  method: 'POST',
  path: '/api/v1/roles/{role_id}/scopes',
  scope: 'create:role_scopes',
  tag: 'Roles',
  summary: 'Add a scope to a role',
  description: 'Everyone with the role has the scope at once. A scope that the role has already stays as it is.',
  body: Type.Object({ scope_id: Type.String({ description: 'Id of a scope of any API.' }) }),
  bodyRequired: true,
  responses: { 201: named('add_role_scope_response', Success({})) },
  handler: async ({ params, body, db, record }) => {
    const role = await holdRole(db, params.role_id)
    const scope = await db
      .selectFrom('api_scopes')
      .select('id')
      .where('id', '=', body.scope_id)
      // Until the transaction ends nobody deletes it.
      .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
      .executeTakeFirst()
    if (scope === undefined) {
      throw invalid('scope_id', `There is no API scope with the id ${shown(body.scope_id)}.`, 'INVALID_SCOPE_ID')
    }
    const added = await db
      .insertInto('role_scopes')
      .values({ role_id: role.id, scope_id: scope.id })
      .onConflict((conflict) => conflict.doNothing())
      .returning('scope_id')
      .execute()
    if (added.length > 0) record('role.updated', { ...roleEventData(role), scopes_added: [scope.id] })
    return { code: 'ROLE_SCOPE_ADDED', message: 'Scope added to role' }
  },
})

export const deleteRoleScope = operation({
  id: 'DeleteRoleScope',
  method: 'DELETE',
  path: '/api/v1/roles/{role_id}/scopes/{scope_id}',
  scope: 'delete:role_scopes',
  tag: 'Roles',
  summary: 'Remove a scope from a role',
  description: 'Everyone with the role loses the scope, unless another role or the user itself has it.',
  responses: { 200: named('delete_role_scope_response', Success({})) },
  handler: async ({ params, db, record }) => {
    const role = await holdRole(db, params.role_id)
    const removed = await db
      .deleteFrom('role_scopes')
      .where('role_id', '=', role.id)
      .where('scope_id', '=', params.scope_id)
      .returning('scope_id')
      .executeTakeFirst()
    if (removed === undefined) throw notFound('role_scope', params.scope_id)
    record('role.updated', { ...roleEventData(role), scopes_removed: [removed.scope_id] })
    return { code: 'SCOPE_DELETED', message: 'Scope deleted from role' }
  },
})
