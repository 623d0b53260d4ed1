import { ApiError } from './errors.ts'
import { type AccessTokenClaims, type AccessTokens, isRefusal, type Refusal } from './oauth/access-token.ts'
import { type Clients, changesClients, isEnded } from './oauth/clients.ts'
import { Remembered } from './oauth/remembered.ts'
import type { Operation } from './operation.ts'
import type { RateLimit, RateLimits } from './rate-limit.ts'
import { findKey, isApiKey, scopesOf } from './store/api-keys.ts'
import type { Store } from './store/store.ts'

/** Who calls: an application, an API key, or an administrator in the console, with what it may do at this moment. */
export interface Caller {
  /** Empty for an administrator. */
  applicationId: string
  /** Who is signed in to the console; null for an application. */
  administrator: SignedIn | null
  /** The organization that the application is held to; null for a general one. */
  orgCode: string | null
  /** Scopes that the token carries and that are still enabled for the application. */
  scopes: ReadonlySet<string>
  /** The identifier of the token; empty for an administrator. */
  jti: string
  /** What the caller's requests are limited to; null: nothing. */
  rateLimit: RateLimit | null
  /** The API key that is used in place of a token; then `applicationId` is its id too. */
  apiKeyId?: string
}

/** What an administrator may do. An owner also makes owners, and administers them. */
export type Role = 'owner' | 'administrator' | 'read_only'

/** An administrator with the session that the request belongs to. */
export interface SignedIn {
  id: string
  name: string
  role: Role
  sessionId: string
}

/** How long a verified token is remembered at most: it bounds how long another process can be wrong. */
const rememberedMs = 60_000
const mostRemembered = 10_000

/** Beside what clients are made from. */
const sources: ReadonlySet<string> = new Set(['api_keys', 'revoked_tokens', 'signing_keys'])

/**
 * The bearer check of the Management API. RFC 6750. A verified token is remembered by its header's text; everything
 * remembered is dropped when a commit changes applications, authorisations, scopes, keys or revocations, so that
 * revoking works at once.
 */
export class BearerCheck {
  readonly #store: Store
  readonly #accessTokens: AccessTokens
  readonly #clients: Clients
  readonly #isManagementAudience: (audience: string) => boolean
  readonly #rateLimits: RateLimits
  readonly #now: () => number
  readonly #remembered = new Remembered<Caller>({ most: mostRemembered, forMs: rememberedMs })
  #generation = 0

  constructor(options: {
    store: Store
    accessTokens: AccessTokens
    clients: Clients
    isManagementAudience: (audience: string) => boolean
    rateLimits: RateLimits
    now: () => number
  }) {
    this.#store = options.store
    this.#accessTokens = options.accessTokens
    this.#clients = options.clients
    this.#isManagementAudience = options.isManagementAudience
    this.#rateLimits = options.rateLimits
    this.#now = options.now
    options.store.onChange((tables) => {
      if (!changesClients(tables) && tables!.isDisjointFrom(sources)) return
      this.#generation += 1
      this.#remembered.clear()
    })
  }

  /** The caller, if this very header was verified within the last minute. */
  peek(authorization: string | undefined): Caller | undefined {
    return authorization === undefined ? undefined : this.#remembered.get(authorization, this.#now())
  }

