import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError } from '../errors.ts'
import type { Control } from './control.ts'
import { type Fault, takeEffect } from './faults.ts'
import { type LoggedRequest, masked, shownBody } from './request-log.ts'

/** The beginning of every address of the control API, which neither is logged nor suffers faults. */
export const controlPrefix = '/_kindred'

const bearer = /^bearer +[\w-]+\.([\w-]+)\.[\w-]+$/i
const basic = /^basic +([\w+/=-]+)$/i

/**
 * Adds what logs every request, and lets those fail that a fault is meant for.
 * @param options `isLeftOut`: which requests neither are logged nor suffer faults
 */
export function observe(
  app: FastifyInstance,
  { clock, faults, requests }: Control,
  options: { isLeftOut?: (request: FastifyRequest) => boolean } = {},
): void {
  const logged = new WeakMap<FastifyRequest, LoggedRequest>()

  app.addHook('onRequest', async function logRequest(request, reply) {
    const { method, url } = request
    const path = url.split('?', 1)[0]!
    if (isControl(path) || options.isLeftOut?.(request)) return
    const operation = request.routeOptions.config.operationId ?? null
    const fault = faults.strike({ operation, method, path })
    const entry = requests.add({
      at: new Date(clock.now()).toISOString(),
      method,
      path,
      query: masked({ ...(request.query as object) }) as Record<string, string>,
      operation,
      status: null,
      application: null,
      requestId: request.id,
      body: null,
      fault: fault?.id ?? null,
    })
    logged.set(request, entry)
    const { raw } = reply
    // Before the client has the answer, so that it finds the status here.
    raw.once('finish', () => {
      entry.status = raw.statusCode
      if (entry.status !== 401) entry.application = applicationOf(request)
    })
    raw.once('close', () => {
      if (entry.status === null) entry.application = applicationOf(request)
    })
    if (fault === undefined) return
    if (await takeEffect(fault, request, reply)) return
    if (fault.fault.status !== undefined) {
      const seconds = retryAfterSeconds(fault.fault)
      if (seconds !== undefined) reply.headers({ 'retry-after': `${seconds}`, 'ratelimit-reset': `${seconds}` })
      throw refusal(fault.fault)
    }
  })

  app.addHook('preHandler', async function logBody(request) {
    const entry = logged.get(request)
    if (entry === undefined) return
    const { body } = request
    const isFile = Buffer.isBuffer(body)
    entry.body = isFile
      ? `${body.length} bytes`
      : shownBody(body as string | undefined, request.headers['content-type'])
  })
}

function isControl(path: string): boolean {
  return path === controlPrefix || path.startsWith(`${controlPrefix}/`)
}

const codes: Record<number, [code: string, message: string]> = {
  429: ['TOO_MANY_REQUESTS', 'Request was throttled'],
  503: ['SERVICE_UNAVAILABLE', 'The service is not available at the moment. Try again.'],
}

function refusal({ status, code, message }: Fault): ApiError {
  const [usualCode, usualMessage] = codes[status!] ?? ['FAULT', 'A fault was placed here by a test.']
  return new ApiError(status!, code ?? usualCode, message ?? usualMessage)
}

function retryAfterSeconds({ status, retryAfterSeconds: given }: Fault): number | undefined {
  return given ?? (status === 429 || status === 503 ? 1 : undefined)
}

/** The client id that a request was made with; whether it was good is for the status to say. */
function applicationOf(request: FastifyRequest): string | null {
  if (request.caller !== undefined) return request.caller.applicationId || null
  const { authorization = '' } = request.headers
  const payload = bearer.exec(authorization)?.[1]
  if (payload !== undefined) return claimedApplication(payload)
  if (!request.url.startsWith('/oauth2/')) return null
  const encoded = basic.exec(authorization)?.[1]
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString().split(':', 1)[0] || null
  return typeof request.body === 'string' ? new URLSearchParams(request.body).get('client_id') : null
}

function claimedApplication(payload: string): string | null {
  try {
    const { azp } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return typeof azp === 'string' ? azp : null
  } catch {
    return null // no token of ours
  }
}
