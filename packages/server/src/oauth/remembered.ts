/**
 * What has been looked up or verified, for a while. It is bounded in time and in number, so that whoever makes up keys
 * gains no memory. Two maps take turns: the older one is dropped as a whole when the younger one is full or has its
 * time. To drop single entries would be slow: a map whose first entries are gone is walked from its beginning.
 */
export class Remembered<Value> {
  readonly #mostYoung: number
  readonly #forMs: number
  #young = new Map<string, { value: Value; untilMs: number }>()
  #old = new Map<string, { value: Value; untilMs: number }>()
  #turnMs = Number.NEGATIVE_INFINITY

  /** @param options `most` entries at a time, each for `forMs` milliseconds; less when there are more than half as many */
  constructor({ most, forMs }: { most: number; forMs: number }) {
    this.#mostYoung = Math.floor(most / 2)
    this.#forMs = forMs
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** @param now milliseconds since the epoch */
  get(key: string, now: number): Value | undefined {
    const entry = this.#young.get(key) ?? this.#old.get(key)
    return entry !== undefined && entry.untilMs > now ? entry.value : undefined
  }

  /** @param endMs it is over by then, if that is earlier; milliseconds since the epoch, as `now` */
  set(key: string, value: Value, now: number, endMs = Number.POSITIVE_INFINITY): void {
    if (now >= this.#turnMs || this.#young.size >= this.#mostYoung) {
      this.#old = this.#young
      this.#young = new Map()
      this.#turnMs = now + this.#forMs
    }
    this.#young.set(key, { value, untilMs: Math.min(now + this.#forMs, endMs) })
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
