import { Type } from '@sinclair/typebox'
import { notFound } from '../errors.ts'
import { named, ok, operation, Success } from '../operation.ts'

export const getEvent = operation({
  id: 'GetEvent',
  method: 'GET',
  path: '/api/v1/events/{event_id}',
  scope: 'read:events',
  tag: 'Webhooks',
  summary: 'Get an event',
  description: 'One event of the journal, as webhooks name it in `event_id`. Events are kept for 30 days.',
  responses: {
    200: named(
      'get_event_response',
      Success({
        event: Type.Optional(
          Type.Object({
            type: Type.Optional(Type.String({ description: 'What happened, such as `user.created`.' })),
            source: Type.Optional(
              Type.String({
                description: 'Through what it happened: `api`, `admin` (the console or the server itself) or `user`.',
              }),
            ),
            event_id: Type.Optional(Type.String({ description: 'Id of the event.' })),
            timestamp: Type.Optional(
              Type.Integer({ description: 'When it happened, in milliseconds since the epoch.' }),
            ),
            data: Type.Optional(
              Type.Object(
                {},
                { description: 'What it happened to; the type tells the form.', additionalProperties: true },
              ),
            ),
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const event = await db
      .selectFrom('events')
      .select(['id', 'type', 'source', 'created_at_ms', 'data'])
      .where('id', '=', params.event_id)
      .executeTakeFirst()
    if (event === undefined) throw notFound('event', params.event_id)
    const { id, type, source, created_at_ms: timestamp, data } = event
    return { ...ok, event: { type, source, event_id: id, timestamp, data: JSON.parse(data) } }
  },
})
