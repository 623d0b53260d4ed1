import { randomBytes, randomInt, randomUUID } from 'node:crypto'

/**
 * Makes ids and secrets in the forms that Kinde uses (`kp_…`, `org_…`, `prop_…`). The source of bytes is a parameter,
 * so that a test can stage every id.
 */
export interface Ids {
  /** 32 hex; also the client id. */
  application(): string
  /** 32 hex. */
  api(): string
  /** `org_` + 11 hex. */
  organization(): string
  /** `bus_` + 11 hex. */
  business(): string
  /**
   * `<prefix>_` + 12 hex digits of `now` in milliseconds + 20 random hex: ids that sort by the time of their making, so
   * that those of a million users need not be kept in memory to add another one.
   */
  timed(prefix: string, now: number): string
  /** The same digits grouped as a UUID, without a prefix: ids of roles and permissions. Its version bits are no UUID's. */
  timedUuid(now: number): string
  /** A random UUID, for `jti`. */
  uuid(): string
  /** 52 characters of [A-Za-z0-9]: the form that Kinde's server SDKs demand of a client secret. */
  secret(): string
}

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const secretLength = 52

/** Ids from the operating system's randomness. */
export const randomIds: Ids = idsFrom({ bytes: pooledBytes, below: randomInt, uuid: randomUUID })

const poolBytes = 4096
let pool = Buffer.alloc(0)

/** Random bytes, fetched from the system many at a time: asking for a few costs as much as for a page of them. */
function pooledBytes(length: number): Buffer {
  if (pool.length < length) pool = randomBytes(poolBytes)
  const bytes = pool.subarray(0, length)
  pool = pool.subarray(length)
  return bytes
}

/** @param source where randomness comes from: `bytes(n)`, `below(limit)` (a whole number from 0), `uuid()` */
export function idsFrom(source: {
  bytes: (length: number) => Buffer
  below: (limit: number) => number
  uuid: () => string
}): Ids {
  const hex = (digits: number) =>
    source
      .bytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits)
  const timedHex = (now: number) => `${now.toString(16).padStart(12, '0')}${hex(20)}`
  return {
    application: () => hex(32),
    api: () => hex(32),
    organization: () => `org_${hex(11)}`,
    business: () => `bus_${hex(11)}`,
    timed: (prefix, now) => `${prefix}_${timedHex(now)}`,
    timedUuid: (now) => timedHex(now).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    uuid: () => source.uuid(),
    secret: () => Array.from({ length: secretLength }, () => alphanumeric[source.below(alphanumeric.length)]).join(''),
  }
}

/** Ids made from a number, whose place in the sequence can be read and set again. */
export interface SeededIds extends Ids {
  /** 32 bits. */
  state: number
}

/** Ids that are the same for the same seed: for tests, where nothing is secret. */
export function seededIds(seed = 1): SeededIds {
  let state = seed | 0
  // mulberry32: small, and good enough to tell ids apart.
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => below(256)))
  const uuid = () => {
    const hex = bytes(16).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
  }
  return Object.defineProperty(idsFrom({ bytes, below, uuid }), 'state', {
    get: () => state,
    set(value: number) {
      state = value | 0
    },
  }) as SeededIds
}
