import { sql } from 'kysely'
import type { Store } from '../store/store.ts'

/**
 * Remembers which types of events some webhook wants, so that a change that nobody wants to hear of costs nothing more.
 * While it isn't known, every type counts as wanted: asking the database is then the safe side.
 */
export class Subscriptions {
  readonly #store: Store
  readonly #stopListening: () => void
  #types: ReadonlySet<string> | undefined
  #generation = 0

  constructor(store: Store) {
    this.#store = store
    this.#stopListening = store.onChange((tables) => {
      if (tables !== null && !tables.has('webhooks') && !tables.has('webhook_event_types')) return
      this.#generation += 1
      this.#types = undefined
      void this.load()
    })
  }

  /** Whether an event of this type may have to be delivered. */
  mayWant(type: string): boolean {
    return this.#types === undefined || this.#types.has(type)
  }

  /** Whether there may be a webhook that is switched on. */
  get mayExist(): boolean {
    return this.#types === undefined || this.#types.size > 0
  }

  /** Asks the database, where the answer isn't known. */
  async load(): Promise<void> {
    if (this.#types !== undefined) return
    const generation = this.#generation
    try {
      const { rows } = await sql<{ type: string }>`
        select distinct type from webhook_event_types as wanted
        join webhooks on webhooks.id = wanted.webhook_id where webhooks.is_enabled = true`.execute(this.#store.read)
      // A change that came meanwhile may not be in the answer.
      if (generation === this.#generation) this.#types = new Set(rows.map(({ type }) => type))
    } catch {
      // The database is away. The next call asks again.
    }
  }

  /** From here on nothing is known, and nothing asked. */
  close(): void {
    this.#stopListening()
    this.#generation += 1
    this.#types = undefined
  }
}
