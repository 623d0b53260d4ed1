import { Type } from '@sinclair/typebox'
import { invalid, notFound } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import { tokenPage, tokenPageParameters } from '../store/page.ts'
import { createSubscriber as addSubscriber, fullName } from '../store/subscribers.ts'

const id = Type.Optional(Type.String({ description: 'Id of the subscriber.' }))
const firstName = Type.Optional(Type.String({ description: 'Given name.' }))
const lastName = Type.Optional(Type.String({ description: 'Family name.' }))

export const getSubscribers = operation({
  id: 'GetSubscribers',
  method: 'GET',
  path: '/api/v1/subscribers',
  scope: 'read:subscribers',
  tag: 'Subscribers',
  summary: 'List subscribers',
  description: 'Subscribers in the order in which they were made, or sorted, a page at a time.',
  query: Type.Object({
    sort: Type.Optional(
      Nullable(
        Choice(['name_asc', 'name_desc', 'email_asc', 'email_desc'], { description: 'Order of the subscribers.' }),
      ),
    ),
    ...tokenPageParameters,
  }),
  responses: {
    200: named(
      'get_subscribers_response',
      Success({
        subscribers: Type.Optional(
          Type.Array(
            named(
              'subscribers_subscriber',
              Type.Object({
                id,
                email: Type.Optional(Type.String({ description: 'E-mail address.' })),
                full_name: Type.Optional(Type.String({ description: 'Given and family name.' })),
                first_name: firstName,
                last_name: lastName,
              }),
            ),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const page = await tokenPage(db.selectFrom('subscribers').selectAll(), query, {
      list: 'subscribers',
      tokens: environment.pageTokens,
      table: 'subscribers',
      sorts: {
        name_asc: { column: 'name_sort', direction: 'asc' },
        name_desc: { column: 'name_sort', direction: 'desc' },
        email_asc: { column: 'email_sort', direction: 'asc' },
        email_desc: { column: 'email_sort', direction: 'desc' },
      },
    })
    const subscribers = page.rows.map((row) => ({ ...row, full_name: fullName(row.first_name, row.last_name) }))
    return { ...ok, subscribers, next_token: page.nextToken }
  },
})

export const createSubscriber = operation({
  id: 'CreateSubscriber',
  method: 'POST',
  path: '/api/v1/subscribers',
  scope: 'create:subscribers',
  tag: 'Subscribers',
  summary: 'Create a subscriber',
  description: 'Adds a person to the list of subscribers. The address must be new to it.',
  queryOrBody: true,
  query: Type.Object({
    first_name: Type.String({ maxLength: 256, description: 'Given name.' }),
    last_name: Nullable(Type.String({ maxLength: 256, description: 'Family name; may be empty.' })),
    email: Nullable(Type.String({ maxLength: 320, description: 'E-mail address.' })),
  }),
  responses: {
    201: named(
      'create_subscriber_success_response',
      Type.Object({
        subscriber: Type.Optional(
          Type.Object({ subscriber_id: Type.Optional(Type.String({ description: 'Id of the new subscriber.' })) }),
        ),
      }),
    ),
  },
  handler: async ({ query, db, now, environment, record }) => {
    if (!query.email) throw invalid('email', 'The query parameter email is missing.', 'EMAIL_REQUIRED')
    const subscriber = { firstName: query.first_name, lastName: query.last_name ?? '', email: query.email }
    const created = await addSubscriber(db, subscriber, { ids: environment.ids, now })
    record('subscriber.created', {
      subscriber: {
        id: created,
        email: subscriber.email.trim(),
        first_name: subscriber.firstName,
        last_name: subscriber.lastName,
        user_id: null,
      },
    })
    return { subscriber: { subscriber_id: created } }
  },
})

export const getSubscriber = operation({
  id: 'GetSubscriber',
  method: 'GET',
  path: '/api/v1/subscribers/{subscriber_id}',
  scope: 'read:subscribers',
  tag: 'Subscribers',
  summary: 'Get a subscriber',
  description: 'One subscriber, as a list of one: that is the form that Kinde gives the reply.',
  responses: {
    200: named(
      'get_subscriber_response',
      Success({
        subscribers: Type.Optional(
          Type.Array(
            named(
              'subscriber',
              Type.Object({
                id,
                preferred_email: Type.Optional(Type.String({ description: 'E-mail address.' })),
                first_name: firstName,
                last_name: lastName,
              }),
            ),
          ),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const row = await db.selectFrom('subscribers').selectAll().where('id', '=', params.subscriber_id).executeTakeFirst()
    if (row === undefined) throw notFound('subscriber', params.subscriber_id)
    return { ...ok, subscribers: [{ ...row, preferred_email: row.email }] }
  },
})
