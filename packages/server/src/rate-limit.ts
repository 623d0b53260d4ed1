/** How many requests in how many seconds. */
export interface RateLimit {
  requests: number
  seconds: number
}

/** What a request was told: whether it may go on, and the headers that say how it stands. */
export interface RateVerdict {
  isRefused: boolean
  /** For the reply: name, value, name, value. */
  headers: readonly string[]
  /** Seconds until another request may go on; for a refused one. */
  retryAfterSeconds: number
}

/** Kinde limits the requests of a minute, and publishes no number; this one is ours. */
const likeKinde: RateLimit = { requests: 600, seconds: 60 }

/** How limits are spelled, for messages. */
export const rateLimitForms =
  'off, kinde, or <requests>/<seconds> such as 600/60 (up to 1000000 in up to 86400 seconds)'

/**
 * Reads a limit: `off`, `kinde`, or `<requests>/<seconds>`.
 * @returns null for `off`; undefined for what is no limit
 */
export function parseRateLimit(text: string): RateLimit | null | undefined {
  if (text === 'off') return null
  if (text === 'kinde') return likeKinde
  const [, requests, seconds] = /^([1-9]\d{0,6})\/([1-9]\d{0,4})$/.exec(text) ?? []
  if (requests === undefined || seconds === undefined) return undefined
  const limit = { requests: Number(requests), seconds: Number(seconds) }
  return limit.requests <= 1_000_000 && limit.seconds <= 86_400 ? limit : undefined
}

/** Callers with a name are as many as there are applications and keys; strangers as many as they like. */
const mostBuckets = 10_000

/**
 * Limits of this node: each node counts for itself. A token bucket for each caller: as many requests at once as the limit
 * has, and then as many as come in with time.
 */
export class RateLimits {
  /** For whoever has no limit of its own; null: none. */
  readonly byDefault: RateLimit | null
  readonly #now: () => number
  readonly #callers = new Map<string, Bucket>()
  readonly #strangers = new Map<string, Bucket>()

  constructor(byDefault: RateLimit | null, now: () => number) {
    this.byDefault = byDefault
    this.#now = now
  }

  /** The limit that holds for an application. @param own null: it has none; undefined: the default holds */
  limitOf(own: RateLimit | null | undefined): RateLimit | null {
    return own === undefined ? this.byDefault : own
  }

  /** Counts a request of an application or a key. @param name what is limited, such as the id of the application */
  take(name: string, limit: RateLimit): RateVerdict {
    return take(this.#callers, name, limit, this.#now())
  }

  /** Counts a request that came without a token. Their buckets push out none of those who have a name. */
  takeStranger(address: string, limit: RateLimit): RateVerdict {
    return take(this.#strangers, address, limit, this.#now())
  }
}

interface Bucket {
  limit: RateLimit
  left: number
  atMs: number
}

function take(buckets: Map<string, Bucket>, name: string, limit: RateLimit, now: number): RateVerdict {
  const perMs = limit.requests / (limit.seconds * 1000)
  const bucket = bucketOf(buckets, name, limit, now)
  bucket.left = Math.min(limit.requests, bucket.left + Math.max(0, now - bucket.atMs) * perMs)
  bucket.atMs = now
  // Time comes in thousandths: what is a whole request but for a rounding error is one.
  const isRefused = bucket.left < 1 - 1e-9
  if (!isRefused) bucket.left = Math.max(0, bucket.left - 1)
  const missing = isRefused ? 1 - bucket.left : limit.requests - bucket.left
  const reset = Math.ceil(missing / perMs / 1000 - 1e-9)
  // `RateLimit-Reset` is Kinde's. The others, and what they mean: draft-ietf-httpapi-ratelimit-headers-03.
  const headers = [
    'ratelimit-limit',
    String(limit.requests),
    'ratelimit-remaining',
    String(Math.floor(bucket.left)),
    'ratelimit-reset',
    String(reset),
  ]
  if (isRefused) headers.push('retry-after', String(reset))
  return { isRefused, headers, retryAfterSeconds: reset }
}

function bucketOf(buckets: Map<string, Bucket>, name: string, limit: RateLimit, now: number): Bucket {
  const known = buckets.get(name)
  if (known?.limit.requests === limit.requests && known.limit.seconds === limit.seconds) return known
  if (known === undefined && buckets.size >= mostBuckets) {
    const [oldest] = buckets.keys()
    buckets.delete(oldest!)
  }
  const made = { limit, left: limit.requests, atMs: now }
  buckets.set(name, made)
  return made
}
