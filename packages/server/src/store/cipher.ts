import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Seals secrets for the database and opens them again. */
export interface Cipher {
  /** @param place what the text belongs to (`table:id`); a sealed text opens only for the same place */
  seal(text: string, place: string): string
  /** @throws when the text was sealed under another key or for another place, or was changed */
  open(sealed: string, place: string): string
  /** A key for another purpose (cursors, tests of authenticity), derived from the master key. @returns 32 bytes */
  deriveKey(purpose: string): Buffer
}

const version = 'v1'

/**
 * AES-256-GCM with a random 96-bit nonce for each text (NIST SP 800-38D §8.2.2).
 * @param masterKey 32 bytes
 */
export function createCipher(masterKey: Buffer): Cipher {
  const deriveKey = (purpose: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `kindred:${purpose}`, 32))
  const key = deriveKey('seal')
  return {
    deriveKey,
    seal(text, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}.${sealed.toString('base64url')}`
    },
    open(sealed, place) {
      const [prefix, body] = sealed.split('.')
      if (prefix !== version || body === undefined) throw new Error(`not a sealed text: ${place}`)
      const bytes = Buffer.from(body, 'base64url')
      // GCM would take shorter tags too, which are easier to guess.
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(12).subarray(-16))
      return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
    },
  }
}
