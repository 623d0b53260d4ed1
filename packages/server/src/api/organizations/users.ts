import { Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../../errors.ts'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import {
  addMember,
  afterMemberChange,
  type GrantKind,
  holdMember,
  holdUsers,
  keepGrants,
  type MemberGrants,
  membersAmong,
  membersInOrder,
  removeMember,
  unknownGrant,
  updateMember,
} from '../../store/members.ts'
import { oneOf } from '../../store/one-of.ts'
import { keepOrganization, requireOrganization } from '../../store/organizations.ts'
import { largestTokenPage, pageSize, tokenPageParameters } from '../../store/page.ts'
import { fullName } from '../../store/subscribers.ts'
import type { Db, UserRow } from '../../store/tables.ts'
import { memberOf, type UserCondition, withPermission, withRole } from '../../store/user-conditions.ts'
import { findUsersInOrder, type UserOrder } from '../../store/user-order.ts'
import { findUsers } from '../../store/user-search.ts'
import { timestamp } from '../../time.ts'
import { wordsOf } from '../users/expansions.ts'

/** The most users that one request may name, as in Kinde's API. */
const mostUsers = 100
/** The most roles, and the most permissions, that are given to a member or filtered by at once. */
const mostGrants = 100

const orders: Record<string, UserOrder> = {
  name_asc: { column: 'name_sort', direction: 'asc' },
  name_desc: { column: 'name_sort', direction: 'desc' },
  email_asc: { column: 'email_sort', direction: 'asc' },
  email_desc: { column: 'email_sort', direction: 'desc' },
}

