const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Milliseconds, or a text such as `90s`, `15m`, `2h`, `30d`, `1w`. */
export type Duration = number | `${number}${keyof typeof units}`

/**
 * The clock of an environment: it runs with the machine's, at a distance that can be changed, or stands still.
 * `now` is handed to whatever asks for the time.
 */
export class Clock {
  #aheadMs = 0
  #standsAtMs: number | undefined

  /** @param standsAtMs where it stands, milliseconds since the epoch; it runs with the machine's when left out */
  constructor(standsAtMs?: number) {
    this.#standsAtMs = standsAtMs
  }

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#standsAtMs ?? Date.now() + this.#aheadMs

  get isFrozen(): boolean {
    return this.#standsAtMs !== undefined
  }

  /** Puts the clock to a moment; it stands there, or runs on from there, as it did before. */
  set(atMs: number): void {
    if (this.isFrozen) this.#standsAtMs = atMs
    else this.#aheadMs = atMs - Date.now()
  }

  /** Stops it where it is. */
  freeze(): void {
    this.#standsAtMs = this.now()
  }

  /** Lets it run on from where it is. */
  run(): void {
    const now = this.now()
    this.#standsAtMs = undefined
    this.#aheadMs = now - Date.now()
  }

  /** Where it is, for {@link restore}: how far ahead a running clock is, or where a standing one stands. */
  save(): ClockState {
    return this.#standsAtMs === undefined ? { aheadMs: this.#aheadMs } : { standsAtMs: this.#standsAtMs }
  }

  restore(state: ClockState): void {
    this.#standsAtMs = 'standsAtMs' in state ? state.standsAtMs : undefined
    this.#aheadMs = 'aheadMs' in state ? state.aheadMs : 0
  }
}

export type ClockState = { aheadMs: number } | { standsAtMs: number }

/** The last moment that a Date can hold. ECMA-262 §21.4.1.1. */
const lastMoment = 8_640_000_000_000_000

/** @throws {RangeError} when it is no duration, or a negative one */
export function durationMs(duration: Duration | string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(String(duration)) ?? []
  const ms =
    typeof duration === 'number' ? duration : Number(amount) * (units[unit as keyof typeof units] ?? Number.NaN)
  if (ms >= 0 && ms < lastMoment) return Math.round(ms)
  throw new RangeError(
    `${JSON.stringify(duration)} is no duration. Give milliseconds, or a text such as 90s, 15m, 2h or 30d.`,
  )
}

/** @returns milliseconds since the epoch @throws {RangeError} when it is no moment */
export function momentMs(moment: Date | number | string): number {
  const ms = new Date(moment).getTime()
  if (Number.isNaN(ms)) {
    throw new RangeError(`${JSON.stringify(moment)} is no moment. Give a Date, milliseconds, or 2030-01-31T12:00:00Z.`)
  }
  return ms
}
