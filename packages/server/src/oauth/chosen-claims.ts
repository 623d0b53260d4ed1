import type { Store } from '../store/store.ts'
import { type ChosenClaims, chosenClaims } from '../store/token-choices.ts'
import type { Client } from './clients.ts'
import { Remembered } from './remembered.ts'

/** How long another process's change may go unseen if its notice is lost. */
const rememberedMs = 60_000
const mostRemembered = 10_000

/** What claims are made from. Applications have their own memory, which says whether anything was chosen at all. */
const sources: ReadonlySet<string> = new Set([
  'application_token_flags',
  'application_token_properties',
  'feature_flags',
  'feature_flag_overrides',
  'properties',
  'property_values',
])

/**
 * Flags and properties that were chosen for the tokens of applications, looked up live: what is remembered is dropped as
 * soon as a commit changes a flag, a property, a value or a choice, here or on another node.
 */
export class ChosenClaimsOfClients {
  readonly #store: Store
  readonly #now: () => number
  readonly #known = new Remembered<ChosenClaims>({ most: mostRemembered, forMs: rememberedMs })
  /** Grows with every change, so that a look-up that was under way meanwhile is not remembered. */
  #generation = 0

  constructor(store: Store, now: () => number) {
    this.#store = store
    this.#now = now
    store.onChange((tables) => {
      if (tables?.isDisjointFrom(sources)) return
      this.#generation += 1
      this.#known.clear()
    })
  }

  async of(client: Client): Promise<ChosenClaims> {
    const now = this.#now()
    const known = this.#known.get(client.id, now)
    if (known !== undefined) return known
    const generation = this.#generation
    const claims = await chosenClaims(this.#store.read, client)
    if (generation === this.#generation) this.#known.set(client.id, claims, now)
    return claims
  }
}
