/** What is told of a failed call, beside the sentence of `message`. */
export interface ErrorDetails {
  /** `GET https://…/api/v1/users`, without the query: values of it may be personal. */
  request?: string
  cause?: unknown
}

/** Every error that this package throws on purpose. `message` says what is wrong and what to do next. */
export class KindredError extends Error {
  // Written out in each class: a minifier would change names that are derived.
  override readonly name: string = 'KindredError'
  /** UPPER_SNAKE from the Management API, lower_snake from the token endpoint, or a code of this package's own. */
  readonly code: string
  readonly request: string | undefined

  constructor(code: string, message: string, { request, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.request = request
  }
}

/** The client cannot be used as it was set up: no domain, no credentials, plain HTTP to another machine. */
export class ConfigurationError extends KindredError {
  override readonly name: string = 'ConfigurationError'
}

/** An argument cannot become a request: an empty id, say. Nothing was sent. */
export class InputError extends KindredError {
  override readonly name: string = 'InputError'
  /** The name of the argument. */
  readonly field: string

  constructor(field: string, message: string) {
    super('INVALID_INPUT', message)
    this.field = field
  }
}

/** One fault that the server named. */
export interface Fault {
  code: string
  message: string
  /** The member or parameter at fault, when one is. */
  field?: string
}

/** What a refusal of the server carries. */
export interface ReplyDetails extends ErrorDetails {
  status: number
  statusText: string
  headers: Headers
  faults?: Fault[]
  body?: unknown
}

/** The server answered, with a status that is no success. Every class below it is one thing that a caller may handle. */
export class ApiError extends KindredError {
  override readonly name: string = 'ApiError'
  readonly status: number
  readonly statusText: string
  /** The server's name for the request (`x-request-id`): its log tells more under it. */
  readonly requestId: string | undefined
  /** Everything that the server objected to, mostly one fault. */
  readonly faults: readonly Fault[]
  readonly headers: Headers
  /** The reply, parsed where it was JSON. */
  readonly body: unknown

  constructor(
    code: string,
    message: string,
    { status, statusText, headers, faults = [], body, ...details }: ReplyDetails,
  ) {
    super(code, message, details)
    this.status = status
    this.statusText = statusText
    this.requestId = headers.get('x-request-id') ?? undefined
    this.faults = faults
    this.headers = headers
    this.body = body
  }
}

/** 401, or the token endpoint gave no token. `code` is then the one of RFC 6749 §5.2: `invalid_client`, `invalid_request`. */
export class AuthenticationError extends ApiError {
  override readonly name: string = 'AuthenticationError'
}

/** 403: the token is good, and does not allow this: another audience or another organization. */
export class PermissionError extends ApiError {
  override readonly name: string = 'PermissionError'
}

/** 403: the token lacks the scope that the operation needs. */
export class MissingScopeError extends PermissionError {
  override readonly name: string = 'MissingScopeError'
  /** The scope that has to be granted to the application, such as `read:users`. */
  readonly scope: string

  constructor(scope: string, message: string, details: ReplyDetails) {
    super('SCOPE_MISSING', message, details)
    this.scope = scope
  }
}

/** 404: what the request names does not exist. */
export class NotFoundError extends ApiError {
  override readonly name: string = 'NotFoundError'
}

/** 400, 413, 415 or 422: the request cannot be taken as it was sent. `faults` says which members are wrong. */
export class ValidationError extends ApiError {
  override readonly name: string = 'ValidationError'
  /** The members and parameters at fault, as far as the server names them. */
  get fields(): string[] {
    return this.faults.flatMap(({ field }) => (field === undefined ? [] : [field]))
  }
}

/** 409: it contradicts what is there already. */
export class ConflictError extends ApiError {
  override readonly name: string = 'ConflictError'
}

/** 429, and the retries were used up, or the wait is longer than `maxWaitMs`. */
export class RateLimitError extends ApiError {
  override readonly name: string = 'RateLimitError'
  /** When requests are taken again, as far as the server says. */
  readonly resetAt: Date | undefined

  constructor(code: string, message: string, details: ReplyDetails & { resetAt: Date | undefined }) {
    super(code, message, details)
    this.resetAt = details.resetAt
  }
}

/** 5xx, or a reply that no Management API gives. */
export class ServerError extends ApiError {
  override readonly name: string = 'ServerError'
}

/** There was no answer: the name has no address, nobody listens, the connection was cut, the certificate is not trusted. */
export class NetworkError extends KindredError {
  override readonly name: string = 'NetworkError'
  /** Whether the request surely did not reach the server, so that it is safe to send it again. */
  readonly isUnsent: boolean

  constructor(code: string, message: string, details: ErrorDetails & { isUnsent: boolean }) {
    super(code, message, details)
    this.isUnsent = details.isUnsent
  }
}

/** No answer within `timeoutMs`. Whether the server acted is not known. */
export class TimeoutError extends KindredError {
  override readonly name: string = 'TimeoutError'
}

/** The caller's own signal ended the call. `cause` is the signal's reason. */
export class AbortedError extends KindredError {
  override readonly name: string = 'AbortedError'
}
