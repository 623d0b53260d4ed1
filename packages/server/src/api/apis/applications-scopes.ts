import { ApiError, shown } from '../../errors.ts'
import { ok, operation } from '../../operation.ts'
import { requireApi, requireScope } from '../../store/apis.ts'
import { requireApplication } from '../../store/applications.ts'
import type { Db } from '../../store/tables.ts'

export const addApiApplicationScope = operation({
  id: 'addAPIApplicationScope',
  method: 'POST',
  path: '/api/v1/apis/{api_id}/applications/{application_id}/scopes/{scope_id}',
  scope: 'create:api_application_scopes',
  tag: 'APIs',
  summary: 'Enable a scope for an application',
  description:
    'The application must be authorized for the API. Its next token carries the scope; tokens that it has stay as they are. A scope that is enabled already stays so.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const { api, application, scope } = await requireParts(db, params)
    const pair = await db
      .selectFrom('api_applications')
      .select('api_id')
      .where('api_id', '=', api.id)
      .where('application_id', '=', application.id)
      .executeTakeFirst()
    if (pair === undefined) {
      throw new ApiError(
        400,
        'APPLICATION_NOT_AUTHORIZED',
        `The application ${shown(application.id)} is not authorized for the API. Authorize it first: PATCH /api/v1/apis/${api.id}/applications.`,
        { field: 'application_id' },
      )
    }
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('api_application_scopes')
      .values({ api_id: api.id, application_id: application.id, scope_id: scope.id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== 0n) record('api.application_scope_added', { api, application, scope })
    return ok
  },
})

export const deleteApiApplicationScope = operation({
  id: 'deleteAPIApplicationScope',
  method: 'DELETE',
  path: '/api/v1/apis/{api_id}/applications/{application_id}/scopes/{scope_id}',
  scope: 'delete:apis_application_scopes',
  tag: 'APIs',
  summary: 'Take a scope from an application',
  description:
    'The next token of the application lacks the scope; on the Management API it is gone at once. One that was not enabled is no error.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const { api, application, scope } = await requireParts(db, params)
    const { numDeletedRows } = await db
      .deleteFrom('api_application_scopes')
      .where('application_id', '=', application.id)
      .where('scope_id', '=', scope.id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows !== 0n) record('api.application_scope_removed', { api, application, scope })
    return ok
  },
})

/**
 * API, application and scope, as events name them.
 * @throws {ApiError} 404 API_NOT_FOUND, APPLICATION_NOT_FOUND, API_SCOPE_NOT_FOUND
 */
async function requireParts(db: Db, params: { api_id: string; application_id: string; scope_id: string }) {
  const api = await requireApi(db, params.api_id)
  const application = await requireApplication(db, params.application_id)
  const { id, key } = await requireScope(db, api.id, params.scope_id)
  return { api: { id: api.id }, application: { id: application.id }, scope: { id, key } }
}
