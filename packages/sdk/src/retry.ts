/** The longest wait of our own choosing, in milliseconds. */
const longestBackoffMs = 8_000
const firstBackoffMs = 500

/**
 * How long to wait before the next attempt when the server does not say: twice as long each time, and by chance between
 * half of that and all of it, so that clients which failed together do not come back together.
 * @param attempt the one that failed; 1 is the first
 */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt - 1))
  return ceiling / 2 + (random() * ceiling) / 2
}

/**
 * How long the server asks to wait, in milliseconds: `RateLimit-Reset` (seconds from now; some servers send seconds since
 * the epoch), else `Retry-After` (seconds or a date, RFC 9110 §10.2.3).
 */
export function askedWaitMs(headers: Headers, now: number): number | undefined {
  const reset = headers.get('ratelimit-reset')?.trim()
  if (reset !== undefined && /^\d{1,12}$/.test(reset)) {
    const seconds = Number(reset)
    return Math.max(0, seconds > 1_000_000_000 ? seconds * 1000 - now : seconds * 1000)
  }
  const after = headers.get('retry-after')?.trim()
  if (after === undefined) return undefined
  if (/^\d{1,12}$/.test(after)) return Number(after) * 1000
  const date = Date.parse(after)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Statuses that say nothing of the request, but of the server's state. */
const passingStatuses = new Set([500, 502, 503, 504])

/**
 * Whether a reply is worth another attempt. 429 refuses a request before it is looked at, so that it may always be sent
 * again; after the others it may have been carried out.
 */
export function mayPass(status: number, isRepeatable: boolean): boolean {
  return status === 429 || (isRepeatable && passingStatuses.has(status))
}
