import type { Ids } from '../store/ids.ts'
import { statement } from '../store/statement.ts'
import type { Db } from '../store/tables.ts'

/** Events that Kinde has too, and sends to webhooks. @see https://docs.kinde.com/integrate/webhooks/about-webhooks/ */
export const kindeEventTypes = [
  'organization.created',
  'organization.updated',
  'organization.deleted',
  'user.created',
  'user.updated',
  'user.deleted',
  'subscriber.created',
  'customer.agreement_created',
  'customer.agreement_cancelled',
  'customer.meter_usage_updated',
  'customer.plan_assigned',
  'customer.plan_changed',
  'role.created',
  'role.updated',
  'role.deleted',
  'permission.created',
  'permission.updated',
  'permission.deleted',
] as const

/** Events of Kindred's own, for what Kinde keeps silent about: the journal tells of every change. */
export const kindredEventTypes = [
  'api.created',
  'api.deleted',
  'api.scope_created',
  'api.scope_updated',
  'api.scope_deleted',
  'api.applications_updated',
  'api.application_scope_added',
  'api.application_scope_removed',
  'application.created',
  'application.updated',
  'application.deleted',
  'application.tokens_updated',
  'application.redirect_urls_updated',
  'application.logout_urls_updated',
  'business.updated',
  'signing_keys.rotated',
  'token.revoked',
  'user.claims_refreshed',
  'user.mfa_reset',
  'user.sessions_ended',
  'api_key.created',
  'api_key.rotated',
  'api_key.deleted',
] as const

export type EventType = (typeof kindeEventTypes)[number] | (typeof kindredEventTypes)[number]

/** Something that a request changed. `data` is what a webhook would carry: never a secret. */
export interface ChangeEvent {
  type: EventType
  data: Record<string, unknown>
}

/** Who made a change. */
export interface Actor {
  source: 'api' | 'admin' | 'user'
  /** The client id of the application whose token was used; null for the server's own doing. */
  applicationId: string | null
  /** The id that the caller gave the request, or the one that it was given. */
  requestId: string | null
}

const insertEvent = statement<
  [
    id: string,
    type: string,
    source: string,
    now: number,
    application: string | null,
    request: string | null,
    data: string,
  ]
>(
  () =>
    'insert into events (id, type, source, created_at_ms, application_id, request_id, data) values (?, ?, ?, ?, ?, ?, ?)',
)

/**
 * Stores events in the transaction that carries the changes which they tell of.
 * @param now milliseconds since the epoch
 */
export async function recordEvents(
  db: Db,
  events: readonly ChangeEvent[],
  context: { actor: Actor; ids: Ids; now: number },
): Promise<void> {
  const { actor, ids, now } = context
  for (const { type, data } of events) {
    await insertEvent(
      db,
      ids.event(),
      type,
      actor.source,
      now,
      actor.applicationId,
      actor.requestId,
      JSON.stringify(data),
    )
  }
}
