import type { StoredToken } from './token-store.ts'

/** One attempt of a request. Never holds a token, a secret or a query. */
export interface RequestEvent {
  method: string
  /** Origin and path. */
  url: string
  /** 1 for the first. */
  attempt: number
}

/** The answer to an attempt. */
export interface ResponseEvent extends RequestEvent {
  status: number
  requestId: string | undefined
  /** From the request to the end of the reply. */
  durationMs: number
}

/** A request that will be sent again. */
export interface RetryEvent extends RequestEvent {
  /** What went wrong: the error that would be thrown if there were no retry. */
  error: Error
  waitMs: number
}

/** A new token has come. */
export type TokenEvent = Pick<StoredToken, 'expiresAtMs' | 'renewAtMs'>

/** Functions that are told of what happens. They are called in line: keep them quick, and let them not throw. */
export interface Hooks {
  request?(event: RequestEvent): void
  response?(event: ResponseEvent): void
  retry?(event: RetryEvent): void
  token?(event: TokenEvent): void
}
