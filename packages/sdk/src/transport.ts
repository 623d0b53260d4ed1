import type { Hooks } from './hooks.ts'
import { abortedError, mayRecover, networkError } from './network-error.ts'
import type { Timing } from './options.ts'
import type { Reply } from './reply-error.ts'
import { askedWaitMs, backoffMs, mayPass } from './retry.ts'

/** One request, ready to be sent, as often as it takes. */
export interface Outgoing {
  method: string
  url: string
  headers: Record<string, string>
  body?: RequestInit['body'] | undefined
  credentials?: RequestInit['credentials'] | undefined
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
  maxRetries?: number | undefined
  /** Whether it may be sent again when it may have been carried out already. Asked after each failure. */
  isRepeatable: () => boolean
  /** Makes the error of a reply that is no success. */
  errorOf: (reply: Reply) => Error
}

/** What all requests of one client share. */
export interface TransportOptions {
  fetch: typeof globalThis.fetch
  timing: Timing
  hooks: Hooks
  timeoutMs: number
  maxRetries: number
  maxWaitMs: number
  maxConcurrent: number
}

/** Sends requests: attempts, waits between them, a limit on how many are on their way. */
export class Transport {
  readonly #options: TransportOptions
  readonly #waiting: (() => void)[] = []
  #underway = 0

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /**
   * The reply of the last attempt, whatever its status.
   * @throws {NetworkError | TimeoutError | AbortedError} when there is none
   */
  async send(outgoing: Outgoing): Promise<Reply> {
    const { hooks, timing, maxWaitMs } = this.#options
    const { method, url, signal, maxRetries = this.#options.maxRetries } = outgoing
    const event = { method, url: withoutQuery(url) }
    for (let attempt = 1; ; attempt += 1) {
      let reply: Reply | undefined
      let error: Error | undefined
      try {
        reply = await this.#inTurn(signal, event, () => this.#attempt(outgoing, attempt))
      } catch (thrown) {
        error = thrown as Error
      }
      const isRepeatable = outgoing.isRepeatable()
      const isWorthIt = reply === undefined ? mayRecover(error, isRepeatable) : mayPass(reply.status, isRepeatable)
      const asked = reply === undefined ? undefined : askedWaitMs(reply.headers, timing.now())
      const waitMs = asked ?? backoffMs(attempt, timing.random)
      if (!isWorthIt || attempt > maxRetries || waitMs > maxWaitMs) {
        if (reply === undefined) throw error
        return reply
      }
      hooks.retry?.({ ...event, attempt, error: error ?? outgoing.errorOf(reply!), waitMs })
      await timing.sleep(waitMs, signal).catch((reason) => {
        throw signal?.aborted ? abortedError(signal, `${method} ${event.url}`) : reason
      })
    }
  }

  async #attempt(outgoing: Outgoing, attempt: number): Promise<Reply> {
    const { fetch, hooks, timing } = this.#options
    const { method, url, headers, body, credentials, signal, timeoutMs = this.#options.timeoutMs } = outgoing
    const event = { method, url: withoutQuery(url), attempt }
    const startedAt = timing.now()
    const timeout = AbortSignal.timeout(timeoutMs)
    hooks.request?.(event)
    let response: Response
    let text: string
    try {
      response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(credentials === undefined ? {} : { credentials }),
        // A redirect would carry secrets to where the caller did not send them.
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      })
      text = await response.text()
    } catch (error) {
      throw networkError(error, { request: `${method} ${event.url}`, signal, timeoutMs })
    }
    const { status, statusText } = response
    const requestId = response.headers.get('x-request-id') ?? undefined
    hooks.response?.({ ...event, status, requestId, durationMs: timing.now() - startedAt })
    return { status, statusText, headers: response.headers, body: parsed(text) }
  }

  async #inTurn<Result>(
    signal: AbortSignal | undefined,
    event: { method: string; url: string },
    work: () => Promise<Result>,
  ): Promise<Result> {
    const aborted = () => abortedError(signal!, `${event.method} ${event.url}`)
    if (signal?.aborted) throw aborted()
    while (this.#underway >= this.#options.maxConcurrent) {
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          this.#waiting.splice(this.#waiting.indexOf(enter), 1)
          reject(aborted())
        }
        const enter = () => {
          signal?.removeEventListener('abort', leave)
          resolve()
        }
        this.#waiting.push(enter)
        signal?.addEventListener('abort', leave, { once: true })
      })
    }
    this.#underway += 1
    try {
      return await work()
    } finally {
      this.#underway -= 1
      this.#waiting.shift()?.()
    }
  }
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // No JSON: a proxy's page, say. Whoever reads the reply decides what that means.
    return text
  }
}

/** The query may hold what is personal: it goes into no log. */
export function withoutQuery(url: string): string {
  return url.split('?', 1)[0]!
}
