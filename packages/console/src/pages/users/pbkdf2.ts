/** OWASP's figure for PBKDF2 with HMAC-SHA256. */
const iterations = 600_000

/**
 * A password, as the API takes it: hashed.
 * @throws {Error} where the page came over http from another machine: browsers hash in secure contexts alone
 */
export async function pbkdf2(password: string) {
  if (!window.isSecureContext) throw new Error('The browser hashes passwords on pages that came by https alone.')
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, ['deriveBits'])
  const hash = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256)
  return {
    hashed_password: base64(new Uint8Array(hash)),
    hashing_method: 'pbkdf2',
    salt: base64(salt),
    iterations,
    variant: 'salted-pbkdf2-hmac-sha256',
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
