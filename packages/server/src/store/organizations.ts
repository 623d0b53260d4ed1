import { sql, type Updateable } from 'kysely'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { timestamp } from '../time.ts'
import { type Color, parseColor } from './colors.ts'
import { dialectOf, nameSort } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import type { Database, Db, OrganizationRow } from './tables.ts'
import { afterSignInsAreGone, usersSignedInTo } from './user-document.ts'

/** The colours of a brand, and their names in the API. */
export const brandColors = [
  'link_color',
  'background_color',
  'button_color',
  'button_text_color',
  'link_color_dark',
  'background_color_dark',
  'button_text_color_dark',
  'button_color_dark',
] as const

export const themeCodes = ['light', 'dark', 'user_preference'] as const
export type ThemeCode = (typeof themeCodes)[number]

/** What can be set of an organization, in the API's words. What is undefined stays as it is. */
export interface OrganizationSettings extends Partial<Record<(typeof brandColors)[number], string | null | undefined>> {
  name?: string | undefined
  external_id?: string | null | undefined
  handle?: string | null | undefined
  theme_code?: string | undefined
  is_auto_membership_enabled?: boolean | undefined
  is_auto_join_domain_list?: boolean | undefined
  is_enable_advanced_orgs?: boolean | undefined
  is_enforce_mfa?: boolean | undefined
  allowed_domains?: string[] | undefined
  sender_name?: string | null | undefined
  sender_email?: string | null | undefined
  is_suspended?: boolean | undefined
}

/** @throws {ApiError} 404 ORGANIZATION_NOT_FOUND */
export async function requireOrganization(db: Db, code: string): Promise<OrganizationRow> {
  const row = await db.selectFrom('organizations').selectAll().where('code', '=', code).executeTakeFirst()
  if (row === undefined) throw notFound('organization', code)
  return row
}

/**
 * Keeps an organization from being deleted until the transaction ends, so that nothing is left behind that names it.
 * @returns its code
 * @throws {ApiError} 404 ORGANIZATION_NOT_FOUND
 */
export async function keepOrganization(db: Db, code: string): Promise<string> {
  const row = await db
    .selectFrom('organizations')
    .select('code')
    .where('code', '=', code)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
  if (row === undefined) throw notFound('organization', code)
  return row.code
}

/**
 * The organization, held until the transaction ends: another request that changes it waits.
 * @throws {ApiError} 404 ORGANIZATION_NOT_FOUND
 */
export async function holdOrganization(db: Db, code: string): Promise<OrganizationRow> {
  const row = await db
    .selectFrom('organizations')
    .selectAll()
    .where('code', '=', code)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('organization', code)
  return row
}

/**
 * A user's membership.
 * @throws {ApiError} 404 ORGANIZATION_NOT_FOUND or USER_NOT_FOUND; 400 USER_NOT_IN_ORGANIZATION
 */
export async function requireMembership(db: Db, code: string, userId: string): Promise<void> {
  await requireOrganization(db, code)
  const user = await db.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst()
  if (user === undefined) throw notFound('user', userId)
  const member = await db
    .selectFrom('organization_users')
    .select('user_id')
    .where('organization_code', '=', code)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (member === undefined) {
    throw new ApiError(
      400,
      'USER_NOT_IN_ORGANIZATION',
      `The user ${userId} is not a member of the organization ${code}. Add it first.`,
    )
  }
}

/** Adds an organization. @returns its code @throws {ApiError} 400, see {@link columnsOf} */
export async function createOrganization(
  db: Db,
  settings: OrganizationSettings & { name: string },
  { ids, now }: { ids: Ids; now: number },
): Promise<string> {
  const code = ids.organization()
  const columns = await columnsOf(db, settings, { code, brand: '{}', isDefault: false, now })
  await db
    .insertInto('organizations')
    .values({
      name: settings.name,
      name_sort: nameSort(settings.name),
      is_default: false,
      ...columns,
      is_auto_membership_enabled: columns.is_auto_membership_enabled ?? false,
      code,
      created_at_ms: now,
    })
    .execute()
  return code
}

/**
 * Changes an organization, held by {@link holdOrganization}. Suspending it ends the sessions of its members there.
 * @returns whether anything changed
 * @throws {ApiError} 400, see {@link columnsOf}
 */
