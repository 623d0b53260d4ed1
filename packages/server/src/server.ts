import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import fastJsonStringify from 'fast-json-stringify'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { browserOf, consoleCaller, hasConsoleCookie, requireConsoleRequest } from './admin/console-access.ts'
import { operations } from './api/index.ts'
import { BearerCheck, type Caller, requireAccess, requireOwnOrganization } from './auth.ts'
import { connectedAppsRoutes } from './connected-apps-routes.ts'
import { consoleRoutes } from './console-routes.ts'
import type { Environment } from './environment.ts'
import { ApiError, DatabaseUnavailable, OAuthError } from './errors.ts'
import { callOutOnce, keyedRequest, once } from './idempotency.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { type Actor, type ChangeEvent, recordEvents } from './journal/record.ts'
import { managementAudience } from './management-api.ts'
import { invalidRequest } from './oauth/request.ts'
import { oauthRoutes } from './oauth-routes.ts'
import { type Browser, JsonText, noContent, type Operation, type OperationRequest } from './operation.ts'
import type { RateLimit, RateLimits } from './rate-limit.ts'
import type { LoggedCall } from './request-log.ts'
import { noHeaders, sendJson, sendNoContent } from './send-json.ts'
import type { KeptReply } from './store/idempotency-keys.ts'
import { systemRoutes } from './system-routes.ts'
import { uploadedFile } from './upload.ts'
import { inputCheck } from './validate.ts'

/** The largest body that is read, in bytes. */
const largestBody = 1_048_576
/** The largest multipart body; what a file may have is for the operation to say. */
const largestUpload = 4 * 1_048_576
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
  const app = createApp(environment, options)
  options.extend?.(app)
  for (const operation of operations) addOperation(app, operation, surface, options.noteRequest)
  refuseOtherMethods(app, operations)
  oauthRoutes(app, surface)
  systemRoutes(app, surface)
  connectedAppsRoutes(app, surface)
  invitationRoutes(app, surface)
  consoleRoutes(app, surface)
  return app
}

