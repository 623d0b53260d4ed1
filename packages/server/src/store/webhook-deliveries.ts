import { sql } from 'kysely'
import { dialectOf } from './dialect.ts'
import type { Ids } from './ids.ts'
import { inSet, oneOf, valuesOf } from './one-of.ts'
import { statement } from './statement.ts'
import type { Db, WebhookAttemptRow } from './tables.ts'
import { disableWebhook } from './webhooks.ts'

/** An endpoint that has done nothing but fail for so long is switched off. */
const disabledAfterMs = 72 * 3_600_000
/** No attempt is made later than this after the first one. */
const longestRetryingMs = 36 * 3_600_000
/** How long after an attempt the next one is made: after the first, after the second … and after every further one. */
const retryDelaysMs = [5_000, 30_000, 120_000, 600_000, 3_600_000, 4 * 3_600_000, 12 * 3_600_000]

/**
 * Queues an event for every webhook that wants it. The id (`webhook_request_` + 32 hex) ends in the webhook's number,
 * because one statement serves them all.
 */
const insertDeliveries = statement<
  [idStart: string, eventId: string, createdAtMs: number, dueAtMs: number, type: string]
>((dialect) => {
  const number = dialect === 'sqlite' ? "printf('%08x', webhooks.seq)" : "lpad(to_hex(webhooks.seq), 8, '0')"
  return `insert into webhook_deliveries (id, webhook_id, event_id, state, attempts, retries, created_at_ms, next_attempt_at_ms)
    select cast(? as text) || ${number}, webhooks.id, cast(? as text), 'pending', 0, 0, cast(? as bigint), cast(? as bigint)
    from webhook_event_types as wanted join webhooks on webhooks.id = wanted.webhook_id
    where wanted.type = ? and webhooks.is_enabled = true`
})

/** Queues an event that is stored in the same transaction. @param now milliseconds since the epoch */
export async function queueDeliveries(
  db: Db,
  event: { id: string; type: string },
  { ids, now }: { ids: Ids; now: number },
): Promise<void> {
  await insertDeliveries(db, ids.timed('webhook_request', now).slice(0, -8), event.id, now, now, event.type)
}

/**
 * Queues an event for one webhook, whether it wants events of this type or not.
 * @param now milliseconds since the epoch
 * @returns the id of the delivery
 */
export async function queueDelivery(
  db: Db,
  webhook: { id: string; seq: number },
  eventId: string,
  { ids, now }: { ids: Ids; now: number },
): Promise<string> {
  const id = `${ids.timed('webhook_request', now).slice(0, -8)}${webhook.seq.toString(16).padStart(8, '0')}`
  await db
    .insertInto('webhook_deliveries')
    .values({
      id,
      webhook_id: webhook.id,
      event_id: eventId,
      state: 'pending',
      attempts: 0,
      retries: 0,
      created_at_ms: now,
      first_attempt_at_ms: null,
      next_attempt_at_ms: now,
      claimed_by: null,
    })
    .execute()
  return id
}

/** A webhook with something to deliver. */
export interface DueWebhook {
  id: string
  failing_since_ms: number | null
}

/** The webhooks that are switched on and have a delivery that is due. */
export async function dueWebhooks(db: Db, now: number): Promise<DueWebhook[]> {
  const { rows } = await sql<DueWebhook>`
    select id, failing_since_ms from webhooks where is_enabled = true and exists (
      select 1 from webhook_deliveries as due where due.webhook_id = webhooks.id and due.next_attempt_at_ms <= ${now}
    ) order by seq`.execute(db)
  return rows
}

/** When the next delivery is due, of a webhook that is switched on; undefined when none is waiting. */
export async function nextDeliveryMs(db: Db): Promise<number | undefined> {
  const { rows } = await sql<{ due: number | null }>`
    select min(next_attempt_at_ms) as due from webhook_deliveries as waiting
    join webhooks on webhooks.id = waiting.webhook_id where webhooks.is_enabled = true`.execute(db)
  return rows[0]?.due ?? undefined
}

/** A delivery that one process has to itself until its lease ends. */
export interface Claim {
  id: string
  webhook_id: string
  endpoint: string
  /** Attempts made before this one, in all. */
  attempts: number
  retries: number
  first_attempt_at_ms: number | null
  event_id: string
  event_type: string
  event_source: string
  event_created_at_ms: number
  /** JSON. */
  event_data: string
}

/**
 * Takes deliveries that are due, so that no other process takes them before `leaseEndsAtMs`. A process that dies
 * leaves them to whoever looks after that.
 * @param shares how many to take at most, by webhook
 * @param claimant names the process
 */
export async function claimDeliveries(
  db: Db,
  shares: ReadonlyMap<string, number>,
  { claimant, now, leaseEndsAtMs }: { claimant: string; now: number; leaseEndsAtMs: number },
): Promise<Claim[]> {
  // Each node goes past what another one is just taking. SQLite has one writer.
  const lock = dialectOf(db) === 'sqlite' ? sql`` : sql`for update skip locked`
  const ids: string[] = []
  for (const [webhookId, share] of shares) {
    const due = sql`select seq from webhook_deliveries where webhook_id = ${webhookId} and next_attempt_at_ms <= ${now}
      order by next_attempt_at_ms, seq limit ${share} ${lock}`
    const { rows } = await sql<{ id: string }>`
      update webhook_deliveries set claimed_by = ${claimant}, next_attempt_at_ms = ${leaseEndsAtMs}
      where seq ${inSet(db, due)} returning id`.execute(db)
    ids.push(...rows.map(({ id }) => id))
  }
  if (ids.length === 0) return []
  return db
    .selectFrom('webhook_deliveries as delivery')
    .innerJoin('webhooks', 'webhooks.id', 'delivery.webhook_id')
    .innerJoin('events', 'events.id', 'delivery.event_id')
    .select([
      'delivery.id',
      'delivery.webhook_id',
      'webhooks.endpoint',
      'delivery.attempts',
      'delivery.retries',
      'delivery.first_attempt_at_ms',
      'events.id as event_id',
      'events.type as event_type',
      'events.source as event_source',
      'events.created_at_ms as event_created_at_ms',
      'events.data as event_data',
    ])
    .where(oneOf(db, 'delivery.id', ids))
    .orderBy('delivery.seq')
    .execute()
}

