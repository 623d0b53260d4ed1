import { Type } from '@sinclair/typebox'
import { invalid } from '../errors.ts'
import { type EventType, kindeEventTypes, kindredEventTypes } from '../journal/record.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import { largestTokenPage, pageSize, tokenPageParameters } from '../store/page.ts'
import { Moment, moment } from './shapes.ts'

const types: readonly EventType[] = [...kindeEventTypes, ...kindredEventTypes]
const text = (description: string) => Type.Optional(Nullable(Type.String({ description })))
const anything = (description: string) => Type.Object({}, { description, additionalProperties: true })

/** `since` and `until` of a list. */
export const periodParameters = {
  since: text('From this moment on, ISO 8601.'),
  until: text('Until before this moment, ISO 8601.'),
}

/**
 * The period that a list is asked for, in milliseconds since the epoch.
 * @throws {ApiError} 400 INVALID_VALUE
 */
export function periodOf(query: { since?: string | null; until?: string | null }): { since?: number; until?: number } {
  const period: { since?: number; until?: number } = {}
  for (const name of ['since', 'until'] as const) {
    const given = query[name]
    if (!given) continue
    const ms = Date.parse(given)
    if (Number.isNaN(ms)) throw invalid(name, `${name} must be a moment, such as 2026-01-15T12:00:00Z.`)
    period[name] = ms
  }
  return period
}

export const getActivityTypes = operation({
  id: 'getActivityTypes',
  method: 'GET',
  path: '/admin/api/activity/types',
  scope: 'read:events',
  role: 'read_only',
  tag: 'Activity',
  summary: 'List types of activity',
  description: 'Every type that the journal can hold, for filters.',
  responses: { 200: named('activity_types_response', Success({ types: Type.Array(Type.String()) })) },
  handler: async () => ({ ...ok, types: [...types].sort() }),
})

export const getActivity = operation({
  id: 'getActivity',
  method: 'GET',
  path: '/admin/api/activity',
  scope: 'read:events',
  role: 'read_only',
  tag: 'Activity',
  summary: 'List what happened',
  description: 'The journal of the last 30 days, newest first: what changed, who did it, and how it was before.',
  query: Type.Object({
    ...tokenPageParameters,
    ...periodParameters,
    type: text('Types, separated by commas; `user.*` means all of users.'),
    actor: text('Id of the application or administrator that did it.'),
    subject: text('Id, code or key of what changed.'),
    source: Type.Optional(Nullable(Choice(['api', 'admin', 'user'], { description: 'Through what it happened.' }))),
  }),
  responses: {
    200: named(
      'activity_response',
      Success({
        events: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the event.' }),
            type: Type.String({ description: 'What happened.' }),
            source: Type.String({ description: '`api`, `admin` or `user`.' }),
            created_at: Moment('When it happened.'),
            request_id: Nullable(Type.String({ description: 'Id of the request.' })),
            actor: Type.Object({
              kind: Choice(['application', 'administrator', 'server'], { description: 'What kind of actor it was.' }),
              id: Nullable(Type.String({ description: 'Id of application or administrator.' })),
              name: Nullable(Type.String({ description: 'Its name; null for an application that is gone.' })),
            }),
            subject: Nullable(Type.String({ description: 'Id, code or key of what changed.' })),
            data: anything('What the event says.'),
            change: Nullable(
              Type.Object({ before: anything('Members before.'), after: anything('The same members after.') }),
            ),
            is_test: Type.Boolean({ description: 'Whether it was made to test a webhook.' }),
          }),
        ),
        next_token: Nullable(Type.String({ description: 'Opens the next page; null on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const size = pageSize(query.page_size, largestTokenPage)
    const { since, until } = periodOf(query)
    const wanted = query.type ? wantedTypes(query.type) : undefined
    let rows = db
      .selectFrom('events')
      .leftJoin('applications', 'applications.id', 'events.application_id')
      .select([
        'events.seq',
        'events.id',
        'events.type',
        'source',
        'events.created_at_ms',
        'application_id',
        'applications.name as application_name',
        'administrator_id',
        'administrator_name',
        'request_id',
        'subject',
        'data',
        'change',
      ])
    if (query.next_token) {
      const { after } = environment.pageTokens.read('activity', query.next_token)
      rows = rows.where('events.seq', '<', after.seq)
    }
    if (wanted !== undefined) rows = rows.where('events.type', 'in', [...wanted, ''])
    if (query.source) rows = rows.where('source', '=', query.source)
    if (query.subject) rows = rows.where('subject', '=', query.subject)
    const { actor } = query
    if (actor) {
      rows = rows.where((where) =>
        where.or([where('application_id', '=', actor), where('administrator_id', '=', actor)]),
      )
    }
    if (since !== undefined) rows = rows.where('events.created_at_ms', '>=', since)
    if (until !== undefined) rows = rows.where('events.created_at_ms', '<', until)
    const found = await rows
      .orderBy('events.seq', 'desc')
      .limit(size + 1)
      .execute()
    const page = found.slice(0, size)
    const last = found.length > size ? page.at(-1) : undefined
    return {
      ...ok,
      events: page.map((row) => {
        const { is_test: isTest, ...data } = JSON.parse(row.data) as Record<string, unknown>
        return {
          id: row.id,
          type: row.type,
          source: row.source,
          created_at: moment(row.created_at_ms),
          request_id: row.request_id,
          actor: actorOf(row),
          subject: row.subject,
          data,
          change: row.change === null ? changeIn(data) : JSON.parse(row.change),
          is_test: isTest === true,
        }
      }),
      next_token: last === undefined ? null : environment.pageTokens.write('activity', '', { seq: last.seq }),
    }
  },
})

function actorOf(row: {
  application_id: string | null
  application_name: string | null
  administrator_id: string | null
  administrator_name: string | null
}) {
  if (row.administrator_id !== null) {
    return { kind: 'administrator' as const, id: row.administrator_id, name: row.administrator_name }
  }
  if (row.application_id) return { kind: 'application' as const, id: row.application_id, name: row.application_name }
  return { kind: 'server' as const, id: null, name: null }
}

/** What an event says of itself, as those of former versions do. */
function changeIn({ before, after }: Record<string, unknown>): { before: object; after: object } | null {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
  return isObject(before) && isObject(after) ? { before, after } : null
}

/** @throws {ApiError} 400 INVALID_EVENT_TYPE */
function wantedTypes(list: string): string[] {
  return list.split(',').flatMap((word) => {
    const name = word.trim()
    const matching = types.filter((type) => (name.endsWith('.*') ? type.startsWith(name.slice(0, -1)) : type === name))
    if (matching.length > 0) return matching
    throw invalid(
      'type',
      `There is no type ${name}. GET /admin/api/activity/types lists those that there are.`,
      'INVALID_EVENT_TYPE',
    )
  })
}