export async function updateOrganization(
  db: Db,
  row: OrganizationRow,
  settings: OrganizationSettings,
  now: number,
): Promise<boolean> {
  const columns = await columnsOf(db, settings, {
    code: row.code,
    brand: row.brand,
    isDefault: row.is_default,
    now,
  })
  const changes = Object.entries(columns).filter(
    ([column, value]) => value !== undefined && value !== row[column as keyof OrganizationRow],
  )
  if (columns.is_suspended === row.is_suspended) {
    const suspension = changes.findIndex(([column]) => column === 'suspended_at_ms')
    if (suspension >= 0) changes.splice(suspension, 1)
  }
  // Its applications' tokens are ended for good: the end of the suspension does not bring them back.
  if (columns.is_suspended && !row.is_suspended) changes.push(['tokens_ended_at_ms', now])
  if (changes.length === 0) return false
  await db.updateTable('organizations').set(Object.fromEntries(changes)).where('code', '=', row.code).execute()
  if (columns.is_suspended && !row.is_suspended) {
    await db.deleteFrom('sessions').where('organization_code', '=', row.code).execute()
  }
  return true
}

/**
 * The columns that settings mean.
 * @throws {ApiError} 400 ORGANIZATION_HANDLE_EXISTS, ORGANIZATION_EXTERNAL_ID_EXISTS, INVALID_HANDLE, INVALID_COLOR,
 *   DEFAULT_ORGANIZATION_CANNOT_BE_SUSPENDED
 */
async function columnsOf(
  db: Db,
  settings: OrganizationSettings,
  { code, brand, isDefault, now }: { code: string; brand: string; isDefault: boolean; now: number },
): Promise<Updateable<Database['organizations']>> {
  const { handle, external_id: externalId } = settings
  if (handle) {
    if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(handle)) {
      throw invalid('handle', `${shown(handle)} is no handle: letters, digits and -, 63 at most.`, 'INVALID_HANDLE')
    }
    await requireUnused(db, 'handle', handle, code)
  }
  if (externalId) await requireUnused(db, 'external_id', externalId, code)
  if (settings.is_suspended && isDefault) {
    throw new ApiError(
      400,
      'DEFAULT_ORGANIZATION_CANNOT_BE_SUSPENDED',
      'The default organization cannot be suspended. Suspend its users, or move them to another organization.',
    )
  }
  if (settings.theme_code !== undefined && !themeCodes.some((known) => known === settings.theme_code)) {
    const message = `The theme must be one of ${themeCodes.join(', ')}; ${shown(settings.theme_code)} was sent.`
    throw invalid('theme_code', message, 'INVALID_THEME_CODE')
  }
  const { name, is_suspended: isSuspended } = settings
  return {
    ...(name === undefined ? {} : { name, name_sort: nameSort(name) }),
    ...(isSuspended === undefined ? {} : { suspended_at_ms: isSuspended ? now : null }),
    is_suspended: isSuspended,
    // An empty text takes the value away: it could not be unique.
    external_id: externalId === '' ? null : externalId,
    handle: handle === '' ? null : handle,
    theme_code: settings.theme_code,
    is_auto_membership_enabled: settings.is_auto_membership_enabled,
    is_auto_join_domain_list: settings.is_auto_join_domain_list,
    is_enable_advanced_orgs: settings.is_enable_advanced_orgs,
    is_enforce_mfa: settings.is_enforce_mfa,
    allowed_domains: settings.allowed_domains && JSON.stringify(settings.allowed_domains),
    sender_name: settings.sender_name,
    sender_email: settings.sender_email,
    brand: brandOf(settings, brand),
  }
}

async function requireUnused(db: Db, column: 'handle' | 'external_id', value: string, code: string): Promise<void> {
  // A handle becomes part of a host, where case makes no difference.
  const isTaken = column === 'handle' ? sql<boolean>`lower(handle) = ${value.toLowerCase()}` : undefined
  const other = await db
    .selectFrom('organizations')
    .select('code')
    .where((where) => isTaken ?? where(column, '=', value))
    .where('code', '<>', code)
    .executeTakeFirst()
  if (other === undefined) return
  const what = column === 'handle' ? 'handle' : 'external id'
  throw invalid(
    column,
    `Another organization has the ${what} ${shown(value)}.`,
    `ORGANIZATION_${column.toUpperCase()}_EXISTS`,
  )
}

