import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import manifest from '../../package.json' with { type: 'json' }
import type { Ids } from '../store/ids.ts'
import type { Store } from '../store/store.ts'
import {
  type Attempt,
  type Claim,
  claimDeliveries,
  type DueWebhook,
  dueWebhooks,
  finishAttempt,
  releaseClaim,
} from '../store/webhook-deliveries.ts'
import { recordEvents } from './record.ts'
import { Subscriptions } from './subscriptions.ts'
import { post } from './webhook-request.ts'
import type { TargetPolicy } from './webhook-target.ts'

/** How long an endpoint may take, from the look-up of its name to the end of its answer. */
export const answerWithinMs = 10_000
/** How long a delivery belongs to the process that took it. Longer than an attempt by what clocks may differ. */
export const leaseMs = 60_000
/** How often the queue is looked at: for retries, and for what other processes have left. */
const pollMs = 1000
/** Requests at once: of this process, to one endpoint, and to one that did not answer the last time. */
const mostRequests = 32
const mostPerWebhook = 4
const mostPerFailingWebhook = 1
/** How long requests may still take when the process stops. */
const closesWithinMs = 1000

interface Options {
  store: Store
  ids: Ids
  /** Makes a signed JWT of claims. */
  sign: (claims: object) => Promise<string>
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
  policy: TargetPolicy
  /** {@link answerWithinMs} when left out. */
  timeoutMs?: number
}

/**
 * Delivers events to webhooks as Kinde does: a POST with a JWT as its body, until the endpoint answers with 2xx or the
 * schedule has run out. Any number of processes may share the work. A delivery is made at least once: where a process
 * dies between an endpoint's answer and the note of it, it is made again, under the same `webhook-id`.
 */
