import { sign } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { SigningKey } from './keys.ts'

/**
 * Signs on Node's thread pool, never on the event loop. An RS256 signature costs as much as ten reads, so at most
 * `cores − 1` run at once while anything else is being served: a storm of token requests then leaves a core to the
 * reads beside it. Without such company every core signs, and finds the next one waiting: a thread that must be woken for
 * each signature costs more.
 */
export class Signer {
  readonly #cores: number
  #running = 0
  #waiting: (() => void)[] = []
  /** Whether requests other than token requests have come lately. */
  #hasCompany: () => boolean

  constructor(options: { hasCompany: () => boolean; cores?: number }) {
    this.#cores = options.cores ?? availableParallelism()
    this.#hasCompany = options.hasCompany
  }

  /**
   * Signs claims as they are.
   * @returns compact JWS, RS256; the header's `kid` names the key
   */
  signJwt(claims: object, key: SigningKey): Promise<string> {
    // By hand, with the header made once for each key: a JWT library spends 30 µs more on the same bytes.
    return this.sign(`${key.header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`, key)
  }

  /**
   * Appends the signature to `header.payload`.
   * @returns compact JWS, RSASSA-PKCS1-v1_5 with SHA-256. RFC 7518 §3.3
   */
  async sign(signingInput: string, key: SigningKey): Promise<string> {
    if (this.#running >= this.#limit()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return `${signingInput}.${await signature(signingInput, key)}`
    } finally {
      this.#running -= 1
      while (this.#running < this.#limit() && this.#waiting.length > 0) {
        // The place is taken here, or a newcomer could slip in before the waiting one runs on.
        this.#running += 1
        this.#waiting.shift()!()
      }
    }
  }

  #limit(): number {
    return this.#hasCompany() ? Math.max(1, this.#cores - 1) : 2 * this.#cores
  }
}

function signature(signingInput: string, key: SigningKey): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('sha256', Buffer.from(signingInput), key.privateKey, (error, bytes) => {
      if (error) reject(error)
      else resolve(bytes.toString('base64url'))
    })
  })
}
