import { ApiError, notFound } from '../errors.ts'
import type { ApiRow, ApiScopeRow, Db } from './tables.ts'

/** @throws {ApiError} 404 API_NOT_FOUND */
export async function requireApi(db: Db, id: string): Promise<ApiRow> {
  const row = await db.selectFrom('apis').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('api', id)
  return row
}

/**
 * An API whose scopes may be changed: any but the Management API, whose scopes are what the server can do.
 * @throws {ApiError} 404 API_NOT_FOUND; 400 MANAGEMENT_API_CANNOT_BE_CHANGED
 */
export async function requireOwnApi(db: Db, id: string): Promise<ApiRow> {
  const api = await requireApi(db, id)
  if (api.is_management_api) {
    throw new ApiError(
      400,
      'MANAGEMENT_API_CANNOT_BE_CHANGED',
      'The scopes of the Management API are fixed. Register an API of your own for scopes of your own.',
    )
  }
  return api
}

/** @throws {ApiError} 404 API_SCOPE_NOT_FOUND, also for a scope of another API */
export async function requireScope(db: Db, apiId: string, scopeId: string): Promise<ApiScopeRow> {
  const row = await db
    .selectFrom('api_scopes')
    .selectAll()
    .where('id', '=', scopeId)
    .where('api_id', '=', apiId)
    .executeTakeFirst()
  if (row === undefined) throw notFound('api_scope', scopeId)
  return row
}
