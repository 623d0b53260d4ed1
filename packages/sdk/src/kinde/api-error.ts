import type { ApiError as Refusal } from '../errors.ts'

/** What was asked, in the form of Kinde's package. */
export interface ApiRequestOptions {
  readonly method: string
  /** The path with its `{names}`. */
  readonly url: string
  readonly path?: Record<string, unknown>
  readonly query?: Record<string, unknown>
  readonly body?: unknown
}

/**
 * A reply that is no success, with the members that Kinde's package gives its errors. `cause` is the error of
 * `@kindred/sdk`, one class for each kind of fault.
 */
export class ApiError extends Error {
  readonly url: string
  readonly status: number
  readonly statusText: string
  readonly body: unknown
  readonly request: ApiRequestOptions
  override readonly cause: Refusal

  constructor(request: ApiRequestOptions, url: string, cause: Refusal) {
    super(cause.message)
    this.name = 'ApiError'
    this.url = url
    this.status = cause.status
    this.statusText = cause.statusText
    this.body = cause.body
    this.request = request
    this.cause = cause
  }
}
