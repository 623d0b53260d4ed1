import type { Selectable } from 'kysely'
import { type ApiError, invalid, notFound, shown } from '../errors.ts'
import { dialectOf, nameSort, violatedUnique } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import type { Database, Db } from './tables.ts'

export type PermissionRow = Selectable<Database['permissions']>
export type PermissionValues = Pick<PermissionRow, 'name' | 'key' | 'description'>

/**
 * The permission, held until the transaction ends: another request that changes it waits.
 * @throws {ApiError} 404 PERMISSION_NOT_FOUND
 */
export async function holdPermission(db: Db, id: string): Promise<PermissionRow> {
  const row = await db
    .selectFrom('permissions')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('permission', id)
  return row
}

/** Which of the ids are permissions. They stay until the transaction ends, so that they can be referred to. */
export async function knownPermissions(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('permissions')
    .select('id')
    .where('id', 'in', ids)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** 400 for a permission that a member or parameter names and that does not exist. The code is Kinde's. */
export function unknownPermission(field: string, id: string): ApiError {
  return invalid(field, `There is no permission with the id ${shown(id)}.`, 'INVALID_PERMISSION_ID')
}

/** @throws {ApiError} 400 PERMISSION_KEY_EXISTS */
export async function createPermission(
  db: Db,
  values: PermissionValues,
  { ids, now }: { ids: Ids; now: number },
): Promise<Omit<PermissionRow, 'seq'>> {
  const row = { id: ids.timedUuid(now), ...values, name_sort: nameSort(values.name), created_at_ms: now }
  await withOwnKey(values.key, () => db.insertInto('permissions').values(row).execute())
  return row
}

/**
 * Writes what is set and differs from the row.
 * @returns the permission as it is now; undefined when nothing changed
 * @throws {ApiError} 400 PERMISSION_KEY_EXISTS
 */
export async function changePermission(
  db: Db,
  before: PermissionRow,
  wanted: Partial<PermissionValues>,
): Promise<PermissionRow | undefined> {
  const { name = before.name, key = before.key, description = before.description } = wanted
  if (name === before.name && key === before.key && description === before.description) return undefined
  const after = { name, name_sort: nameSort(name), key, description }
  await withOwnKey(key, () => db.updateTable('permissions').set(after).where('id', '=', before.id).execute())
  return { ...before, ...after }
}

async function withOwnKey(key: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('key', `Another permission has the key ${shown(key)}.`, 'PERMISSION_KEY_EXISTS')
  }
}

/**
 * Deletes a permission. Roles and members lose it by their foreign keys.
 * @returns how far that reached: members who had it beside their roles, roles that held it, and roles (`assignments`)
 *   that could be assigned only by those who had it, and need no permission now
 */
export async function deletePermission(db: Db, id: string) {
  const reach = await reachOf(db, id, {
    users: { by: 'organization_user_permissions.permission_id', of: 'user_id' },
    roles: 'role_permissions.permission_id',
    assignments: 'roles.assignment_permission_id',
  })
  await db.deleteFrom('permissions').where('id', '=', id).execute()
  return reach
}

/** A permission as events tell of it: the form that Kinde's webhooks have. */
export function permissionEventData({ id, key, name, description }: Omit<PermissionRow, 'seq'>) {
  return { permission: { id, key, name, description } }
}
