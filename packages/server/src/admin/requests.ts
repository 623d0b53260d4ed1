import { Type } from '@sinclair/typebox'
import { invalid } from '../errors.ts'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import type { LoggedCall } from '../request-log.ts'
import { oneOf } from '../store/one-of.ts'
import { largestTokenPage, pageSize, tokenPageParameters } from '../store/page.ts'
import type { Db } from '../store/tables.ts'
import { periodOf, periodParameters } from './activity.ts'
import { fixOf } from './request-fix.ts'
import { Moment, moment } from './shapes.ts'

const text = (description: string) => Type.Optional(Nullable(Type.String({ description })))
const optional = (description: string) => Type.Optional(Type.String({ description }))

const Party = Nullable(
  Type.Object({
    id: Type.String({ description: 'Its id.' }),
    name: Nullable(Type.String({ description: 'Its name; null when it is gone.' })),
  }),
)

export const getRequests = operation({
  id: 'getRequests',
  method: 'GET',
  path: '/admin/api/requests',
  scope: 'read:events',
  role: 'read_only',
  tag: 'Activity',
  summary: 'List calls',
  description:
    'The last calls of the Management API and the token endpoint that this process has answered, newest first. A refused one tells the reason, and what makes it succeed.',
  query: Type.Object({
    ...tokenPageParameters,
    ...periodParameters,
    method: text('HTTP method.'),
    status: text('A status such as `403`, or a class such as `4xx`.'),
    operation: text('Id of the operation.'),
    path: text('Part of the path.'),
    application_id: text('Client id of the application that called.'),
    administrator_id: text('Id of the administrator who called.'),
    request_id: text('Id of the request.'),
  }),
  responses: {
    200: named(
      'requests_response',
      Success({
        requests: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Number of the call in this process.' }),
            at: Moment('When it was answered.'),
            method: Type.String({ description: 'HTTP method.' }),
            path: Type.String({ description: 'Path without the query.' }),
            operation: Nullable(Type.String({ description: 'Id of the operation; null for an unknown address.' })),
            status: Type.Integer({ description: 'Status of the reply.' }),
            duration_ms: Type.Number({ description: 'Time from the request to the reply, in milliseconds.' }),
            application: Party,
            administrator: Party,
            request_id: Type.String({ description: 'The header x-request-id of the reply.' }),
            address: Type.String({ description: 'The address that called.' }),
            reason: Nullable(
              Type.Object({
                code: Type.String({ description: 'Code of the refusal.' }),
                message: Type.String({ description: 'What the caller was told.' }),
              }),
            ),
            fix: Nullable(
              Type.Object({
                action: Type.String({ description: 'What kind of step it takes.' }),
                message: Type.String({ description: 'The step, in words.' }),
                scope: optional('The scope that is missing.'),
                audience: optional('The audience that is right, or that the application is to be authorized for.'),
                application_id: optional('The application that is to be changed.'),
                field: optional('The member or parameter at fault.'),
              }),
            ),
          }),
        ),
        kept: Type.Integer({ description: 'How many calls are kept.' }),
        since: Moment('Since when this process has kept them.'),
        next_token: Nullable(Type.String({ description: 'Opens the next page; null on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { requestLog, pageTokens, baseUrl } = environment
    const size = pageSize(query.page_size, largestTokenPage)
    const after = query.next_token ? pageTokens.read('requests', query.next_token).after.seq : Number.MAX_SAFE_INTEGER
    const matches = filterOf(query)
    const found: LoggedCall[] = []
    for (const call of requestLog.before(after)) {
      if (matches(call)) found.push(call)
      if (found.length > size) break
    }
    const page = found.slice(0, size)
    const names = await applicationNames(db, page)
    const last = found.length > size ? page.at(-1) : undefined
    return {
      ...ok,
      requests: page.map((call) => ({
        id: String(call.id),
        at: moment(call.atMs),
        method: call.method,
        path: call.path,
        operation: call.operation,
        status: call.status,
        duration_ms: Math.round(call.durationMs * 1000) / 1000,
        application:
          call.applicationId === null ? null : { id: call.applicationId, name: names.get(call.applicationId) ?? null },
        administrator: call.administrator,
        request_id: call.requestId,
        address: call.address,
        reason: call.reason,
        fix: fixOf(call, baseUrl),
      })),
      kept: requestLog.kept,
      since: moment(requestLog.sinceMs),
      next_token: last === undefined ? null : pageTokens.write('requests', '', { seq: last.id }),
    }
  },
})

async function applicationNames(db: Db, calls: readonly LoggedCall[]): Promise<Map<string, string>> {
  const ids = [...new Set(calls.map(({ applicationId }) => applicationId ?? ''))]
  const rows = await db
    .selectFrom('applications')
    .select(['id', 'name'])
    .where(oneOf(db, 'id', ids))
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

function filterOf(query: {
  since?: string | null
  until?: string | null
  method?: string | null
  status?: string | null
  operation?: string | null
  path?: string | null
  application_id?: string | null
  administrator_id?: string | null
  request_id?: string | null
}): (call: LoggedCall) => boolean {
  const { since, until } = periodOf(query)
  const { method, status, operation: id, path, application_id: application, administrator_id: administrator } = query
  if (status && !/^[1-5](?:xx|\d\d)$/.test(status)) throw invalid('status', 'status must be like 403 or 4xx.')
  return (call) =>
    (since === undefined || call.atMs >= since) &&
    (until === undefined || call.atMs < until) &&
    (!method || call.method === method.toUpperCase()) &&
    (!status || (status.endsWith('xx') ? String(call.status)[0] === status[0] : String(call.status) === status)) &&
    (!id || call.operation === id) &&
    (!path || call.path.includes(path)) &&
    (!application || call.applicationId === application) &&
    (!administrator || call.administrator?.id === administrator) &&
    (!query.request_id || call.requestId === query.request_id)
}
