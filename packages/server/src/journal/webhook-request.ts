import http from 'node:http'
import https from 'node:https'
import { isIP, type TcpSocketConnectOpts } from 'node:net'
import { addressFault, guardedLookup, hostOf, RefusedTarget, type TargetPolicy } from './webhook-target.ts'

/** How much of an answer is kept: of its headers and, unless more is asked for, of its body, in bytes each. */
const keptBytes = 4096
/**
 * How long one of several addresses of a name may take to be connected to before the next one is tried. Node's half a
 * second runs out while a busy process has not yet looked whether the connection is there.
 */
const connectWithinMs = 2500

/** What came back from an endpoint. */
export interface Answer {
  /** Null when no answer came. */
  status: number | null
  headers: Record<string, string>
  /** The beginning of the body. */
  body: string
  durationMs: number
  /** Why no answer came; null when one did. */
  error: string | null
}

/**
 * Sends one POST request over a connection of its own. Redirects are answers, and are not followed.
 * @param options `timeoutMs` for everything from looking up the name to the end of the answer; a `signal` cuts it short;
 *   `bodyBytes` how much of the answer's body is kept, 4096 when left out
 * @returns never rejects: what goes wrong is part of the answer
 */
export function post(
  url: URL,
  options: {
    headers: Record<string, string>
    body: string
    timeoutMs: number
    signal?: AbortSignal
    policy: TargetPolicy
    bodyBytes?: number
  },
): Promise<Answer> {
  const { bodyBytes = keptBytes } = options
  const startedAt = performance.now()
  const answer: Answer = { status: null, headers: {}, body: '', durationMs: 0, error: null }
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let received = 0
    const settle = (error: Error | undefined) => {
      clearTimeout(timer)
      answer.durationMs = Math.round(performance.now() - startedAt)
      if (answer.status === null) answer.error = reasonOf(error)
      answer.body = textOf(Buffer.concat(chunks).subarray(0, bodyBytes))
      resolve(answer)
    }
    let failure: Error | undefined
    const timer = setTimeout(() => {
      failure = new Error(`no answer within ${options.timeoutMs / 1000} s`)
      request.destroy(failure)
    }, options.timeoutMs)

    // What http passes on to net is not among its types.
    const settings: http.RequestOptions & Pick<TcpSocketConnectOpts, 'autoSelectFamilyAttemptTimeout'> = {
      method: 'POST',
      agent: false,
      headers: { ...options.headers, 'content-length': Buffer.byteLength(options.body) },
      lookup: guardedLookup(options.policy),
      autoSelectFamilyAttemptTimeout: connectWithinMs,
      signal: options.signal,
    }
    const request = (url.protocol === 'https:' ? https : http).request(url, settings)
    request.on('response', (response) => {
      answer.status = response.statusCode!
      answer.headers = keptHeaders(response.headers)
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        received += chunk.length
        if (received >= bodyBytes) request.destroy()
      })
      // The status has come: what happens to the rest changes nothing.
      response.on('error', () => {})
    })
    request.on('error', (error) => {
      failure ??= error
    })
    request.on('close', () => settle(failure))

    // An address in the URL itself is not looked up.
    const host = hostOf(url)
    const fault = isIP(host) === 0 ? undefined : addressFault(host, options.policy)
    if (fault === undefined) request.end(options.body)
    else request.destroy(new RefusedTarget(host, host, fault))
  })
}

function keptHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  let length = 0
  for (const [name, value] of Object.entries(headers)) {
    const text = String(value)
    length += name.length + text.length
    if (length > keptBytes) break
    kept[name] = text
  }
  return kept
}

function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'the connection was closed without an answer'
  // A name with several addresses: there is an error for each of them.
  if (error instanceof AggregateError) return error.errors.map(({ message }) => message).join('; ')
  return error.message || error.name
}

/** Without NUL, which PostgreSQL does not take in a text. */
function textOf(bytes: Buffer): string {
  return bytes.toString().replaceAll('\0', '\ufffd')
}