export class Webhooks {
  readonly subscriptions: Subscriptions
  readonly policy: TargetPolicy
  readonly #options: Options
  /** Names this process in the queue. */
  readonly #claimant = randomUUID()
  readonly #timer: NodeJS.Timeout
  readonly #closing = new AbortController()
  /** The attempts that are running, by delivery. */
  readonly #running = new Map<string, { webhookId: string; ended: Promise<void> }>()
  /** When each webhook was last served, as a count: who has waited longest goes first. */
  readonly #lastServed = new Map<string, number>()
  #served = 0
  #taking: Promise<void> | undefined
  #isDue = false
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
    this.policy = options.policy
    this.subscriptions = new Subscriptions(options.store)
    void this.subscriptions.load()
    this.#timer = setInterval(() => {
      void this.subscriptions.load()
      if (this.subscriptions.mayExist) this.wake()
    }, pollMs).unref()
  }

  /** Looks at the queue soon. To be called when something was queued, or the clock was moved. */
  wake(): void {
    this.#isDue = true
    if (this.#isClosed) return
    this.#taking ??= this.#takeDue().finally(() => {
      this.#taking = undefined
    })
  }

  /** Delivers what is due; resolves when nothing is due any more and every attempt has ended. */
  async deliverDue(): Promise<void> {
    this.wake()
    while (this.#taking !== undefined || this.#running.size > 0) {
      await (this.#taking ?? Promise.race([...this.#running.values()].map(({ ended }) => ended)))
    }
  }

  /** Ends the attempts that are running, some by cutting them short: those are made again by whoever is there next. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.subscriptions.close()
    await this.#taking
    const ended = Promise.all([...this.#running.values()].map((attempt) => attempt.ended))
    await Promise.race([ended, delay(closesWithinMs, undefined, { ref: false })])
    this.#closing.abort()
    await ended
  }

  async #takeDue(): Promise<void> {
    const { store, now, log } = this.#options
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false
      try {
        const shares = this.#shares(await dueWebhooks(store.read, now()))
        if (shares.size === 0) continue
        const at = now()
        const claims = await store.write((db) =>
          claimDeliveries(db, shares, { claimant: this.#claimant, now: at, leaseEndsAtMs: at + leaseMs }),
        )
        for (const claim of claims) this.#begin(claim)
      } catch (error) {
        log.warn({ reason: (error as Error).message }, 'the webhook queue could not be read; it is tried again')
      }
    }
  }

  /**
   * How many deliveries each webhook gets now. Those that have waited longest go first, one each, then again; so a slow
   * endpoint keeps its own requests waiting and not those of others.
   */
  #shares(due: readonly DueWebhook[]): Map<string, number> {
    const running = new Map<string, number>()
    for (const { webhookId } of this.#running.values()) running.set(webhookId, (running.get(webhookId) ?? 0) + 1)
    const waiting = due
      .map((webhook) => ({
        id: webhook.id,
        free:
          (webhook.failing_since_ms === null ? mostPerWebhook : mostPerFailingWebhook) - (running.get(webhook.id) ?? 0),
      }))
      .sort((left, right) => (this.#lastServed.get(left.id) ?? 0) - (this.#lastServed.get(right.id) ?? 0))
    const shares = new Map<string, number>()
    let free = mostRequests - this.#running.size
    for (let round = 1; round <= mostPerWebhook; round += 1) {
      for (const webhook of waiting) {
        if (free === 0) return shares
        if (round > webhook.free) continue
        shares.set(webhook.id, round)
        free -= 1
      }
    }
    return shares
  }

  #begin(claim: Claim): void {
    // A clock that is moved ends leases early, this process's own among them.
    if (this.#running.has(claim.id)) return
    this.#served += 1
    this.#lastServed.set(claim.webhook_id, this.#served)
    const ended = this.#attempt(claim)
      .catch((error: Error) => {
        this.#options.log.warn(
          { reason: error.message, delivery: claim.id },
          'an attempt to deliver a webhook could not be noted; it is made again',
        )
      })
      .finally(() => {
        this.#running.delete(claim.id)
        this.wake()
      })
    this.#running.set(claim.id, { webhookId: claim.webhook_id, ended })
  }

  async #attempt(claim: Claim): Promise<void> {
    const { store, sign, now, log, policy, ids, timeoutMs = answerWithinMs } = this.#options
    const claimant = this.#claimant
    const startedAtMs = now()
    const body = await sign(payload(claim, startedAtMs))
    const headers = {
      'content-type': 'application/jwt',
      'webhook-id': claim.id,
      'user-agent': `Kindred/${manifest.version}`,
    }
    const { signal } = this.#closing
    const answer = await post(new URL(claim.endpoint), { headers, body, timeoutMs, signal, policy })
    if (signal.aborted && answer.status === null) {
      await store.write((db) => releaseClaim(db, claim.id, { claimant, now: now() }))
      return
    }
    const attempt: Attempt = {
      started_at_ms: startedAtMs,
      duration_ms: answer.durationMs,
      request_headers: JSON.stringify(headers),
      request_body: body,
      status: answer.status,
      response_headers: answer.status === null ? null : JSON.stringify(answer.headers),
      response_body: answer.status === null ? null : answer.body,
      error: answer.error,
    }
    const disabled = await store.write(async (db) => {
      const endedAtMs = now()
      const { disabled } = await finishAttempt(db, claim, attempt, { claimant, now: endedAtMs })
      if (disabled === null) return null
      const { failingSinceMs, ...webhook } = disabled
      const data = { webhook: { ...webhook, failing_since: new Date(failingSinceMs).toISOString() } }
      const actor = { source: 'admin', applicationId: null, requestId: null } as const
      await recordEvents(db, [{ type: 'webhook.disabled', data }], { actor, ids, now: endedAtMs })
      return disabled
    })
    const { status, error } = answer
    log.debug({ webhook: claim.webhook_id, delivery: claim.id, status, error }, 'webhook called')
    if (disabled !== null) log.warn({ webhook: disabled.id }, 'webhook switched off: it has failed for 72 hours')
  }
}

/** The claims of the JWT, as Kinde has them. `timestamp` is the attempt's own, by which a receiver knows a replay. */
function payload(claim: Claim, now: number): object {
  const { ip_address, ...data } = JSON.parse(claim.event_data) as Record<string, unknown>
  // Of most events Kinde sends the thing itself; what the journal tells besides (how far a deletion reached) stays here.
  const thing = claim.event_type.split('.', 1)[0]!
  const isThingAlone = thing !== 'customer' && thing !== 'passkey' && thing in data
  return {
    data: isThingAlone ? { [thing]: data[thing] } : data,
    event_id: claim.event_id,
    event_timestamp: new Date(claim.event_created_at_ms).toISOString(),
    source: claim.event_source,
    timestamp: new Date(now).toISOString(),
    type: claim.event_type,
    ...(ip_address === undefined ? {} : { ip_address }),
  }
}
