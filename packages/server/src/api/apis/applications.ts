import { Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../../errors.ts'
import { named, operation, Success } from '../../operation.ts'
import { requireApi } from '../../store/apis.ts'
import type { Db } from '../../store/tables.ts'

/** How many applications one request may name. */
const mostApplications = 100

export const updateApiApplications = operation({
  id: 'updateAPIApplications',
  method: 'PATCH',
  path: '/api/v1/apis/{api_id}/applications',
  scope: 'update:apis',
  tag: 'APIs',
  summary: 'Authorize applications for an API',
  description:
    'Lets applications ask for tokens of the API, or takes that from them, all or none of the list. Authorizing enables no scope yet; revoking drops the scopes that were enabled. Applications that are as wanted already are not in the reply.',
  body: Type.Object({
    applications: Type.Array(
      Type.Object({
        id: Type.String({ description: 'Client id of the application.' }),
        operation: Type.Optional(
          Type.String({ description: '`delete` revokes the authorization; left out, or anything else, gives it.' }),
        ),
      }),
      { description: `At most ${mostApplications} applications. Where one stands twice, the last entry counts.` },
    ),
  }),
  bodyRequired: true,
  example: { body: { applications: [{ id: '3b0b5c6c8fcc464fab397f4969b5f482' }] } },
  responses: {
    200: named(
      'authorize_app_api_response',
      Success({
        applications_disconnected: Type.Optional(
          Type.Array(Type.String(), { description: 'Client ids of the applications that lost the authorization.' }),
        ),
        applications_connected: Type.Optional(
          Type.Array(Type.String(), { description: 'Client ids of the applications that were authorized.' }),
        ),
      }),
    ),
  },
  handler: async ({ params, body, db, now, record }) => {
    const api = await requireApi(db, params.api_id)
    if (body.applications.length > mostApplications) {
      const message = `At most ${mostApplications} applications can be named at once; ${body.applications.length} were.`
      throw new ApiError(400, 'TOO_MANY_OBJECTS', message, { field: 'applications' })
    }
    const revokes = new Map(body.applications.map(({ id, operation }) => [id, operation === 'delete']))
    const ids = [...revokes.keys()]
    const authorized = await authorizedOf(db, api.id, ids)
    const connected = ids.filter((id) => !revokes.get(id) && !authorized.has(id))
    const disconnected = ids.filter((id) => revokes.get(id) && authorized.has(id))
    if (connected.length > 0) {
      await db
        .insertInto('api_applications')
        .values(connected.map((id) => ({ api_id: api.id, application_id: id, created_at_ms: now })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    let scopes = 0
    if (disconnected.length > 0) {
      scopes = await countEnabledScopes(db, api.id, disconnected)
      await db
        .deleteFrom('api_applications')
        .where('api_id', '=', api.id)
        .where('application_id', 'in', disconnected)
        .execute()
    }
    if (connected.length + disconnected.length > 0) {
      record('api.applications_updated', { api: { id: api.id }, connected, disconnected, reach: { scopes } })
    }
    return {
      code: 'API_APPLICATIONS_UPDATED',
      message: 'API applications updated',
      applications_disconnected: disconnected,
      applications_connected: connected,
    }
  },
})

/**
 * Which of the applications are authorized for the API.
 * @throws {ApiError} 400 APPLICATION_NOT_FOUND when one of them does not exist
 */
async function authorizedOf(db: Db, apiId: string, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('applications')
    .leftJoin('api_applications as pair', (join) =>
      join.onRef('pair.application_id', '=', 'applications.id').on('pair.api_id', '=', apiId),
    )
    .select(['applications.id', 'pair.api_id as authorized_for'])
    .where('applications.id', 'in', ids)
    .execute()
  const known = new Set(rows.map(({ id }) => id))
  const unknown = ids.find((id) => !known.has(id))
  if (unknown !== undefined) {
    const message = `There is no application with the id ${shown(unknown)}. Nothing was changed.`
    throw invalid('applications', message, 'APPLICATION_NOT_FOUND')
  }
  return new Set(rows.filter(({ authorized_for: api }) => api !== null).map(({ id }) => id))
}

/** How many scopes of the API the applications have between them. */
async function countEnabledScopes(db: Db, apiId: string, ids: string[]): Promise<number> {
  const { scopes } = await db
    .selectFrom('api_application_scopes')
    .select((select) => select.fn.countAll<number>().as('scopes'))
    .where('api_id', '=', apiId)
    .where('application_id', 'in', ids)
    .executeTakeFirstOrThrow()
  return Number(scopes)
}