/** The colours that are set, as JSON: name → as it was sent. */
function brandOf(settings: OrganizationSettings, brand: string): string | undefined {
  const set = brandColors.filter((name) => settings[name] !== undefined)
  if (set.length === 0) return undefined
  const colors = JSON.parse(brand) as Record<string, string>
  for (const name of set) {
    const color = settings[name]
    if (color) colors[name] = parseColor(color, name).raw
    else delete colors[name]
  }
  return JSON.stringify(colors)
}

/** Colours of a brand as the API shows them; null where none is set. */
export function shownBrand(brand: string): Record<(typeof brandColors)[number], Color | null> {
  const colors = JSON.parse(brand) as Record<string, string>
  const shownColors = brandColors.map((name) => [name, colors[name] ? parseColor(colors[name], name) : null])
  return Object.fromEntries(shownColors)
}

/** The value of the `color-scheme` meta tag that a theme means. */
export function colorScheme(theme: ThemeCode): 'light' | 'dark' | 'light dark' {
  return theme === 'user_preference' ? 'light dark' : theme
}

/** An organization as `organization.created` tells of it; `organization.updated` adds whether it takes in everyone. */
export function organizationEventData(row: Pick<OrganizationRow, 'code' | 'external_id' | 'handle' | 'name'>) {
  const { code, external_id, handle, name } = row
  return { organization: { code, external_id, handle, name } }
}

/** What can be set of an organization, in the words of the API. */
export function organizationSettings(row: OrganizationRow) {
  const colors = JSON.parse(row.brand) as Record<string, string>
  return {
    name: row.name,
    handle: row.handle,
    external_id: row.external_id,
    is_auto_membership_enabled: row.is_auto_membership_enabled,
    is_auto_join_domain_list: row.is_auto_join_domain_list,
    allowed_domains: JSON.parse(row.allowed_domains) as string[],
    is_enable_advanced_orgs: row.is_enable_advanced_orgs,
    is_enforce_mfa: row.is_enforce_mfa,
    is_suspended: row.is_suspended,
    sender_name: row.sender_name,
    sender_email: row.sender_email,
    theme_code: row.theme_code,
    ...Object.fromEntries(brandColors.map((name) => [name, colors[name] ?? null])),
  }
}

/** When an organization was suspended, RFC 3339. */
export function suspendedOn({ suspended_at_ms: ms }: OrganizationRow): string | null {
  return ms === null ? null : timestamp(ms)
}

/**
 * Removes an organization with everything that belongs to it; its users stay.
 * @returns how far that reached
 */
export async function deleteOrganization(db: Db, code: string, now: number) {
  if (dialectOf(db) === 'postgres') {
    // Whoever keeps it to add something goes first; nothing is added after that.
    await db.selectFrom('organizations').select('code').where('code', '=', code).forUpdate().execute()
  }
  const reach = await reachOf(db, code, {
    users: 'organization_users.organization_code',
    invites: 'organization_invites.organization_code',
    applications: 'applications.org_code',
    connections: 'connections.organization_code',
    directories: 'directories.organization_code',
    api_keys: 'api_keys.organization_code',
    connected_apps: 'connected_app_sessions.organization_code',
    sessions: 'sessions.organization_code',
    properties: 'property_values.owner_id',
    feature_flags: 'feature_flag_overrides.owner_id',
    billing_customers: 'billing_customers.organization_code',
  })
  const signedIn = await usersSignedInTo(db, code)
  // What is kept by the owner's code alone, without a foreign key.
  await db
    .deleteFrom('property_values')
    .where((where) =>
      where.or([
        where('owner_id', '=', code),
        where('owner_id', 'in', where.selectFrom('applications').select('id').where('org_code', '=', code)),
      ]),
    )
    .execute()
  await db.deleteFrom('feature_flag_overrides').where('level', '=', 'org').where('owner_id', '=', code).execute()
  await db.deleteFrom('logos').where('organization_code', '=', code).execute()
  await db
    .updateTable('sessions')
    .set({ connection_id: null })
    .where('connection_id', 'in', (select) =>
      select.selectFrom('connections').select('id').where('organization_code', '=', code),
    )
    .execute()
  // Its M2M applications go by the foreign key, but this process remembers them: the statement tells.
  await db.deleteFrom('applications').where('org_code', '=', code).execute()
  await db.deleteFrom('organizations').where('code', '=', code).execute()
  await afterSignInsAreGone(db, signedIn, now)
  return reach
}
