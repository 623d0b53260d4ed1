import type { Environment } from '../environment.ts'
import { OAuthError } from '../errors.ts'
import { isRefusal } from './access-token.ts'
import { authenticateClient } from './client-auth.ts'
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

/**
 * `POST /oauth2/introspect`: whether a token is good now. The caller shows client credentials, or a bearer token of the
 * Management API, as Kinde's Python SDK does.
 * @param isManagementBearer whether the Authorization header carries such a token
 * @throws {OAuthError} 401 `invalid_client` or `invalid_token`; 400 `invalid_request` without `token`
 */
export async function introspect(
  request: TokenRequest,
  environment: Environment,
  isManagementBearer: (authorization: string) => Promise<boolean>,
): Promise<IntrospectionReply> {
  const parameters = readParameters(request.contentType, request.body)
  if (/^bearer /i.test(request.authorization ?? '')) {
    if (!(await isManagementBearer(request.authorization!))) {
      throw new OAuthError(401, 'invalid_token', 'The access token is invalid or expired. Get a new one.', {
        scheme: 'Bearer',
      })
    }
  } else {
    await authenticateClient(parameters, request.authorization, {
      clients: environment.clients,
      now: environment.now(),
    })
  }
  const token = parameters.get('token')
  if (token === undefined) throw invalidRequest("Request parameter 'token' is missing.")
  const claims = await environment.accessTokens.verify(token)
  // A token of an application that is gone opens nothing any more.
  if (isRefusal(claims) || (await environment.clients.find(claims.azp)) === undefined) return { active: false }
  return {
    active: true,
    aud: claims.aud,
    client_id: claims.azp,
    exp: claims.exp,
    iat: claims.iat,
    iss: claims.iss,
    jti: claims.jti,
    scope: claims.scope,
    token_type: 'bearer',
    ...(claims.org_code === undefined ? {} : { org_code: claims.org_code }),
  }
}
