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
  if ((code !== undefined && certificateCodes.test(code)) || isDistrustInDeno(error)) {
    const message =
      `The server's certificate is not trusted (${code ?? 'unknown issuer'}). For a local Kindred, start the program with ` +
      'NODE_EXTRA_CA_CERTS=<its CA file>, or call it over http://localhost.'
    return new NetworkError('CERTIFICATE_NOT_TRUSTED', message, { ...details, isUnsent: true })
  }
  const host = new URL(request.slice(request.indexOf(' ') + 1)).host
  const message = isUnsent
    ? `${host} cannot be reached (${code ?? 'no connection'}). Check the domain, and that the server runs.`
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

/** The first code on an error or what caused it. */
function codeOf(error: unknown): string | undefined {
  return chainOf(error)
    .map(({ code }) => code)
    .find((code) => typeof code === 'string')
}

/** An error and its causes. A name with several addresses gives one error for each of them, of which the first is taken. */
function chainOf(error: unknown): (Error & { code?: string })[] {
  const chain: (Error & { code?: string })[] = []
  for (let current = error; current instanceof Error && chain.length < 5; ) {
    chain.push(current)
    current = current.cause ?? (current as Error & { errors?: unknown[] }).errors?.[0]
  }
  return chain
}

/** Deno's errors have no codes, only texts, which name the stage that failed. */
function isUnsentInDeno(error: unknown): boolean {
  return chainOf(error).some(({ message }) => message.includes('client error (Connect)'))
}

function isDistrustInDeno(error: unknown): boolean {
  return chainOf(error).some(({ message }) => message.includes('invalid peer certificate'))
}
