import { sql } from 'kysely'
import { oneOf } from './one-of.ts'
import type { Db } from './tables.ts'

/** A role or permission as events name it. */
export interface Grant {
  id: string
  key: string
}

/** A user's membership as events tell of it. Null where Kinde's events have it: when there is nothing to list. */
export interface Membership {
  code: string
  /** All that the member has, also through roles. */
  permissions: Grant[] | null
  roles: Grant[] | null
}

/** A membership without roles and permissions. */
export function bareMembership(code: string): Membership {
  return { code, permissions: null, roles: null }
}

/**
 * The memberships of some users, each in the order of joining.
 * @returns by the user's id; whoever belongs to no organization is left out
 */
export async function membershipsOf(db: Db, userIds: readonly string[]): Promise<Map<string, Membership[]>> {
  const members = await db
    .selectFrom('organization_users')
    .select(['user_id', 'organization_code'])
    .where(oneOf(db, 'user_id', userIds))
    .orderBy('joined_at_ms')
    .orderBy('organization_code')
    .execute()
  const byUser = new Map<string, Membership[]>()
  const byMember = new Map<string, Membership>()
  for (const { user_id: userId, organization_code: code } of members) {
    const membership = bareMembership(code)
    byUser.set(userId, [...(byUser.get(userId) ?? []), membership])
    byMember.set(`${userId} ${code}`, membership)
  }
  if (members.length === 0) return byUser
  for (const kind of ['roles', 'permissions'] as const) {
    for (const { user_id: userId, organization_code: code, id, key } of await readers[kind](db, userIds)) {
      const membership = byMember.get(`${userId} ${code}`)
      if (membership !== undefined) membership[kind] = [...(membership[kind] ?? []), { id, key }]
    }
  }
  return byUser
}

type Row = Grant & { user_id: string; organization_code: string }

const readers = {
  async roles(db: Db, userIds: readonly string[]): Promise<Row[]> {
    return db
      .selectFrom('organization_user_roles')
      .innerJoin('roles', 'roles.id', 'organization_user_roles.role_id')
      .select(['user_id', 'organization_code', 'roles.id', 'roles.key'])
      .where(oneOf(db, 'user_id', userIds))
      .orderBy('roles.seq')
      .execute()
  },

  async permissions(db: Db, userIds: readonly string[]): Promise<Row[]> {
    const { rows } = await sql<Row>`
      select user_id, organization_code, permissions.id, permissions.key
      from (
        select user_id, organization_code, permission_id from organization_user_permissions
          where ${oneOf(db, 'user_id', userIds)}
        union
        select user_id, organization_code, permission_id from organization_user_roles
          join role_permissions on role_permissions.role_id = organization_user_roles.role_id
          where ${oneOf(db, 'user_id', userIds)}
      ) as held join permissions on permissions.id = held.permission_id
      order by permissions.seq`.execute(db)
    return rows
  },
}