/** Fastify as every address of the server has it: bodies as text, refusals in one shape. It has no routes yet. */
export function createApp(
  environment: Environment,
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
  app.setNotFoundHandler((request, reply) => {
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

/** The life of a request: authenticate, check access, validate, transact, handle, reply. */
export function addOperation(
  app: FastifyInstance,
  operation: Operation,
  { environment, bearer }: Surface,
  noteRequest?: (() => void) | undefined,
): void {
  const check = inputCheck(operation)
  const { status, stringify } = successReply(operation)
  const handle = operation.handler as (request: unknown) => Promise<unknown>
  const { store, ids, cipher, rateLimits } = environment
  const context = { operation, environment }
  const stranger = { ...nobody, rateLimit: rateLimits.byDefault }
  const { subscriptions } = environment.webhooks
  const isOfConsole = operation.role !== undefined
  const recordsNothing = () => {
    throw new Error(`${operation.id} reads: it has nothing to record.`)
  }

  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    config: {
      notFoundAsObject: operation.notFoundAsObject ?? false,
      operationId: operation.id,
      scope: operation.scope,
    },
    // Before the body is read: who may not call has nothing to send.
    onRequest: function authenticate(request, _reply, done) {
      noteRequest?.()
      request.startedAt = performance.now()
      const { authorization } = request.headers
      const known = bearer.peek(authorization)
      if (operation.anonymous && authorization === undefined) {
        admitNobody(request, stranger, context, done)
        return
      }
      if (known !== undefined) {
        admit(request, known, context, done)
        return
      }
      const isConsole = authorization === undefined && (isOfConsole || hasConsoleCookie(request.raw))
      const caller = isConsole ? consoleCaller(request.raw, environment) : bearer.authenticate(authorization)
      caller.then((caller) => admit(request, caller, context, done), done)
    },
    handler: async function handleOperation(request, reply) {
      const caller = request.caller!
      refuseUnstorableUrl(request.raw.url!)
      const file = operation.upload && (await uploadedFile(request, operation.upload))
      const text = file === undefined ? requestText(request) : undefined
      const { query, body } = check(request.query as Record<string, unknown>, text)
      requireOwnOrganization(caller, operation, { query, body })
      const now = environment.now()
      const remoteAddress = request.ip
      const browser = isOfConsole ? browserOf(request.raw, caller) : undefined
      const common = { params: request.params, query, body, file, now, caller, remoteAddress, browser, environment }
      if (operation.method === 'GET' && !operation.callsOut) {
        const result = await handle({ ...common, db: store.read, record: recordsNothing })
        finish(
          request,
          reply,
          replyOf(result),
          browser === undefined ? (request.rateHeaders ?? noHeaders) : consoleHeaders(browser),
        )
        return
      }
      const write: OperationRequest['write'] = async (work) => {
        let isQueued = false
        const result = await store.write(async (db) => {
          const events: ChangeEvent[] = []
          const result = await work(db, (type, data) => events.push({ type, data }))
          const actor = actorOf(caller, browser, request.id)
          isQueued = await recordEvents(db, events, { actor, ids, now, subscriptions })
          return result
        })
        if (isQueued) environment.webhooks.wake()
        return result
      }
      const callOut = () => handle({ ...common, db: store.read, record: recordsNothing, write })
      // Not the console's own: what it is answered comes with cookies.
      const key = operation.method === 'GET' || isOfConsole ? undefined : request.headers['idempotency-key']
      if (key === undefined) {
        const result = await (operation.callsOut ? callOut() : write((db, record) => handle({ ...common, db, record })))
        finish(
          request,
          reply,
          replyOf(result),
          browser === undefined ? (request.rateHeaders ?? noHeaders) : consoleHeaders(browser),
        )
        return
      }
      const keyed = keyedRequest(key, { caller, method: operation.method, url: request.raw.url! }, { text, file })
      const answer = await (operation.callsOut
        ? callOutOnce(keyed, environment, async () => replyOf(await callOut()))
        : write((db, record) =>
            once(db, keyed, { cipher, now }, async () => replyOf(await handle({ ...common, db, record }))),
          ))
      const headers = request.rateHeaders ?? noHeaders
      finish(request, reply, answer.reply, answer.isReplayed ? [...headers, ...replayed] : headers)
    },
  })

  function finish(request: FastifyRequest, reply: FastifyReply, kept: KeptReply, headers: readonly string[]): void {
    // Looking at the console is not what anyone looks for in it.
    if (!isOfConsole || operation.method !== 'GET') noteCall(request, environment, kept.status, null)
    sendReply(reply, kept, headers)
  }

  function replyOf(result: unknown): KeptReply {
    if (result === noContent) return { status: 204, text: '' }
    return { status, text: result instanceof JsonText ? result.text : stringify(result) }
  }
}

/** Notes a call in the request log. @param reason why it was refused */
export function noteCall(
  request: FastifyRequest,
  environment: Environment,
  status: number,
  reason: LoggedCall['reason'],
): void {
  const { operationId: operation = null, scope = null } = request.routeOptions.config
  const { caller, startedAt } = request
  environment.requestLog.note({
    method: request.method,
    path: request.raw.url!,
    operation,
    scope,
    status,
    durationMs: startedAt === 0 ? 0 : performance.now() - startedAt,
    applicationId: (caller?.applicationId ?? request.clientId) || null,
    administrator: caller?.administrator ?? null,
    requestId: request.id,
    address: request.ip,
    reason,
  })
}

/** Tells that the answer is the first one given again. */
const replayed = ['idempotency-replayed', 'true']

function sendReply(reply: FastifyReply, { status, text }: KeptReply, headers: readonly string[]): void {
  if (status === 204) sendNoContent(reply, headers)
  else sendJson(reply, status, text, headers)
}

/** Who calls an anonymous operation without a token. */
const nobody: Caller = {
  applicationId: '',
  administrator: null,
  orgCode: null,
  scopes: new Set(),
  jti: '',
  rateLimit: null,
}

function admitNobody(
  request: FastifyRequest,
  stranger: Caller,
  { operation, environment }: { operation: Operation; environment: Environment },
  done: (error?: Error) => void,
): void {
  const { rateLimits, baseUrl } = environment
  request.caller = stranger
  try {
    if (stranger.rateLimit !== null) requireWithinLimit(request, stranger, stranger.rateLimit, rateLimits)
    // Signing in behind a person's back, to another account, is an attack too.
    if (operation.role !== undefined) requireConsoleRequest(request.raw, baseUrl)
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}

/** Who is said to have made a change. */
function actorOf(caller: Caller, browser: Browser | undefined, requestId: string): Actor {
  const administrator = browser?.administrator ?? caller.administrator
  if (administrator === null) return { source: 'api', applicationId: caller.applicationId, requestId }
  return { source: 'admin', applicationId: null, administrator, requestId }
}

/** What the console's browser is told is for nobody else, and for no cache. */
function consoleHeaders({ setCookie }: Browser): string[] {
  const headers = ['cache-control', 'no-store']
  return setCookie === undefined ? headers : [...headers, 'set-cookie', setCookie]
}

function admit(
  request: FastifyRequest,
  caller: Caller,
  { operation, environment }: { operation: Operation; environment: Environment },
  done: (error?: Error) => void,
): void {
  const { rateLimits, tokenUse, now } = environment
  request.caller = caller
  try {
    if (caller.apiKeyId !== undefined) tokenUse.noteKey(caller.apiKeyId, now(), request.ip)
    if (caller.rateLimit !== null) requireWithinLimit(request, caller, caller.rateLimit, rateLimits)
    requireAccess(caller, operation, request.params as Record<string, string>)
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}

/** @throws {ApiError} 429 TOO_MANY_REQUESTS, with the headers that tell when to come again */
function requireWithinLimit(request: FastifyRequest, caller: Caller, limit: RateLimit, rateLimits: RateLimits): void {
  const { applicationId } = caller
  const { isRefused, headers } =
    applicationId === '' ? rateLimits.takeStranger(request.ip, limit) : rateLimits.take(applicationId, limit)
  request.rateHeaders = headers
  if (isRefused) throw new ApiError(429, 'TOO_MANY_REQUESTS', 'Request was throttled')
}

/** The body as text; refuses what is not JSON by its own account. */
export function requestText(request: FastifyRequest): string | undefined {
  const body = request.body as string | Buffer | undefined
  if (body === undefined || body.length === 0) return undefined
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== undefined && type !== 'application/json' && !type.endsWith('+json')) {
    throw new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', `Send the body as application/json; ${type} was sent.`)
  }
  return body.toString()
}

/** The status of an operation's success, and the function that writes its reply: only members of the schema leave. */
export function successReply(operation: Operation): { status: number; stringify: (value: unknown) => string } {
  const [status, schema] = Object.entries(operation.responses)[0]!
  if (schema === null) return { status: Number(status), stringify: JSON.stringify }
  let stringify: ((value: unknown) => string) | undefined
  return {
    status: Number(status),
    stringify(value) {
      stringify ??= fastJsonStringify(schema as never)
      return stringify(value)
    },
  }
}

/** A known path with another method: 405 and what is allowed. RFC 9110 §15.5.6. */
export function refuseOtherMethods(app: FastifyInstance, list: readonly Operation[]): void {
  const all = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const allowed = new Map<string, string[]>()
  for (const { path, method } of list) {
    const url = path.replaceAll(/\{(\w+)\}/g, ':$1')
    allowed.set(url, [...(allowed.get(url) ?? []), method])
  }
  for (const [url, methods] of allowed) {
    app.route({
      method: all.filter((method) => !methods.includes(method)),
      url,
      handler: async function refuseMethod(request, reply) {
        reply.header('allow', methods.join(', '))
        throw new ApiError(
          405,
          'METHOD_NOT_ALLOWED',
          `${request.method} is not possible here. Possible: ${methods.join(', ')}.`,
        )
      },
    })
  }
}

function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply, environment: Environment): void {
  const oauth = request.raw.url?.startsWith('/oauth2/') ?? false
  const refusal = oauth ? oauthError(error) : apiError(error)
  const { log } = environment
  const code = refusal instanceof OAuthError ? refusal.error : refusal.code
  const field = refusal instanceof OAuthError ? undefined : refusal.field
  noteCall(request, environment, refusal.status, { code, message: refusal.message, field })
  // Without the stack: while a database is away there are as many of these as requests.
  if (refusal.status === 503) log.warn({ reason: (error as Error).message, requestId: request.id }, 'request refused')
  else if (refusal.status >= 500) log.error({ err: error, requestId: request.id }, 'request failed')
  else log.debug({ err: error, requestId: request.id, status: refusal.status }, 'request refused')
  reply.code(refusal.status).type(json).header('x-request-id', request.id)
  if (refusal.status === 503) reply.header('retry-after', '1')
  const headers = refusal instanceof OAuthError ? refusal.headers : (request.rateHeaders ?? noHeaders)
  for (let at = 0; at < headers.length; at += 2) reply.header(headers[at]!, headers[at + 1])
  if (refusal instanceof OAuthError) {
    reply.header('cache-control', 'no-store')
    const { scheme } = refusal
    if (scheme === 'Bearer') reply.header('www-authenticate', `Bearer realm="kindred", error="${refusal.error}"`)
    else if (scheme !== undefined) reply.header('www-authenticate', `${scheme} realm="kindred"`)
    reply.send(JSON.stringify({ error: refusal.error, error_description: refusal.message }))
    return
  }
  const { message, status } = refusal
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', String(refusal.retryAfterSeconds))
  // RFC 6750 §3.1: no error code for who sent no token.
  if (code === 'SESSION_MISSING' || code === 'SESSION_ENDED' || code === 'SIGN_IN_FAILED') {
    // RFC 9110 §11.6.1 asks for a challenge; a browser has none for a form.
    reply.header('www-authenticate', 'Session realm="kindred"')
  } else if (code === 'TOKEN_MISSING') reply.header('www-authenticate', 'Bearer realm="kindred"')
  else if (status === 401) reply.header('www-authenticate', 'Bearer realm="kindred", error="invalid_token"')
  if (code === 'SCOPE_MISSING') {
    const scope = message.slice(message.indexOf(': ') + 2)
    reply.header('www-authenticate', `Bearer realm="kindred", error="insufficient_scope", scope="${scope}"`)
  }
  const fault = field === undefined ? { code, message } : { code, message, field }
  const asObject = status === 404 && request.routeOptions.config.notFoundAsObject
  reply.send(JSON.stringify({ errors: asObject ? fault : [fault] }))
}

/** Whatever was thrown, as a refusal of the Management API. */
function apiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof DatabaseUnavailable) {
    return new ApiError(503, 'DATABASE_UNAVAILABLE', 'The database does not answer at the moment. Try again.', {
      cause: error,
    })
  }
  const { statusCode, code } = error as { statusCode?: number; code?: string }
  if (statusCode === 413) return new ApiError(413, 'BODY_TOO_LARGE', `A body holds ${largestBody} bytes at most.`)
  if (statusCode === 415) return new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError(
      statusCode,
      code === 'FST_ERR_BAD_URL' ? 'INVALID_URL' : 'BAD_REQUEST',
      (error as Error).message,
    )
  }
  return new ApiError(500, 'INTERNAL_ERROR', 'The server failed. Its log tells why, under this x-request-id.', {
    cause: error,
  })
}

/** Whatever was thrown, as a refusal of an OAuth endpoint. */
function oauthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  const refusal = apiError(error)
  if (refusal.status === 415) return invalidRequest('Send the parameters as application/x-www-form-urlencoded.')
  if (refusal.status < 500) return invalidRequest(refusal.message, refusal.status)
  const kind = refusal.status === 503 ? 'temporarily_unavailable' : 'server_error'
  return new OAuthError(refusal.status, kind, refusal.message, { cause: error })
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

/** A NUL in the address: no id holds one, and PostgreSQL cannot store it. */
function refuseUnstorableUrl(url: string): void {
  if (url.includes('%00')) throw new ApiError(400, 'INVALID_URL', 'The address holds a NUL character: remove %00.')
}
