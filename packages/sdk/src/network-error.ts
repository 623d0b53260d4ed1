import { AbortedError, NetworkError, TimeoutError } from './errors.ts'

/** Codes of a connection that never came to be. Node and Bun put them on the error, its cause, or causes of the cause. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'FailedToOpenSocket',
])

/** Codes of a certificate that is not trusted: another attempt meets the same one. */
const certificateCodes = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_)/

/** What `fetch` threw, as an error of ours. */
export function networkError(
  error: unknown,
  { request, signal, timeoutMs }: { request: string; signal: AbortSignal | undefined; timeoutMs: number },
): AbortedError | TimeoutError | NetworkError {
  if (signal?.aborted) return abortedError(signal, request)
  if (error instanceof Error && error.name === 'TimeoutError') {
    const message = `No answer within ${timeoutMs} ms. Raise timeoutMs if the server is that slow.`
    return new TimeoutError('TIMEOUT', message, { request, cause: error })
  }
  const code = codeOf(error)
  const details = { request, cause: error }
  const isUnsent = (code !== undefined && unsentCodes.has(code)) || isUnsentInDeno(error)
  if (code !== undefined && certificateCodes.test(code)) {
    const message =
      `The server's certificate is not trusted (${code}). For a local Kindred, start the program with ` +
      'NODE_EXTRA_CA_CERTS=<its CA file>, or call it over http://localhost.'
    return new NetworkError('CERTIFICATE_NOT_TRUSTED', message, { ...details, isUnsent: true })
  }
  const host = new URL(request.slice(request.indexOf(' ') + 1)).host
  const message = isUnsent
    ? `${host} cannot be reached (${code ?? 'connection refused'}). Check the domain, and that the server runs.`
    : `The connection to ${host} failed (${code ?? (error as Error | undefined)?.message ?? 'no reason given'}). Whether the server acted is not known.`
  return new NetworkError(isUnsent ? 'UNREACHABLE' : 'CONNECTION_FAILED', message, { ...details, isUnsent })
}

/** The caller's signal has ended. */
export function abortedError(signal: AbortSignal, request: string): AbortedError {
  return new AbortedError('ABORTED', 'The call was aborted by its signal.', { request, cause: signal.reason })
}

/** Whether another attempt can help. */
export function mayRecover(error: unknown, isRepeatable: boolean): boolean {
  if (error instanceof TimeoutError) return isRepeatable
  if (!(error instanceof NetworkError) || error.code === 'CERTIFICATE_NOT_TRUSTED') return false
  return error.isUnsent || isRepeatable
}

/** The first code on an error or what caused it. A name with several addresses gives one error for each of them. */
function codeOf(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    const { code, errors } = current as Error & { code?: unknown; errors?: unknown[] }
    if (typeof code === 'string') return code
    current = current.cause ?? errors?.[0]
  }
  return undefined
}

/** Deno's errors have no codes, only texts. */
function isUnsentInDeno(error: unknown): boolean {
  return error instanceof TypeError && /connection refused|dns error|failed to lookup address/i.test(error.message)
}
