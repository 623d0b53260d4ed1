import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Caller, Role } from '../auth.ts'
import type { Environment } from '../environment.ts'
import { ApiError } from '../errors.ts'
import { isLoopback as isLoopbackHost, managementScopes } from '../management-api.ts'
import { isLoopback } from '../one-port.ts'
import type { Browser } from '../operation.ts'
import { longestSessionMs } from './console-sessions.ts'

/** The prefix has browsers refuse the cookie from any other host, without https, and for a part of the site. RFC 6265bis §4.1.3.2. */
const secureCookie = '__Host-kindred'
/** Over plain http, which only this machine is answered, no browser would keep the other one. */
const plainCookie = 'kindred'

/** No other site's page can send it: the browser would ask this server first, which allows nobody. */
const consoleHeader = 'x-kindred-console'

const everyScope: ReadonlySet<string> = new Set(managementScopes.map(({ key }) => key))
const readScopes: ReadonlySet<string> = new Set([...everyScope].filter((key) => key.startsWith('read:')))

/** The scopes of the Management API that a role opens. */
export function scopesOf(role: Role): ReadonlySet<string> {
  return role === 'read_only' ? readScopes : everyScope
}

/** Whether a request carries the console's cookie, good or not. */
export function hasConsoleCookie({ headers: { cookie } }: IncomingMessage): boolean {
  return cookie !== undefined && /(?:^|;\s*)(?:__Host-)?kindred=/.test(cookie)
}

/** The value of the console's cookie, if the request carries one that counts. */
function consoleCookie(request: IncomingMessage): string | undefined {
  const cookie = request.headers.cookie ?? ''
  const values = new Map(cookie.split(';').map((pair) => pair.trim().split('=', 2) as [string, string | undefined]))
  // The plain one could have been set by another server of this host, so where https is spoken it counts for nothing.
  const value = values.get(secureCookie) ?? (seesHttps(request) ? undefined : values.get(plainCookie))
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
}

/**
 * Who calls with the console's cookie.
 * @throws {ApiError} 403 CONSOLE_HEADER_MISSING or CROSS_SITE_REQUEST; 401 SESSION_MISSING or SESSION_ENDED
 */
export async function consoleCaller(request: IncomingMessage, environment: Environment): Promise<Caller> {
  requireConsoleRequest(request, environment.baseUrl)
  const token = consoleCookie(request)
  if (token === undefined) throw new ApiError(401, 'SESSION_MISSING', 'Sign in to the console first.')
  const administrator = await environment.consoleSessions.find(token)
  if (administrator === undefined) throw new ApiError(401, 'SESSION_ENDED', 'The session has ended. Sign in again.')
  const scopes = scopesOf(administrator.role)
  return { applicationId: '', administrator, orgCode: null, scopes, jti: '', rateLimit: null }
}

/**
 * That a request was made by a page of this server, and not by one of another site behind the person's back.
 * @throws {ApiError} 403 CONSOLE_HEADER_MISSING or CROSS_SITE_REQUEST
 */
export function requireConsoleRequest({ headers }: IncomingMessage, baseUrl: string): void {
  if (headers[consoleHeader] !== '1') {
    throw new ApiError(
      403,
      'CONSOLE_HEADER_MISSING',
      `Send the header ${consoleHeader}: 1 with every call of the console.`,
    )
  }
  const { origin, 'sec-fetch-site': site } = headers
  // Neither is there where no browser calls; then there is nobody's cookie to abuse.
  const isForeign =
    (site !== undefined && site !== 'same-origin') || (origin !== undefined && !isOwn(origin, headers, baseUrl))
  if (!isForeign) return
  throw new ApiError(403, 'CROSS_SITE_REQUEST', 'Only pages of this server may call here with a session.')
}

function isOwn(origin: string, { host }: IncomingHttpHeaders, baseUrl: string): boolean {
  if (origin === baseUrl) return true
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
}

/** What an operation of the console needs to know of the browser. */
export function browserOf(request: IncomingMessage, caller: Caller): Browser {
  return {
    address: clientAddress(request),
    userAgent: request.headers['user-agent'] ?? null,
    cookie: consoleCookie(request),
    isSecure: seesHttps(request),
    setCookie: undefined,
    administrator: caller.administrator,
  }
}

/** `Set-Cookie` of a session; of its end, without a token. */
export function sessionCookie(token: string | null, { isSecure }: Pick<Browser, 'isSecure'>): string {
  const name = isSecure ? secureCookie : plainCookie
  const age = token === null ? 0 : longestSessionMs / 1000
  return `${name}=${token ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}

/** Whether the person's browser sees https: a proxy that ends TLS talks plain http to this server. */
function seesHttps({ socket, headers }: IncomingMessage): boolean {
  if ('encrypted' in socket) return true
  const { origin, host = '' } = headers
  if (origin !== undefined) return origin.startsWith('https:')
  return !(URL.canParse(`http://${host}`) && isLoopbackHost(new URL(`http://${host}`).hostname))
}

/** Behind a proxy on this machine, the address that the proxy was called from. */
function clientAddress({ socket, headers }: IncomingMessage): string {
  const direct = socket.remoteAddress ?? ''
  const last = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)!
    .trim()
  return isLoopback(direct) && isIP(last) !== 0 ? last : direct
}
