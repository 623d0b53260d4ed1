import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * SHA-256 of a client secret. A secret of 52 random characters needs no slow hash: nobody can try 62^52 of them.
 * @returns 32 bytes
 */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** Compares in constant time, so that the time of a refusal tells nothing. */
export function sameHash(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * A token that nobody can guess: 43 characters of base64url. Not from the ids of an environment, which a test may stage.
 */
export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}
