import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Caller } from './auth.ts'
import {
  authorizationUrl,
  exchangeCode,
  type Provider,
  ProviderError,
  refreshTokens,
  revokeTokens,
} from './connected-app-provider.ts'
import type { Environment } from './environment.ts'
import { ApiError, invalid, shown } from './errors.ts'
import type { OperationRequest, Recorder } from './operation.ts'
import {
  addSession,
  claimRefresh,
  connectedAppSecret,
  deleteSession,
  findSession,
  finishRefresh,
  keepSessionOwner,
  type ProviderTokens,
  releaseRefresh,
  type SessionWithApp,
  tokensOf,
} from './store/connected-apps.ts'
import type { ConnectedAppRow, Db } from './store/tables.ts'

/** How long somebody may take from the address to the provider's way back. */
const authorizeWithinMs = 3_600_000
/** An access token is refreshed so long before it expires: it has to travel yet. */
const earlierMs = 30_000
/** How long a refresh belongs to the request that began it: longer than the provider may take. */
const refreshLeaseMs = 30_000
/** How often a request looks whether the one that refreshes has come to an end. */
const refreshPollMs = 50

type Write = OperationRequest['write']

/** Where providers send people back to. */
export const callbackPath = '/connected_apps/callback'

/**
 * What a session is before anybody has authorized it. It travels, sealed, in OAuth's `state`, so that nothing is kept
 * of sessions that nobody finishes.
 */
interface Beginning {
  sessionId: string
  appId: string
  userId: string | null
  organizationCode: string | null
  /** In place of the app's own. */
  callbackUrl: string | null
  expiresAtMs: number
}

const statePlace = 'connected_apps:state'

/** Begins a session. @returns the address at which somebody authorizes it, and its id */
export function beginSession(
  app: ConnectedAppRow,
  wanted: Pick<Beginning, 'userId' | 'organizationCode' | 'callbackUrl'>,
  environment: Environment,
): { url: string; sessionId: string } {
  const { cipher, ids } = environment
  const now = environment.now()
  const sessionId = ids.timed('session', now)
  const { userId, organizationCode, callbackUrl } = wanted
  const content = [sessionId, app.id, userId, organizationCode, callbackUrl, now + authorizeWithinMs]
  const url = authorizationUrl(providerOf(app, environment), {
    state: cipher.seal(JSON.stringify(content), statePlace),
    redirectUri: redirectUri(environment),
    verifier: verifierOf(sessionId, environment),
  })
  return { url, sessionId }
}

/** What a `state` that comes back says. @returns undefined when it is not one of ours */
export function readState(state: string, { cipher }: Environment): Beginning | undefined {
  try {
    const [sessionId, appId, userId, organizationCode, callbackUrl, expiresAtMs] = JSON.parse(
      cipher.open(state, statePlace),
    )
    return { sessionId, appId, userId, organizationCode, callbackUrl, expiresAtMs }
  } catch {
    return undefined // changed, made up, or sealed under another key
  }
}

/**
 * Ends what {@link beginSession} began: exchanges the code that the provider gave, and keeps the tokens. Done again, as
 * when a browser loads the page once more, it changes nothing.
 * @returns false when the app, or whoever it is for, is gone by the time that the provider has answered
 * @throws {ProviderError}
 */
export async function completeSession(
  app: ConnectedAppRow,
  beginning: Beginning,
  code: string,
  environment: Environment,
  write: Write,
): Promise<boolean> {
  const { sessionId: id, userId, organizationCode } = beginning
  const { store, cipher } = environment
  const isComplete = async () => (await findSession(store.read, id)) !== undefined
  if (await isComplete()) return true
  const provider = providerOf(app, environment)
  const grant = { code, redirectUri: redirectUri(environment), verifier: verifierOf(id, environment) }
  let tokens: ProviderTokens
  try {
    tokens = await exchangeCode(provider, grant, environment.now)
  } catch (error) {
    // Another node has used the code, for the same browser.
    if (error instanceof ProviderError && (await isComplete())) return true
    throw error
  }
  const session = { id, appId: app.id, userId, organizationCode, tokens }
  const isKept = await write(async (db, record) => {
    if (!(await keepSessionOwner(db, session))) return false
    const isNew = await addSession(db, session, { cipher, now: environment.now() })
    if (isNew) recordSession(record, 'connected_app.authorized', app, session)
    return true
  })
  if (!isKept) await revokeTokens(provider, tokens)
  return isKept
}

/** @throws {ApiError} 400 INVALID_SESSION also for what belongs to another organization than the caller */
export async function requireSession(db: Db, id: string, caller: Caller): Promise<SessionWithApp> {
  const found = await findSession(db, id)
  const isForeign = caller.orgCode !== null && found?.session.organization_code !== caller.orgCode
  if (found === undefined || isForeign) throw noSession(id)
  return found
}

function noSession(id: string): ApiError {
  return invalid(
    'session_id',
    `There is no session with the id ${shown(id)}, or nobody has authorized it yet. Begin one with GET /api/v1/connected_apps/auth_url.`,
    'INVALID_SESSION',
  )
}

/**
 * Tokens of a session with an access token that can be used, for which a new one is fetched when it is needed.
 * @throws {ApiError} 400 SESSION_EXPIRED, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
 */
