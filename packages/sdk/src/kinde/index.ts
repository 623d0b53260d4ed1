import { currentOrigin } from './client.ts'
import { jwtDecoder, verifyToken } from './tokens.ts'

export { ApiError, type ApiRequestOptions } from './api-error.ts'
export { CancelablePromise, CancelError } from './cancelable-promise.ts'
export { Apis as ApIs } from './classes/apis.ts'
export * from './classes/index.ts'
export { getToken, init, type Settings, setToken } from './client.ts'
export { checkAudience, jwtDecoder } from './tokens.ts'
export type * from './types.ts'

/** The claims of a JWT; the same as {@link jwtDecoder}. */
export const jwtDecode: typeof jwtDecoder = jwtDecoder

/** Whether a token is signed by the server of `init()`, has not expired, and is for the audience if one is given. */
export async function validateToken(token: string, audience?: string): Promise<boolean> {
  return token ? verifyToken(token, currentOrigin(), audience) : false
}
