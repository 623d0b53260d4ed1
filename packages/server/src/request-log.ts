const hourMs = 3_600_000
/** Calls that are kept, and hours that are counted. */
const mostCalls = 2000
const mostHours = 7 * 24
const longestPath = 300

/** A call as the log keeps it. Neither query nor body: they may hold secrets. */
export interface LoggedCall {
  /** Counts the calls of this process. */
  id: number
  /** Milliseconds since the epoch. */
  atMs: number
  method: string
  path: string
  /** Id of the operation, or of the OAuth endpoint; null where the address is unknown. */
  operation: string | null
  scope: string | null
  status: number
  durationMs: number
  applicationId: string | null
  administrator: { id: string; name: string } | null
  requestId: string
  address: string
  /** Why it was refused. */
  reason: { code: string; message: string; field: string | undefined } | null
}

/** Calls in an hour. */
export interface HourOfCalls {
  hourMs: number
  total: number
  /** Answered with 4xx and with 5xx. */
  refused: number
  failed: number
}

/**
 * The last calls of this process, in memory: noting one writes nothing and costs less than a microsecond. A restart
 * forgets them, and several nodes have a log each.
 */
export class RequestLog {
  readonly sinceMs: number
  readonly #now: () => number
  readonly #calls: LoggedCall[] = []
  readonly #hours: HourOfCalls[] = []
  #count = 0

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now
    this.sinceMs = now()
  }

  note(call: Omit<LoggedCall, 'id' | 'atMs'>): void {
    const atMs = this.#now()
    this.#count += 1
    const [path] = call.path.split('?', 1)
    this.#calls[this.#count % mostCalls] = { ...call, id: this.#count, atMs, path: path!.slice(0, longestPath) }
    const beginning = atMs - (atMs % hourMs)
    let hour = this.#hours.at(-1)
    if (hour?.hourMs !== beginning) {
      hour = { hourMs: beginning, total: 0, refused: 0, failed: 0 }
      this.#hours.push(hour)
      if (this.#hours.length > mostHours) this.#hours.shift()
    }
    hour.total += 1
    if (call.status >= 500) hour.failed += 1
    else if (call.status >= 400) hour.refused += 1
  }

  /** How many calls are kept. */
  get kept(): number {
    return this.#calls.filter((call) => call !== undefined).length
  }

  /** Calls that came before the one with this id, newest first. */
  *before(id: number): Generator<LoggedCall> {
    for (let at = Math.min(id - 1, this.#count); at > this.#count - mostCalls && at > 0; at -= 1) {
      yield this.#calls[at % mostCalls]!
    }
  }

  /** Calls by the hour, oldest first; hours without any are left out. */
  get hours(): readonly HourOfCalls[] {
    return this.#hours
  }
}
