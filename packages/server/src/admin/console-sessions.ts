import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Role, SignedIn } from '../auth.ts'
import { hashSecret, randomToken } from '../oauth/secrets.ts'
import type { Ids } from '../store/ids.ts'
import type { Store } from '../store/store.ts'
import type { Db } from '../store/tables.ts'

/** A session that nobody uses ends after this time, and any session after the other. */
export const idleMs = 12 * 3_600_000
export const longestSessionMs = 7 * 24 * 3_600_000
const flushIntervalMs = 5000

/**
 * The sessions of the console. The cookie holds 32 random bytes, the database their hash: who reads the database cannot
 * sign in. When a session was last used is kept in memory and written in batches.
 */
export class ConsoleSessions {
  readonly #store: Store
  readonly #now: () => number
  readonly #log: Logger
  #timer: NodeJS.Timeout | undefined
  #seen = new Map<string, number>()
  #flushing: Promise<void> = Promise.resolve()

  /** @param options `now` in milliseconds since the epoch */
  constructor(options: { store: Store; now: () => number; log: Logger }) {
    this.#store = options.store
    this.#now = options.now
    this.#log = options.log
  }

  /** The session that a cookie opens; undefined when there is none, or when it has ended. Notes that it is used. */
  async find(token: string): Promise<SignedIn | undefined> {
    const now = this.#now()
    const row = await this.#store.read
      .selectFrom('administrator_sessions as session')
      .innerJoin('administrators', 'administrators.id', 'session.administrator_id')
      .select([
        'session.id as session_id',
        'session.last_seen_at_ms',
        'session.expires_at_ms',
        'administrators.id',
        'administrators.name',
        'administrators.role',
      ])
      .where('session.sha256', '=', sessionHash(token))
      .executeTakeFirst()
    if (row === undefined) return undefined
    if (hasEnded(row.expires_at_ms, this.lastSeen(row.session_id, row.last_seen_at_ms), now)) return undefined
    this.#seen.set(row.session_id, now)
    this.#timer ??= setInterval(() => void this.flush(), flushIntervalMs).unref()
    return { id: row.id, name: row.name, role: row.role as Role, sessionId: row.session_id }
  }

  /** When a session was last used, also when that is not written yet. Milliseconds since the epoch. */
  lastSeen(sessionId: string, writtenMs: number): number {
    return Math.max(writtenMs, this.#seen.get(sessionId) ?? 0)
  }

  /** Writes when sessions were last used; what cannot be written is kept for the next time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    if (this.#seen.size === 0) return
    const seen = this.#seen
    this.#seen = new Map()
    try {
      await this.#store.write(async (db) => {
        // In one order on every node, or two that write at the same moment could wait for each other.
        for (const [id, atMs] of [...seen].sort(([left], [right]) => (left < right ? -1 : 1))) {
          await sql`update administrator_sessions set last_seen_at_ms = ${atMs}
            where id = ${id} and last_seen_at_ms < ${atMs}`.execute(db)
        }
      })
    } catch (error) {
      this.#log.warn({ err: error }, 'the use of sessions could not be written; it is kept for the next attempt')
      for (const [id, atMs] of seen) if (!this.#seen.has(id)) this.#seen.set(id, atMs)
    }
  }
}

/** Whether a session is over, by its own end or by disuse. All in milliseconds since the epoch. */
export function hasEnded(expiresAtMs: number, lastSeenAtMs: number, now: number): boolean {
  return now >= expiresAtMs || now - lastSeenAtMs >= idleMs
}

/**
 * Begins a session; a sign-in always makes a new one, whatever cookie came with it.
 * @param now milliseconds since the epoch
 * @returns its id and the value of its cookie, which is kept nowhere
 */
export async function beginSession(
  db: Db,
  {
    administratorId,
    address,
    userAgent,
    ids,
    now,
  }: {
    administratorId: string
    address: string
    userAgent: string | null
    ids: Ids
    now: number
  },
): Promise<{ id: string; token: string }> {
  const token = randomToken()
  const id = ids.timed('admin_session', now)
  await db.deleteFrom('administrator_sessions').where('expires_at_ms', '<=', now).execute()
  await db
    .insertInto('administrator_sessions')
    .values({
      id,
      sha256: sessionHash(token),
      administrator_id: administratorId,
      address,
      user_agent: userAgent?.slice(0, 300) ?? null,
      created_at_ms: now,
      last_seen_at_ms: now,
      expires_at_ms: now + longestSessionMs,
    })
    .execute()
  return { id, token }
}

/**
 * Ends sessions of an administrator: all, or all but one.
 * @returns how many there were
 */
export async function endSessions(
  db: Db,
  { administratorId, except }: { administratorId: string; except?: string },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('administrator_sessions')
    .where('administrator_id', '=', administratorId)
    .where('id', '<>', except ?? '')
    .executeTakeFirst()
  return Number(numDeletedRows)
}

function sessionHash(token: string): string {
  return hashSecret(token).toString('hex')
}
