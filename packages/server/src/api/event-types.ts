import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { type KindeEventType, kindeEventTypes } from '../journal/record.ts'
import { named, ok, operation, Success } from '../operation.ts'

export const getEventTypes = operation({
  id: 'GetEventTypes',
  method: 'GET',
  path: '/api/v1/event_types',
  scope: 'read:event_types',
  tag: 'Webhooks',
  summary: 'List event types',
  description: 'Every type of event that a webhook can be sent, each with the JSON schema of its data.',
  responses: {
    200: named(
      'get_event_types_response',
      Success({
        event_types: Type.Optional(
          Type.Array(
            named(
              'event_type',
              Type.Object({
                id: Type.Optional(Type.String({ description: 'Id of the type.' })),
                code: Type.Optional(Type.String({ description: 'The type as events carry it.' })),
                name: Type.Optional(Type.String({ description: 'The type in words.' })),
                origin: Type.Optional(Type.String({ description: 'Where the type comes from; `kinde` for all.' })),
                schema: Type.Optional(
                  Type.Object({}, { description: 'JSON schema of `data`.', additionalProperties: true }),
                ),
              }),
            ),
          ),
        ),
      }),
    ),
  },
  handler: async () => ({ ...ok, event_types: eventTypes }),
})

type Schema = Record<string, unknown>

const text = { type: 'string' }
const textOrNull = { type: ['string', 'null'] }
const flag = { type: 'boolean' }
const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})
const listOrNull = (items: Schema): Schema => ({ type: ['array', 'null'], items })

const keyed = object({ id: text, key: text })
const user = object({
  user: object({
    id: text,
    email: textOrNull,
    first_name: textOrNull,
    last_name: textOrNull,
    username: textOrNull,
    phone: textOrNull,
    is_suspended: flag,
    is_password_reset_requested: flag,
    organizations: {
      type: 'array',
      items: object({ code: text, roles: listOrNull(keyed), permissions: listOrNull(keyed) }),
    },
  }),
})
const onlyUser = object({ user: object({ id: text }) })
const organization = { code: text, external_id: textOrNull, handle: textOrNull, name: text }
const role = object({
  role: object({ id: text, key: text, name: text, description: textOrNull, is_default_role: flag }),
})
const permission = object({ permission: object({ id: text, key: text, name: text, description: textOrNull }) })
const person = { email: text, first_name: textOrNull, last_name: textOrNull, user_id: textOrNull }
const passkey = object({ user: object({ id: text }), passkey: object({ id: text, name: text }) })
const customer = object({ customer: object({ id: text }) })

const described: Record<KindeEventType, [name: string, schema: Schema]> = {
  'organization.created': ['Organization created', object({ organization: object(organization) })],
  'organization.updated': [
    'Organization updated',
    object({ organization: object({ ...organization, is_allow_registrations: flag }) }),
  ],
  'organization.deleted': ['Organization deleted', object({ organization: object({ code: text }) })],
  'user.created': ['User created', user],
  'user.updated': ['User updated', user],
  'user.deleted': ['User deleted', onlyUser],
  'user.authenticated': ['User authenticated', onlyUser],
  'user.authentication_failed': ['User authentication failed', onlyUser],
  'access_request.created': ['Access request created', object({ access_request: object(person) })],
  'subscriber.created': ['Subscriber created', object({ subscriber: object({ id: text, ...person }) })],
  'passkey.added': ['Passkey added', passkey],
  'passkey.removed': ['Passkey removed', passkey],
  'customer.agreement_created': ['Customer agreement created', customer],
  'customer.agreement_cancelled': ['Customer agreement cancelled', customer],
  'customer.invoice_overdue': ['Customer invoice overdue', customer],
  'customer.meter_usage_updated': ['Customer meter usage updated', customer],
  'customer.payment_failed': ['Customer payment failed', customer],
  'customer.payment_succeeded': ['Customer payment succeeded', customer],
  'customer.plan_created': ['Customer plan created', customer],
  'customer.plan_assigned': ['Customer plan assigned', customer],
  'customer.plan_changed': ['Customer plan changed', customer],
  'role.created': ['Role created', role],
  'role.updated': ['Role updated', role],
  'role.deleted': ['Role deleted', object({ role: object({ id: text }) })],
  'permission.created': ['Permission created', permission],
  'permission.updated': ['Permission updated', permission],
  'permission.deleted': ['Permission deleted', object({ permission: object({ id: text }) })],
}

const eventTypes = kindeEventTypes.map((code) => ({
  // The same in every environment and version: types are not made, they are there.
  id: `event_type_${createHash('sha256').update(code).digest('hex').slice(0, 32)}`,
  code,
  name: described[code][0],
  origin: 'kinde',
  schema: described[code][1],
}))