/** Gives a delivery back whose attempt did not come to an end; it is due at once. */
export async function releaseClaim(db: Db, id: string, { claimant, now }: { claimant: string; now: number }) {
  await sql`update webhook_deliveries set claimed_by = null, next_attempt_at_ms = ${now}
    where id = ${id} and claimed_by = ${claimant}`.execute(db)
}

/** What became of an attempt, as the log keeps it. */
export type Attempt = Omit<WebhookAttemptRow, 'seq' | 'delivery_id' | 'attempt'>

/** Whether an endpoint has taken a delivery: any 2xx. Kinde's guide speaks of 200 alone, and of 2xx elsewhere. */
export function isDelivered({ status }: Pick<Attempt, 'status'>): boolean {
  return status !== null && status >= 200 && status < 300
}

/**
 * Writes an attempt to the log, and settles the delivery or sets the time of the next attempt. An endpoint that has
 * failed for 72 hours is switched off.
 * @param now milliseconds since the epoch, at the end of the attempt
 * @returns the webhook, when it was switched off by this
 */
export async function finishAttempt(
  db: Db,
  claim: Claim,
  attempt: Attempt,
  { claimant, now }: { claimant: string; now: number },
): Promise<{ disabled: { id: string; endpoint: string; failingSinceMs: number } | null }> {
  // The webhook's row is taken before the delivery's, as disableWebhook() does: two attempts never wait for each other.
  // As text, not through the query builder: this changes nothing that anyone remembers of a webhook.
  const failingSinceMs = isDelivered(attempt) ? null : await noteFailure(db, claim.webhook_id, now)
  if (failingSinceMs === null) {
    await sql`update webhooks set failing_since_ms = null
      where id = ${claim.webhook_id} and failing_since_ms is not null`.execute(db)
  }
  const known = await db
    .updateTable('webhook_deliveries')
    .set((set) => ({ attempts: set('attempts', '+', 1) }))
    .where('id', '=', claim.id)
    .returning('attempts')
    .executeTakeFirst()
  // Webhook or event were removed while the attempt ran.
  if (known === undefined) return { disabled: null }
  await db
    .insertInto('webhook_attempts')
    .values({ delivery_id: claim.id, attempt: known.attempts, ...attempt })
    .execute()
  if (failingSinceMs === null) {
    await db
      .updateTable('webhook_deliveries')
      .set({ state: 'delivered', next_attempt_at_ms: null, claimed_by: null })
      .where('id', '=', claim.id)
      .execute()
    return { disabled: null }
  }
  const firstAttemptAtMs = claim.first_attempt_at_ms ?? attempt.started_at_ms
  const retryAtMs = now + retryDelaysMs[Math.min(claim.retries, retryDelaysMs.length - 1)]!
  const isLast = retryAtMs > firstAttemptAtMs + longestRetryingMs
  await db
    .updateTable('webhook_deliveries')
    .set({
      state: isLast ? 'failed' : 'pending',
      retries: claim.retries + 1,
      first_attempt_at_ms: firstAttemptAtMs,
      next_attempt_at_ms: isLast ? null : retryAtMs,
      claimed_by: null,
    })
    .where('id', '=', claim.id)
    .where('claimed_by', '=', claimant)
    .execute()
  if (now - failingSinceMs < disabledAfterMs) return { disabled: null }
  if (!(await disableWebhook(db, claim.webhook_id))) return { disabled: null }
  return { disabled: { id: claim.webhook_id, endpoint: claim.endpoint, failingSinceMs } }
}

/** @returns since when the endpoint has done nothing but fail; `now` for one that is gone */
async function noteFailure(db: Db, webhookId: string, now: number): Promise<number> {
  const { rows } = await sql<{ failing_since_ms: number }>`
    update webhooks set failing_since_ms = coalesce(failing_since_ms, ${now}) where id = ${webhookId}
    returning failing_since_ms`.execute(db)
  return rows[0]?.failing_since_ms ?? now
}

/**
 * Has deliveries made once more, whatever became of them, with the same `webhook-id`; the schedule begins anew. One
 * whose attempt is running is left alone. Nothing goes out while the webhook is switched off.
 * @param ids of deliveries: the `webhook-id` of each
 * @param now milliseconds since the epoch
 * @returns the ids of those that are queued now
 */
export async function resend(db: Db, ids: readonly string[], now: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update webhook_deliveries
    set state = 'pending', retries = 0, first_attempt_at_ms = null, next_attempt_at_ms = ${now}
    where id ${inSet(db, valuesOf(db, ids))} and claimed_by is null returning id`.execute(db)
  return rows.map(({ id }) => id)
}
