import type { Updateable } from 'kysely'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { type Dialect, dialectOf, violatedUnique } from './dialect.ts'
import { isEnterprise } from './identity-values.ts'
import type { Ids } from './ids.ts'
import { bareMembership, type Membership, membershipsOf } from './memberships.ts'
import { reachOf } from './reach.ts'
import { grantDefaultRoles } from './roles.ts'
import { statement } from './statement.ts'
import type { Database, Db, IdentityRow, UserRow } from './tables.ts'
import { organizationSignIns, userDocument, userSearchText } from './user-document.ts'
import { userSortKeys } from './user-order.ts'

/** An identity to be added: its value as given, and in the form in which it is unique. See `store/identity-values.ts`. */
export interface NewIdentity {
  type: string
  value: string
  valueKey: string
  isConfirmed: boolean
  /** Of social and enterprise identities; empty for the others. */
  connectionId: string
  /** The member of the request that gave the value. */
  field: string
}

export interface NewUser {
  firstName: string | null
  lastName: string | null
  picture: string | null
  providedId: string | null
  identities: readonly NewIdentity[]
  /** Null: the default organization, where it takes in everyone. */
  organizationCode: string | null
}

/** The types of which a user shows one as its address; the first identity of each becomes the primary one. */
const addressTypes = ['email', 'phone', 'username'] as const

/** @throws {ApiError} 404 USER_NOT_FOUND */
export async function requireUser(db: Db, id: string): Promise<UserRow> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('user', id)
  return row
}

/**
 * The user, whom nobody else changes until the transaction ends. Whoever changes something from which `email`, `document`
 * or `search_text` are made must hold it, or two changes at the same moment would each leave out the other.
 * @throws {ApiError} 404 USER_NOT_FOUND
 */
export async function holdUser(db: Db, id: string): Promise<UserRow> {
  const user = db.selectFrom('users').selectAll().where('id', '=', id)
  // SQLite has one writer anyway.
  const row = await (dialectOf(db) === 'postgres' ? user.forNoKeyUpdate() : user).executeTakeFirst()
  if (row === undefined) throw notFound('user', id)
  return row
}

/** @throws {ApiError} 404 IDENTITY_NOT_FOUND */
export async function requireIdentity(db: Db, id: string): Promise<IdentityRow> {
  const row = await db.selectFrom('identities').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('identity', id)
  return row
}

/** The identity, whose user nobody else changes until the transaction ends. @throws {ApiError} 404 IDENTITY_NOT_FOUND */
export async function holdIdentity(db: Db, id: string): Promise<IdentityRow> {
  const { user_id: userId } = await requireIdentity(db, id)
  await holdUser(db, userId)
  return requireIdentity(db, id)
}

type UserValues = [
  id: string,
  providedId: string | null,
  firstName: string | null,
  lastName: string | null,
  picture: string | null,
  email: string | null,
  phone: string | null,
  username: string | null,
  createdAtMs: number,
  searchText: string,
  document: string,
  nameSort: string,
  emailSort: string,
]

type IdentityValues = [
  id: string,
  userId: string,
  type: string,
  value: string,
  valueKey: string,
  isConfirmed: boolean,
  isPrimary: boolean,
  connectionId: string,
  createdAtMs: number,
]

/** The user's id twice: for the membership, and to look up its `seq`. */
type JoiningValues = [userId: string, joinedAtMs: number, sameUserId: string]

/** The second is a boolean on PostgreSQL, 0 or 1 on SQLite. */
type Joined = [organizationCode: string, areRolesDue: boolean | number]

const userInsertion = `insert into users (id, provided_id, first_name, last_name, picture, is_suspended,
  is_password_reset_requested, email, phone, username, created_at_ms, search_text, document, name_sort, email_sort)
  values (?, ?, ?, ?, ?, false, false, ?, ?, ?, ?, ?, ?, ?, ?)`

const identityInsertion = `insert into identities (id, user_id, type, value, value_key, is_confirmed, is_primary,
  connection_id, created_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`

