import { isDeepStrictEqual } from 'node:util'
import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../errors.ts'
import { type EventType, kindeEventTypes } from '../journal/record.ts'
import { endpointFault } from '../journal/webhook-target.ts'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { reachOf } from '../store/reach.ts'
import { disableWebhook, enableWebhook, eventTypesOf, putEventTypes, requireWebhook } from '../store/webhooks.ts'
import { timestamp } from '../time.ts'

const id = Type.Optional(Type.String({ description: 'Id of the webhook.' }))
const eventTypes = Type.Array(Type.String({ maxLength: 64 }), {
  description: 'The types of events to send, such as `user.created`; GET /api/v1/event_types lists them.',
  minItems: 1,
  maxItems: 100,
})
const name = Type.String({ description: 'Name of the webhook, 1 to 128 characters.', minLength: 1, maxLength: 128 })
const description = Type.Optional(
  Nullable(Type.String({ description: 'What the webhook is for, up to 1024 characters.', maxLength: 1024 })),
)

export const getWebhooks = operation({
  id: 'GetWebHooks',
  method: 'GET',
  path: '/api/v1/webhooks',
  scope: 'read:webhooks',
  tag: 'Webhooks',
  summary: 'List webhooks',
  description: 'All webhooks of the environment, in the order in which they were made.',
  responses: {
    200: named(
      'get_webhooks_response',
      Success({
        webhooks: Type.Optional(
          Type.Array(
            named(
              'webhook',
              Type.Object({
                id,
                name: Type.Optional(Type.String({ description: 'Name of the webhook.' })),
                endpoint: Type.Optional(Type.String({ description: 'The URL to which events are posted.' })),
                description: Type.Optional(Type.String({ description: 'What the webhook is for.' })),
                event_types: Type.Optional(
                  Type.Array(Type.String(), { description: 'The types of events that are sent.' }),
                ),
                created_on: Type.Optional(Type.String({ description: 'When the webhook was made, ISO 8601.' })),
                is_enabled: Type.Optional(
                  Type.Boolean({
                    description: 'Whether events are sent; an endpoint that fails for 72 hours is switched off.',
                  }),
                ),
              }),
            ),
          ),
        ),
      }),
    ),
  },
  handler: async ({ db }) => {
    const rows = await db.selectFrom('webhooks').selectAll().orderBy('seq').execute()
    const types = await eventTypesOf(db)
    return {
      ...ok,
      webhooks: rows.map((row) => ({
        id: row.id,
        name: row.name,
        endpoint: row.endpoint,
        description: row.description ?? undefined,
        event_types: types.get(row.id) ?? [],
        created_on: timestamp(row.created_at_ms),
        is_enabled: row.is_enabled,
      })),
    }
  },
})

