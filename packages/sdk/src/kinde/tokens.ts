/** The claims of an access token, as far as this file reads them. */
export interface Claims {
  aud?: string[] | string
  exp?: number
  iss?: string
  [name: string]: unknown
}

/** The claims of a JWT, whose signature is not looked at; undefined when it is none. */
export function claimsOf(token: string): Claims | undefined {
  return partOf(token, 1)
}

/** The header, or the claims, of a JWT. Its signature is not looked at. */
export function jwtDecoder<Decoded = Claims>(token?: string, options?: { header?: boolean }): Decoded | null {
  return (partOf(token ?? '', options?.header ? 0 : 1) as Decoded | undefined) ?? null
}

/** Whether a token, or its claims, names the audience. */
export function checkAudience(token: string | Claims, audience: string | undefined): boolean {
  if (!audience) return false
  const claims = typeof token === 'string' ? claimsOf(token) : token
  return [claims?.aud ?? []].flat().includes(audience)
}

/**
 * Whether the server signed the token (RS256, RFC 7515), it has not expired, and, where one is given, it is for the
 * audience.
 * @param issuer the server, whose keys are read from `/.well-known/jwks.json`
 */
export async function verifyToken(token: string, issuer: string, audience: string | undefined): Promise<boolean> {
  const header = partOf(token, 0)
  const claims = claimsOf(token)
  if (header?.alg !== 'RS256' || claims === undefined) return false
  if (claims.iss !== issuer || typeof claims.exp !== 'number' || claims.exp * 1000 <= Date.now()) return false
  if (audience && !checkAudience(claims, audience)) return false
  const response = await fetch(`${issuer}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: { kid?: string; kty: string; n: string; e: string }[] }
  const jwk = keys.find(({ kid }) => kid === header.kid)
  if (jwk === undefined) return false
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const { kty, n, e } = jwk
  const key = await crypto.subtle.importKey('jwk', { kty, n, e }, algorithm, false, ['verify'])
  const dot = token.lastIndexOf('.')
  const signed = new TextEncoder().encode(token.slice(0, dot))
  return crypto.subtle.verify(algorithm, key, bytesOf(token.slice(dot + 1)), signed)
}

function partOf(token: string, index: number): Claims | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytesOf(token.split('.')[index] ?? '')))
  } catch {
    // It is no JWT.
    return undefined
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
