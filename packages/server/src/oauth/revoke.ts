import type { Environment } from '../environment.ts'
import { OAuthError } from '../errors.ts'
import { recordEvents } from '../journal/record.ts'
import { isRefusal } from './access-token.ts'
import { authenticateClient } from './client-auth.ts'
import { invalidRequest, readParameters } from './request.ts'
import type { TokenRequest } from './token.ts'

/**
 * `POST /oauth2/revoke`: from now on this server refuses the token. RFC 7009. A token that is not good any more, or was
 * never, needs no revoking: that is a success too (§2.2).
 * @throws {OAuthError} 401 `invalid_client`; 400 `invalid_request` without `token`; 400 `unauthorized_client` for
 *   another application's token (§2.1)
 */
export async function revoke(request: TokenRequest & { requestId: string }, environment: Environment): Promise<void> {
  const parameters = readParameters(request.contentType, request.body)
  const now = environment.now()
  const { client } = await authenticateClient(parameters, request.authorization, {
    clients: environment.clients,
    now,
  })
  const token = parameters.get('token')
  if (token === undefined) throw invalidRequest("Request parameter 'token' is missing. Send the access token in it.")
  const claims = await environment.accessTokens.verify(token)
  if (isRefusal(claims)) return
  if (claims.azp !== client.id) {
    throw new OAuthError(
      400,
      'unauthorized_client',
      'The token was issued to another client. Authenticate as the client that it was issued to.',
    )
  }
  await environment.store.write(async (db) => {
    await db
      .deleteFrom('revoked_tokens')
      .where('expires_at_seconds', '<=', Math.floor(now / 1000))
      .execute()
    await db
      .insertInto('revoked_tokens')
      .values({ jti: claims.jti, expires_at_seconds: claims.exp })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const actor = { source: 'api', applicationId: client.id, requestId: request.requestId } as const
    await recordEvents(db, [{ type: 'token.revoked', data: { token: { jti: claims.jti } } }], {
      actor,
      ids: environment.ids,
      now,
    })
  })
}
