import { Type } from '@sinclair/typebox'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { kindeEventTypes } from '../journal/record.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import { largestTokenPage, pageSize, tokenPageParameters } from '../store/page.ts'
import type { Db } from '../store/tables.ts'
import { queueDelivery, resend } from '../store/webhook-deliveries.ts'
import { requireWebhook } from '../store/webhooks.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

const states = ['pending', 'delivered', 'failed'] as const

const deliveryMembers = {
  id: Type.String({ description: 'Id of the delivery: the header webhook-id.' }),
  webhook_id: Type.String({ description: 'The webhook that it goes to.' }),
  event_id: Type.String({ description: 'The event that it tells of.' }),
  event_type: Type.String({ description: 'Type of the event.' }),
  state: Choice(states, { description: 'Whether it waits, was taken, or was given up.' }),
  attempts: Type.Integer({ description: 'Attempts so far.' }),
  created_at: Moment('When it was queued.'),
  next_attempt_at: Nullable(Moment('When the next attempt is made.')),
  last_attempt_at: Nullable(Moment('When the last attempt was made.')),
  last_status: Nullable(Type.Integer({ description: 'What the endpoint answered last.' })),
  last_error: Nullable(Type.String({ description: 'Why no answer came the last time.' })),
  is_test: Type.Boolean({ description: 'Whether it was sent as a test.' }),
}
const Delivery = named('webhook_delivery', Type.Object(deliveryMembers))
const headers = Type.Object({}, { description: 'Headers.', additionalProperties: true })

export const getWebhookDeliveries = operation({
  id: 'getWebhookDeliveries',
  method: 'GET',
  path: '/admin/api/webhooks/{webhook_id}/deliveries',
  scope: 'read:webhooks',
  role: 'read_only',
  tag: 'Webhook deliveries',
  summary: 'List deliveries of a webhook',
  description: 'What was sent to a webhook in the last 30 days, or waits to be, newest first.',
  query: Type.Object({
    ...tokenPageParameters,
    state: Type.Optional(Nullable(Choice(states, { description: 'Only those in this state.' }))),
    type: Type.Optional(Nullable(Type.String({ description: 'Only those of this type of event.' }))),
  }),
  responses: {
    200: named(
      'webhook_deliveries_response',
      Success({
        deliveries: Type.Array(Delivery),
        next_token: Nullable(Type.String({ description: 'Opens the next page; null on the last one.' })),
      }),
    ),
  },
  handler: async ({ params, query, db, environment: { pageTokens } }) => {
    const webhook = await requireWebhook(db, params.webhook_id)
    const size = pageSize(query.page_size, largestTokenPage)
    const list = `deliveries of ${webhook.id}`
    let rows = deliveries(db).where('delivery.webhook_id', '=', webhook.id)
    if (query.next_token) rows = rows.where('delivery.seq', '<', pageTokens.read(list, query.next_token).after.seq)
    if (query.state) rows = rows.where('delivery.state', '=', query.state)
    if (query.type) rows = rows.where('events.type', '=', query.type)
    const found = await rows
      .orderBy('delivery.seq', 'desc')
      .limit(size + 1)
      .execute()
    const page = found.slice(0, size)
    const last = found.length > size ? page.at(-1) : undefined
    return {
      ...ok,
      deliveries: page.map(shownDelivery),
      next_token: last === undefined ? null : pageTokens.write(list, '', { seq: last.seq }),
    }
  },
})

