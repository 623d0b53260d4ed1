import type { Environment } from '../environment.ts'
import type { Retention } from '../journal/retention.ts'
import type { SeededIds } from '../store/ids.ts'
import { restoreSnapshot, type StoreSnapshot, takeSnapshot } from '../store/snapshot.ts'
import { nextDeliveryMs } from '../store/webhook-deliveries.ts'
import type { Clock, ClockState } from './clock.ts'
import { Faults } from './faults.ts'
import { RequestLog } from './request-log.ts'

/** A moment of an environment to which it can return: data, clock, and the place in the sequence of seeded ids. */
export interface Snapshot {
  readonly store: StoreSnapshot
  readonly clock: ClockState
  readonly idState: number | undefined
}

/**
 * What tests may do with an environment that no client of it may: move its clock, take it back to an earlier state, let
 * requests fail, and see what was requested.
 */
export class Control {
  readonly clock: Clock
  readonly faults = new Faults()
  readonly requests = new RequestLog()
  readonly environment: Environment
  readonly #retention: Retention
  readonly #seededIds: SeededIds | undefined
  /** What {@link reset} returns to. */
  #start: Snapshot | undefined
  readonly #snapshots = new Map<string, Snapshot>()
  #snapshotCount = 0
  #moving: Promise<void> = Promise.resolve()

  /** @param options `clock` is the one that the environment was opened with, as `seededIds` are its ids */
  constructor(options: {
    environment: Environment
    clock: Clock
    retention: Retention
    seededIds?: SeededIds | undefined
  }) {
    this.environment = options.environment
    this.clock = options.clock
    this.#retention = options.retention
    this.#seededIds = options.seededIds
    options.environment.control = this
  }

  /** Makes the present state the one that {@link reset} returns to. */
  async keepAsStart(): Promise<void> {
    this.#start = await this.snapshot()
  }

  /** Back to what {@link keepAsStart} kept: data, clock and ids; faults are cleared, and so is the log of requests. */
  async reset(): Promise<void> {
    await this.restore(this.#start!)
    this.faults.clear()
    this.requests.clear()
  }

  async snapshot(): Promise<Snapshot> {
    const { environment, clock } = this
    await environment.tokenUse.flush()
    return {
      store: await takeSnapshot(environment.store),
      clock: clock.save(),
      idState: this.#seededIds?.state,
    }
  }

  async restore(snapshot: Snapshot): Promise<void> {
    const { tokenUse, store } = this.environment
    // What is still counted in memory belongs to what is given up.
    await tokenUse.flush()
    await restoreSnapshot(store, snapshot.store)
    this.clock.restore(snapshot.clock)
    if (this.#seededIds !== undefined && snapshot.idState !== undefined) this.#seededIds.state = snapshot.idState
  }

  /** Keeps a snapshot under an id, for those who cannot hold it themselves. */
  async keepSnapshot(): Promise<string> {
    const snapshot = await this.snapshot()
    this.#snapshotCount += 1
    const id = `snapshot_${this.#snapshotCount}`
    this.#snapshots.set(id, snapshot)
    return id
  }

  findSnapshot(id: string): Snapshot | undefined {
    return this.#snapshots.get(id)
  }

  dropSnapshot(id: string): boolean {
    return this.#snapshots.delete(id)
  }

  /**
   * Moves the clock. Forwards, everything happens at its time that lies in between: webhooks are tried again, one retry
   * after the other, and old events are removed. Resolves when all of it is done. Backwards nothing happens.
   * @param toMs milliseconds since the epoch
   */
  moveClock(toMs: number): Promise<void> {
    const moving = this.#moving.then(() => this.#move(toMs))
    this.#moving = moving.catch(() => {})
    return moving
  }

  async #move(toMs: number): Promise<void> {
    const { clock, environment } = this
    const { webhooks, store } = environment
    await webhooks.deliverDue()
    for (let due = await nextDeliveryMs(store.read); due !== undefined && due <= toMs; ) {
      if (due > clock.now()) clock.set(due)
      await webhooks.deliverDue()
      const next = await nextDeliveryMs(store.read)
      // Another process is at it.
      if (next !== undefined && next <= due) break
      due = next
    }
    clock.set(toMs)
    await webhooks.deliverDue()
    await this.#retention.catchUp()
  }
}

/** @throws {Error} where the control API is switched off */
export function controlOf({ control }: Environment): Control {
  if (control === undefined) throw new Error('The control API is switched off.')
  return control
}
