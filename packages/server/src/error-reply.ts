import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Environment } from './environment.ts'
import { ApiError, DatabaseUnavailable, OAuthError } from './errors.ts'
import { noteCall } from './note-call.ts'
import { invalidRequest } from './oauth/request.ts'
import { largestBody } from './request-body.ts'
import { noHeaders } from './send-json.ts'

const json = 'application/json; charset=utf-8'

/** Answers whatever was thrown, in the form of the surface that was called, and notes it. */
export function replyWithError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  environment: Environment,
): void {
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
