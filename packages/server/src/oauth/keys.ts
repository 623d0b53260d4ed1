import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { StartError } from '../errors.ts'
import type { Cipher } from '../store/cipher.ts'
import { lockSetup } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import type { Db } from '../store/tables.ts'

/** A public key as the JWKS shows it. RFC 7517 §4, RFC 7518 §6.3.1. */
export interface PublicJwk {
  e: string
  n: string
  alg: 'RS256'
  kid: string
  kty: 'RSA'
  use: 'sig'
}

export interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
  jwk: PublicJwk
  /** Base64url of the JOSE header, made once for all tokens that this key signs. */
  header: string
}

/** Unknown key ids are looked up this often at most; other nodes tell of a new key anyway. */
const unknownKeyPauseMs = 1000

interface NewKey {
  kid: string
  privatePem: string
  jwk: PublicJwk
}

const makeRsaKeys = promisify(generateKeyPair)

/** How long clients may keep the JWKS: also how long a new key is published before its first use. */
export const jwksMaxAgeSeconds = 300
/** The longest lifetime that an application's tokens may have. */
export const longestTokenLifetimeSeconds = 31_536_000

/**
 * Makes an RSA key of 2048 bits (60 to 200 ms on another thread; start it early).
 * `kid` is colon-separated hex: the header of a token must hold none of base64url's `-` and `_`, because Kinde's
 * official validator reads it with plain `atob`.
 */
export async function makeSigningKey(): Promise<NewKey> {
  const { privateKey, publicKey } = await makeRsaKeys('rsa', { modulusLength: 2048, publicExponent: 65_537 })
  const kid = randomBytes(16).toString('hex').match(/../g)!.join(':')
  const { n, e } = publicKey.export({ format: 'jwk' })
  return {
    kid,
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    jwk: { e: e!, n: n!, alg: 'RS256', kid, kty: 'RSA', use: 'sig' },
  }
}

/**
 * The ring of an environment's signing keys: one waits as next and is published already, one is current and signs,
 * the retired ones are published until the last token that they signed has expired.
 */
export class KeyRing {
  readonly #store: Store
  readonly #cipher: Cipher
  readonly #now: () => number
  #current: SigningKey | undefined
  #published: PublicJwk[] = []
  #byKid = new Map<string, SigningKey>()
  #jwks = ''
  #lookUp: Promise<void> = Promise.resolve()
  #lookedUpAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> = Promise.resolve()
  #nextLoad: Promise<void> | undefined

  private constructor(store: Store, cipher: Cipher, now: () => number) {
    this.#store = store
    this.#cipher = cipher
    this.#now = now
  }

  /**
   * Loads the ring, and makes the first keys where there are none.
   * @param firstKey a key that is being made since before the database was opened, if it is needed
   */
  static async open(options: {
    store: Store
    cipher: Cipher
    now: () => number
    firstKey: () => Promise<NewKey>
  }): Promise<KeyRing> {
    const ring = new KeyRing(options.store, options.cipher, options.now)
    await ring.#load()
    if (ring.#current === undefined) {
      const key = await options.firstKey()
      await options.store.write(async (db) => {
        await lockSetup(db)
        const existing = await db.selectFrom('signing_keys').select('kid').limit(1).executeTakeFirst()
        if (existing === undefined) await insertKey(db, key, options.cipher, options.now(), options.now())
      })
      await ring.#load()
    }
    options.store.onChange((tables) => {
      if (tables !== null && !tables.has('signing_keys')) return
      // A database that is away: when it is back, everything counts as changed.
      void ring.#load().catch(() => {})
    })
    return ring
  }

  /** The key that signs now. */
  get current(): SigningKey {
    return this.#current!
  }

  /** The document at `/.well-known/jwks`, as JSON text. RFC 7517 §5. */
  get jwks(): string {
    return this.#jwks
  }

  /** The key with this `kid`; one that another node has just made is looked up in the database. */
  async find(kid: string): Promise<SigningKey | undefined> {
    const known = this.#byKid.get(kid)
    if (known !== undefined || !/^[0-9a-f:]{47}$/.test(kid)) return known
    // Tokens with made-up key ids must not become a query each: they share one.
    const sinceLookUp = performance.now() - this.#lookedUpAt
    if (sinceLookUp >= unknownKeyPauseMs) {
      this.#lookedUpAt = performance.now()
      this.#lookUp = this.#load()
    }
    await this.#lookUp
    return this.#byKid.get(kid)
  }

