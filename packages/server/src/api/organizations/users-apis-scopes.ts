import { notFound } from '../../errors.ts'
import { ok, operation } from '../../operation.ts'
import { requireApi } from '../../store/apis.ts'
import { dialectOf } from '../../store/dialect.ts'
import { holdMember } from '../../store/members.ts'
import type { Db } from '../../store/tables.ts'

export const addOrganizationUserApiScope = operation({
  id: 'addOrganizationUserAPIScope',
  method: 'POST',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/apis/{api_id}/scopes/{scope_id}',
  scope: 'create:organization_user_api_scopes',
  tag: 'Organizations',
  summary: 'Give a member a scope of an API',
  description: 'The member has the scope in this organization. One that it has already stays as it is.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const { member, data } = await requireParts(db, params)
    const given = await db
      .insertInto('user_api_scopes')
      .values({ organization_code: member.organizationCode, user_id: member.userId, scope_id: data.scope.id })
      .onConflict((conflict) => conflict.doNothing())
      .returning('scope_id')
      .executeTakeFirst()
    if (given !== undefined) record('user.api_scope_added', data)
    return ok
  },
})

export const deleteOrganizationUserApiScope = operation({
  id: 'deleteOrganizationUserAPIScope',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/apis/{api_id}/scopes/{scope_id}',
  scope: 'delete:organization_user_api_scopes',
  tag: 'Organizations',
  summary: 'Take a scope of an API from a member',
  description: 'The member keeps what its roles give it. One that it does not have is no error.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const { member, data } = await requireParts(db, params)
    const taken = await db
      .deleteFrom('user_api_scopes')
      .where('user_id', '=', member.userId)
      .where('organization_code', '=', member.organizationCode)
      .where('scope_id', '=', data.scope.id)
      .returning('scope_id')
      .executeTakeFirst()
    if (taken !== undefined) record('user.api_scope_removed', data)
    return ok
  },
})

/**
 * The member, held, and what events tell. The scope stays until the transaction ends.
 * @throws {ApiError} 404 ORGANIZATION_NOT_FOUND, USER_NOT_FOUND, API_NOT_FOUND, API_SCOPE_NOT_FOUND; 400
 *   USER_NOT_IN_ORGANIZATION
 */
async function requireParts(db: Db, params: { org_code: string; user_id: string; api_id: string; scope_id: string }) {
  const member = await holdMember(db, params.org_code, params.user_id)
  const api = await requireApi(db, params.api_id)
  const scope = await db
    .selectFrom('api_scopes')
    .select(['id', 'key'])
    .where('id', '=', params.scope_id)
    .where('api_id', '=', api.id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
  if (scope === undefined) throw notFound('api_scope', params.scope_id)
  const data = {
    organization: { code: member.organizationCode },
    user: { id: member.userId },
    api: { id: api.id },
    scope: { id: scope.id, key: scope.key },
  }
  return { member, data }
}
