import { sql } from 'kysely'
import type { Logger } from 'pino'
import { repliesKeptForMs } from '../store/idempotency-keys.ts'
import { inSet } from '../store/one-of.ts'
import type { Store } from '../store/store.ts'

/** How long events are kept, and with them their deliveries and the log of the attempts. */
export const keptForMs = 30 * 86_400_000
/** Small, because a deletion keeps writers waiting. */
const batchSize = 200
const firstAfterMs = 60_000
const everyMs = 3_600_000

/** Removes events, and answers kept for repeated requests, once they are old: a minute after the start, and every hour. */
export class Retention {
  readonly #store: Store
  readonly #now: () => number
  readonly #log: Logger
  #timer: NodeJS.Timeout
  #removing: Promise<void> | undefined
  /** When the next run is due by the environment's clock, which may be moved. */
  #nextRunMs: number
  #isClosed = false

  /** @param options `now` in milliseconds since the epoch */
  constructor(options: { store: Store; now: () => number; log: Logger }) {
    this.#store = options.store
    this.#now = options.now
    this.#log = options.log
    this.#nextRunMs = this.#now() + firstAfterMs
    this.#timer = setTimeout(() => this.#run(), firstAfterMs).unref()
  }

  /** To be called when the clock was moved: does what the runs would have done that lie in between. */
  async catchUp(): Promise<void> {
    const late = this.#now() - this.#nextRunMs
    if (late < 0) return
    const lastRunMs = this.#nextRunMs + late - (late % everyMs)
    this.#nextRunMs = lastRunMs + everyMs
    await this.#removing
    await this.#removeAll(lastRunMs)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#removing
  }

  #run(): void {
    this.#timer = setTimeout(() => this.#run(), everyMs).unref()
    this.#nextRunMs = this.#now() + everyMs
    this.#removing = this.#removeAll(this.#now()).catch((error: Error) => {
      this.#log.warn(
        { reason: error.message },
        'old events or kept answers could not be removed; it is tried again in an hour',
      )
    })
  }

  async #removeAll(now: number): Promise<void> {
    while (!this.#isClosed && (await removeOldEvents(this.#store, now)) === batchSize);
    while (!this.#isClosed && (await removeOldReplies(this.#store, now)) === batchSize);
  }
}

/**
 * Removes a batch of the oldest events, in a transaction of its own.
 * @param now milliseconds since the epoch
 * @returns how many were old enough
 */
export async function removeOldEvents(store: Store, now: number): Promise<number> {
  // The rows that were made first, and then their age: no index by time is needed for that.
  const oldest = sql`select seq from (select seq, created_at_ms from events order by seq limit ${batchSize}) as oldest
    where created_at_ms < ${now - keptForMs}`
  return store.write(async (db) => {
    const { rows } = await sql`delete from events where seq ${inSet(db, oldest)} returning seq`.execute(db)
    return rows.length
  })
}

/**
 * Removes a batch of the answers that are no longer given again, in a transaction of its own.
 * @param now milliseconds since the epoch
 * @returns how many were old enough
 */
export async function removeOldReplies(store: Store, now: number): Promise<number> {
  const isOld = sql`created_at_ms <= ${now - repliesKeptForMs}`
  const old = sql`select id from idempotency_keys where ${isOld} order by created_at_ms limit ${batchSize}`
  return store.write(async (db) => {
    // Looked at again: a key may just have been taken anew.
    const { rows } = await sql`delete from idempotency_keys
      where id ${inSet(db, old)} and ${isOld} returning id`.execute(db)
    return rows.length
  })
}
