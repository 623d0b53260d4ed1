import fastJsonStringify from 'fast-json-stringify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { browserOf, consoleCaller, hasConsoleCookie, requireConsoleRequest } from './admin/console-access.ts'
import { type Caller, requireAccess, requireOwnOrganization } from './auth.ts'
import type { Environment } from './environment.ts'
import { ApiError } from './errors.ts'
import { callOutOnce, keyedRequest, once } from './idempotency.ts'
import { type Actor, type ChangeEvent, recordEvents, recordInto } from './journal/record.ts'
import { noteCall } from './note-call.ts'
import { type Browser, JsonText, noContent, type Operation, type OperationRequest } from './operation.ts'
import type { RateLimit, RateLimits } from './rate-limit.ts'
import { requestText } from './request-body.ts'
import { noHeaders, sendJson, sendNoContent } from './send-json.ts'
import type { Surface } from './server.ts'
import type { KeptReply } from './store/idempotency-keys.ts'
import { uploadedFile } from './upload.ts'
import { inputCheck } from './validate.ts'

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
          const result = await work(db, recordInto(events))
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

/** A NUL in the address: no id holds one, and PostgreSQL cannot store it. */
function refuseUnstorableUrl(url: string): void {
  if (url.includes('%00')) throw new ApiError(400, 'INVALID_URL', 'The address holds a NUL character: remove %00.')
}
