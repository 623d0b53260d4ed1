import type { Logger } from 'pino'
import type { ConsoleSessions } from './admin/console-sessions.ts'
import type { PaymentProvider } from './billing-provider.ts'
import type { Control } from './control/control.ts'
import type { Webhooks } from './journal/webhooks.ts'
import type { AccessTokens } from './oauth/access-token.ts'
import type { ChosenClaimsOfClients } from './oauth/chosen-claims.ts'
import type { Clients } from './oauth/clients.ts'
import type { KeyRing } from './oauth/keys.ts'
import type { TokenUse } from './oauth/token-use.ts'
import type { RateLimits } from './rate-limit.ts'
import type { RequestLog } from './request-log.ts'
import type { Cipher } from './store/cipher.ts'
import type { Ids } from './store/ids.ts'
import type { PageTokens } from './store/page.ts'
import type { Store } from './store/store.ts'

/**
 * The unit of isolation: one database, one ring of signing keys, one clock, one base URL. A process serves one today;
 * nothing reaches for a global, so that it can serve several later.
 */
export interface Environment {
  /** Public base URL, no slash at the end: `iss`, and the root of every address. */
  baseUrl: string
  store: Store
  cipher: Cipher
  pageTokens: PageTokens
  ids: Ids
  keys: KeyRing
  clients: Clients
  chosenClaims: ChosenClaimsOfClients
  accessTokens: AccessTokens
  tokenUse: TokenUse
  rateLimits: RateLimits
  webhooks: Webhooks
  paymentProvider: PaymentProvider
  consoleSessions: ConsoleSessions
  requestLog: RequestLog
  log: Logger
  /** Milliseconds since the epoch. */
  now: () => number
  /** What tests may do with it; undefined where that is switched off. */
  control?: Control
}
