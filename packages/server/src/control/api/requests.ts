import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { controlOf } from '../control.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

const LoggedRequestSchema = named(
  'logged_request',
  Type.Object({
    number: Type.Integer({ description: 'Counts from 1.' }),
    at: Type.String({ description: 'When it came, by the clock of the environment. RFC 3339.' }),
    method: Type.String({ description: 'Its method.' }),
    path: Type.String({ description: 'Its address without the query.' }),
    query: Type.Unsafe<Record<string, string>>({ type: 'object', additionalProperties: {}, description: 'The query.' }),
    operation: Nullable(
      Type.String({ description: 'Id of the operation, or oauth2/token and the like; null for any other address.' }),
    ),
    status: Nullable(Type.Integer({ description: 'What was answered; null when the connection was cut before.' })),
    application: Nullable(Type.String({ description: 'The client id that it was made with.' })),
    request_id: Type.String({ description: 'Id of the request, as x-request-id has it.' }),
    body: Type.Unsafe<unknown>({ description: 'What was sent; secrets are replaced by ***.' }),
    fault: Nullable(Type.String({ description: 'Id of the fault that hit it.' })),
  }),
)

export const listRequests = operation({
  id: 'listRequests',
  method: 'GET',
  path: '/_kindred/requests',
  scope: null,
  tag: 'Requests',
  summary: 'List requests',
  description: 'The last 10,000 requests, oldest first, but for those of this API. Filters narrow each other.',
  query: Type.Object({
    operation: text('Id of the operation.'),
    method: text('Method.'),
    path: text('Address without the query.'),
    status: Type.Optional(Type.Integer({ description: 'Status that was answered.' })),
    application: text('Client id.'),
    request_id: text('Id of the request.'),
  }),
  responses: { 200: Success({ requests: Type.Array(LoggedRequestSchema) }) },
  handler: async ({ query, environment }) => {
    const { request_id: requestId, ...rest } = query
    const found = controlOf(environment).requests.list({ ...rest, ...(requestId === undefined ? {} : { requestId }) })
    return { ...ok, requests: found.map(({ requestId, ...request }) => ({ ...request, request_id: requestId })) }
  },
})

export const clearRequests = operation({
  id: 'clearRequests',
  method: 'DELETE',
  path: '/_kindred/requests',
  scope: null,
  tag: 'Requests',
  summary: 'Forget the requests',
  description: 'Empties the log; the next request has the number 1.',
  responses: { 200: SuccessReply },
  handler: async ({ environment }) => {
    controlOf(environment).requests.clear()
    return ok
  },
})