const joining = (
  dialect: Dialect,
  seq: string,
) => `insert into organization_users (organization_code, user_id, joined_at_ms, user_seq)
  select code, ?, ${dialect === 'sqlite' ? '?' : 'cast(? as bigint)'}, ${seq} from organizations
  where is_default = true and is_auto_membership_enabled = true
  returning organization_code, exists (select 1 from roles where is_default_role = true) as are_roles_due`

const insertUser = statement<UserValues>(() => userInsertion)
const insertIdentity = statement<IdentityValues>(() => identityInsertion)
const joinDefaultOrganization = statement<JoiningValues, Joined>((dialect) =>
  joining(dialect, '(select seq from users where id = ?)'),
)

/** The three of them at once, on PostgreSQL alone: there each statement is a journey to the database. */
const insertMember = statement<[...UserValues, ...IdentityValues, userId: string, joinedAtMs: number], Joined>(
  (dialect) => `with new_user as (${userInsertion} returning seq), new_identity as (${identityInsertion}),
    joined as (${joining(dialect, '(select seq from new_user)')}) select organization_code, are_roles_due from joined`,
)

/**
 * Adds a user with its identities and its membership, as one.
 * @returns the user, and the organizations that it belongs to
 * @throws {ApiError} 400 USER_EXISTS when an identity belongs to someone already, 400 ORGANIZATION_NOT_FOUND
 */
export async function createUser(
  db: Db,
  user: NewUser,
  { ids, now }: { ids: Ids; now: number },
): Promise<{ row: Omit<UserRow, 'seq'>; organizations: Membership[] }> {
  const primary = (type: string) => user.identities.find((identity) => identity.type === type)
  const addresses = { email: null, phone: null, username: null } as Record<(typeof addressTypes)[number], string | null>
  for (const type of addressTypes) addresses[type] = primary(type)?.value ?? null
  const row = {
    id: ids.timed('kp', now),
    provided_id: user.providedId,
    first_name: user.firstName,
    last_name: user.lastName,
    picture: user.picture,
    is_suspended: false,
    is_password_reset_requested: false,
    ...addresses,
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in_at_ms: null,
    created_at_ms: now,
    search_text: '',
    document: '',
    claims_refreshed_at_ms: null,
    name_sort: '',
    email_sort: '',
  }
  Object.assign(row, userSortKeys(row))
  row.search_text = userSearchText(row, user.identities)
  row.document = userDocument(row, null)
  const values: UserValues = [
    row.id,
    row.provided_id,
    row.first_name,
    row.last_name,
    row.picture,
    row.email,
    row.phone,
    row.username,
    now,
    row.search_text,
    row.document,
    row.name_sort,
    row.email_sort,
  ]
  const [identity, ...others] = user.identities
  if (dialectOf(db) === 'postgres' && identity !== undefined && others.length === 0 && user.organizationCode === null) {
    const identityValues = valuesOf(row.id, identity, { isPrimary: true, ids, now })
    const inserting = insertMember(db, ...values, ...identityValues, row.id, now)
    const joined = await refuseTaken(inserting, identity, 'USER_EXISTS')
    return { row, organizations: await grantDueRoles(db, row.id, joined) }
  }
  await insertUser(db, ...values)
  for (const identity of user.identities) {
    const isPrimary = identity === primary(identity.type)
    await addIdentityRow(db, row.id, identity, { isPrimary, ids, now }, 'USER_EXISTS')
  }
  const organizations = await join(db, row.id, user.organizationCode, now)
  return { row, organizations }
}

/** The `seq` of a user, for a membership. */
export function seqOfUser(db: Db, userId: string) {
  return db.selectFrom('users').select('seq').where('id', '=', userId)
}

async function join(db: Db, userId: string, code: string | null, now: number): Promise<Membership[]> {
  if (code === null) return grantDueRoles(db, userId, await joinDefaultOrganization(db, userId, now, userId))
  const organization = await db.selectFrom('organizations').select('code').where('code', '=', code).executeTakeFirst()
  if (organization === undefined) {
    throw new ApiError(400, 'ORGANIZATION_NOT_FOUND', `There is no organization with the code ${shown(code)}.`, {
      field: 'organization_code',
    })
  }
  await db
    .insertInto('organization_users')
    .values({ organization_code: code, user_id: userId, joined_at_ms: now, user_seq: seqOfUser(db, userId) })
    .execute()
  await grantDefaultRoles(db, code, userId)
  return organizationsOf(db, userId)
}

