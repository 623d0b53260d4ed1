import { ConfigurationError, InputError } from './errors.ts'
import { List, type Paging } from './list.ts'
import { type ClientOptions, originOf, systemTiming, type Timing } from './options.ts'
import { apiError, notTheServer, type Reply } from './reply-error.ts'
import { honoursIdempotencyKeys, type TokenSource, tokenSource } from './token.ts'
import { Transport, withoutQuery } from './transport.ts'
import { fillPath, queryText } from './url.ts'

/** What a call may say for itself, beside its input. */
export interface RequestOptions {
  /** Ends the call: waiting, sending and retries. */
  signal?: AbortSignal | undefined
  /** Instead of the client's. */
  timeoutMs?: number | undefined
  /** Instead of the client's. */
  maxRetries?: number | undefined
  /** Sent with this request, beside the client's. */
  headers?: Record<string, string> | undefined
  /** The `Idempotency-Key` of a write. Default: a new one for each call, shared by its retries. */
  idempotencyKey?: string | undefined
}

/** The input of an operation that has no parameters. */
export type NoInput = Record<string, never>

/** One operation, as much of it as it takes to send a request. The entries of `operations` are such. */
export interface Call {
  method: string
  /** With `{names}`, which the input fills. */
  path: string
  /** The members of the input that go into the query. */
  query?: readonly string[] | undefined
  /** What becomes of the other members. Default: there may be none. */
  body?: 'json' | 'form' | undefined
}

/** A call whose reply is a list. */
export interface ListCall extends Call {
  /** The member of the reply that holds the entries. */
  items: string
  paging: Paging
}

/** A request to any path, see {@link Client.request}. */
export interface RawRequest extends RequestOptions {
  query?: Record<string, unknown> | undefined
  /** Sent as JSON, unless it is a FormData. */
  body?: unknown
}

/**
 * Calls the Management API of one server for one application: tokens, retries, errors. `Kindred` is a client with every
 * resource on it; where size counts, take a client and the resources that you need: `new Users(new Client(…))`.
 */
export class Client {
  /** The server, no slash at the end. */
  readonly origin: string
  readonly #options: ClientOptions
  readonly #timing: Timing
  readonly #transport: Transport
  readonly #tokens: TokenSource
  #knowsKeys = false

