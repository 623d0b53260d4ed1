import type { Role } from '../auth.ts'
import { ApiError } from '../errors.ts'
import { hashSecret, randomToken } from '../oauth/secrets.ts'
import { hasAdministrators } from './administrators.ts'
import type { Ids } from './ids.ts'
import type { AdministratorLinkRow, Db } from './tables.ts'

/** What a link is for: the first owner's account, an invited one, or a new password. */
export type LinkPurpose = 'setup' | 'invite' | 'reset'

const hourMs = 3_600_000
/** How long a link can be used. A server that has no administrator makes a new one at each start. */
const validForMs: Record<LinkPurpose, number> = { setup: 24 * hourMs, invite: 7 * 24 * hourMs, reset: hourMs }

/** What a link leads to. */
export interface LinkTarget {
  purpose: LinkPurpose
  administratorId?: string | null
  createdBy?: string | null
  name?: string | null
  email?: string | null
  role: Role
}

/**
 * Makes a one-time link. Its token is returned here and never again: the database keeps a hash of it.
 * @param now milliseconds since the epoch
 */
export async function addLink(
  db: Db,
  target: LinkTarget,
  { ids, now }: { ids: Ids; now: number },
): Promise<{ id: string; token: string; expiresAtMs: number }> {
  const token = randomToken()
  const id = ids.timed('admin_link', now)
  const expiresAtMs = now + validForMs[target.purpose]
  await db.deleteFrom('administrator_links').where('expires_at_ms', '<=', now).execute()
  await db
    .insertInto('administrator_links')
    .values({
      id,
      sha256: tokenHash(token),
      purpose: target.purpose,
      administrator_id: target.administratorId ?? null,
      created_by: target.createdBy ?? null,
      name: target.name ?? null,
      email: target.email ?? null,
      role: target.role,
      created_at_ms: now,
      expires_at_ms: expiresAtMs,
    })
    .execute()
  return { id, token, expiresAtMs }
}

/** The address under which the console opens a link. */
export function linkUrl(baseUrl: string, purpose: LinkPurpose, token: string): string {
  return `${baseUrl}/admin/${purpose}?token=${token}`
}

/**
 * A link to the first owner's account, as long as there is no administrator.
 * @returns its token; null once somebody has an account
 */
export async function addSetupLink(db: Db, context: { ids: Ids; now: number }): Promise<string | null> {
  if (await hasAdministrators(db)) return null
  const { token } = await addLink(db, { purpose: 'setup', role: 'owner' }, context)
  return token
}

/** The link that a token opens. @throws {ApiError} 404 LINK_INVALID, whatever the reason */
export async function requireLink(db: Db, token: string, now: number): Promise<AdministratorLinkRow> {
  const link = await db
    .selectFrom('administrator_links')
    .selectAll()
    .where('sha256', '=', tokenHash(token))
    .where('expires_at_ms', '>', now)
    .executeTakeFirst()
  if (link === undefined) throw linkInvalid()
  return link
}

/** Uses a link up: of two requests with the same one, the second finds none. @throws {ApiError} 404 LINK_INVALID */
export async function takeLink(db: Db, token: string, now: number): Promise<AdministratorLinkRow> {
  const link = await db
    .deleteFrom('administrator_links')
    .where('sha256', '=', tokenHash(token))
    .where('expires_at_ms', '>', now)
    .returningAll()
    .executeTakeFirst()
  if (link === undefined) throw linkInvalid()
  return link
}

/** One answer for a link that never was, is used up or has expired. */
export function linkInvalid(): ApiError {
  return new ApiError(
    404,
    'LINK_INVALID',
    'This link is not valid: each one works once, for a limited time. Ask for a new one.',
  )
}

function tokenHash(token: string): string {
  return hashSecret(token).toString('hex')
}