export const getOrganizationUsers = operation({
  id: 'GetOrganizationUsers',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/users',
  scope: 'read:organization_users',
  tag: 'Organizations',
  summary: 'List members of an organization',
  description:
    'Members in the order in which their users were made, or sorted, a page at a time. Filters narrow each other.',
  query: Type.Object({
    sort: Type.Optional(
      Nullable(
        Choice(['name_asc', 'name_desc', 'email_asc', 'email_desc'], {
          description: 'By full name or e-mail address, without regard to case.',
        }),
      ),
    ),
    ...tokenPageParameters,
    permissions: Type.Optional(
      Type.String({
        description:
          'Keys, separated by commas: only members with all these permissions, whether through roles or not.',
      }),
    ),
    roles: Type.Optional(Type.String({ description: 'Keys, separated by commas: only members with all these roles.' })),
  }),
  responses: {
    200: named(
      'get_organization_users_response',
      Success({
        organization_users: Type.Optional(
          Type.Array(
            named(
              'organization_user',
              Type.Object({
                id: Type.Optional(Nullable(Type.String({ description: 'Id of the user.' }))),
                email: Type.Optional(Nullable(Type.String({ description: 'Primary e-mail address.' }))),
                full_name: Type.Optional(Type.String({ description: 'Given and family name.' })),
                last_name: Type.Optional(Nullable(Type.String({ description: 'Family name.' }))),
                first_name: Type.Optional(Nullable(Type.String({ description: 'Given name.' }))),
                picture: Type.Optional(Nullable(Type.String({ description: 'URL of the picture.' }))),
                joined_on: Type.Optional(Type.String({ description: 'When the user became a member, RFC 3339.' })),
                last_accessed_on: Type.Optional(
                  Nullable(Type.String({ description: 'Last sign-in to the organization, RFC 3339.' })),
                ),
                is_suspended: Type.Optional(
                  Type.Boolean({ description: 'Whether the user is kept from signing in to any organization.' }),
                ),
                roles: Type.Optional(
                  Type.Array(Type.String(), { description: 'Keys of the roles that the user has here.' }),
                ),
              }),
            ),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ params, query, db, environment }) => {
    const { code } = await requireOrganization(db, params.org_code)
    const size = pageSize(query.page_size, largestTokenPage)
    const list = `organizations/${code}/users`
    const given = query.next_token ? environment.pageTokens.read(list, query.next_token) : undefined
    const sort = given?.sort ?? query.sort ?? ''
    const conditions = await conditionsOf(db, code, query)
    // One more than is shown tells whether there is a next page.
    const limit = size + 1
    const order = orders[sort]
    const from = given?.after.seq ?? 0
    const all = [memberOf(code), ...conditions]
    let found: { seq: number; document: string; value?: string }[]
    if (order !== undefined) found = await findUsersInOrder(db, all, order, { after: given?.after, limit })
    else if (conditions.length > 0) found = await findUsers(db, all, null, { from, backwards: false, limit })
    else found = (await membersInOrder(code, { after: from, limit }).execute(db)).rows
    const page = found.slice(0, size)
    const last = found.length > size ? page.at(-1) : undefined
    return {
      ...ok,
      organization_users: await members(
        db,
        code,
        page.map(({ document }) => JSON.parse(document) as UserDocument),
      ),
      next_token: last && environment.pageTokens.write(list, sort, { seq: last.seq, value: last.value }),
    }
  },
})

/** What the filters ask of members. @throws {ApiError} 400 ROLE_NOT_FOUND, PERMISSION_NOT_FOUND, TOO_MANY_OBJECTS */
async function conditionsOf(
  db: Db,
  code: string,
  filters: { roles?: string; permissions?: string },
): Promise<UserCondition[]> {
  const conditions: UserCondition[] = []
  for (const [kind, field, condition] of [
    ['role', 'roles', withRole],
    ['permission', 'permissions', withPermission],
  ] as const) {
    const keys = [...new Set(wordsOf(filters[field]))]
    if (keys.length > mostGrants) throw tooMany(field, mostGrants, keys.length)
    if (keys.length === 0) continue
    const rows = await db
      .selectFrom(field)
      .select(['id', 'key'])
      .where(oneOf(db, 'key', keys))
      .execute()
    const known = new Map(rows.map(({ id, key }) => [key, id]))
    for (const key of keys) {
      const id = known.get(key)
      if (id === undefined) throw unknownGrant(kind, 'key', field, key)
      conditions.push(condition(code, id))
    }
  }
  return conditions
}

function tooMany(field: string, most: number, sent: number): ApiError {
  return new ApiError(400, 'TOO_MANY_OBJECTS', `${field} takes ${most} entries at most; ${sent} were sent.`, { field })
}

/** A user's document, as far as it is shown of a member. */
interface UserDocument {
  id: string
  email?: string
  first_name?: string
  last_name?: string
  picture?: string
  is_suspended: boolean
}

/** Users with what they are in the organization; who has left it since they were read is left out. */
async function members(db: Db, code: string, users: UserDocument[]) {
  const ids = users.map(({ id }) => id)
  const memberships = await db
    .selectFrom('organization_users')
    .select(['user_id', 'joined_at_ms', 'last_signed_in_at_ms'])
    .where('organization_code', '=', code)
    .where(oneOf(db, 'user_id', ids))
    .execute()
  const roles = await db
    .selectFrom('organization_user_roles')
    .innerJoin('roles', 'roles.id', 'organization_user_roles.role_id')
    .select(['user_id', 'key'])
    .where('organization_code', '=', code)
    .where(oneOf(db, 'user_id', ids))
    .orderBy('roles.seq')
    .execute()
  const byUser = new Map(memberships.map((row) => [row.user_id, row]))
  const rolesByUser = Map.groupBy(roles, (row) => row.user_id)
  return users.flatMap((user) => {
    const membership = byUser.get(user.id)
    if (membership === undefined) return []
    const { joined_at_ms: joined, last_signed_in_at_ms: last } = membership
    const { id, email = null, first_name: first = null, last_name: family = null, picture = null } = user
    return {
      id,
      email,
      full_name: fullName(first, family),
      last_name: family,
      first_name: first,
      picture,
      joined_on: timestamp(joined),
      last_accessed_on: last === null ? null : timestamp(last),
      is_suspended: user.is_suspended,
      roles: (rolesByUser.get(id) ?? []).map(({ key }) => key),
    }
  })
}

const userId = Type.Optional(Type.String({ description: 'Id of the user.' }))
const keys = (what: string) => Type.Optional(Type.Array(Type.String(), { maxItems: mostGrants, description: what }))
const listOfIds = (what: string) => Type.Optional(Type.Array(Type.String(), { description: `Ids of ${what}.` }))

export const addOrganizationUsers = operation({
  id: 'AddOrganizationUsers',
  method: 'POST',
  path: '/api/v1/organizations/{org_code}/users',
  scope: 'create:organization_users',
  tag: 'Organizations',
  summary: 'Add members to an organization',
  description:
    'Makes users members, with roles and permissions. Who is a member already stays as it is. Done as a whole, or not ' +
    'at all.',
  body: Type.Object({
    users: Type.Optional(
      Type.Array(
        Type.Object({
          id: userId,
          roles: keys('Keys of the roles that the user gets. Left out: those that everyone who joins gets.'),
          permissions: keys('Keys of permissions that the user gets beside those of its roles.'),
        }),
        { description: `At most ${mostUsers}. The last entry for an id counts.` },
      ),
    ),
  }),
  example: {
    body: { users: [{ id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18', roles: ['keeper'], permissions: ['feed:owls'] }] },
  },
  responses: {
    200: named(
      'add_organization_users_response',
      Success({ users_added: listOfIds('users who were no members before') }),
    ),
  },
  handler: async ({ params, body, db, now, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const wanted = await wantedMembers(db, code, body.users)
    const added = wanted.filter(({ isMember }) => !isMember)
    for (const { user, grants } of added) await addMember(db, { organizationCode: code, userId: user.id }, grants, now)
    const users = added.map(({ user }) => user)
    for (const data of await afterMemberChange(db, users, now)) record('user.updated', data)
    return { ...ok, users_added: users.map(({ id }) => id) }
  },
})

export const updateOrganizationUsers = operation({
  id: 'UpdateOrganizationUsers',
  method: 'PATCH',
  path: '/api/v1/organizations/{org_code}/users',
  scope: 'update:organization_users',
  tag: 'Organizations',
  summary: 'Update members of an organization',
  description:
    'Adds members, changes what they have, and takes others out, as a whole or not at all. Roles and permissions that ' +
    'are sent replace those of a member; what is left out stays. The reply names what changed.',
  body: Type.Object({
    users: Type.Optional(
      Type.Array(
        Type.Object({
          id: userId,
          operation: Type.Optional(
            Type.String({ description: '`delete` takes the user out of the organization; left out, it is a member.' }),
          ),
          roles: keys('Keys of all roles that the member has from now on.'),
          permissions: keys('Keys of all permissions that the member has from now on beside those of its roles.'),
        }),
        { description: `At most ${mostUsers}. The last entry for an id counts.` },
      ),
    ),
  }),
  example: {
    body: { users: [{ id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18', roles: ['keeper'], permissions: ['feed:owls'] }] },
  },
  responses: {
    200: named(
      'update_organization_users_response',
      Success({
        users_added: listOfIds('users who were no members before'),
        users_updated: listOfIds('members whose roles or permissions are others now'),
        users_removed: listOfIds('users who were members before'),
      }),
    ),
  },
  handler: async ({ params, body, db, now, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const added: UserRow[] = []
    const updated: UserRow[] = []
    const removed: UserRow[] = []
    for (const { user, isMember, isRemoval, grants } of await wantedMembers(db, code, body.users)) {
      const member = { organizationCode: code, userId: user.id }
      if (isRemoval) {
        if (await removeMember(db, member)) removed.push(user)
      } else if (!isMember) {
        await addMember(db, member, grants, now)
        added.push(user)
      } else if (await updateMember(db, member, grants)) updated.push(user)
    }
    const changed = await afterMemberChange(db, [...added, ...updated, ...removed], now)
    for (const data of changed) record('user.updated', data)
    const idsOf = (users: UserRow[]) => users.map(({ id }) => id)
    return { ...ok, users_added: idsOf(added), users_updated: idsOf(updated), users_removed: idsOf(removed) }
  },
})

interface Entry {
  id?: string
  operation?: string
  roles?: string[]
  permissions?: string[]
}

interface WantedMember {
  user: UserRow
  isMember: boolean
  isRemoval: boolean
  grants: MemberGrants
}

/**
 * What a list of members asks for, one entry for each user, in the order of the list. The users are held.
 * @throws {ApiError} 400 USERS_REQUIRED, ID_REQUIRED, TOO_MANY_OBJECTS, INVALID_VALUE; USER_NOT_FOUND, ROLE_NOT_FOUND,
 *   PERMISSION_NOT_FOUND for what does not exist
 */
async function wantedMembers(db: Db, code: string, entries: readonly Entry[] | undefined): Promise<WantedMember[]> {
  if (entries === undefined) throw invalid('users', 'The member users is missing.', 'USERS_REQUIRED')
  if (entries.length > mostUsers) throw tooMany('users', mostUsers, entries.length)
  const byId = new Map<string, Entry & { place: string }>()
  for (const [index, entry] of entries.entries()) {
    const place = `users.${index}`
    if (entry.id === undefined) throw invalid(`${place}.id`, `The member ${place}.id is missing.`, 'ID_REQUIRED')
    // Anything else than `delete` would let in whom someone may have meant to take out.
    if (entry.operation !== undefined && entry.operation !== '' && entry.operation !== 'delete') {
      const message = `The member ${place}.operation is delete, or left out; ${shown(entry.operation)} was sent.`
      throw invalid(`${place}.operation`, message)
    }
    byId.set(entry.id, { ...entry, place })
  }
  // In this order, which all requests keep, so that two of them cannot wait for each other.
  const users = await holdUsers(db, [...byId.keys()])
  const idsByKey = {
    role: await keysToIds(
      db,
      'role',
      [...byId.values()].map(({ roles, place }) => [`${place}.roles`, roles]),
    ),
    permission: await keysToIds(
      db,
      'permission',
      [...byId.values()].map(({ permissions, place }) => [`${place}.permissions`, permissions]),
    ),
  }
  const isMember = await membersAmong(db, code, [...byId.keys()])
  return [...byId].map(([id, { place, operation, roles, permissions }]) => {
    const user = users.get(id)
    if (user === undefined) {
      throw invalid(`${place}.id`, `There is no user with the id ${shown(id)}.`, 'USER_NOT_FOUND')
    }
    const grants = {
      roles: roles?.map((key) => idsByKey.role.get(key)!),
      permissions: permissions?.map((key) => idsByKey.permission.get(key)!),
    }
    return { user, isMember: isMember.has(id), isRemoval: operation === 'delete', grants }
  })
}

/** The ids of the roles or permissions that lists of keys name. @throws {ApiError} 400 for a key that nothing has */
async function keysToIds(
  db: Db,
  kind: GrantKind,
  lists: (readonly [field: string, keys: string[] | undefined])[],
): Promise<Map<string, string>> {
  const grants = await keepGrants(db, kind, 'key', [...new Set(lists.flatMap(([, keys]) => keys ?? []))])
  for (const [field, keys] of lists) {
    for (const [index, key] of (keys ?? []).entries()) {
      if (!grants.has(key)) throw unknownGrant(kind, 'key', `${field}.${index}`, key)
    }
  }
  return new Map([...grants].map(([key, { id }]) => [key, id]))
}

export const removeOrganizationUser = operation({
  id: 'RemoveOrganizationUser',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/users/{user_id}',
  scope: 'delete:organization_users',
  tag: 'Organizations',
  summary: 'Remove a member from an organization',
  description:
    'Takes the user out of the organization, with its roles, permissions, API scopes, sessions and second factors ' +
    'there. The user stays.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const member = await holdMember(db, params.org_code, params.user_id)
    await removeMember(db, member)
    for (const data of await afterMemberChange(db, [member.user], now)) record('user.updated', data)
    return ok
  },
})
