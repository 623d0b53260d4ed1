import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Which requests a fault is for; every one outside of `/_kindred` when nothing is named. */
export interface FaultMatch {
  /** The id of an operation, as in `/openapi.json`: `createUser`. */
  operation?: string
  method?: string
  /** The path without its query. `*` stands for any part of it: `/api/v1/organizations/*`. */
  path?: string
  /** Lets the first ones pass that would have been hit. */
  after?: number
  /** How many requests it hits; all of them when left out. */
  times?: number
  /** The chance of a matching request to be hit, from 0 to 1; 1 when left out. */
  probability?: number
  /** The dice for `probability`: with the same number they fall the same way. 1 when left out. */
  seed?: number
}

/** What a fault does to a request. Several things go together: late, then refused. */
export interface FaultEffect {
  /** Milliseconds of real time that the request waits. */
  delayMs?: number
  /** Answers with this status, 400 to 599, and does nothing. */
  status?: number
  /** The code of the refusal; `TOO_MANY_REQUESTS` for 429. */
  code?: string
  message?: string
  /** Seconds, sent as Retry-After and RateLimit-Reset; 1 for 429 and 503 when left out. */
  retryAfterSeconds?: number
  /**
   * Drops the connection without an answer: `before` anything was done, or `after` everything was. After the cut of a
   * write the change is stored, which the client cannot know.
   */
  cut?: 'before' | 'after'
}

export type Fault = FaultMatch & FaultEffect

/** A fault that is in place. */
export interface PlacedFault {
  readonly id: string
  readonly fault: Readonly<Fault>
  /** How many requests it has hit. */
  readonly hits: number
}

interface Entry extends PlacedFault {
  hits: number
  passed: number
  dice: () => number
  path: RegExp | undefined
}

/** The faults of one environment, in the order in which they were placed; the first one that fits a request hits it. */
export class Faults {
  #entries: Entry[] = []
  #count = 0

  /** @throws {RangeError} when it would do nothing, or a number is out of range */
  add(fault: Fault): PlacedFault & { remove: () => void } {
    check(fault)
    this.#count += 1
    const id = `fault_${this.#count}`
    const entry: Entry = {
      id,
      fault: { ...fault },
      hits: 0,
      passed: 0,
      dice: diceFrom(fault.seed ?? 1),
      path: fault.path === undefined ? undefined : pathPattern(fault.path),
    }
    this.#entries.push(entry)
    return Object.assign(entry, { remove: () => void this.remove(id) })
  }

  list(): PlacedFault[] {
    return this.#entries.map(({ id, fault, hits }) => ({ id, fault, hits }))
  }

  /** @returns whether there was one with this id */
  remove(id: string): boolean {
    const { length } = this.#entries
    this.#entries = this.#entries.filter((entry) => entry.id !== id)
    return this.#entries.length < length
  }

  clear(): void {
    this.#entries = []
  }

  /** The fault that hits this request, if one does. A request counts once. */
  strike(request: { operation: string | null; method: string; path: string }): PlacedFault | undefined {
    return this.#entries.find((entry) => hits(entry, request))
  }
}

/**
 * Lets a fault take effect.
 * @returns whether the request is over: it was answered, or its connection is gone
 */
export async function takeEffect(
  { fault }: PlacedFault,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (fault.delayMs !== undefined) await patience(fault.delayMs, reply)
  if (fault.cut === 'before') {
    reply.hijack()
    request.raw.socket.destroy()
    return true
  }
  if (fault.cut === 'after') dropAnswer(reply)
  return false
}

/** Waits, but not for a client that has gone. */
async function patience(delayMs: number, { raw }: FastifyReply): Promise<void> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  raw.once('close', leave)
  await delay(delayMs, undefined, { signal: gone.signal }).catch(() => {}) // the client has gone
  raw.off('close', leave)
}

/** The answer is made, and what it tells of is stored by then; instead of being sent it ends the connection. */
function dropAnswer({ raw }: FastifyReply): void {
  const drop = () => {
    raw.socket?.destroy()
    return raw
  }
  Object.assign(raw, { writeHead: () => raw, write: drop, end: drop })
}

function hits(entry: Entry, request: { operation: string | null; method: string; path: string }): boolean {
  const { operation, method, after = 0, times = Number.POSITIVE_INFINITY, probability = 1 } = entry.fault
  if (entry.hits >= times) return false
  if (operation !== undefined && operation !== request.operation) return false
  if (method !== undefined && method.toUpperCase() !== request.method) return false
  if (entry.path !== undefined && !entry.path.test(request.path)) return false
  if (probability < 1 && entry.dice() >= probability) return false
  if (entry.passed < after) {
    entry.passed += 1
    return false
  }
  entry.hits += 1
  return true
}

function check({ status, delayMs, cut, probability, times, after, retryAfterSeconds }: Fault): void {
  if (status === undefined && delayMs === undefined && cut === undefined) {
    throw new RangeError('This fault would do nothing: give it a status, delayMs or cut.')
  }
  requireRange('status', status, 400, 599)
  requireRange('delayMs', delayMs, 0, 600_000)
  requireRange('retryAfterSeconds', retryAfterSeconds, 0, 86_400)
  requireRange('times', times, 1, Number.MAX_SAFE_INTEGER)
  requireRange('after', after, 0, Number.MAX_SAFE_INTEGER)
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    throw new RangeError(`probability must be a number from 0 to 1; ${probability} was given.`)
  }
}

function requireRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}; ${value} was given.`)
}

function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.split('*').map(RegExp.escape).join('.*')}$`)
}

/** mulberry32: numbers from 0 to 1, the same ones for the same seed. */
function diceFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