  /**
   * Verifies the Authorization header.
   * @throws {ApiError} 401 TOKEN_MISSING, TOKEN_INVALID or TOKEN_EXPIRED; 403 INVALID_AUDIENCE
   */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    const token = /^bearer +(\S.*)$/i.exec(authorization ?? '')?.[1]?.trimEnd()
    if (token === undefined) {
      throw new ApiError(
        401,
        'TOKEN_MISSING',
        'Send an access token in the header Authorization: Bearer <token>. POST /oauth2/token gives one.',
      )
    }
    const generation = this.#generation
    const { caller, untilMs } = isApiKey(token) ? await this.#keyHolder(token) : await this.#tokenHolder(token)
    if (generation === this.#generation && untilMs > 0) {
      // Blanks may stand around a token, as many as the caller likes: such a header is not worth the memory.
      const isPlain = authorization!.length === 'Bearer '.length + token.length
      if (isPlain) this.#remembered.set(authorization!, caller, this.#now(), untilMs)
    }
    return caller
  }

  async #tokenHolder(token: string): Promise<{ caller: Caller; untilMs: number }> {
    const claims = await this.#accessTokens.verify(token)
    if (isRefusal(claims)) throw refusalError(claims)
    return { caller: await this.#callerOf(claims), untilMs: claims.exp * 1000 }
  }

  /** An API key of the Management API, used as a bearer token. Those of users and organizations open other APIs. */
  async #keyHolder(key: string): Promise<{ caller: Caller; untilMs: number }> {
    const row = await findKey(this.#store.read, key)
    if (row === undefined) {
      throw new ApiError(401, 'TOKEN_INVALID', 'The API key is not known here. It may have been rotated or deleted.')
    }
    if (row.status !== 'active')
      throw new ApiError(401, 'TOKEN_INVALID', `The API key is ${row.status}. Use another one.`)
    if (row.isSuspended) throw new ApiError(401, 'TOKEN_INVALID', 'The owner of the API key is suspended.')
    if (!row.is_management_api) {
      throw new ApiError(
        403,
        'INVALID_AUDIENCE',
        'Missing or incorrect Management API audience. The API key is for another API: use one of the type environment.',
      )
    }
    const scopes = (await scopesOf(this.#store.read, [row.id])).get(row.id)
    const caller: Caller = {
      applicationId: row.id,
      administrator: null,
      orgCode: row.organization_code,
      scopes: new Set(scopes),
      jti: row.id,
      rateLimit: this.#rateLimits.byDefault,
      apiKeyId: row.id,
    }
    // Nobody tells of users that change, whom there are too many of: what belongs to one is looked up each time.
    return { caller, untilMs: row.user_id === null ? Number.POSITIVE_INFINITY : 0 }
  }

  async #callerOf(claims: AccessTokenClaims): Promise<Caller> {
    if (!claims.aud.some(this.#isManagementAudience)) {
      throw new ApiError(
        403,
        'INVALID_AUDIENCE',
        'Missing or incorrect Management API audience. Ask for a token with the audience <base URL>/api.',
      )
    }
    const client = await this.#clients.find(claims.azp)
    if (client === undefined) {
      throw new ApiError(401, 'TOKEN_INVALID', 'The application of this token does not exist any more.')
    }
    if (client.isSuspended) {
      throw new ApiError(401, 'TOKEN_INVALID', 'The organization of this application is suspended.')
    }
    if (isEnded(client, claims.iat)) {
      throw new ApiError(
        401,
        'TOKEN_INVALID',
        'The organization of this application has been suspended since this token was issued. Get a new one from POST /oauth2/token.',
      )
    }
    const grant = [...client.grants.values()].find(({ isManagementApi }) => isManagementApi)
    if (grant === undefined) {
      throw new ApiError(
        403,
        'INVALID_AUDIENCE',
        'The application is no longer authorized for the Management API. Authorize it again, then ask for a new token.',
      )
    }
    const enabled = new Set(grant.scopes)
    // `scope` is what was granted; `scp` is only what was asked for, and usually empty.
    const scopes = new Set(claims.scope.split(' ').filter((scope) => enabled.has(scope)))
    return {
      applicationId: client.id,
      administrator: null,
      orgCode: claims.org_code ?? null,
      scopes,
      jti: claims.jti,
      rateLimit: this.#rateLimits.limitOf(client.rateLimit),
    }
  }
}

/** Names under which paths have an organization's code. */
const organizationParameters = ['org_code', 'organization_code']

const ranks: Record<Role, number> = { read_only: 0, administrator: 1, owner: 2 }

/** Whether a role includes another one. */
export function includesRole(role: Role, wanted: Role): boolean {
  return ranks[role] >= ranks[wanted]
}

/**
 * What can be checked before the body is read.
 * @throws {ApiError} 403 SCOPE_MISSING naming the scope; 403 ORGANIZATION_ACCESS_DENIED for an application of one
 *   organization where the operation does not keep to it, or names another one in its path; 403 CONSOLE_ONLY for an
 *   application where only administrators may call; 403 ROLE_INSUFFICIENT for an administrator
 */
export function requireAccess(caller: Caller, operation: Operation, params: Record<string, string>): void {
  if (caller.administrator !== null) {
    requireRole(caller.administrator.role, caller.scopes, operation)
    return
  }
  if (operation.role !== undefined && operation.scope === null) {
    throw new ApiError(403, 'CONSOLE_ONLY', 'Only an administrator who is signed in to the console may do this.')
  }
  if (operation.scope !== null && !caller.scopes.has(operation.scope)) {
    throw new ApiError(403, 'SCOPE_MISSING', `Scope is missing: ${operation.scope}`)
  }
  if (caller.orgCode === null || operation.organizationAware) return
  const named = organizationParameters.map((name) => params[name]).find((code) => code !== undefined)
  if (named === caller.orgCode || operation.organizationIn !== undefined) return
  throw accessDenied(caller.orgCode, operation)
}

function requireRole(role: Role, scopes: ReadonlySet<string>, { role: wanted, scope, givesSecret }: Operation): void {
  const least = wanted ?? (givesSecret ? 'administrator' : 'read_only')
  if (includesRole(role, least) && (wanted !== undefined || scope === null || scopes.has(scope))) return
  const needed = wanted === 'owner' ? 'owner' : 'administrator'
  throw new ApiError(
    403,
    'ROLE_INSUFFICIENT',
    `This needs the role ${needed}; yours is ${role}. An owner can change it under Administrators.`,
  )
}

/**
 * What can be checked once query and body are known: that an application of one organization names its own.
 * @throws {ApiError} 403 ORGANIZATION_ACCESS_DENIED
 */
export function requireOwnOrganization(
  caller: Caller,
  operation: Operation,
  input: { query: unknown; body: unknown },
): void {
  const { organizationIn: place } = operation
  if (caller.orgCode === null || place === undefined) return
  const [part, name] = 'query' in place ? [input.query, place.query] : [input.body, place.body]
  if ((part as Record<string, unknown> | null)?.[name] !== caller.orgCode) throw accessDenied(caller.orgCode, operation)
}

function accessDenied(orgCode: string, { id }: Operation): ApiError {
  return new ApiError(
    403,
    'ORGANIZATION_ACCESS_DENIED',
    `This application belongs to the organization ${orgCode} and may not call ${id} beyond it. Use a general M2M application.`,
  )
}

function refusalError(refusal: Refusal): ApiError {
  if (refusal.reason === 'expired') {
    return new ApiError(401, 'TOKEN_EXPIRED', 'The access token has expired. Get a new one from POST /oauth2/token.', {
      cause: refusal,
    })
  }
  return new ApiError(
    401,
    'TOKEN_INVALID',
    'The access token is not valid here. Get a new one from POST /oauth2/token of this server.',
    { cause: refusal },
  )
}
