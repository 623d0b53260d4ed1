import {
  ApiError,
  AuthenticationError,
  ConflictError,
  type Fault,
  MissingScopeError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  type ReplyDetails,
  ServerError,
  ValidationError,
} from './errors.ts'
import { askedWaitMs } from './retry.ts'

/** The answer to one request. */
export interface Reply {
  status: number
  statusText: string
  headers: Headers
  /** Parsed where it is JSON; the text where it is something else; undefined where there is none. */
  body: unknown
}

/** A refusal of the Management API, as the class that a caller would handle. */
export function apiError(reply: Reply, request: string, now: number): ApiError {
  const { status, statusText, headers, body } = reply
  const faults = faultsOf(body)
  const code = faults[0]?.code ?? `HTTP_${status}`
  const message = faults.map((fault) => fault.message).join(' ') || `The server answered with the status ${status}.`
  const details: ReplyDetails = { status, statusText, headers, faults, body, request }
  switch (status) {
    case 401: {
      const hint = code === 'TOKEN_MISSING' ? '' : ' Check that the token was issued by this server for its audience.'
      return new AuthenticationError(code, `${message}${hint}`, details)
    }
    case 403: {
      const scope = missingScope(headers, faults)
      if (scope === undefined) return new PermissionError(code, message, details)
      const advice = `Grant the scope ${scope} for the Management API to the application, then try again.`
      return new MissingScopeError(scope, `The token lacks the scope ${scope}. ${advice}`, details)
    }
    case 404:
      return new NotFoundError(code, message, details)
    case 409:
      return new ConflictError(code, message, details)
    case 429:
      return rateLimitError(code, message, details, now)
    case 400:
    case 413:
    case 415:
    case 422:
      return new ValidationError(code, message, details)
    default:
      return status >= 500 ? new ServerError(code, message, details) : new ApiError(code, message, details)
  }
}

/** A refusal of the token endpoint (RFC 6749 §5.2), with what to do about it. */
export function tokenError(reply: Reply, request: string, now: number): ApiError {
  const { status, statusText, headers, body } = reply
  const { error, error_description: description } = (isObject(body) ? body : {}) as Record<string, unknown>
  const code = typeof error === 'string' ? error : `HTTP_${status}`
  const details: ReplyDetails = { status, statusText, headers, body, request }
  const said = typeof description === 'string' ? description : `The token endpoint answered with the status ${status}.`
  if (status === 429) return rateLimitError(code, said, details, now)
  if (status >= 500) return new ServerError(code, said, details)
  if (typeof error !== 'string') return notTheServer(reply, request)
  // Kindred says the same in fewer words.
  const problem = said.replace(/ Check client id and client secret\.$/, '')
  return new AuthenticationError(code, `${problem} ${adviceFor(code, said)}`, details)
}

/** The reply is none that the Management API or its token endpoint gives. */
export function notTheServer({ status, statusText, headers, body }: Reply, request: string): ServerError {
  const target = headers.get('location')
  const what = target === null ? `an answer that is no JSON (status ${status})` : `a redirect to ${target}`
  const message = `${request} gave ${what}. Check that the domain is that of a Kinde or Kindred server.`
  return new ServerError('UNEXPECTED_REPLY', message, { status, statusText, headers, body, request })
}

function rateLimitError(code: string, said: string, details: ReplyDetails, now: number): RateLimitError {
  const waitMs = askedWaitMs(details.headers, now)
  const resetAt = waitMs === undefined ? undefined : new Date(now + waitMs)
  const when = resetAt === undefined ? '' : ` Requests are taken again from ${resetAt.toISOString()}.`
  return new RateLimitError(code, `${said}${when}`, { ...details, resetAt })
}

function adviceFor(code: string, said: string): string {
  switch (code) {
    case 'invalid_client':
      return 'Check client id and secret (KINDE_MANAGEMENT_CLIENT_ID, KINDE_MANAGEMENT_CLIENT_SECRET) against those of the application.'
    case 'invalid_scope':
      return 'Grant these scopes to the application, or ask for fewer.'
    case 'unauthorized_client':
      return 'Use an application of the type M2M.'
    default:
      return /audience/i.test(said)
        ? 'Authorize the application for this API, or pass another audience.'
        : 'Check domain, audience and the type of the application.'
  }
}

/** `errors` is a list, and in a few replies one object. */
function faultsOf(body: unknown): Fault[] {
  const { errors } = (isObject(body) ? body : {}) as { errors?: unknown }
  return (Array.isArray(errors) ? errors : [errors]).filter(isObject).map((fault) => ({
    code: String(fault.code ?? 'UNKNOWN'),
    message: String(fault.message ?? fault.code ?? 'No reason was given.'),
    ...(typeof fault.field === 'string' ? { field: fault.field } : {}),
  }))
}

/** RFC 6750 §3 has it in a header; kinde.com only in the message. */
function missingScope(headers: Headers, faults: Fault[]): string | undefined {
  const fault = faults.find(({ code }) => code === 'SCOPE_MISSING')
  const said = /scope is missing: *(\S+)/i.exec(fault?.message ?? '')?.[1]
  return said ?? /error="insufficient_scope".*scope="([^"]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
