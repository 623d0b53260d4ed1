import { ConfigurationError } from './errors.ts'
import type { Hooks } from './hooks.ts'
import type { TokenStore } from './token-store.ts'

/** How a client is set up. Everything has a default or an environment variable. */
export interface ClientOptions {
  /**
   * The server: `example.kinde.com`, `https://example.kinde.com`, `localhost:8443`. Without a scheme it is https.
   * Default: the environment variable KINDE_DOMAIN.
   */
  domain?: string | undefined
  /** The M2M application's client id. Default: KINDE_MANAGEMENT_CLIENT_ID. */
  clientId?: string | undefined
  /** Its secret. Default: KINDE_MANAGEMENT_CLIENT_SECRET. */
  clientSecret?: string | undefined
  /**
   * Instead of client credentials: an access token, or a function that gives one, called before each request and once
   * more after a 401. `null`: no token at all, for a page that has a session with the server.
   */
  accessToken?: string | (() => string | Promise<string>) | null | undefined
  /** The audience that tokens are asked for. Default: `<domain>/api`. */
  audience?: string | undefined
  /** Asks for tokens that carry just these scopes. Default: all that the application was granted. */
  scopes?: readonly string[] | undefined
  /** Takes plain HTTP to other machines than this one. The secret then travels in the clear. Default: false. */
  allowHttp?: boolean | undefined
  /** Sends requests. Default: `fetch` of the runtime. */
  fetch?: typeof globalThis.fetch | undefined
  /** Sent with each request to the Management API. */
  headers?: Record<string, string> | undefined
  /** Whether a browser sends cookies along. Default: the browser's own default. */
  credentials?: RequestInit['credentials'] | undefined
  /** Keeps tokens beyond this client. Default: in memory, of this client alone. */
  tokenStore?: TokenStore | undefined
  /** How often a failed request is sent again. Default: 3. */
  maxRetries?: number | undefined
  /** The longest that a server may ask to wait before a retry, in milliseconds; beyond it the call fails. Default: 60 000. */
  maxWaitMs?: number | undefined
  /** Time for one attempt, up to the end of the reply, in milliseconds. Default: 30 000. */
  timeoutMs?: number | undefined
  /** How many requests may be on their way at once; the others wait their turn. Default: no limit. */
  maxConcurrent?: number | undefined
  /**
   * Whether the server honours `Idempotency-Key`, which makes it safe to send a write twice. `auto`: once the server has
   * said so (Kindred does, kinde.com does not). Default: `auto`.
   */
  idempotency?: 'auto' | boolean | undefined
  /** Told of what happens, for logs and metrics. */
  hooks?: Hooks | undefined
  /** Time and chance, to be replaced in tests. */
  timing?: Partial<Timing> | undefined
}

/** What a client needs of time and chance. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after that many milliseconds; rejects with the signal's reason when it ends first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** At least 0, less than 1. */
  random(): number
}

/** The runtime's clock and chance. */
export const systemTiming: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const stop = () => {
        clearTimeout(timer)
        reject(signal!.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, milliseconds)
      signal?.addEventListener('abort', stop, { once: true })
    })
  },
}

/**
 * The server's origin, no slash at the end.
 * @throws {ConfigurationError} when there is none, or it is plain HTTP to another machine
 */
export function originOf({ domain = environmentVariable('KINDE_DOMAIN'), allowHttp = false }: ClientOptions): string {
  if (domain === undefined || domain.trim() === '') {
    throw new ConfigurationError(
      'DOMAIN_MISSING',
      'There is no domain. Pass new Kindred({ domain }), or set KINDE_DOMAIN, for example to example.kinde.com.',
    )
  }
  const text = domain.trim()
  let url: URL
  try {
    url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  } catch (cause) {
    const message = `The domain ${JSON.stringify(text)} is no address. Use one like example.kinde.com or http://localhost:3000.`
    throw new ConfigurationError('DOMAIN_INVALID', message, { cause })
  }
  const hasExtras = url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== ''
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || hasExtras) {
    const message = `The domain ${JSON.stringify(url.host)} must be a host, or https:// and a host, with nothing behind it.`
    throw new ConfigurationError('DOMAIN_INVALID', message)
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    const message = `The secret would travel in the clear to ${url.host}. Use https://, or pass { allowHttp: true } within a network that you trust.`
    throw new ConfigurationError('HTTP_NOT_ALLOWED', message)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** RFC 6761 §6.3 and RFC 5735 §4: names and addresses that never leave this machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}

/** A setting of the process, where there is one: browsers have none, and Deno may refuse to tell. */
export function environmentVariable(name: string): string | undefined {
  const { process, Deno } = globalThis as {
    process?: { env?: Record<string, string | undefined> }
    Deno?: { env: { get(name: string): string | undefined } }
  }
  try {
    return (process?.env?.[name] ?? Deno?.env.get(name)) || undefined
  } catch {
    // Deno without --allow-env: then options are the only way.
    return undefined
  }
}
