import { type Call, Client } from '../client.ts'
import { ApiError as Refusal } from '../errors.ts'
import { originOf } from '../options.ts'
import { fillPath, queryText } from '../url.ts'
import { ApiError, type ApiRequestOptions } from './api-error.ts'
import { CancelablePromise } from './cancelable-promise.ts'
import { claimsOf } from './tokens.ts'

/** What `init()` may be given; what is left out comes from the environment, as in Kinde's package. */
export interface Settings {
  kindeDomain?: string | undefined
  clientId?: string | undefined
  clientSecret?: string | undefined
}

let settings: Settings = {}
/** Asks for tokens by itself; made when it is first needed. */
let client: Client | undefined
/** The token of {@link setToken}, and the client that sends it. */
let given: { token: string; client?: Client } | undefined

/**
 * Says which server is called, and as which application. Without arguments: the one of KINDE_DOMAIN,
 * KINDE_MANAGEMENT_CLIENT_ID and KINDE_MANAGEMENT_CLIENT_SECRET. A second call changes over, tokens included.
 * @throws {ConfigurationError} when there is no domain
 */
export function init(config: Settings = {}): void {
  settings = config
  client = undefined
  given = undefined
  currentOrigin()
}

/** From now on, and until it expires, calls carry this token. None is asked for, so that no secret is needed. */
export function setToken(token: string): void {
  given = token === '' ? undefined : { token }
}

/** The access token that the next call carries. */
export async function getToken(): Promise<string> {
  return (await currentClient().accessToken())!
}

/** The server that `init()` named, or else the environment. */
export function currentOrigin(): string {
  return originOf({ domain: settings.kindeDomain })
}

function currentClient(): Client {
  const { kindeDomain: domain, clientId, clientSecret } = settings
  if (given !== undefined && !hasExpired(given.token)) {
    given.client ??= new Client({ domain, accessToken: given.token })
    return given.client
  }
  client ??= new Client({ domain, clientId, clientSecret })
  return client
}

function hasExpired(token: string): boolean {
  const expiry = claimsOf(token)?.exp
  return expiry !== undefined && expiry * 1000 <= Date.now()
}

/**
 * One call. Parameters are camelCase, the body is `requestBody` or `formData`; members that the operation does not have
 * are passed over, as Kinde's package does.
 */
export function call<Result>(operation: Call, data: object = {}): CancelablePromise<Result> {
  const { requestBody, formData, ...parameters } = data as Record<string, unknown>
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const { query: inQuery = [] } = operation
  const given = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [snakeCase(name), value]))
  const pick = (names: readonly string[]) =>
    Object.fromEntries(names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]))
  const request: ApiRequestOptions = {
    method: operation.method,
    url: operation.path,
    path: pick(inPath),
    query: pick(inQuery),
    body: requestBody ?? formData,
  }
  return new CancelablePromise<Result>(async (signal) => {
    const called = currentClient()
    try {
      const input = { ...(requestBody ?? formData ?? {}), ...request.query, ...request.path }
      const reply = await called.sendForReply(operation, input, { signal })
      return reply.body as Result
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const url = `${called.origin}${fillPath(operation.path, request.path!)}${queryText(request.query!)}`
      throw new ApiError(request, url, error)
    }
  })
}

/** `userId` → `user_id` */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