async function grantDueRoles(db: Db, userId: string, joined: readonly Joined[]): Promise<Membership[]> {
  const due = joined.filter(([, areRolesDue]) => areRolesDue)
  if (due.length === 0) return joined.map(([organizationCode]) => bareMembership(organizationCode))
  for (const [organizationCode] of due) await grantDefaultRoles(db, organizationCode, userId)
  return organizationsOf(db, userId)
}

/**
 * Adds an identity to a user. The first of its type becomes the primary one.
 * @returns the identity's id, and the user as it is now
 * @throws {ApiError} 404 USER_NOT_FOUND; 400 IDENTITY_EXISTS when it belongs to someone already,
 *   ENTERPRISE_IDENTITY_STANDS_ALONE when the user would have an enterprise identity and another one
 */
export async function addIdentity(
  db: Db,
  userId: string,
  identity: NewIdentity,
  { ids, now }: { ids: Ids; now: number },
): Promise<{ id: string; user: UserRow }> {
  await holdUser(db, userId)
  const others = await db
    .selectFrom('identities')
    .select(['type', 'is_primary'])
    .where('user_id', '=', userId)
    .execute()
  if (others.length > 0 && [identity, ...others].some(({ type }) => isEnterprise(type))) {
    throw new ApiError(
      400,
      'ENTERPRISE_IDENTITY_STANDS_ALONE',
      'A user with an enterprise identity has no other one. Delete what the user has, or make another user.',
      { field: 'type' },
    )
  }
  const isPrimary = !others.some((other) => other.type === identity.type && other.is_primary)
  const id = await addIdentityRow(db, userId, identity, { isPrimary, ids, now }, 'IDENTITY_EXISTS')
  return { id, user: await refreshUser(db, userId) }
}

async function addIdentityRow(
  db: Db,
  userId: string,
  identity: NewIdentity,
  context: { isPrimary: boolean; ids: Ids; now: number },
  existsCode: string,
): Promise<string> {
  const values = valuesOf(userId, identity, context)
  await refuseTaken(insertIdentity(db, ...values), identity, existsCode)
  return values[0]
}

function valuesOf(
  userId: string,
  { type, value, valueKey, isConfirmed, connectionId }: NewIdentity,
  { isPrimary, ids, now }: { isPrimary: boolean; ids: Ids; now: number },
): IdentityValues {
  return [ids.timed('identity', now), userId, type, value, valueKey, isConfirmed, isPrimary, connectionId, now]
}

/** @throws {ApiError} 400 with `existsCode` when the identity belongs to someone already */
async function refuseTaken<Row>(inserting: Promise<Row>, identity: NewIdentity, existsCode: string): Promise<Row> {
  try {
    return await inserting
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    const { type, value, field } = identity
    throw invalid(field, `The ${type} identity ${shown(value)} belongs to a user already.`, existsCode)
  }
}

/** Makes an identity, held by {@link holdIdentity}, the primary one of its type. @returns its user as it is now */
export async function makePrimary(db: Db, identity: IdentityRow): Promise<UserRow> {
  await db
    .updateTable('identities')
    .set({ is_primary: false })
    .where('user_id', '=', identity.user_id)
    .where('type', '=', identity.type)
    .execute()
  await db.updateTable('identities').set({ is_primary: true }).where('id', '=', identity.id).execute()
  return refreshUser(db, identity.user_id)
}

/**
 * Removes an identity, held by {@link holdIdentity}; where it was the primary one, the oldest other of its type takes
 * its place.
 * @returns its user as it is now
 */
export async function removeIdentity(db: Db, identity: IdentityRow): Promise<UserRow> {
  await db.deleteFrom('identities').where('id', '=', identity.id).execute()
  if (identity.is_primary) {
    const heir = await db
      .selectFrom('identities')
      .select('id')
      .where('user_id', '=', identity.user_id)
      .where('type', '=', identity.type)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst()
    if (heir !== undefined) {
      await db.updateTable('identities').set({ is_primary: true }).where('id', '=', heir.id).execute()
    }
  }
  return refreshUser(db, identity.user_id)
}

