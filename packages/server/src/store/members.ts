import { type RawBuilder, sql } from 'kysely'
import { type ApiError, invalid, shown } from '../errors.ts'
import { dialectOf } from './dialect.ts'
import { type Grant, membershipsOf } from './memberships.ts'
import { oneOf } from './one-of.ts'
import { requireMembership } from './organizations.ts'
import { grantDefaultRoles } from './roles.ts'
import type { Db, UserRow } from './tables.ts'
import type { FoundUser } from './user-search.ts'
import { holdUser, refreshUser, seqOfUser, userEventData } from './users.ts'

/** A user in an organization. */
export interface Member {
  organizationCode: string
  userId: string
}

/**
 * Members of an organization in the order in which their users were made, as lists show them. A page costs the same
 * wherever it begins and however many members and users there are.
 * @param after the `seq` of the user behind which the page begins
 */
export function membersInOrder(
  organizationCode: string,
  { after, limit }: { after: number; limit: number },
): RawBuilder<FoundUser> {
  // The page first: of the users just these are looked up then, whatever the planner thinks.
  return sql`
    select users.seq, users.document from (
      select user_id, user_seq from organization_users
      where organization_code = ${organizationCode} and user_seq > ${after} order by user_seq limit ${limit}
    ) as page join users on users.id = page.user_id order by page.user_seq`
}

/** What a member can be given, and where it is kept. */
export type GrantKind = 'role' | 'permission'

const kinds = {
  role: { definitions: 'roles', grants: 'organization_user_roles', column: 'role_id' },
  permission: { definitions: 'permissions', grants: 'organization_user_permissions', column: 'permission_id' },
} as const

/**
 * A member whose memberships, roles and permissions nobody else changes until the transaction ends.
 * @throws {ApiError} 404 ORGANIZATION_NOT_FOUND, USER_NOT_FOUND; 400 USER_NOT_IN_ORGANIZATION
 */
export async function holdMember(
  db: Db,
  organizationCode: string,
  userId: string,
): Promise<Member & { user: UserRow }> {
  const user = await holdUser(db, userId)
  await requireMembership(db, organizationCode, userId)
  return { organizationCode, userId, user }
}

/**
 * Some users, held as {@link holdMember} does, in an order in which two requests cannot wait for each other.
 * @returns by id; ids that no user has are left out
 */
