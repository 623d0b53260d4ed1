import type { Dialect } from './dialect.ts'
import type { Db } from './tables.ts'

/** One environment's data. Made by `openStore`. */
export interface Store {
  readonly dialect: Dialect
  /** For reading outside a transaction. Sees what is committed. */
  readonly read: Db
  /**
   * Runs `work` in a transaction and resolves once it is durable. When `work` throws, nothing of it stays, and the
   * transactions of its neighbours are not touched. `work` may be called again, on PostgreSQL after a deadlock and on
   * SQLite after a neighbour has failed, so it must have no effect outside the transaction.
   */
  write<Result>(work: (db: Db) => Promise<Result>): Promise<Result>
  /**
   * Calls `listener` after each commit that changed one of {@link watchedTables}, by this process or by another one.
   * @returns a function that ends it
   */
  onChange(listener: ChangeListener): () => void
  /** Whether the database answers; rejects with its error when it doesn't. */
  ping(): Promise<void>
  /** Finishes what is running and lets go of the database. */
  close(): Promise<void>
}

/** @param tables the changed tables, as far as they are watched; null when something unknown may have changed */
export type ChangeListener = (tables: ReadonlySet<string> | null) => void

/** What this process remembers of the database is made from these tables, and dropped when one of them changes. */
export const watchedTables: ReadonlySet<string> = new Set([
  'api_keys',
  'apis',
  'api_scopes',
  'api_applications',
  'api_application_scopes',
  'applications',
  'application_secrets',
  'application_token_flags',
  'application_token_properties',
  'feature_flags',
  'feature_flag_overrides',
  'organizations',
  'properties',
  'property_values',
  'revoked_tokens',
  'signing_keys',
  'webhooks',
  'webhook_event_types',
])

/** The listeners of one store. */
export class ChangeListeners {
  readonly #listeners = new Set<ChangeListener>()

  add(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(tables: ReadonlySet<string> | null): void {
    if (tables !== null && tables.size === 0) return
    for (const listener of this.#listeners) listener(tables)
  }
}