  /** @throws {ConfigurationError} without domain or credentials, or for plain HTTP to another machine */
  constructor(options: ClientOptions = {}) {
    const { fetch = globalThis.fetch, hooks = {}, timing, timeoutMs = 30_000, maxRetries = 3 } = options
    const { maxWaitMs = 60_000, maxConcurrent = Number.POSITIVE_INFINITY } = options
    if (!(maxConcurrent >= 1)) throw new ConfigurationError('OPTION_INVALID', 'maxConcurrent must be at least 1.')
    this.origin = originOf(options)
    this.#options = options
    this.#timing = { ...systemTiming, ...timing }
    this.#transport = new Transport({
      // Called as a function of its own: a browser's fetch takes no other `this`.
      fetch: (...request) => fetch(...request),
      timing: this.#timing,
      hooks,
      timeoutMs,
      maxRetries,
      maxWaitMs,
      maxConcurrent,
    })
    this.#tokens = tokenSource(options, {
      origin: this.origin,
      transport: this.#transport,
      timing: this.#timing,
      hooks,
      learnFrom: (token) => {
        this.#knowsKeys ||= token.honoursIdempotencyKeys ?? false
      },
    })
  }

  /** The access token that the next request would carry; undefined when the client has none by choice. */
  accessToken({ signal }: { signal?: AbortSignal } = {}): Promise<string | undefined> {
    return this.#tokens.get(signal)
  }

  /**
   * Calls an operation. The members of `input` go where the call says: into the path, the query or the body.
   * @throws {InputError} for a member that the operation does not know, or a missing one of the path
   * @throws {ApiError | NetworkError | TimeoutError | AbortedError}
   */
  async send<Result>(call: Call, input?: object, options?: RequestOptions): Promise<Result> {
    return ((await this.sendForReply(call, input, options)).body ?? {}) as Result
  }

  /** Like {@link send}, with the status and the headers of the reply. */
  async sendForReply(call: Call, input: object = {}, options: RequestOptions = {}): Promise<Reply> {
    const { method, path, query: inQuery = [], body: bodyKind } = call
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
    const query: Record<string, unknown> = {}
    const members: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(input)) {
      if (inPath.includes(name)) continue
      if (inQuery.includes(name)) query[name] = value
      else if (bodyKind !== undefined) members[name] = value
      else if (value !== undefined) {
        const known = [...inPath, ...inQuery].join(', ') || 'none'
        throw new InputError(name, `${method} ${path} has no parameter ${name}. It knows: ${known}.`)
      }
    }
    const body = bodyKind === undefined ? undefined : bodyKind === 'form' ? formOf(members) : members
    return this.exchange(method, fillPath(path, input as Record<string, unknown>), { ...options, query, body })
  }

  /** A list of the API; nothing is requested before it is used. */
  list<Item, Result extends object>(call: ListCall, input: object = {}, options?: RequestOptions): List<Item, Result> {
    return new List<Item, Result>((page) => this.send<Result>(call, page, options), input, call)
  }

  /**
   * Calls any path of the server with the client's token, retries and errors.
   * @param path begins with a slash; not encoded further
   * @returns the body, parsed; an empty object when there is none
   * @example await kindred.request('GET', '/api/v1/users', { query: { page_size: 5 } })
   */
  async request<Result = unknown>(method: string, path: string, request: RawRequest = {}): Promise<Result> {
    return ((await this.exchange(method, path, request)).body ?? {}) as Result
  }

  /** Like {@link request}, with the status and the headers of the reply. */
  async exchange(method: string, path: string, request: RawRequest = {}): Promise<Reply> {
    if (!path.startsWith('/')) throw new InputError('path', `The path ${JSON.stringify(path)} must begin with a slash.`)
    const { query = {}, body, signal, timeoutMs, maxRetries, idempotencyKey } = request
    const url = `${this.origin}${path}${queryText(query)}`
    const described = `${method} ${withoutQuery(url)}`
    const isRead = method === 'GET' || method === 'HEAD'
    const { idempotency = 'auto', credentials } = this.#options
    const key = isRead || idempotency === false ? undefined : (idempotencyKey ?? crypto.randomUUID())
    const isForm = body instanceof FormData
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...this.#options.headers,
      ...request.headers,
    }
    const errorOf = (reply: Reply) => apiError(reply, described, this.#timing.now())
    let token = await this.#tokens.get(signal)
    for (let isReplaced = false; ; isReplaced = true) {
      const reply = await this.#transport.send({
        method,
        url,
        headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
        body: body === undefined ? undefined : isForm ? body : JSON.stringify(body),
        credentials,
        signal,
        timeoutMs,
        maxRetries,
        isRepeatable: () => isRead || (key !== undefined && (idempotency === true || this.#knowsKeys)),
        errorOf,
      })
      this.#knowsKeys ||= honoursIdempotencyKeys(reply)
      if (reply.status === 401 && token !== undefined && !isReplaced) {
        // Refused before anything was done, so that a write may go again.
        const other = await this.#tokens.replace(token, signal)
        if (other !== undefined) {
          token = other
          continue
        }
      }
      if (reply.status >= 400) throw errorOf(reply)
      if (reply.status < 200 || reply.status >= 300 || typeof reply.body === 'string')
        throw notTheServer(reply, described)
      return reply
    }
  }
}

function formOf(members: Record<string, unknown>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(members)) {
    if (value instanceof Blob) form.append(name, value)
    else if (value !== undefined && value !== null) form.append(name, String(value))
  }
  return form
}
