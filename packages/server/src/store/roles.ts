import type { Selectable } from 'kysely'
import { invalid, notFound, shown } from '../errors.ts'
import { dialectOf, nameSort, violatedUnique } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import { statement } from './statement.ts'
import type { Database, Db } from './tables.ts'

export type RoleRow = Selectable<Database['roles']>
export type RoleValues = Pick<RoleRow, 'name' | 'key' | 'description' | 'is_default_role' | 'assignment_permission_id'>

/** @throws {ApiError} 404 ROLE_NOT_FOUND */
export async function requireRole(db: Db, id: string): Promise<RoleRow> {
  const row = await db.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('role', id)
  return row
}

/**
 * The role, held until the transaction ends: another request that changes it, or what belongs to it, waits. Giving it
 * to a user does not.
 * @throws {ApiError} 404 ROLE_NOT_FOUND
 */
export async function holdRole(db: Db, id: string): Promise<RoleRow> {
  const row = await db
    .selectFrom('roles')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('role', id)
  return row
}

/** @throws {ApiError} 400 ROLE_KEY_EXISTS */
export async function createRole(
  db: Db,
  values: RoleValues,
  { ids, now }: { ids: Ids; now: number },
): Promise<Omit<RoleRow, 'seq'>> {
  const row = { id: ids.timedUuid(now), ...values, name_sort: nameSort(values.name), created_at_ms: now }
  await withOwnKey(values.key, () => db.insertInto('roles').values(row).execute())
  return row
}

/**
 * Writes what is set and differs from the row.
 * @returns the role as it is now; undefined when nothing changed
 * @throws {ApiError} 400 ROLE_KEY_EXISTS
 */
export async function changeRole(db: Db, before: RoleRow, wanted: Partial<RoleValues>): Promise<RoleRow | undefined> {
  const columns = (Object.keys(wanted) as (keyof RoleValues)[]).filter(
    (column) => wanted[column] !== undefined && wanted[column] !== before[column],
  )
  if (columns.length === 0) return undefined
  const changes: Partial<RoleValues> = Object.fromEntries(columns.map((column) => [column, wanted[column]]))
  const after = { ...before, ...changes }
  after.name_sort = nameSort(after.name)
  const set = { ...changes, name_sort: after.name_sort }
  await withOwnKey(after.key, () => db.updateTable('roles').set(set).where('id', '=', before.id).execute())
  return after
}

async function withOwnKey(key: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('key', `Another role has the key ${shown(key)}.`, 'ROLE_KEY_EXISTS')
  }
}

/** Deletes a role. Members, applications and what it held lose it by their foreign keys. @returns how far that reached */
export async function deleteRole(db: Db, id: string) {
  const reach = await reachOf(db, id, {
    // Each of them once, however many organizations it has the role in.
    users: { by: 'organization_user_roles.role_id', of: 'user_id' },
    permissions: 'role_permissions.role_id',
    scopes: 'role_scopes.role_id',
    system_permissions: 'role_system_permissions.role_id',
    applications: 'application_access_roles.role_id',
    invites: 'organization_invite_roles.role_id',
  })
  await db.deleteFrom('roles').where('id', '=', id).execute()
  return reach
}

/**
 * Gives a member who has just joined an organization the roles that everyone gets: `(db, orgCode, userId)`. One
 * statement, because every new user passes here. The lock lets a role that is being deleted at this moment go first,
 * instead of failing on its foreign key.
 */
export const grantDefaultRoles = statement<[orgCode: string, userId: string]>(
  (dialect) => `insert into organization_user_roles (organization_code, user_id, role_id)
    select ?, ?, id from roles where is_default_role = true ${dialect === 'postgres' ? 'for key share' : ''}
    on conflict do nothing`,
)

/** A role as events tell of it: the form that Kinde's webhooks have. */
export function roleEventData({ id, key, name, description, is_default_role }: Omit<RoleRow, 'seq'>) {
  return { role: { id, key, name, description, is_default_role } }
}