/** What can be set on a user; the rest of a row is derived. */
export type UserChanges = Pick<
  Updateable<Database['users']>,
  'provided_id' | 'first_name' | 'last_name' | 'picture' | 'is_suspended' | 'is_password_reset_requested'
>

/**
 * Changes a user, held by {@link holdUser}, and everything that is derived from it. Suspending it ends its sessions.
 * @returns the user as it is now
 */
export async function updateUser(db: Db, id: string, changes: UserChanges): Promise<UserRow> {
  await db.updateTable('users').set(changes).where('id', '=', id).execute()
  if (changes.is_suspended) await db.deleteFrom('sessions').where('user_id', '=', id).execute()
  return refreshUser(db, id)
}

/**
 * Removes a user, held by {@link holdUser}, and everything of it.
 * @param options `withSubscription`: its addresses are taken from the list of subscribers, too
 * @returns how far that reached
 */
export async function deleteUser(db: Db, id: string, options: { withSubscription: boolean }) {
  const reach = await reachOf(db, id, {
    identities: 'identities.user_id',
    organizations: 'organization_users.user_id',
    properties: 'property_values.owner_id',
    feature_flags: 'feature_flag_overrides.owner_id',
    sessions: 'sessions.user_id',
    mfa_factors: 'mfa_factors.user_id',
    api_keys: 'api_keys.user_id',
    connected_apps: 'connected_app_sessions.user_id',
    billing_customers: 'billing_customers.user_id',
  })
  const subscribers = options.withSubscription ? await unsubscribe(db, id) : 0
  await db.deleteFrom('property_values').where('owner_id', '=', id).execute()
  await db.deleteFrom('feature_flag_overrides').where('level', '=', 'usr').where('owner_id', '=', id).execute()
  await db.deleteFrom('users').where('id', '=', id).execute()
  return { ...reach, subscribers }
}

async function unsubscribe(db: Db, userId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('subscribers')
    .where('email_sort', 'in', (select) =>
      select.selectFrom('identities').select('value_key').where('user_id', '=', userId).where('type', '=', 'email'),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Brings what is derived from identities, profile and memberships up to date: addresses, searched text, document. */
export async function refreshUser(db: Db, id: string): Promise<UserRow> {
  const row = await requireUser(db, id)
  const identities = await db
    .selectFrom('identities')
    .select(['type', 'value', 'is_primary'])
    .where('user_id', '=', id)
    .orderBy('seq')
    .execute()
  for (const type of addressTypes) {
    row[type] = identities.find((identity) => identity.is_primary && identity.type === type)?.value ?? null
  }
  row.search_text = userSearchText(row, identities)
  const hasSignedIn = row.last_signed_in_at_ms !== null
  row.document = userDocument(row, hasSignedIn ? ((await organizationSignIns(db, [id])).get(id) ?? []) : null)
  Object.assign(row, userSortKeys(row))
  const { email, phone, username, search_text, document, name_sort, email_sort } = row
  const derived = { email, phone, username, search_text, document, name_sort, email_sort }
  await db.updateTable('users').set(derived).where('id', '=', id).execute()
  return row
}

/** A user as events tell of it: the form that Kinde's webhooks have. */
export function userEventData(
  row: Pick<
    UserRow,
    'id' | 'email' | 'first_name' | 'last_name' | 'phone' | 'username' | 'is_suspended' | 'is_password_reset_requested'
  >,
  organizations: readonly Membership[],
) {
  return {
    user: {
      email: row.email,
      first_name: row.first_name,
      id: row.id,
      is_password_reset_requested: row.is_password_reset_requested,
      is_suspended: row.is_suspended,
      last_name: row.last_name,
      organizations,
      phone: row.phone,
      username: row.username,
    },
  }
}

/** The organizations that a user belongs to, in the order of joining, with what it has there. */
export async function organizationsOf(db: Db, userId: string): Promise<Membership[]> {
  const memberships = await membershipsOf(db, [userId])
  return memberships.get(userId) ?? []
}
