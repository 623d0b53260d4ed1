import type { Logger } from 'pino'
import { ConsoleSessions } from './admin/console-sessions.ts'
import { noPaymentProvider } from './billing-provider.ts'
import type { Environment } from './environment.ts'
import { type FirstClient, hasSecrets, prepareEnvironment } from './first-start.ts'
import { Retention } from './journal/retention.ts'
import { Webhooks } from './journal/webhooks.ts'
import { isLoopback } from './management-api.ts'
import { AccessTokens } from './oauth/access-token.ts'
import { ChosenClaimsOfClients } from './oauth/chosen-claims.ts'
import { Clients } from './oauth/clients.ts'
import { KeyRing, makeSigningKey } from './oauth/keys.ts'
import { Signer } from './oauth/signer.ts'
import { TokenUse } from './oauth/token-use.ts'
import { type RateLimit, RateLimits } from './rate-limit.ts'
import { RequestLog } from './request-log.ts'
import { addSetupLink, linkUrl } from './store/administrator-links.ts'
import { createCipher } from './store/cipher.ts'
import { type Ids, randomIds } from './store/ids.ts'
import { lockSetup, openStore } from './store/open.ts'
import { PageTokens } from './store/page.ts'

/** How long after a request of the Management API the signer still leaves a core free. */
const companyMs = 100

export interface OpenEnvironment {
  environment: Environment
  firstClient: FirstClient
  /** Opens the page that makes the first owner's account; null once there is an administrator. */
  setupUrl: string | null
  /** To be called for each request of the Management API; see {@link Signer}. */
  noteRequest: () => void
  retention: Retention
  /** Writes what is still in memory and lets go of the database. */
  close: () => Promise<void>
}

/**
 * Opens the database, puts in place what is missing, loads the keys: everything of an environment but its sockets.
 * @param options `masterKey` gives 32 bytes; it may make them, where the database has no secrets yet (`isNew`). `now` and
 *   `ids` are the clock and the source of ids
 * @throws {StartError}
 */
export async function openEnvironment(options: {
  baseUrl: string
  databaseUrl: string
  masterKey: (isNew: boolean) => Promise<Buffer>
  clientId?: string | undefined
  clientSecret?: string | undefined
  log: Logger
  firstKey?: Promise<Awaited<ReturnType<typeof makeSigningKey>>> | undefined
  /** For applications without one of their own; none when left out. */
  rateLimit?: RateLimit | null
  now?: (() => number) | undefined
  ids?: Ids | undefined
}): Promise<OpenEnvironment> {
  const { baseUrl, log } = options
  const now = options.now ?? Date.now
  const ids = options.ids ?? randomIds
  const store = await openStore(options.databaseUrl)
  try {
    const { cipher, firstClient, setupToken } = await store.write(async (db) => {
      await lockSetup(db)
      // Only now is it certain that no other node is making the database, with a key of its own.
      const cipher = createCipher(await options.masterKey(!(await hasSecrets(db))))
      const firstClient = await prepareEnvironment(db, {
        baseUrl,
        cipher,
        ids,
        now: now(),
        clientId: options.clientId,
        clientSecret: options.clientSecret,
      })
      return { cipher, firstClient, setupToken: await addSetupLink(db, { ids, now: now() }) }
    })
    const keys = await KeyRing.open({ store, cipher, now, firstKey: () => options.firstKey ?? makeSigningKey() })
    let lastRequestMs = 0
    const noteRequest = () => {
      lastRequestMs = performance.now()
    }
    const signer = new Signer({ hasCompany: () => performance.now() - lastRequestMs < companyMs })
    const tokenUse = new TokenUse(store, log)
    const webhooks = new Webhooks({
      store,
      ids,
      sign: (claims) => signer.signJwt(claims, keys.current),
      now,
      log,
      policy: { allowsPrivate: isLoopback(new URL(baseUrl).hostname) },
    })
    const retention = new Retention({ store, now, log })
    const consoleSessions = new ConsoleSessions({ store, now, log })
    const environment: Environment = {
      baseUrl,
      store,
      cipher,
      pageTokens: new PageTokens(cipher),
      ids,
      keys,
      clients: new Clients(store, now),
      chosenClaims: new ChosenClaimsOfClients(store, now),
      accessTokens: new AccessTokens({ keys, store, signer, ids, issuer: baseUrl, now }),
      tokenUse,
      rateLimits: new RateLimits(options.rateLimit ?? null, now),
      webhooks,
      paymentProvider: noPaymentProvider,
      consoleSessions,
      requestLog: new RequestLog(now),
      log,
      now,
    }
    const close = async () => {
      await Promise.all([webhooks.close(), retention.close()])
      await Promise.all([tokenUse.close(), consoleSessions.close()])
      await store.close()
    }
    const setupUrl = setupToken === null ? null : linkUrl(baseUrl, 'setup', setupToken)
    return { environment, firstClient, setupUrl, noteRequest, retention, close }
  } catch (error) {
    await store.close()
    throw error
  }
}
