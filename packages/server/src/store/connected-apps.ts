import { sql } from 'kysely'
import { invalid, notFound } from '../errors.ts'
import { endpointFault } from '../journal/webhook-target.ts'
import { callbackUrlFault } from './callback-url.ts'
import type { Cipher } from './cipher.ts'
import { dialectOf } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import type { ConnectedAppRow, ConnectedAppSessionRow, Db } from './tables.ts'

/** Where a connected app's provider may be: whoever sets one up may have it in a network of their own. */
export const providerPolicy = { allowsPrivate: true }

/** A provider as it is set up. */
export interface ConnectedAppSettings {
  /** What callers of the API name it by, unique. */
  keyCodeRef: string
  name: string
  /** https, or http on this machine; so are the other addresses. */
  authorizeUrl: string
  tokenUrl: string
  /** RFC 7009; null where the provider has none. */
  revokeUrl: string | null
  clientId: string
  /** Null for a public client; the one that is kept stays when it is left out. */
  clientSecret?: string | null
  /** Where requests carry the secret: in the body, or by HTTP Basic (RFC 6749 §2.3.1). */
  clientAuthentication?: 'post' | 'basic'
  scopes: readonly string[]
  /** Where people are sent once they have authorized; null for a page of ours. */
  callbackUrl: string | null
}

/**
 * Sets up a provider, or changes the one with the same reference; sessions with it stay.
 * @returns its id
 * @throws {ApiError} 400 INVALID_KEY_CODE_REF, INVALID_URL, INVALID_SCOPE
 */
export async function putConnectedApp(
  db: Db,
  settings: ConnectedAppSettings,
  { cipher, ids, now }: { cipher: Cipher; ids: Ids; now: number },
): Promise<string> {
  requireSettings(settings)
  const { keyCodeRef, clientSecret } = settings
  const existing = await db
    .selectFrom('connected_apps')
    .select('id')
    .where('key_code_ref', '=', keyCodeRef)
    .executeTakeFirst()
  const id = existing?.id ?? ids.timed('connected_app', now)
  const secret =
    clientSecret === undefined
      ? {}
      : { client_secret_sealed: clientSecret === null ? null : cipher.seal(clientSecret, appPlace(id)) }
  const columns = {
    name: settings.name,
    authorize_url: settings.authorizeUrl,
    token_url: settings.tokenUrl,
    revoke_url: settings.revokeUrl,
    client_id: settings.clientId,
    client_authentication: settings.clientAuthentication ?? 'post',
    scopes: settings.scopes.join(' '),
    callback_url: settings.callbackUrl,
    ...secret,
  }
  if (existing === undefined) {
    await db
      .insertInto('connected_apps')
      .values({ id, key_code_ref: keyCodeRef, created_at_ms: now, ...columns })
      .execute()
  } else {
    await db.updateTable('connected_apps').set(columns).where('id', '=', id).execute()
  }
  return id
}

function requireSettings(settings: ConnectedAppSettings): void {
  if (!/^[\w.-]{1,64}$/.test(settings.keyCodeRef)) {
    const message = 'A reference has 1 to 64 letters, digits, hyphens, dots or underscores.'
    throw invalid('key_code_ref', message, 'INVALID_KEY_CODE_REF')
  }
  for (const [field, url] of [
    ['authorize_url', settings.authorizeUrl],
    ['token_url', settings.tokenUrl],
    ['revoke_url', settings.revokeUrl],
  ] as const) {
    const fault = url === null ? undefined : endpointFault(url, providerPolicy)
    if (fault !== undefined) throw invalid(field, fault, 'INVALID_URL')
  }
  if (settings.callbackUrl !== null) requireReturnUrl('callback_url', settings.callbackUrl)
  // RFC 6749 §3.3.
  if (settings.scopes.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) {
    throw invalid('scopes', 'A scope has no spaces, quotes or backslashes.', 'INVALID_SCOPE')
  }
}

/**
 * Deletes a connected app with its sessions; tokens run out at the provider.
 * @returns how far that reached
 */
export async function deleteConnectedApp(db: Db, id: string) {
  const reach = await reachOf(db, id, { sessions: 'connected_app_sessions.app_id' })
  await db.deleteFrom('connected_apps').where('id', '=', id).execute()
  return reach
}

