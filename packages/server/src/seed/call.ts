import { operations } from '../api/index.ts'
import type { Caller } from '../auth.ts'
import type { Environment } from '../environment.ts'
import { ApiError } from '../errors.ts'
import { type ChangeEvent, recordInto } from '../journal/record.ts'
import type { Operation, OperationRequest } from '../operation.ts'
import { violatedUnique } from '../store/dialect.ts'
import type { Ids } from '../store/ids.ts'
import type { Db } from '../store/tables.ts'
import { inputCheck } from '../validate.ts'
import { takenId } from './names.ts'
import { SeedError } from './seed.ts'

/** What one operation is called with, and where in the seed that stands. */
export interface Call {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  /** The place in the seed: `users[3]`. */
  at: string
  /** Members of the body that have other names in the seed, or stand elsewhere: `identities.0` → `email`. */
  names?: Record<string, string>
  /** Ids and secrets that what is made shall have. */
  wanted?: WantedIds
}

/** What {@link Ids} gives next in place of something new. */
export interface WantedIds {
  application?: string | undefined
  secret?: string | undefined
  api?: string | undefined
  organization?: string | undefined
  /** Of users. */
  timed?: string | undefined
  /** Of roles and permissions. */
  timedUuid?: string | undefined
}

const byId = new Map(operations.map((operation) => [operation.id, operation]))
const checks = new WeakMap<Operation, ReturnType<typeof inputCheck>>()

/** It is the owner of the environment who seeds it. */
const owner: Caller = {
  applicationId: '',
  orgCode: null,
  scopes: new Set(),
  jti: '',
  administrator: null,
  rateLimit: null,
}

/** Calls operations of the Management API inside of one transaction, as requests would: checked, and with their events. */
export class SeedCalls {
  readonly db: Db
  readonly events: ChangeEvent[] = []
  readonly #environment: Environment
  readonly #now: number

  constructor(db: Db, environment: Environment, now: number) {
    this.db = db
    this.#environment = environment
    this.#now = now
  }

  /**
   * @returns the reply
   * @throws {SeedError} when the operation refuses
   */
  async call(operationId: string, call: Call): Promise<Record<string, unknown>> {
    const operation = byId.get(operationId)
    if (operation === undefined) throw new Error(`There is no operation ${operationId}.`)
    const check = checks.get(operation) ?? inputCheck(operation)
    checks.set(operation, check)
    try {
      const { query, body } = check(call.query ?? {}, call.body === undefined ? undefined : JSON.stringify(call.body))
      const record = recordInto(this.events)
      const handle = operation.handler as (request: unknown) => Promise<Record<string, unknown>>
      return await handle({
        params: call.params ?? {},
        query,
        body,
        now: this.#now,
        caller: owner,
        remoteAddress: '127.0.0.1',
        environment: { ...this.#environment, ids: idsWith(this.#environment.ids, call.wanted ?? {}) },
        db: this.db,
        record,
        write: (work: Parameters<OperationRequest['write']>[0]) => work(this.db, record),
      })
    } catch (error) {
      throw seedError(error, call)
    }
  }
}

/** The same source of ids, which gives those that are wanted first, once each. */
function idsWith(ids: Ids, { ...wanted }: WantedIds): Ids {
  const take = (kind: keyof WantedIds, make: () => string) => {
    const value = wanted[kind]
    wanted[kind] = undefined
    return value ?? make()
  }
  return {
    ...ids,
    application: () => take('application', ids.application),
    secret: () => take('secret', ids.secret),
    api: () => take('api', ids.api),
    organization: () => take('organization', ids.organization),
    timed: (prefix, now) => (prefix === 'kp' ? take('timed', () => ids.timed(prefix, now)) : ids.timed(prefix, now)),
    timedUuid: (now) => take('timedUuid', () => ids.timedUuid(now)),
  }
}

function seedError(error: unknown, { at, names = {} }: Call): Error {
  if (error instanceof ApiError) {
    return new SeedError(placeOf(error.field, at, names), `${error.message} (${error.code})`, { cause: error })
  }
  if (violatedUnique(error) !== null) {
    return new SeedError(at, takenId, { cause: error })
  }
  return error as Error
}

/** `identities.0.details.email` of the user at `users[3]` is `users[3].email`. */
function placeOf(field: string | undefined, at: string, names: Record<string, string>): string {
  if (field === undefined || field === 'body') return at
  for (const [start, name] of Object.entries(names)) {
    if (field === start || field.startsWith(`${start}.`)) return name === '' ? at : `${at}.${name}`
  }
  return `${at}.${field.replaceAll(/\.(\d+)/g, '[$1]')}`
}
