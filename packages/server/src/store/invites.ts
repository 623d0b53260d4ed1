import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { hashSecret } from '../oauth/secrets.ts'
import type { Cipher } from './cipher.ts'
import { nameSort } from './dialect.ts'
import { emailValue } from './identity-values.ts'
import type { Ids } from './ids.ts'
import {
  addMember,
  afterMemberChange,
  give,
  holdUsers,
  keepGrants,
  membersAmong,
  unknownGrant,
  updateMember,
} from './members.ts'
import { oneOf } from './one-of.ts'
import { holdOrganization } from './organizations.ts'
import { fullName } from './subscribers.ts'
import type { Db, InviteRow } from './tables.ts'
import { createUser, organizationsOf, userEventData } from './users.ts'

/** Where the link of an invite leads; its code is the parameter `code`. */
export const invitePath = '/team_invitation'

const dayMs = 86_400_000
/** How long an invite can be accepted. */
const openForMs = 30 * dayMs
/** The most invites of an organization within 24 hours, revoked ones included, and the most that are open. */
const mostInADay = 100
const mostOpen = 1000
/** The most roles that come with an invite. */
const mostRoles = 100

/** A role as an invite shows it. */
export interface InviteRole {
  key: string
  name: string
}

/** Whether nobody can accept an invite any more: it was revoked, or its time is over. */
export function isInviteClosed(row: InviteRow, now: number): boolean {
  return row.revoked_at_ms !== null || row.expires_at_ms <= now
}

/** What opens an invite. */
export function inviteCode({ id, code_sealed: sealed }: InviteRow, cipher: Cipher): string {
  return cipher.open(sealed, placeOf(id))
}

/**
 * An invite of an organization by its code; its id does as well, which is no secret.
 * @throws {ApiError} 404 INVITATION_NOT_FOUND
 */
export async function requireInvite(db: Db, organizationCode: string, code: string): Promise<InviteRow> {
  const row = await db
    .selectFrom('organization_invites')
    .selectAll()
    .where('organization_code', '=', organizationCode)
    .where((where) => where.or([where('code_sha256', '=', hashOf(code)), where('id', '=', code)]))
    .executeTakeFirst()
  if (row === undefined) throw notFound('invitation', code)
  return row
}

