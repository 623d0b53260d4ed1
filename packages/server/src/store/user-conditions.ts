import { type RawBuilder, sql } from 'kysely'
import { inSet, oneOf, valuesOf } from './one-of.ts'
import type { Db } from './tables.ts'

/** How many characters of a property's value are in the index, as its migration says. */
const indexedLength = 200

/** Something that the users of a list have in common. */
export interface UserCondition {
  /** True of the row of `users` that is looked at. */
  holds: RawBuilder<boolean>
  /** The ids of all users of whom it is true; left out where no index leads to them. */
  ids?: RawBuilder<unknown>
  /** They are few for certain, because each was named. */
  isNarrow?: boolean
}

export function withId(db: Db, ids: readonly string[]): UserCondition {
  return { holds: oneOf(db, 'users.id', ids), ids: valuesOf(db, ids), isNarrow: true }
}

/** @param keys the forms in which values of the type are unique; see `store/identity-values.ts` */
export function withIdentity(db: Db, type: string, keys: readonly string[]): UserCondition {
  const where = sql`type = ${type} and ${oneOf(db, 'value_key', keys)}`
  return { ...rowOf('identities', 'user_id', where), isNarrow: true }
}

export function memberOf(orgCode: string): UserCondition {
  return inIndexOrder(rowOf('organization_users', 'user_id', sql`organization_code = ${orgCode}`), 'user_seq')
}

/** Members of an organization who have a role there. */
export function withRole(orgCode: string, roleId: string): UserCondition {
  const where = sql`organization_code = ${orgCode} and role_id = ${roleId}`
  return inIndexOrder(rowOf('organization_user_roles', 'user_id', where), 'user_id')
}

/** Members of an organization who have a permission there: of their own, or through a role. */
export function withPermission(orgCode: string, permissionId: string): UserCondition {
  const own = rowOf(
    'organization_user_permissions',
    'user_id',
    sql`organization_code = ${orgCode} and permission_id = ${permissionId}`,
  )
  const roles = sql`select role_id from role_permissions where permission_id = ${permissionId}`
  const derived = rowOf(
    'organization_user_roles',
    'user_id',
    sql`organization_code = ${orgCode} and role_id in (${roles})`,
  )
  return { ids: sql`${own.ids} union all ${derived.ids}`, holds: sql`(${own.holds} or ${derived.holds})` }
}

/** @param wanted true: users with at least one organization; false: users without */
export function withOrganization(wanted: boolean): UserCondition {
  const { holds } = rowOf('organization_users', 'user_id', sql`1 = 1`)
  return { holds: wanted ? holds : sql`not ${holds}` }
}

/** @param sinceMs milliseconds since the epoch */
export function signedInSince(sinceMs: number): UserCondition {
  return { holds: sql`users.last_signed_in_at_ms >= ${sinceMs}` }
}

/**
 * Users who have one of the API scopes: given to them, or through a role.
 * @param orgCode counts the scopes of members of this organization; null: of any
 */
export function withApiScope(db: Db, scopeIds: readonly string[], orgCode: string | null): UserCondition {
  const within = orgCode === null ? sql`` : sql` and organization_code = ${orgCode}`
  const isWanted = oneOf(db, 'scope_id', scopeIds)
  const own = rowOf('user_api_scopes', 'user_id', sql`${isWanted}${within}`)
  const roles = sql`select role_id from role_scopes where ${isWanted}`
  const derived = rowOf('organization_user_roles', 'user_id', sql`role_id ${inSet(db, roles)}${within}`)
  return { ids: sql`${own.ids} union all ${derived.ids}`, holds: sql`(${own.holds} or ${derived.holds})` }
}

export function withProperty(db: Db, propertyId: string, values: readonly string[]): UserCondition {
  const { holds, ids } = rowOf(
    'property_values',
    'owner_id',
    sql`property_id = ${propertyId} and ${oneOf(db, 'value', values)}`,
  )
  // The index has the beginnings of the values. Of one user the value is found without it.
  const beginnings = valuesOf(
    db,
    values.map((value) => [...value].slice(0, indexedLength).join('')),
  )
  return { holds, ids: sql`${ids} and substr(value, 1, 200) ${inSet(db, beginnings)}` }
}

/**
 * Asks for the ids in an order that the right index has. Of the first so many ids PostgreSQL would else think that it finds
 * them soon by going through the whole table, once a statement has been run five times and values no longer count.
 */
function inIndexOrder(condition: UserCondition & { ids: RawBuilder<unknown> }, column: string): UserCondition {
  return { ...condition, ids: sql`${condition.ids} order by ${sql.ref(column)}` }
}

/** A user owns a row of a table. */
function rowOf(table: string, owner: string, where: RawBuilder<unknown>): UserCondition & { ids: RawBuilder<unknown> } {
  const from = sql.table(table)
  return {
    ids: sql`select ${sql.ref(owner)} from ${from} where ${where}`,
    // `offset` keeps both databases from turning this into a join, in an order of their own.
    holds: sql`exists (select 1 from ${from} where ${sql.ref(`${table}.${owner}`)} = users.id and ${where} limit 1 offset 0)`,
  }
}
