/**
 * A refusal of the Management API. Reply: `{"errors":[{"code","message","field"?}]}` with the status.
 * The message names what was wrong, with which value, and the next step when there is one; never a secret.
 */
export class ApiError extends Error {
  readonly status: number
  /** UPPER_SNAKE; data for programs. */
  readonly code: string
  /** The member or parameter at fault, when one is. */
  readonly field: string | undefined
  /** When it may be tried again; becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    options: { field?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.field = options.field
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** 404 for an entity that path, `id` or `code` names. The code is `<ENTITY>_NOT_FOUND`. */
export function notFound(entity: string, id: string): ApiError {
  const words = entity.replaceAll('_', ' ')
  return new ApiError(404, `${entity.toUpperCase()}_NOT_FOUND`, `There is no ${words} with the id ${shown(id)}.`)
}

/** 400 for a member or parameter whose value cannot be taken. */
export function invalid(field: string, message: string, code = 'INVALID_VALUE'): ApiError {
  return new ApiError(400, code, message, { field })
}

/** A caller's value for use in a message: quoted, and short even when the value is not. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value)
}

/** The error codes of RFC 6749 §5.2 and RFC 7009 §2.2.1 that this server gives; they have none for a limit. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'unsupported_token_type'
  | 'invalid_token'
  | 'access_denied'
  | 'too_many_requests'
  | 'server_error'
  | 'temporarily_unavailable'

/** A refusal of an OAuth endpoint. Reply: `{"error","error_description"}` (RFC 6749 §5.2). */
export class OAuthError extends Error {
  readonly status: number
  readonly error: OAuthErrorCode
  /** The scheme of the credentials that were refused; becomes `WWW-Authenticate`. */
  readonly scheme: 'Basic' | 'Bearer' | undefined
  /** For the reply: name, value, name, value. */
  readonly headers: readonly string[]

  constructor(
    status: number,
    error: OAuthErrorCode,
    description: string,
    options: { scheme?: 'Basic' | 'Bearer' | undefined; headers?: readonly string[]; cause?: unknown } = {},
  ) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OAuthError'
    this.status = status
    this.error = error
    this.scheme = options.scheme
    this.headers = options.headers ?? []
  }
}

/** The database does not answer at the moment. Reply: 503 with Retry-After. The message is for the log. */
export class DatabaseUnavailable extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'DatabaseUnavailable'
  }
}

/** A setting or a state of the machine that keeps the server from starting; its message is one line for a person. */
export class StartError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'StartError'
  }
}