export const createWebhook = operation({
  id: 'CreateWebHook',
  method: 'POST',
  path: '/api/v1/webhooks',
  scope: 'create:webhooks',
  tag: 'Webhooks',
  summary: 'Create a webhook',
  description:
    'Has events posted to a URL of yours from now on, each as a JWT that is signed with the keys of this server. ' +
    'The URL cannot be changed later.',
  body: Type.Object({
    endpoint: Type.String({
      description: 'The URL to which events are posted: https, or http on localhost.',
      minLength: 1,
      maxLength: 2048,
    }),
    event_types: eventTypes,
    name,
    description,
  }),
  bodyRequired: true,
  example: {
    body: {
      name: 'Bell',
      description: 'Rings for every new user.',
      endpoint: 'https://zoo.example/bell',
      event_types: ['user.created'],
    },
  },
  responses: {
    200: named(
      'create_webhook_response',
      Success({
        webhook: Type.Optional(
          Type.Object({
            id,
            endpoint: Type.Optional(Type.String({ description: 'The URL to which events are posted.' })),
          }),
        ),
      }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const { endpoint, name, description = null } = body
    const fault = endpointFault(endpoint, environment.webhooks.policy)
    if (fault !== undefined) throw invalid('endpoint', fault, 'INVALID_ENDPOINT')
    const types = knownTypes(body.event_types)
    const id = environment.ids.timed('webhook', now)
    await db
      .insertInto('webhooks')
      .values({ id, name, endpoint, description, is_enabled: true, failing_since_ms: null, created_at_ms: now })
      .execute()
    await putEventTypes(db, id, types)
    record('webhook.created', { webhook: { id, name, endpoint, description, event_types: types } })
    return { ...ok, webhook: { id, endpoint } }
  },
})

export const updateWebhook = operation({
  id: 'UpdateWebHook',
  method: 'PATCH',
  path: '/api/v1/webhooks/{webhook_id}',
  scope: 'update:webhooks',
  tag: 'Webhooks',
  summary: 'Update a webhook',
  description:
    'Changes what a webhook is called and what it is sent; the list of types takes the place of the one before. ' +
    'What is waiting for delivery already is still sent.',
  body: Type.Object({
    event_types: Type.Optional(eventTypes),
    name: Type.Optional(name),
    description,
    is_enabled: Type.Optional(
      Type.Boolean({
        description: 'False switches the webhook off, and gives up what is waiting; true switches it on again.',
      }),
    ),
  }),
  bodyRequired: true,
  example: {
    body: { name: 'Bell', description: 'Rings when users come and go.', event_types: ['user.created', 'user.deleted'] },
  },
  responses: {
    200: named('update_webhook_response', Success({ webhook: Type.Optional(Type.Object({ id })) })),
  },
  handler: async ({ params, body, db, record }) => {
    const { id, ...row } = await requireWebhook(db, params.webhook_id)
    const changes: Record<string, unknown> = {}
    const before: Record<string, unknown> = { ...row }
    for (const member of ['name', 'description'] as const) {
      const value = body[member]
      if (value !== undefined && value !== row[member]) changes[member] = value
    }
    if (Object.keys(changes).length > 0) await db.updateTable('webhooks').set(changes).where('id', '=', id).execute()
    if (body.event_types !== undefined) {
      const types = knownTypes(body.event_types)
      before.event_types = (await eventTypesOf(db, id)).get(id) ?? []
      if (!isDeepStrictEqual(types, before.event_types)) {
        await putEventTypes(db, id, types)
        changes.event_types = types
      }
    }
    if (body.is_enabled !== undefined) {
      const change = body.is_enabled ? enableWebhook : disableWebhook
      if (await change(db, id)) changes.is_enabled = body.is_enabled
    }
    if (Object.keys(changes).length > 0) {
      record('webhook.updated', { webhook: { id, ...changes } }, { before, after: changes })
    }
    return { ...ok, webhook: { id } }
  },
})

export const deleteWebhook = operation({
  id: 'DeleteWebHook',
  method: 'DELETE',
  path: '/api/v1/webhooks/{webhook_id}',
  scope: 'delete:webhooks',
  tag: 'Webhooks',
  summary: 'Delete a webhook',
  description: 'Removes a webhook with what is waiting for delivery to it, and the log of its deliveries.',
  responses: { 200: named('delete_webhook_response', Success({})) },
  handler: async ({ params, db, record }) => {
    const { id, name, endpoint } = await requireWebhook(db, params.webhook_id)
    const reach = await reachOf(db, id, { deliveries: 'webhook_deliveries.webhook_id' })
    await db.deleteFrom('webhooks').where('id', '=', id).execute()
    record('webhook.deleted', { webhook: { id, name, endpoint }, reach })
    return ok
  },
})

const known: ReadonlySet<string> = new Set<EventType>(kindeEventTypes)

/** The types, each once. @throws {ApiError} 400 INVALID_EVENT_TYPE */
function knownTypes(types: readonly string[]): string[] {
  const unknown = types.find((type) => !known.has(type))
  if (unknown === undefined) return [...new Set(types)]
  throw invalid(
    'event_types',
    `There is no event type ${shown(unknown)}. GET /api/v1/event_types lists those that there are.`,
    'INVALID_EVENT_TYPE',
  )
}
