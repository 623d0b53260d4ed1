import { sql } from 'kysely'
import { invalid, notFound, shown } from '../errors.ts'
import { hashSecret } from '../oauth/secrets.ts'
import type { Ids } from './ids.ts'
import type { ApiKeyRow, Db } from './tables.ts'

export const apiKeyTypes = ['user', 'organization', 'environment'] as const
export type ApiKeyType = (typeof apiKeyTypes)[number]

/** Whether a bearer token has the form of a key: a token of the OAuth endpoint, being a JWS, begins otherwise. */
export function isApiKey(token: string): boolean {
  return token.startsWith(keyStart)
}

/** What keys begin with, and how much of one is shown later: its first six characters and its last four. */
const keyStart = 'k_live_'
const shownStart = 6
const shownEnd = 4

/** The key itself: shown once. */
export function newKey(ids: Ids): string {
  return keyStart + ids.secret()
}

/** The columns by which a key is recognised later. */
export function keyColumns(key: string): { sha256: string; key_prefix: string; key_suffix: string } {
  return { sha256: keyHash(key), key_prefix: key.slice(0, shownStart), key_suffix: key.slice(-shownEnd) }
}

/** SHA-256, hex. A key has 52 random characters: a slow hash would protect nothing more. */
export function keyHash(key: string): string {
  return hashSecret(key).toString('hex')
}

/** @throws {ApiError} 404 API_KEY_NOT_FOUND */
export async function requireApiKey(db: Db, id: string): Promise<ApiKeyRow> {
  const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('api_key', id)
  return row
}

/** A key, and what of its API and its owner decides whether it opens anything. */
export type FoundKey = ApiKeyRow & {
  is_management_api: boolean
  /** The organization or the user that it belongs to is suspended. */
  isSuspended: boolean
}

/** Finds a key by its hash; undefined for one that does not exist. */
export async function findKey(db: Db, key: string): Promise<FoundKey | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .innerJoin('apis', 'apis.id', 'api_keys.api_id')
    .leftJoin('organizations', 'organizations.code', 'api_keys.organization_code')
    .leftJoin('users', 'users.id', 'api_keys.user_id')
    .selectAll('api_keys')
    .select(['is_management_api', 'organizations.is_suspended as is_organization_suspended'])
    .select('users.is_suspended as is_user_suspended')
    .where('sha256', '=', keyHash(key))
    .executeTakeFirst()
  if (row === undefined) return undefined
  return { ...row, isSuspended: (row.is_organization_suspended ?? false) || (row.is_user_suspended ?? false) }
}

/**
 * Counts uses of a key. As text, not through the query builder: being used changes nothing that anyone remembers of a
 * key.
 */
export async function countKeyUses(
  db: Db,
  id: string,
  { uses, lastMs, address }: { uses: number; lastMs: number; address: string },
): Promise<void> {
  await sql`update api_keys set
      verification_count = verification_count + cast(${uses} as bigint),
      last_verified_ip = case when coalesce(last_verified_at_ms, 0) <= cast(${lastMs} as bigint)
        then cast(${address} as text) else last_verified_ip end,
      last_verified_at_ms = case when coalesce(last_verified_at_ms, 0) <= cast(${lastMs} as bigint)
        then cast(${lastMs} as bigint) else last_verified_at_ms end
    where id = ${id}`.execute(db)
}

/** The keys of the scopes of API keys, by the key's id. */
export async function scopesOf(db: Db, keyIds: readonly string[]): Promise<Map<string, string[]>> {
  if (keyIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('api_key_scopes')
    .innerJoin('api_scopes', 'api_scopes.id', 'api_key_scopes.scope_id')
    .select(['api_key_scopes.key_id', 'api_scopes.key'])
    .where('api_key_scopes.key_id', 'in', keyIds)
    .orderBy('api_scopes.key')
    .execute()
  const byKey = new Map<string, string[]>(keyIds.map((id) => [id, []]))
  for (const row of rows) byKey.get(row.key_id)!.push(row.key)
  return byKey
}

/**
 * The ids of scopes that are named by id or, as Kinde's guides do, by key.
 * @throws {ApiError} 400 INVALID_SCOPE for one that the API does not have
 */
export async function scopeIds(db: Db, apiId: string, named: readonly string[]): Promise<string[]> {
  if (named.length === 0) return []
  const rows = await db
    .selectFrom('api_scopes')
    .select(['id', 'key'])
    .where('api_id', '=', apiId)
    .where((where) => where.or([where('id', 'in', named), where('key', 'in', named)]))
    .execute()
  const unknown = named.find((name) => !rows.some((row) => row.id === name || row.key === name))
  if (unknown !== undefined) {
    throw invalid('scope_ids', `The API has no scope ${shown(unknown)}. Name scopes of this API.`, 'INVALID_SCOPE')
  }
  return rows.map((row) => row.id)
}