/** Ends the sessions of a connected app here: their tokens are of a provider that it has no more. @returns how many */
export async function deleteSessionsOf(db: Db, appId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('connected_app_sessions')
    .where('app_id', '=', appId)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** @throws {ApiError} 400 INVALID_URL for an address to which people cannot be sent back */
export function requireReturnUrl(field: string, url: string): void {
  const fault = /[*{}]/.test(url) ? 'must be whole, without * and braces' : callbackUrlFault(url, 'redirect')
  if (fault !== undefined) throw invalid(field, `The address in ${field} ${fault}.`, 'INVALID_URL')
}

/** @throws {ApiError} 404 CONNECTED_APP_NOT_FOUND */
export async function requireConnectedApp(db: Db, keyCodeRef: string): Promise<ConnectedAppRow> {
  const row = await db
    .selectFrom('connected_apps')
    .selectAll()
    .where('key_code_ref', '=', keyCodeRef)
    .executeTakeFirst()
  if (row === undefined) throw notFound('connected_app', keyCodeRef)
  return row
}

/** The secret by which we are known to a provider; null for a public client. */
export function connectedAppSecret(
  { id, client_secret_sealed: sealed }: ConnectedAppRow,
  cipher: Cipher,
): string | null {
  return sealed === null ? null : cipher.open(sealed, appPlace(id))
}

/** What a provider has given. */
export interface ProviderTokens {
  accessToken: string
  refreshToken: string | null
  /** Milliseconds since the epoch; null where the provider does not say. */
  expiresAtMs: number | null
}

/** The tokens of a session, opened. */
export function tokensOf(
  { id, tokens_sealed: sealed, expires_at_ms: expiresAtMs }: ConnectedAppSessionRow,
  cipher: Cipher,
): ProviderTokens {
  const [accessToken, refreshToken] = JSON.parse(cipher.open(sealed, sessionPlace(id))) as [string, string | null]
  return { accessToken, refreshToken, expiresAtMs }
}

function tokenColumns(id: string, { accessToken, refreshToken, expiresAtMs }: ProviderTokens, cipher: Cipher) {
  return {
    tokens_sealed: cipher.seal(JSON.stringify([accessToken, refreshToken]), sessionPlace(id)),
    expires_at_ms: expiresAtMs,
  }
}

/**
 * Whether an app, and whom a session with it is for, are still there; they stay then until the transaction ends, so that
 * the session can refer to them.
 */
export async function keepSessionOwner(
  db: Db,
  { appId, userId, organizationCode }: { appId: string; userId: string | null; organizationCode: string | null },
): Promise<boolean> {
  for (const [table, column, value] of [
    ['connected_apps', 'id', appId],
    ['organizations', 'code', organizationCode],
    ['users', 'id', userId],
  ] as const) {
    if (value === null) continue
    const keyShare = dialectOf(db) === 'postgres' ? sql`for key share` : sql``
    const found = sql`select 1 from ${sql.table(table)} where ${sql.ref(column)} = ${value} ${keyShare}`
    if ((await found.execute(db)).rows.length === 0) return false
  }
  return true
}

/** Keeps what a provider has granted. @returns whether the session is new; one that is there already stays as it is */
export async function addSession(
  db: Db,
  session: {
    id: string
    appId: string
    userId: string | null
    organizationCode: string | null
    tokens: ProviderTokens
  },
  { cipher, now }: { cipher: Cipher; now: number },
): Promise<boolean> {
  const { id, appId, userId, organizationCode, tokens } = session
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('connected_app_sessions')
    .values({
      id,
      app_id: appId,
      user_id: userId,
      organization_code: organizationCode,
      ...tokenColumns(id, tokens, cipher),
      created_at_ms: now,
      updated_at_ms: now,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows !== 0n
}

/** A session with its app. */
export interface SessionWithApp {
  session: ConnectedAppSessionRow
  app: ConnectedAppRow
}

/** The session with an id, and its app. */
export async function findSession(db: Db, id: string): Promise<SessionWithApp | undefined> {
  const session = await db.selectFrom('connected_app_sessions').selectAll().where('id', '=', id).executeTakeFirst()
  if (session === undefined) return undefined
  const app = await db.selectFrom('connected_apps').selectAll().where('id', '=', session.app_id).executeTakeFirst()
  return app && { session, app }
}

/**
 * Lets one caller alone refresh the tokens of a session, among all processes: a provider that gives a new refresh token
 * each time may take the second use of an old one for a theft, and end everything.
 * @returns the session as it is now; undefined while somebody else is at it, or when it is gone
 */
export function claimRefresh(
  db: Db,
  id: string,
  { now, untilMs }: { now: number; untilMs: number },
): Promise<ConnectedAppSessionRow | undefined> {
  return db
    .updateTable('connected_app_sessions')
    .set({ refreshing_until_ms: untilMs })
    .where('id', '=', id)
    .where((where) => where.or([where('refreshing_until_ms', 'is', null), where('refreshing_until_ms', '<=', now)]))
    .returningAll()
    .executeTakeFirst()
}

/** Ends what {@link claimRefresh} began, without new tokens. */
export async function releaseRefresh(db: Db, id: string): Promise<void> {
  await db.updateTable('connected_app_sessions').set({ refreshing_until_ms: null }).where('id', '=', id).execute()
}

/** Ends what {@link claimRefresh} began, with new tokens. @returns the session; undefined when it is gone */
export function finishRefresh(
  db: Db,
  id: string,
  tokens: ProviderTokens,
  { cipher, now }: { cipher: Cipher; now: number },
): Promise<ConnectedAppSessionRow | undefined> {
  return db
    .updateTable('connected_app_sessions')
    .set({ ...tokenColumns(id, tokens, cipher), refreshing_until_ms: null, updated_at_ms: now })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

/** Deletes a session with its tokens. @returns whether it was there */
export async function deleteSession(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('connected_app_sessions')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows !== 0n
}

function appPlace(id: string): string {
  return `connected_apps:${id}`
}

function sessionPlace(id: string): string {
  return `connected_app_sessions:${id}`
}