/** The roles of some invites, in the order of their making. @returns by the invite's id */
export async function rolesOfInvites(db: Db, inviteIds: readonly string[]): Promise<Map<string, InviteRole[]>> {
  if (inviteIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('organization_invite_roles')
    .innerJoin('roles', 'roles.id', 'organization_invite_roles.role_id')
    .select(['invite_id', 'roles.key', 'roles.name'])
    .where(oneOf(db, 'invite_id', inviteIds))
    .orderBy('roles.seq')
    .execute()
  return Map.groupBy(rows, (row) => row.invite_id)
}

/**
 * Invites somebody into an organization.
 * @param invite `roles` by key
 * @throws {ApiError} 404 ORGANIZATION_NOT_FOUND; 400 ORGANIZATION_MANAGED_BY_DIRECTORY, INVALID_EMAIL, TOO_MANY_OBJECTS,
 *   ROLE_NOT_FOUND, USER_ALREADY_IN_ORGANIZATION, INVITATION_EXISTS, INVITATION_LIMIT_EXCEEDED
 */
export async function createInvite(
  db: Db,
  organizationCode: string,
  invite: { email: string; firstName: string | null; lastName: string | null; roles: readonly string[] },
  { cipher, ids, now }: { cipher: Cipher; ids: Ids; now: number },
): Promise<InviteRow> {
  // Held, so that of two requests the second one counts what the first one has made.
  await holdOrganization(db, organizationCode)
  await requireOwnMembers(db, organizationCode)
  const { value, valueKey } = emailValue(invite.email, 'email')
  const roleIds = await roleIdsOf(db, invite.roles)
  await requireNoMember(db, organizationCode, valueKey, value)
  await requireRoom(db, organizationCode, valueKey, now)
  const id = ids.timed('inv', now)
  const code = `inv_${ids.secret()}`
  const row = await db
    .insertInto('organization_invites')
    .values({
      id,
      organization_code: organizationCode,
      email: value,
      email_sort: valueKey,
      first_name: invite.firstName,
      last_name: invite.lastName,
      name_sort: nameSort(fullName(invite.firstName, invite.lastName)),
      code_sealed: cipher.seal(code, placeOf(id)),
      code_sha256: hashOf(code),
      created_at_ms: now,
      expires_at_ms: now + openForMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  if (roleIds.length > 0) {
    const rows = roleIds.map((roleId) => ({ invite_id: id, role_id: roleId }))
    await db.insertInto('organization_invite_roles').values(rows).execute()
  }
  return row
}

/** Users and roles of an organization that has a directory come from there. */
async function requireOwnMembers(db: Db, organizationCode: string): Promise<void> {
  const directory = await db
    .selectFrom('directories')
    .select('id')
    .where('organization_code', '=', organizationCode)
    .executeTakeFirst()
  if (directory === undefined) return
  throw new ApiError(
    400,
    'ORGANIZATION_MANAGED_BY_DIRECTORY',
    `The directory ${directory.id} provides the members of this organization: add them at its provider.`,
  )
}

async function roleIdsOf(db: Db, keys: readonly string[]): Promise<string[]> {
  if (keys.length > mostRoles) {
    throw invalid('roles', `roles takes ${mostRoles} entries at most; ${keys.length} were sent.`, 'TOO_MANY_OBJECTS')
  }
  const roles = await keepGrants(db, 'role', 'key', keys)
  const unknown = keys.findIndex((key) => !roles.has(key))
  if (unknown >= 0) throw unknownGrant('role', 'key', `roles.${unknown}`, keys[unknown]!)
  return [...roles.values()].map(({ id }) => id)
}

async function requireNoMember(db: Db, organizationCode: string, emailKey: string, email: string): Promise<void> {
  const userId = await userWithEmail(db, emailKey)
  if (userId === undefined || !(await membersAmong(db, organizationCode, [userId])).has(userId)) return
  const message = `The user ${userId} has the address ${shown(email)} and is a member already.`
  throw invalid('email', message, 'USER_ALREADY_IN_ORGANIZATION')
}

async function requireRoom(db: Db, organizationCode: string, emailKey: string, now: number): Promise<void> {
  const invites = db.selectFrom('organization_invites').where('organization_code', '=', organizationCode)
  const open = invites
    .where('revoked_at_ms', 'is', null)
    .where('accepted_at_ms', 'is', null)
    .where('expires_at_ms', '>', now)
  const same = await open.select('id').where('email_sort', '=', emailKey).executeTakeFirst()
  if (same !== undefined) {
    const message = `The invite ${same.id} for this address is open: share its link, or revoke it first.`
    throw invalid('email', message, 'INVITATION_EXISTS')
  }
  const ofToday = invites.where('created_at_ms', '>', now - dayMs)
  for (const [rows, most, when] of [
    [ofToday, mostInADay, 'in 24 hours: wait for the oldest one to be a day old'],
    [open, mostOpen, 'open at a time: revoke some of them'],
  ] as const) {
    const { count } = await rows.select((select) => select.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
    if (Number(count) < most) continue
    throw new ApiError(400, 'INVITATION_LIMIT_EXCEEDED', `An organization has ${most} invites at most ${when}.`)
  }
}

/**
 * Closes an invite that is open.
 * @returns whether it was open until now
 * @throws {ApiError} 400 INVITATION_ACCEPTED
 */
export async function revokeInvite(db: Db, invite: InviteRow, now: number): Promise<boolean> {
  const row = await holdInvite(db, invite)
  if (row.accepted_at_ms !== null) {
    const message = 'This invite was accepted: remove the member from the organization instead.'
    throw new ApiError(400, 'INVITATION_ACCEPTED', message)
  }
  if (isInviteClosed(row, now)) return false
  await db.updateTable('organization_invites').set({ revoked_at_ms: now }).where('id', '=', row.id).execute()
  return true
}

/** The invite as it is now; whoever accepts or revokes it too waits, as all who invite do. */
async function holdInvite(db: Db, { id, organization_code: code }: InviteRow): Promise<InviteRow> {
  await holdOrganization(db, code)
  return db.selectFrom('organization_invites').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** The invite that a code opens, when it can be accepted at this moment. */
export async function findOpenInvite(db: Db, code: string, now: number): Promise<InviteRow | undefined> {
  const row = await db
    .selectFrom('organization_invites')
    .innerJoin('organizations', 'organizations.code', 'organization_invites.organization_code')
    .selectAll('organization_invites')
    .where('code_sha256', '=', hashOf(code))
    .where('organizations.is_suspended', '=', false)
    .executeTakeFirst()
  return row === undefined || row.accepted_at_ms !== null || isInviteClosed(row, now) ? undefined : row
}

/**
 * Accepts an invite: whoever has its address is a member with its roles from now on; a user is made when nobody has it.
 * The link came to that address, which is confirmed by that.
 * @returns the event that tells of the user
 * @throws {ApiError} 400 INVITATION_CLOSED, ORGANIZATION_MANAGED_BY_DIRECTORY, USER_SUSPENDED
 */
export async function acceptInvite(
  db: Db,
  invite: InviteRow,
  { ids, now }: { ids: Ids; now: number },
): Promise<{ type: 'user.created' | 'user.updated'; data: ReturnType<typeof userEventData> }> {
  const row = await holdInvite(db, invite)
  if (row.accepted_at_ms !== null || isInviteClosed(row, now)) {
    throw new ApiError(400, 'INVITATION_CLOSED', 'This invitation is not open any more. Ask for a new one.')
  }
  const { id, organization_code: organizationCode, email, email_sort: valueKey } = row
  await requireOwnMembers(db, organizationCode)
  const roles = await db.selectFrom('organization_invite_roles').select('role_id').where('invite_id', '=', id).execute()
  const grants = roles.length === 0 ? {} : { roles: roles.map(({ role_id: roleId }) => roleId) }
  await db.updateTable('organization_invites').set({ accepted_at_ms: now }).where('id', '=', id).execute()

  const known = await userWithEmail(db, valueKey)
  if (known === undefined) {
    const identity = { type: 'email', value: email, valueKey, isConfirmed: true, connectionId: '', field: 'email' }
    const names = { firstName: row.first_name, lastName: row.last_name, picture: null, providedId: null }
    const { row: user } = await createUser(db, { ...names, identities: [identity], organizationCode }, { ids, now })
    await updateMember(db, { organizationCode, userId: user.id }, grants)
    return { type: 'user.created', data: userEventData(user, await organizationsOf(db, user.id)) }
  }
  const user = (await holdUsers(db, [known])).get(known)
  if (user === undefined || user.is_suspended) {
    throw new ApiError(400, 'USER_SUSPENDED', 'The user with this address is suspended.')
  }
  const member = { organizationCode, userId: known }
  const isMember = (await membersAmong(db, organizationCode, [known])).has(known)
  if (isMember) await give(db, 'role', member, grants.roles ?? [])
  else await addMember(db, member, grants, now)
  const [data] = await afterMemberChange(db, [user], now)
  return { type: 'user.updated', data: data! }
}

async function userWithEmail(db: Db, emailKey: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('identities')
    .select('user_id')
    .where('type', '=', 'email')
    .where('value_key', '=', emailKey)
    .executeTakeFirst()
  return row?.user_id
}

function hashOf(code: string): string {
  return hashSecret(code).toString('hex')
}

function placeOf(id: string): string {
  return `organization_invites:${id}`
}