export async function currentTokens(
  { session, app }: SessionWithApp,
  environment: Environment,
  write: Write,
): Promise<ProviderTokens> {
  const { store, cipher } = environment
  const { id } = session
  let tokens = tokensOf(session, cipher)
  const waitUntil = performance.now() + refreshLeaseMs
  while (!isUsable(tokens, environment.now())) {
    if (tokens.refreshToken === null) throw expired(app)
    const now = environment.now()
    const claimed = await write((db) => claimRefresh(db, id, { now, untilMs: now + refreshLeaseMs }))
    if (claimed !== undefined) return refresh({ session: claimed, app }, environment, write)
    if (performance.now() > waitUntil) throw unavailable(app, 'another request is still fetching a new token')
    await delay(refreshPollMs)
    const found = await findSession(store.read, id)
    if (found === undefined) throw noSession(id)
    tokens = tokensOf(found.session, cipher)
  }
  return tokens
}

function isUsable({ expiresAtMs }: ProviderTokens, now: number): boolean {
  return expiresAtMs === null || expiresAtMs - earlierMs > now
}

/** By the one that has claimed it. */
async function refresh(
  { session, app }: SessionWithApp,
  environment: Environment,
  write: Write,
): Promise<ProviderTokens> {
  const { id } = session
  const { cipher } = environment
  const provider = providerOf(app, environment)
  const before = tokensOf(session, cipher)
  let tokens: ProviderTokens
  try {
    // Another request may have come to an end right before.
    if (isUsable(before, environment.now())) {
      await write((db) => releaseRefresh(db, id))
      return before
    }
    tokens = await refreshTokens(provider, before.refreshToken!, environment.now)
  } catch (error) {
    await write((db) => releaseRefresh(db, id))
    throw asApiError(error, app)
  }
  const kept = await write(async (db, record) => {
    const row = await finishRefresh(db, id, tokens, { cipher, now: environment.now() })
    if (row !== undefined) recordSession(record, 'connected_app.token_refreshed', app, sessionNames(row))
    return row !== undefined
  })
  if (kept) return tokens
  // Somebody has revoked the session meanwhile, and the provider knows nothing of that as yet.
  await revokeTokens(provider, tokens).catch((error) => environment.log.warn({ err: error }, 'tokens not revoked'))
  throw noSession(id)
}

/**
 * Ends a session: its tokens at the provider first, so that what is told to be revoked is.
 * @throws {ApiError} 400 PROVIDER_REFUSED, PROVIDER_UNAVAILABLE; then nothing has changed here
 */
export async function revokeSession(
  { session, app }: SessionWithApp,
  environment: Environment,
  write: Write,
): Promise<void> {
  try {
    await revokeTokens(providerOf(app, environment), tokensOf(session, environment.cipher))
  } catch (error) {
    throw asApiError(error, app)
  }
  await write(async (db, record) => {
    if (await deleteSession(db, session.id)) recordSession(record, 'connected_app.revoked', app, sessionNames(session))
  })
}

/** Whom a session belongs to. */
interface SessionNames {
  id: string
  userId: string | null
  organizationCode: string | null
}

function sessionNames(row: SessionWithApp['session']): SessionNames {
  return { id: row.id, userId: row.user_id, organizationCode: row.organization_code }
}

function recordSession(
  record: Recorder,
  type: 'connected_app.authorized' | 'connected_app.token_refreshed' | 'connected_app.revoked',
  app: ConnectedAppRow,
  { id, userId, organizationCode }: SessionNames,
): void {
  record(type, {
    connected_app: { key_code_ref: app.key_code_ref },
    session: { id, user_id: userId, organization_code: organizationCode },
  })
}

function providerOf(app: ConnectedAppRow, { cipher }: Environment): Provider {
  return {
    authorizeUrl: app.authorize_url,
    tokenUrl: app.token_url,
    revokeUrl: app.revoke_url,
    clientId: app.client_id,
    clientSecret: connectedAppSecret(app, cipher),
    clientAuthentication: app.client_authentication === 'basic' ? 'basic' : 'post',
    scopes: app.scopes,
  }
}

function redirectUri({ baseUrl }: Environment): string {
  return `${baseUrl}${callbackPath}`
}

/** RFC 7636 §4.1. It follows from the session's id and a key of the environment, and so need not be kept. */
function verifierOf(sessionId: string, { cipher }: Environment): string {
  return createHmac('sha256', cipher.deriveKey('connected apps, PKCE')).update(sessionId).digest('base64url')
}

function asApiError(error: unknown, app: ConnectedAppRow): unknown {
  if (!(error instanceof ProviderError)) return error
  if (!error.isRefusal) return unavailable(app, error.message, error)
  return new ApiError(
    400,
    'PROVIDER_REFUSED',
    `The provider of ${shown(app.key_code_ref)} refused: ${error.message}. Have the app authorized again.`,
    { cause: error },
  )
}

function unavailable(app: ConnectedAppRow, reason: string, cause?: unknown): ApiError {
  const message = `The provider of ${shown(app.key_code_ref)} cannot be used at the moment: ${reason}. Try again.`
  return new ApiError(400, 'PROVIDER_UNAVAILABLE', message, { cause })
}

function expired(app: ConnectedAppRow): ApiError {
  return invalid(
    'session_id',
    `The access token has expired, and the provider of ${shown(app.key_code_ref)} gave nothing to get another one with. Have the app authorized again.`,
    'SESSION_EXPIRED',
  )
}
