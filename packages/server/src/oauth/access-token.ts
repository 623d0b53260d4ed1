import { verify } from 'node:crypto'
import type { Ids } from '../store/ids.ts'
import type { Store } from '../store/store.ts'
import type { ChosenClaims } from '../store/token-choices.ts'
import type { Client } from './clients.ts'
import type { KeyRing } from './keys.ts'
import type { Signer } from './signer.ts'

/** The claims of an M2M access token, as Kinde issues them. */
export interface AccessTokenClaims extends ChosenClaims {
  aud: string[]
  azp: string
  /** Seconds since the epoch. */
  exp: number
  gty: string[]
  /** Seconds since the epoch. */
  iat: number
  iss: string
  jti: string
  org_code?: string
  /** `scope` as a list, where that was chosen for the application. */
  permissions?: string[]
  /** What was granted, separated by spaces. */
  scope: string
  /** What was asked for; empty when nothing was. */
  scp: string[]
  v: string
}

/** Why a token is not accepted: for the log and for tests. The wire says only what RFC 6750 §3.1 allows. */
export type Refusal =
  | { reason: 'malformed' }
  | { reason: 'unknown_key'; kid: string | undefined }
  | { reason: 'bad_signature'; kid: string }
  | { reason: 'wrong_issuer'; wanted: string; got: unknown }
  | { reason: 'expired'; at: number }
  | { reason: 'revoked'; jti: string }

/** RFC 7515 §7.1: three parts in base64url, which is exactly A–Z a–z 0–9 - _ (§2). */
const compactJws = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/
/** In characters; ours are shorter by far. */
const longestToken = 65_536

/** Issues and verifies the access tokens of one environment. */
export class AccessTokens {
  readonly #keys: KeyRing
  readonly #store: Store
  readonly #signer: Signer
  readonly #ids: Ids
  readonly #issuer: string
  readonly #now: () => number

  constructor(options: {
    keys: KeyRing
    store: Store
    signer: Signer
    ids: Ids
    issuer: string
    now: () => number
  }) {
    this.#keys = options.keys
    this.#store = options.store
    this.#signer = options.signer
    this.#ids = options.ids
    this.#issuer = options.issuer
    this.#now = options.now
  }

  /**
   * Signs one access token for a machine-to-machine application.
   * @param grant `audience` as asked for, `granted` scopes, `requested` scopes, the claims `chosen` for the application
   * @returns compact JWS, RS256; the header's `kid` names the signing key
   * @see RFC 9068 §2.2; claim names and their order are Kinde's
   */
  issue(
    client: Client,
    grant: {
      audience: string[]
      granted: readonly string[]
      requested: readonly string[]
      chosen?: ChosenClaims | undefined
    },
  ): Promise<string> {
    const issuedAt = Math.floor(this.#now() / 1000)
    const claims: AccessTokenClaims = {
      aud: grant.audience,
      azp: client.id,
      exp: issuedAt + client.accessTokenLifetimeSeconds,
      gty: ['client_credentials'],
      iat: issuedAt,
      iss: this.#issuer,
      jti: this.#ids.uuid(),
      ...(client.orgCode === null ? {} : { org_code: client.orgCode }),
      scope: grant.granted.join(' '),
      scp: [...grant.requested],
      v: '2',
    }
    if (grant.chosen === undefined && !client.hasPermissionsClaim) {
      return this.#signer.signJwt(claims, this.#keys.current)
    }
    const permissions = client.hasPermissionsClaim ? { permissions: [...grant.granted] } : {}
    const all = Object.entries({ ...claims, ...grant.chosen, ...permissions })
    const inOrder = Object.fromEntries(all.sort(([left], [right]) => (left < right ? -1 : 1)))
    return this.#signer.signJwt(inOrder, this.#keys.current)
  }

  /**
   * Checks key, signature, issuer, expiry and revocation; audience and scopes are the caller's to check.
   * Costs a verification and a look-up: remember the answer.
   */
  async verify(token: string): Promise<AccessTokenClaims | Refusal> {
    const [, header, payload, signature] = compactJws.exec(token.length > longestToken ? '' : token) ?? []
    if (header === undefined || payload === undefined || signature === undefined) return { reason: 'malformed' }
    const { alg, kid } = parseJson(header)
    if (alg !== 'RS256') return { reason: 'malformed' }
    const key = typeof kid === 'string' ? await this.#keys.find(kid) : undefined
    if (key === undefined) return { reason: 'unknown_key', kid: typeof kid === 'string' ? kid : undefined }
    const bytes = Buffer.from(signature, 'base64url')
    // One signature has one spelling: the last character holds bits that say nothing, and must be zero.
    if (bytes.toString('base64url') !== signature) return { reason: 'malformed' }
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), key.publicKey, bytes)) {
      return { reason: 'bad_signature', kid: key.kid }
    }
    const content = parseJson(payload)
    if (content.iss !== this.#issuer) return { reason: 'wrong_issuer', wanted: this.#issuer, got: content.iss }
    // Signed by us, and no webhook's message, which names no issuer: so it has the shape that issue() gives it.
    const claims = content as unknown as AccessTokenClaims
    if (claims.exp * 1000 <= this.#now()) return { reason: 'expired', at: claims.exp }
    const revoked = await this.#store.read
      .selectFrom('revoked_tokens')
      .select('jti')
      .where('jti', '=', claims.jti)
      .executeTakeFirst()
    return revoked === undefined ? claims : { reason: 'revoked', jti: claims.jti }
  }
}

/** Whether {@link AccessTokens.verify} refused. */
export function isRefusal(result: AccessTokenClaims | Refusal): result is Refusal {
  return !('exp' in result)
}

function parseJson(base64url: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString())
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    // Not JSON: a token that somebody else made. It is refused for what it lacks.
    return {}
  }
}
