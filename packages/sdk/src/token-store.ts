/** An access token as it is kept. */
export interface StoredToken {
  accessToken: string
  /** Milliseconds since the epoch. */
  expiresAtMs: number
  /** Milliseconds since the epoch: from then on a new one is asked for. */
  renewAtMs: number
  /** The server said that it honours idempotency keys. */
  honoursIdempotencyKeys?: boolean
}

/**
 * Where tokens outlive a client: a file, a cache that processes share. Three functions, each of which may be
 * asynchronous. A key names server, application, audience and scopes; it holds no secret, and one store may serve any
 * number of clients.
 */
export interface TokenStore {
  get(key: string): Promise<StoredToken | undefined> | StoredToken | undefined
  set(key: string, token: StoredToken): Promise<void> | void
  delete(key: string): Promise<void> | void
}

/** Keeps tokens in this process. Each client has one of its own unless it is given another. */
export class MemoryTokenStore implements TokenStore {
  readonly #tokens = new Map<string, StoredToken>()

  get(key: string): StoredToken | undefined {
    return this.#tokens.get(key)
  }

  set(key: string, token: StoredToken): void {
    this.#tokens.set(key, token)
  }

  delete(key: string): void {
    this.#tokens.delete(key)
  }
}