export async function holdUsers(db: Db, ids: readonly string[]): Promise<Map<string, UserRow>> {
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .where(oneOf(db, 'id', ids))
    .orderBy('id')
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** Which of the users are members. */
export async function membersAmong(db: Db, organizationCode: string, userIds: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('organization_users')
    .select('user_id')
    .where('organization_code', '=', organizationCode)
    .where(oneOf(db, 'user_id', userIds))
    .execute()
  return new Set(rows.map((row) => row.user_id))
}

/**
 * Roles or permissions by id or by key. They stay until the transaction ends, so that they can be given.
 * @returns by the value that named them; values that name none are left out
 */
export async function keepGrants(
  db: Db,
  kind: GrantKind,
  by: keyof Grant,
  values: readonly string[],
): Promise<Map<string, Grant>> {
  if (values.length === 0) return new Map()
  const rows = await db
    .selectFrom(kinds[kind].definitions)
    .select(['id', 'key'])
    .where(oneOf(db, by, values))
    .orderBy('id')
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .execute()
  return new Map(rows.map((row) => [row[by], row]))
}

/** 400 for a role or permission that a member of the body, or a filter, names and that does not exist. */
export function unknownGrant(kind: GrantKind, by: keyof Grant, field: string, value: string): ApiError {
  return invalid(field, `There is no ${kind} with the ${by} ${shown(value)}.`, `${kind.toUpperCase()}_NOT_FOUND`)
}

/** Gives a member roles or permissions, held by {@link keepGrants}. @returns whether it lacked one of them */
export async function give(db: Db, kind: GrantKind, member: Member, ids: readonly string[]): Promise<boolean> {
  if (ids.length === 0) return false
  const { grants, column, definitions } = kinds[kind]
  const { rows } = await sql`
    insert into ${sql.table(grants)} (organization_code, user_id, ${sql.ref(column)})
    select ${member.organizationCode}, ${member.userId}, id from ${sql.table(definitions)}
      where ${oneOf(db, 'id', ids)}
    on conflict do nothing returning user_id`.execute(db)
  return rows.length > 0
}

/** Takes roles or permissions from a member. @returns whether it had one of them */
export async function take(db: Db, kind: GrantKind, member: Member, ids: readonly string[]): Promise<boolean> {
  if (ids.length === 0) return false
  const { grants, column } = kinds[kind]
  const { rows } = await sql`
    delete from ${sql.table(grants)} where user_id = ${member.userId} and organization_code = ${member.organizationCode}
      and ${oneOf(db, column, ids)} returning user_id`.execute(db)
  return rows.length > 0
}

/** Makes these the roles or permissions that a member has. @returns whether that changed something */
export async function replace(db: Db, kind: GrantKind, member: Member, ids: readonly string[]): Promise<boolean> {
  const { grants, column } = kinds[kind]
  const { rows } = await sql<{ id: string }>`
    select ${sql.ref(column)} as id from ${sql.table(grants)}
    where user_id = ${member.userId} and organization_code = ${member.organizationCode}`.execute(db)
  const wanted = new Set(ids)
  const surplus = rows.map(({ id }) => id).filter((id) => !wanted.has(id))
  const taken = await take(db, kind, member, surplus)
  const given = await give(db, kind, member, ids)
  return taken || given
}

/** Roles and permissions by id. What is left out stays as it is. */
export interface MemberGrants {
  roles?: readonly string[] | undefined
  permissions?: readonly string[] | undefined
}

/**
 * Makes a user, held by {@link holdUsers}, a member of an organization that it is not in. Without roles it gets those
 * that everyone gets.
 */
export async function addMember(db: Db, member: Member, grants: MemberGrants, now: number): Promise<void> {
  const { organizationCode, userId } = member
  await db
    .insertInto('organization_users')
    .values({
      organization_code: organizationCode,
      user_id: userId,
      joined_at_ms: now,
      user_seq: seqOfUser(db, userId),
    })
    .execute()
  if (grants.roles === undefined) await grantDefaultRoles(db, organizationCode, userId)
  await updateMember(db, member, grants)
}

/** Replaces what a held member has of roles and permissions. @returns whether that changed something */
export async function updateMember(db: Db, member: Member, { roles, permissions }: MemberGrants): Promise<boolean> {
  const haveRolesChanged = roles !== undefined && (await replace(db, 'role', member, roles))
  const havePermissionsChanged = permissions !== undefined && (await replace(db, 'permission', member, permissions))
  return haveRolesChanged || havePermissionsChanged
}

/**
 * Takes a held member out of an organization, with what it has there: roles, permissions, API scopes, sessions, second
 * factors, connected apps. The user stays.
 * @returns whether it was a member
 */
export async function removeMember(db: Db, { organizationCode, userId }: Member): Promise<boolean> {
  const membership = await db
    .deleteFrom('organization_users')
    .where('user_id', '=', userId)
    .where('organization_code', '=', organizationCode)
    .returning('last_signed_in_at_ms')
    .executeTakeFirst()
  if (membership === undefined) return false
  for (const table of ['sessions', 'mfa_factors', 'connected_app_sessions'] as const) {
    await db.deleteFrom(table).where('user_id', '=', userId).where('organization_code', '=', organizationCode).execute()
  }
  // Lists show where a user has signed in.
  if (membership.last_signed_in_at_ms !== null) await refreshUser(db, userId)
  return true
}

/**
 * To be called once memberships, or what members have, are changed: claims that were made from what was before are not
 * used for another token.
 * @param users those whom it concerns, held
 * @returns what `user.updated` tells of each of them
 */
export async function afterMemberChange(db: Db, users: readonly UserRow[], now: number) {
  if (users.length === 0) return []
  const ids = users.map(({ id }) => id)
  await db
    .updateTable('users')
    .set({ claims_refreshed_at_ms: now })
    .where(oneOf(db, 'id', ids))
    .execute()
  const memberships = await membershipsOf(db, ids)
  return users.map((user) => userEventData(user, memberships.get(user.id) ?? []))
}
