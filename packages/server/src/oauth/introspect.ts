import type { Environment } from '../environment.ts'
import { OAuthError } from '../errors.ts'
import { type AccessTokenClaims, isRefusal } from './access-token.ts'
import { authenticateClient } from './client-auth.ts'
import { isEnded } from './clients.ts'
import { invalidRequest, readParameters } from './request.ts'
import type { TokenRequest } from './token.ts'

/** RFC 7662 §2.2. Nothing but `active` is said of a token that is not good. */
export type IntrospectionReply =
  | { active: false }
  | {
      active: true
      aud: string[]
      client_id: string
      exp: number
      iat: number
      iss: string
      jti: string
      scope: string
      token_type: 'bearer'
      org_code?: string
    }

/** What the bearer check of the Management API and its audiences say. */
interface ManagementChecks {
  /** Whether an Authorization header carries a token of the Management API. */
  isManagementBearer: (authorization: string) => Promise<boolean>
  isManagementAudience: (audience: string) => boolean
}

/**
 * `POST /oauth2/introspect`: whether a token is good now, and what it opens now: an authorization or a scope that was
 * taken away since is not told. The caller shows client credentials, or a bearer token of the Management API, as
 * Kinde's Python SDK does.
 * @throws {OAuthError} 401 `invalid_client` or `invalid_token`; 400 `invalid_request` without `token`
 */
export async function introspect(
  request: TokenRequest,
  environment: Environment,
  checks: ManagementChecks,
): Promise<IntrospectionReply> {
  const parameters = readParameters(request.contentType, request.body)
  if (/^bearer /i.test(request.authorization ?? '')) {
    if (!(await checks.isManagementBearer(request.authorization!))) {
      throw new OAuthError(
        401,
        'invalid_token',
        'The access token is invalid or expired, or not for the Management API. Get a new one from POST /oauth2/token.',
        { scheme: 'Bearer' },
      )
    }
  } else {
    // RFC 7662 §2.1: not for everyone.
    const { clients, now } = environment
    await authenticateClient(parameters, request.authorization, { clients, now: now(), needsSecret: true })
  }
  const token = parameters.get('token')
  if (token === undefined) throw invalidRequest("Request parameter 'token' is missing. Send the access token in it.")
  const claims = await environment.accessTokens.verify(token)
  if (isRefusal(claims)) return { active: false }
  const scope = await scopeNow(claims, environment, checks)
  if (scope === undefined) return { active: false }
  return {
    active: true,
    aud: claims.aud,
    client_id: claims.azp,
    exp: claims.exp,
    iat: claims.iat,
    iss: claims.iss,
    jti: claims.jti,
    scope,
    token_type: 'bearer',
    ...(claims.org_code === undefined ? {} : { org_code: claims.org_code }),
  }
}

/** What of its scope a token still opens; undefined when its application is gone, or may not use any of its audiences. */
async function scopeNow(
  { azp, aud, iat, scope }: AccessTokenClaims,
  { clients }: Environment,
  { isManagementAudience }: ManagementChecks,
): Promise<string | undefined> {
  const client = await clients.find(azp)
  if (client === undefined || client.isSuspended || isEnded(client, iat)) return undefined
  const grants = [...client.grants.values()].filter(
    (grant) => aud.includes(grant.audience) || (grant.isManagementApi && aud.some(isManagementAudience)),
  )
  if (grants.length === 0) return undefined
  const enabled = new Set(grants.flatMap((grant) => grant.scopes))
  return scope
    .split(' ')
    .filter((word) => enabled.has(word))
    .join(' ')
}
