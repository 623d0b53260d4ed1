import { sql } from 'kysely'
import type { Logger } from 'pino'
import { countKeyUses } from '../store/api-keys.ts'
import type { Store } from '../store/store.ts'

const flushIntervalMs = 5000
const hourMs = 3_600_000

type Counts = Map<string, { applicationId: string; hourMs: number; tokens: number }>
type LastUsed = Map<string, { secretId: string; usedAtMs: number; address: string }>
type KeyUses = Map<string, { uses: number; lastMs: number; address: string }>

/**
 * Counts tokens and uses of API keys, and notes when a secret was last used. Kept in memory and written in batches:
 * nothing is written for a single token or request. A crash loses the counts of the last seconds, never a token or a secret.
 */
export class TokenUse {
  readonly #store: Store
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  /** Tokens issued since the process started. */
  issued = 0
  #counts: Counts = new Map()
  #lastUsed: LastUsed = new Map()
  #keyUses: KeyUses = new Map()
  #flushing: Promise<void> = Promise.resolve()

  constructor(store: Store, log: Logger) {
    this.#store = store
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), flushIntervalMs).unref()
  }

  /** @param now milliseconds since the epoch @param address that asked */
  note(applicationId: string, secretId: string, now: number, address = ''): void {
    this.issued += 1
    this.#lastUsed.set(secretId, { secretId, usedAtMs: now, address })
    const hour = now - (now % hourMs)
    const key = `${applicationId}:${hour}`
    const count = this.#counts.get(key)
    if (count === undefined) this.#counts.set(key, { applicationId, hourMs: hour, tokens: 1 })
    else count.tokens += 1
  }

  /**
   * Notes that an API key was used as a bearer token.
   * @param now milliseconds since the epoch
   * @param address where the request came from
   */
  noteKey(keyId: string, now: number, address: string): void {
    const uses = (this.#keyUses.get(keyId)?.uses ?? 0) + 1
    this.#keyUses.set(keyId, { uses, lastMs: now, address })
  }

  /** Writes what has come together; what cannot be written is kept for the next time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  /** Stops the timer and writes what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    if (this.#lastUsed.size === 0 && this.#keyUses.size === 0) return
    const counts = this.#counts
    const lastUsed = this.#lastUsed
    const keyUses = this.#keyUses
    this.#counts = new Map()
    this.#lastUsed = new Map()
    this.#keyUses = new Map()
    try {
      await this.#store.write(async (db) => {
        // In one order on every node, or two that write at the same moment could wait for each other.
        for (const { applicationId, hourMs: hour, tokens } of inOrder(counts)) {
          // As text: the application may be gone by now, and its count with it.
          await sql`insert into application_token_counts (application_id, hour_ms, tokens)
            select id, cast(${hour} as bigint), cast(${tokens} as bigint) from applications where id = ${applicationId}
            on conflict (application_id, hour_ms) do update
            set tokens = application_token_counts.tokens + excluded.tokens`.execute(db)
        }
        for (const { secretId, usedAtMs, address } of inOrder(lastUsed)) {
          // As text, not through the query builder: being used changes nothing that anyone remembers of a secret.
          await sql`update application_secrets set last_used_at_ms = ${usedAtMs}, last_used_address = ${address}
            where id = ${secretId} and coalesce(last_used_at_ms, 0) < ${usedAtMs}`.execute(db)
        }
        for (const [keyId, uses] of [...keyUses].sort(([left], [right]) => (left < right ? -1 : 1))) {
          await countKeyUses(db, keyId, uses)
        }
      })
    } catch (error) {
      this.#log.warn({ err: error }, 'token counts could not be written; they are kept for the next attempt')
      this.#keep(counts, lastUsed, keyUses)
    }
  }

  #keep(counts: Counts, lastUsed: LastUsed, keyUses: KeyUses): void {
    for (const [key, count] of counts) {
      const newer = this.#counts.get(key)
      this.#counts.set(key, newer === undefined ? count : { ...count, tokens: count.tokens + newer.tokens })
    }
    for (const [secretId, use] of lastUsed) {
      if (!this.#lastUsed.has(secretId)) this.#lastUsed.set(secretId, use)
    }
    for (const [keyId, older] of keyUses) {
      const newer = this.#keyUses.get(keyId)
      this.#keyUses.set(keyId, newer === undefined ? older : { ...newer, uses: older.uses + newer.uses })
    }
  }
}

function inOrder<Value>(map: Map<string, Value>): Value[] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, value]) => value)
}