export const getWebhookDelivery = operation({
  id: 'getWebhookDelivery',
  method: 'GET',
  path: '/admin/api/webhook_deliveries/{delivery_id}',
  scope: 'read:webhooks',
  role: 'read_only',
  tag: 'Webhook deliveries',
  summary: 'Get a delivery',
  description: 'One delivery with every attempt: what was sent, what was answered, and how long it took.',
  responses: {
    200: named(
      'webhook_delivery_response',
      Success({
        delivery: Type.Object({
          ...deliveryMembers,
          attempts_log: Type.Array(
            Type.Object({
              attempt: Type.Integer({ description: 'Number of the attempt.' }),
              started_at: Moment('When it was made.'),
              duration_ms: Type.Number({ description: 'How long it took, in milliseconds.' }),
              request: Type.Object({
                headers,
                body: Type.String({ description: 'The JWT that was sent.' }),
                claims: Type.Object({}, { description: 'What stands in it.', additionalProperties: true }),
              }),
              response: Nullable(
                Type.Object({
                  status: Type.Integer({ description: 'Status of the answer.' }),
                  headers,
                  body: Type.String({ description: 'Its beginning.' }),
                }),
              ),
              error: Nullable(Type.String({ description: 'Why no answer came.' })),
            }),
          ),
        }),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const row = await deliveries(db).where('delivery.id', '=', params.delivery_id).executeTakeFirst()
    if (row === undefined) throw notFound('webhook_delivery', params.delivery_id)
    const attempts = await db
      .selectFrom('webhook_attempts')
      .selectAll()
      .where('delivery_id', '=', row.id)
      .orderBy('attempt')
      .execute()
    return {
      ...ok,
      delivery: {
        ...shownDelivery(row),
        attempts_log: attempts.map((attempt) => ({
          attempt: attempt.attempt,
          started_at: moment(attempt.started_at_ms),
          duration_ms: attempt.duration_ms,
          request: {
            headers: JSON.parse(attempt.request_headers),
            body: attempt.request_body,
            claims: claimsOf(attempt.request_body),
          },
          response:
            attempt.status === null
              ? null
              : {
                  status: attempt.status,
                  headers: JSON.parse(attempt.response_headers ?? '{}'),
                  body: attempt.response_body ?? '',
                },
          error: attempt.error,
        })),
      },
    }
  },
})

export const resendWebhookDeliveries = operation({
  id: 'resendWebhookDeliveries',
  method: 'POST',
  path: '/admin/api/webhook_deliveries/resend',
  scope: 'update:webhooks',
  role: 'administrator',
  // The deliveries are woken once the transaction has ended.
  callsOut: true,
  tag: 'Webhook deliveries',
  summary: 'Resend deliveries',
  description:
    'Sends deliveries once more, whatever became of them. One that is being sent at this moment is left alone.',
  body: Type.Object({
    delivery_ids: Type.Array(Type.String({ maxLength: 100 }), {
      description: 'Ids of deliveries.',
      minItems: 1,
      maxItems: 100,
    }),
  }),
  bodyRequired: true,
  responses: {
    200: named(
      'resend_webhook_deliveries_response',
      Success({ queued: Type.Array(Type.String(), { description: 'Ids of those that are sent again.' }) }),
    ),
  },
  handler: async ({ body, now, environment, write }) => {
    const queued = await write(async (db, record) => {
      const queued = await resend(db, body.delivery_ids, now)
      if (queued.length > 0) record('webhook.deliveries_resent', { deliveries: queued })
      return queued
    })
    environment.webhooks.wake()
    return { ...ok, queued }
  },
})

const knownTypes: ReadonlySet<string> = new Set(kindeEventTypes)

export const testWebhook = operation({
  id: 'testWebhook',
  method: 'POST',
  path: '/admin/api/webhooks/{webhook_id}/test',
  scope: 'update:webhooks',
  role: 'administrator',
  callsOut: true,
  tag: 'Webhook deliveries',
  summary: 'Send a test event',
  description: 'Sends an event with made-up content to one webhook, whichever types it wants. Nothing else changes.',
  body: Type.Object({
    type: Type.String({ description: 'Type of the event, such as `user.created`.', maxLength: 64 }),
  }),
  bodyRequired: true,
  responses: {
    200: named(
      'test_webhook_response',
      Success({
        delivery_id: Type.String({ description: 'The delivery, whose attempts tell what became of it.' }),
        event_id: Type.String({ description: 'The event that was made for it.' }),
      }),
    ),
  },
  handler: async ({ params, body, now, environment, browser, caller, write }) => {
    const { ids } = environment
    if (!knownTypes.has(body.type)) {
      throw invalid('type', `There is no event type ${shown(body.type)} that webhooks are sent.`, 'INVALID_EVENT_TYPE')
    }
    const sent = await write(async (db, record) => {
      const webhook = await requireWebhook(db, params.webhook_id)
      if (!webhook.is_enabled) {
        throw new ApiError(409, 'WEBHOOK_DISABLED', 'The webhook is switched off: switch it on first.')
      }
      const eventId = ids.timed('event', now)
      await db
        .insertInto('events')
        .values({
          id: eventId,
          type: body.type,
          source: 'admin',
          created_at_ms: now,
          application_id: caller.applicationId || null,
          administrator_id: browser.administrator?.id ?? null,
          administrator_name: browser.administrator?.name ?? null,
          subject: null,
          request_id: null,
          data: JSON.stringify({ ...sample(body.type), is_test: true }),
        })
        .execute()
      const deliveryId = await queueDelivery(db, webhook, eventId, { ids, now })
      record('webhook.test_sent', { webhook: { id: webhook.id }, event: { id: eventId, type: body.type } })
      return { delivery_id: deliveryId, event_id: eventId }
    })
    environment.webhooks.wake()
    return { ...ok, ...sent }
  },
})

/** Content that nobody can take for the real thing. */
function sample(type: string): Record<string, unknown> {
  const thing = type.split('.', 1)[0]!
  const common = { id: `${thing}_test`, is_test: true }
  if (thing === 'user') {
    return { user: { ...common, id: 'kp_test', first_name: 'Test', last_name: 'User', email: 'test@example.com' } }
  }
  if (thing === 'organization') return { organization: { ...common, code: 'org_test', name: 'Test organization' } }
  if (thing === 'role' || thing === 'permission') return { [thing]: { ...common, key: 'test', name: `Test ${thing}` } }
  return { [thing]: common }
}

function deliveries(db: Db) {
  return db
    .selectFrom('webhook_deliveries as delivery')
    .innerJoin('events', 'events.id', 'delivery.event_id')
    .leftJoin('webhook_attempts as last', (join) =>
      join.onRef('last.delivery_id', '=', 'delivery.id').onRef('last.attempt', '=', 'delivery.attempts'),
    )
    .select([
      'delivery.seq',
      'delivery.id',
      'delivery.webhook_id',
      'delivery.event_id',
      'events.type as event_type',
      'events.data as event_data',
      'delivery.state',
      'delivery.attempts',
      'delivery.created_at_ms',
      'delivery.next_attempt_at_ms',
      'last.started_at_ms',
      'last.status',
      'last.error',
    ])
}

type DeliveryRow = Awaited<ReturnType<ReturnType<typeof deliveries>['execute']>>[number]

function shownDelivery(row: DeliveryRow) {
  return {
    id: row.id,
    webhook_id: row.webhook_id,
    event_id: row.event_id,
    event_type: row.event_type,
    state: row.state as (typeof states)[number],
    attempts: row.attempts,
    created_at: moment(row.created_at_ms),
    next_attempt_at: momentOrNull(row.next_attempt_at_ms),
    last_attempt_at: momentOrNull(row.started_at_ms),
    last_status: row.status,
    last_error: row.error,
    is_test: (JSON.parse(row.event_data) as { is_test?: boolean }).is_test === true,
  }
}

function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString())
}