  /** Makes the key that will be used next, where none is waiting. */
  async prepareNext(): Promise<void> {
    if (await this.#hasNext(this.#store.read)) return
    const key = await makeSigningKey()
    await this.#store.write(async (db) => {
      await lockSetup(db)
      if (!(await this.#hasNext(db))) await insertKey(db, key, this.#cipher, this.#now(), null)
    })
    await this.#load()
  }

  /**
   * Retires the current key, makes the next one current and publishes a new next one, in one transaction.
   * @returns the ids of the retired, the current and the next key, and how long the current one had been published
   *   (seconds): under {@link jwksMaxAgeSeconds} some clients may not have it yet
   */
  async rotate(): Promise<{ retired: string; current: string; next: string; publishedSeconds: number }> {
    const key = await makeSigningKey()
    await this.prepareNext()
    const now = this.#now()
    const rotation = await this.#store.write(async (db) => {
      await lockSetup(db)
      const keys = db.selectFrom('signing_keys').select(['kid', 'created_at_ms'])
      const current = await keys
        .where('activated_at_ms', 'is not', null)
        .where('retired_at_ms', 'is', null)
        .executeTakeFirstOrThrow()
      const next = await keys.where('activated_at_ms', 'is', null).executeTakeFirstOrThrow()
      await db.updateTable('signing_keys').set({ retired_at_ms: now }).where('kid', '=', current.kid).execute()
      await db.updateTable('signing_keys').set({ activated_at_ms: now }).where('kid', '=', next.kid).execute()
      await insertKey(db, key, this.#cipher, now, null)
      const expired = now - longestTokenLifetimeSeconds * 1000
      await db.deleteFrom('signing_keys').where('retired_at_ms', '<', expired).execute()
      const publishedSeconds = Math.floor((now - next.created_at_ms) / 1000)
      return { retired: current.kid, current: next.kid, next: key.kid, publishedSeconds }
    })
    await this.#load()
    return rotation
  }

  async #hasNext(db: Db): Promise<boolean> {
    const next = await db
      .selectFrom('signing_keys')
      .select('kid')
      .where('activated_at_ms', 'is', null)
      .executeTakeFirst()
    return next !== undefined
  }

  /**
   * Reads the ring anew. Of two readings at a time the older one could end last and put back what has changed, so they
   * come one after the other; whoever calls meanwhile shares the next one, which sees all that was committed by then.
   */
  #load(): Promise<void> {
    this.#nextLoad ??= this.#loading
      .catch(() => {})
      .then(() => {
        this.#nextLoad = undefined
        this.#loading = this.#read()
        return this.#loading
      })
    return this.#nextLoad
  }

  async #read(): Promise<void> {
    const rows = await this.#store.read.selectFrom('signing_keys').selectAll().orderBy('created_at_ms').execute()
    const byKid = new Map<string, SigningKey>()
    let current: SigningKey | undefined
    for (const row of rows) {
      const key = this.#byKid.get(row.kid) ?? this.#open(row)
      byKid.set(row.kid, key)
      if (row.activated_at_ms !== null && row.retired_at_ms === null) current = key
    }
    this.#byKid = byKid
    this.#current = current
    // A retired key stays published until its last token has expired, or clients that hold a cached set
    // would refuse tokens that are still good.
    this.#published = [...byKid.values()].map(({ jwk }) => jwk)
    this.#jwks = JSON.stringify({ keys: this.#published })
  }

  #open(row: { kid: string; public_jwk: string; private_sealed: string }): SigningKey {
    let pem: string
    try {
      pem = this.#cipher.open(row.private_sealed, `signing_keys:${row.kid}`)
    } catch (cause) {
      throw new StartError(
        `KINDRED_SECRET_KEY: this key does not open the signing key ${row.kid}. Give the key that the database was made with.`,
        { cause },
      )
    }
    const privateKey = createPrivateKey(pem)
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: row.kid, typ: 'JWT' })).toString('base64url')
    const jwk = JSON.parse(row.public_jwk) as PublicJwk
    return { kid: row.kid, privateKey, publicKey: createPublicKey(privateKey), jwk, header }
  }
}

async function insertKey(
  db: Db,
  key: NewKey,
  cipher: Cipher,
  now: number,
  activatedAtMs: number | null,
): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      public_jwk: JSON.stringify(key.jwk),
      private_sealed: cipher.seal(key.privatePem, `signing_keys:${key.kid}`),
      created_at_ms: now,
      activated_at_ms: activatedAtMs,
      retired_at_ms: null,
    })
    .execute()
}
