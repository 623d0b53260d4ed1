import type { Ids } from '../store/ids.ts'
import { sentStatement } from '../store/statement.ts'
import type { Db } from '../store/tables.ts'
import { queueDeliveries } from '../store/webhook-deliveries.ts'
import { type Change, changedMembers } from './change.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Events that Kinde has too, and sends to webhooks. @see https://docs.kinde.com/integrate/webhooks/about-webhooks/ */
export const kindeEventTypes = [
  'organization.created',
  'organization.updated',
  'organization.deleted',
  'user.created',
  'user.updated',
  'user.deleted',
  'user.authenticated',
  'user.authentication_failed',
  'access_request.created',
  'subscriber.created',
  'passkey.added',
  'passkey.removed',
  'customer.agreement_created',
  'customer.agreement_cancelled',
  'customer.invoice_overdue',
  'customer.meter_usage_updated',
  'customer.payment_failed',
  'customer.payment_succeeded',
  'customer.plan_created',
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
  'application.access_role_added',
  'application.access_role_removed',
  'application.connection_enabled',
  'application.connection_disabled',
  'business.updated',
  'signing_keys.rotated',
  'token.revoked',
  'user.password_set',
  'user.claims_refreshed',
  'user.mfa_reset',
  'user.api_scope_added',
  'user.api_scope_removed',
  'user.sessions_ended',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
  'api_key.deleted',
  'feature_flag.created',
  'feature_flag.updated',
  'feature_flag.deleted',
  'environment.feature_flag_overridden',
  'environment.feature_flags_reset',
  'organization.feature_flag_overridden',
  'organization.feature_flags_reset',
  'user.feature_flag_overridden',
  'property.created',
  'property.updated',
  'property.deleted',
  'property_category.created',
  'property_category.updated',
  'organization.properties_updated',
  'application.properties_updated',
  'environment.mfa_updated',
  'environment.passkey_policy_updated',
  'environment.logo_set',
  'environment.logo_removed',
  'organization.invite_created',
  'organization.invite_revoked',
  'organization.invite_accepted',
  'organization.mfa_updated',
  'organization.passkey_policy_updated',
  'organization.session_policy_updated',
  'organization.logo_set',
  'organization.logo_removed',
  'connection.created',
  'connection.updated',
  'connection.deleted',
  'organization.connection_enabled',
  'organization.connection_disabled',
  'directory.created',
  'directory.updated',
  'directory.deleted',
  'billing_customer.created',
  'billing_plan.created',
  'billing_plan.updated',
  'billing_plan.deleted',
  'connected_app.created',
  'connected_app.updated',
  'connected_app.deleted',
  'connected_app.authorized',
  'connected_app.token_refreshed',
  'connected_app.revoked',
  'environment_variable.created',
  'environment_variable.updated',
  'environment_variable.deleted',
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.disabled',
  'webhook.test_sent',
  'webhook.deliveries_resent',
  'application.secret_added',
  'application.secret_removed',
  'application.test_token_issued',
  'administrator.created',
  'administrator.updated',
  'administrator.deleted',
  'administrator.invited',
  'administrator.invite_deleted',
  'administrator.reset_link_made',
  'administrator.password_set',
  'administrator.signed_in',
  'administrator.sign_in_failed',
  'administrator.signed_out',
  'administrator.sessions_ended',
] as const

/** One of the types that Kinde has. */
export type KindeEventType = (typeof kindeEventTypes)[number]

export type EventType = KindeEventType | (typeof kindredEventTypes)[number]

/** Something that a request changed. `data` is what a webhook would carry: never a secret. */
export interface ChangeEvent {
  type: EventType
  data: Record<string, unknown>
  /** Of an update: for the activity alone, which shows the members that changed. */
  change?: Change | undefined
}

/** Notes in a list what a request changes. */
export function recordInto(events: ChangeEvent[]) {
  return (type: EventType, data: Record<string, unknown>, change?: Change): void => {
    events.push({ type, data, change })
  }
}

/** Who made a change. */
export interface Actor {
  source: 'api' | 'admin' | 'user'
  /** The client id of the application whose token was used; null for the server's own doing. */
  applicationId: string | null
  /** Who did it in the console. */
  administrator?: { id: string; name: string } | null
  /** The id that the caller gave the request, or the one that it was given. */
  requestId: string | null
}

const insertEvent = sentStatement<
  [
    id: string,
    type: string,
    source: string,
    now: number,
    application: string | null,
    request: string | null,
    data: string,
    subject: string | null,
    administratorId: string | null,
    administratorName: string | null,
    change: string | null,
  ]
>(
  () =>
    'insert into events (id, type, source, created_at_ms, application_id, request_id, data, subject, administrator_id, administrator_name, change) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
)

const sentToWebhooks: ReadonlySet<string> = new Set(kindeEventTypes)

/**
 * Stores events in the transaction that carries the changes which they tell of, and queues them for the webhooks that
 * want them.
 * @param context `now` in milliseconds since the epoch; without `subscriptions` the database is asked who wants an event
 * @returns whether something may be waiting for delivery once the transaction is committed
 */
export async function recordEvents(
  db: Db,
  events: readonly ChangeEvent[],
  context: { actor: Actor; ids: Ids; now: number; subscriptions?: Subscriptions | undefined },
): Promise<boolean> {
  const { actor, ids, now, subscriptions } = context
  let isQueued = false
  for (const { type, data, change } of events) {
    const id = ids.timed('event', now)
    const { source, applicationId, requestId, administrator } = actor
    const changed = change === undefined ? null : changedMembers(change)
    await insertEvent(
      db,
      id,
      type,
      source,
      now,
      applicationId,
      requestId,
      JSON.stringify(data),
      subjectOf(type, data),
      administrator?.id ?? null,
      administrator?.name ?? null,
      changed === null ? null : JSON.stringify(changed),
    )
    if (!sentToWebhooks.has(type) || subscriptions?.mayWant(type) === false) continue
    await queueDeliveries(db, { id, type }, { ids, now })
    isQueued = true
  }
  return isQueued
}

/** What an event is about: id, code or key of the thing that its type names. */
export function subjectOf(type: string, data: Record<string, unknown>): string | null {
  const thing = data[type.slice(0, type.indexOf('.'))] as Record<string, unknown> | undefined
  const subject = thing?.id ?? thing?.code ?? thing?.key
  return typeof subject === 'string' ? subject : null
}
