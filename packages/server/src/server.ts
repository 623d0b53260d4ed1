import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'
import { operations } from './api/index.ts'
import { BearerCheck, type Caller } from './auth.ts'
import { connectedAppsRoutes } from './connected-apps-routes.ts'
import { consoleRoutes } from './console-routes.ts'
import type { Environment } from './environment.ts'
import { replyWithError } from './error-reply.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { managementAudience } from './management-api.ts'
import { noteCall } from './note-call.ts'
import { oauthRoutes } from './oauth-routes.ts'
import type { Operation } from './operation.ts'
import { addOperation } from './operation-route.ts'
import { refuseOtherMethods } from './other-methods.ts'
import { largestBody, largestUpload } from './request-body.ts'
import { systemRoutes } from './system-routes.ts'

const json = 'application/json; charset=utf-8'

/** What the surfaces of the server share. */
export interface Surface {
  environment: Environment
  bearer: BearerCheck
  isManagementAudience: (audience: string) => boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
    /** What the reply tells of the caller's limit: name, value, name, value. */
    rateHeaders: readonly string[] | undefined
    /** By `performance.now()`; 0 where nothing is measured. */
    startedAt: number
    /** The application that asks the token endpoint, once it is known. */
    clientId: string | null
  }
  interface FastifyContextConfig {
    /** The operation that a route belongs to. */
    operationId?: string
    scope?: string | null
    notFoundAsObject?: boolean
  }
}

/**
 * Builds the HTTP server of one environment. It does not listen yet.
 * @param serverFactory makes the listening server for Fastify's request listener; Fastify's own where it is left out
 * @param options `noteRequest` is called for each request of the Management API; `extend` may add hooks and routes of
 *   its own, before any other route is there, so that its hooks see every request; `requestIds` makes the ids of requests
 *   that bring none
 */
export function buildServer(
  environment: Environment,
  options: {
    serverFactory?: (handler: RequestListener) => Server
    noteRequest?: () => void
    extend?: (app: FastifyInstance) => void
    requestIds?: () => string
  } = {},
): FastifyInstance {
  const isManagementAudience = managementAudience(environment.baseUrl)
  const bearer = new BearerCheck({ ...environment, isManagementAudience })
  const surface: Surface = { environment, bearer, isManagementAudience }
  const app = createApp(environment, operations, options)
  options.extend?.(app)
  for (const operation of operations) addOperation(app, operation, surface, options.noteRequest)
  oauthRoutes(app, surface)
  systemRoutes(app, surface)
  connectedAppsRoutes(app, surface)
  invitationRoutes(app, surface)
  consoleRoutes(app, surface)
  return app
}

/**
 * Fastify as every address of the server has it: bodies as text, refusals in one shape, also of other methods than a path
 * of `list` has. Routes for the operations themselves are for the caller to add.
 */
export function createApp(
  environment: Environment,
  list: readonly Operation[],
  options: { serverFactory?: (handler: RequestListener) => Server; requestIds?: () => string } = {},
): FastifyInstance {
  const app = fastify({
    ...(options.serverFactory === undefined ? {} : { serverFactory: options.serverFactory }),
    bodyLimit: largestBody,
    // The listening server has answered already what is not HTTP; a second answer would cut the first one off.
    clientErrorHandler: () => {},
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => replyWithError(error, request, reply, environment),
    genReqId: (request) => requestId(request, options.requestIds ?? nextRequestId),
    requestIdHeader: false,
    rewriteUrl: withoutOrigin,
    routerOptions: { maxParamLength: 1000 },
  })
  app.decorateRequest('caller', undefined)
  app.decorateRequest('rateHeaders', undefined)
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('clientId', null)
  // Every body is read as text: what it means is for the route to say, and an empty one is never an error.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: largestUpload },
    (_request, body, done) => done(null, body),
  )
  app.setErrorHandler((error, request, reply) => replyWithError(error, request, reply, environment))
  const refuseKnownPath = refuseOtherMethods(app, list)
  app.setNotFoundHandler((request, reply) => {
    refuseKnownPath(request, reply)
    // Here `errors` is an object and not a list: that is how Kinde answers.
    const error = { code: 'ROUTE_NOT_FOUND', message: 'The requested API route does not exist' }
    if (request.raw.url!.startsWith('/api/')) noteCall(request, environment, 404, { ...error, field: undefined })
    reply
      .code(404)
      .type(json)
      .send(JSON.stringify({ errors: error }))
  })

  return app
}

const processPrefix = randomBytes(6).toString('hex')
let requestCount = 0

/** The id that the caller gave the request, if it is a plain one; else one of this process. */
function requestId(request: IncomingMessage, next: () => string): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : next()
}

function nextRequestId(): string {
  requestCount += 1
  return `${processPrefix}-${requestCount.toString(36)}`
}

/** Some clients send the whole URL in the request line (RFC 9112 §3.2.2). */
function withoutOrigin(request: IncomingMessage): string {
  const url = request.url!
  return url.startsWith('http') ? url.replace(/^https?:\/\/[^/?#]*(?=[/?#]|$)/, '') || '/' : url
}
