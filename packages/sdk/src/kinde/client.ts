import { type Call, Client } from '../client.ts'
import { ApiError as Refusal } from '../errors.ts'
import { environmentVariable } from '../options.ts'
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
let client: Client | undefined
let givenToken: string | undefined

/**
 * Says which server is called, and as which application. Without arguments: the one of KINDE_DOMAIN,
 * KINDE_MANAGEMENT_CLIENT_ID and KINDE_MANAGEMENT_CLIENT_SECRET. A second call changes over, tokens included.
 * @throws {ConfigurationError} when the domain or the credentials are missing
 */
export function init(config: Settings = {}): void {
  settings = config
  givenToken = undefined
  client = makeClient()
}

/** Uses this token until it expires, instead of asking for one. */
export function setToken(token: string): void {
  givenToken = token
}

/** The access token that the next call carries. */
export async function getToken(): Promise<string> {
  return usableToken() ?? (await currentClient().accessToken())!
}

/** The server that `init()` named. */
export function currentOrigin(): string {
  return currentClient().origin
}

/** Without `init()` the environment says which server it is. */
function currentClient(): Client {
  client ??= makeClient()
  return client
}

function makeClient(): Client {
  const { kindeDomain, clientId, clientSecret } = settings
  return new Client({ domain: kindeDomain || environmentVariable('KINDE_DOMAIN'), clientId, clientSecret })
}

/** The token of `setToken`, until it expires. */
function usableToken(): string | undefined {
  if (givenToken === undefined) return undefined
  const expiry = claimsOf(givenToken)?.exp
  return expiry !== undefined && expiry * 1000 <= Date.now() ? undefined : givenToken
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
    const token = usableToken()
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` }
    try {
      const input = { ...(requestBody ?? formData ?? {}), ...request.query, ...request.path }
      const reply = await called.sendForReply(operation, input, { signal, headers })
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
