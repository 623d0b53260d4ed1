import { type ApiError, ConfigurationError } from './errors.ts'
import type { Hooks } from './hooks.ts'
import { abortedError } from './network-error.ts'
import { type ClientOptions, environmentVariable, type Timing } from './options.ts'
import { notTheServer, type Reply, tokenError } from './reply-error.ts'
import { MemoryTokenStore, type StoredToken, type TokenStore } from './token-store.ts'
import type { Transport } from './transport.ts'

/** Where a client's access tokens come from. */
export interface TokenSource {
  /** A token to be sent now; undefined for requests without one. */
  get(signal?: AbortSignal): Promise<string | undefined>
  /** Another token than the one that was refused with 401; undefined when there is none to be had. */
  replace(refused: string, signal?: AbortSignal): Promise<string | undefined>
}

/** Whether a reply says that its server honours idempotency keys: every Kindred does, and tells its version. */
export function honoursIdempotencyKeys({ headers }: Pick<Reply, 'headers'>): boolean {
  return headers.has('kindred-version')
}

/** A token is renewed when a tenth of its life is left, and a minute before its end at the latest. */
const renewalShare = 0.1
const longestRenewalMs = 60_000
/** A token without `expires_in` (RFC 6749 §5.1 only recommends it) is trusted for so long. */
const assumedLifetimeMs = 300_000

/** @throws {ConfigurationError} when there are no credentials */
export function tokenSource(
  options: ClientOptions,
  shared: {
    origin: string
    transport: Transport
    timing: Timing
    hooks: Hooks
    learnFrom: (token: StoredToken) => void
  },
): TokenSource {
  const { accessToken } = options
  if (accessToken === null) return { get: async () => undefined, replace: async () => undefined }
  if (typeof accessToken === 'string') return { get: async () => accessToken, replace: async () => undefined }
  if (accessToken !== undefined) {
    return {
      get: async () => accessToken(),
      async replace(refused) {
        const other = await accessToken()
        return other === refused ? undefined : other
      },
    }
  }
  const clientId = options.clientId ?? environmentVariable('KINDE_MANAGEMENT_CLIENT_ID')
  const clientSecret = options.clientSecret ?? environmentVariable('KINDE_MANAGEMENT_CLIENT_SECRET')
  if (!clientId || !clientSecret) {
    const [option, variable] = clientId
      ? ['clientSecret', 'KINDE_MANAGEMENT_CLIENT_SECRET']
      : ['clientId', 'KINDE_MANAGEMENT_CLIENT_ID']
    throw new ConfigurationError(
      'CREDENTIALS_MISSING',
      `There is no ${option}. Pass new Kindred({ ${option} }) or set ${variable}; an M2M application's page shows it.`,
    )
  }
  return new ClientCredentials({ ...options, ...shared, clientId, clientSecret })
}

interface ClientCredentialsOptions extends ClientOptions {
  origin: string
  clientId: string
  clientSecret: string
  transport: Transport
  timing: Timing
  hooks: Hooks
  learnFrom: (token: StoredToken) => void
}

/** RFC 6749 §4.4: one request however many calls wait, and a new token before the old one ends. */
class ClientCredentials implements TokenSource {
  readonly #options: ClientCredentialsOptions
  readonly #store: TokenStore
  readonly #audience: string
  readonly #scope: string | undefined
  readonly #key: string
  #pending: Promise<StoredToken> | undefined

  constructor(options: ClientCredentialsOptions) {
    this.#options = options
    this.#store = options.tokenStore ?? new MemoryTokenStore()
    this.#audience = options.audience ?? `${options.origin}/api`
    this.#scope = options.scopes?.join(' ')
    this.#key = [options.origin, options.clientId, this.#audience, this.#scope ?? ''].join(' ')
  }

  async get(signal?: AbortSignal): Promise<string> {
    return (await this.#current(signal)).accessToken
  }

  async replace(refused: string, signal?: AbortSignal): Promise<string> {
    // Another call, or another process that shares the store, may have replaced it already.
    const stored = await this.#store.get(this.#key)
    if (stored?.accessToken === refused) await this.#store.delete(this.#key)
    return this.get(signal)
  }

  async #current(signal: AbortSignal | undefined): Promise<StoredToken> {
    const { timing, learnFrom } = this.#options
    const stored = await this.#store.get(this.#key)
    const now = timing.now()
    if (stored !== undefined && now < stored.renewAtMs) {
      learnFrom(stored)
      return stored
    }
    const isStillGood = stored !== undefined && now < stored.expiresAtMs
    this.#pending ??= this.#request(isStillGood ? 0 : undefined).finally(() => {
      this.#pending = undefined
    })
    try {
      return await unlessAborted(this.#pending, signal, `POST ${this.#url}`)
    } catch (error) {
      if (isStillGood && !signal?.aborted) return stored
      throw error
    }
  }

  get #url(): string {
    return `${this.#options.origin}/oauth2/token`
  }

  async #request(maxRetries: number | undefined): Promise<StoredToken> {
    const { clientId, clientSecret, transport, timing, hooks, learnFrom } = this.#options
    const askedAt = timing.now()
    const request = `POST ${this.#url}`
    const errorOf = (reply: Reply): ApiError => tokenError(reply, request, timing.now())
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: this.#audience,
      ...(this.#scope === undefined ? {} : { scope: this.#scope }),
    })
    const reply = await transport.send({
      method: 'POST',
      url: this.#url,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      maxRetries,
      isRepeatable: () => true,
      errorOf,
    })
    if (reply.status !== 200) throw reply.status >= 400 ? errorOf(reply) : notTheServer(reply, request)
    const { access_token: accessToken, expires_in: expiresIn } = (reply.body ?? {}) as Record<string, unknown>
    if (typeof accessToken !== 'string') throw notTheServer(reply, request)
    const lifetimeMs = Number(expiresIn) > 0 ? Number(expiresIn) * 1000 : assumedLifetimeMs
    const token: StoredToken = {
      accessToken,
      expiresAtMs: askedAt + lifetimeMs,
      renewAtMs: askedAt + lifetimeMs - Math.min(longestRenewalMs, lifetimeMs * renewalShare),
      ...(honoursIdempotencyKeys(reply) ? { honoursIdempotencyKeys: true } : {}),
    }
    await this.#store.set(this.#key, token)
    learnFrom(token)
    hooks.token?.({ expiresAtMs: token.expiresAtMs, renewAtMs: token.renewAtMs })
    return token
  }
}

/** Stops waiting when the signal ends; what is waited for goes on, for others wait for it too. */
async function unlessAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
  request: string,
): Promise<Result> {
  if (signal === undefined) return promise
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortedError(signal, request))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop!)
  }
}
