import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { type RateLimit, rateLimitForms } from '../rate-limit.ts'
import { holdApplication, requireApplication, setRateLimit } from '../store/applications.ts'

const limit = Nullable(Type.String({ description: `Its own limit: ${rateLimitForms}. Null: the server's holds.` }))

const RateLimitReply = named(
  'application_rate_limit_response',
  Success({
    rate_limit: limit,
    server_rate_limit: Type.String({ description: 'What holds for applications without a limit of their own.' }),
  }),
)

export const getApplicationRateLimit = operation({
  id: 'getApplicationRateLimit',
  method: 'GET',
  path: '/admin/api/applications/{application_id}/rate_limit',
  scope: 'read:applications',
  role: 'read_only',
  tag: 'Applications',
  summary: "Get an application's rate limit",
  description: 'The limit of its own, if it has one, and the one that the server has for the others.',
  responses: { 200: RateLimitReply },
  handler: async ({ params, db, environment }) => {
    const { rate_limit } = await requireApplication(db, params.application_id)
    return { ...ok, rate_limit, server_rate_limit: spelled(environment.rateLimits.byDefault) }
  },
})

export const setApplicationRateLimit = operation({
  id: 'setApplicationRateLimit',
  method: 'PUT',
  path: '/admin/api/applications/{application_id}/rate_limit',
  scope: 'update:applications',
  role: 'administrator',
  tag: 'Applications',
  summary: "Set an application's rate limit",
  description: 'Holds from the next request on, for tokens that are out there too. Null takes its own limit away.',
  body: Type.Object({ rate_limit: limit }),
  bodyRequired: true,
  responses: { 200: RateLimitReply },
  handler: async ({ params, body, db, environment, record }) => {
    const application = await holdApplication(db, params.application_id)
    const change = await setRateLimit(db, application, body.rate_limit)
    if (change !== undefined) record('application.updated', { application: { id: application.id } }, change)
    return { ...ok, rate_limit: body.rate_limit, server_rate_limit: spelled(environment.rateLimits.byDefault) }
  },
})

function spelled(limit: RateLimit | null): string {
  return limit === null ? 'off' : `${limit.requests}/${limit.seconds}`
}
