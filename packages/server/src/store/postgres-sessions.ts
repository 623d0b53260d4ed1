import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import postgres from 'postgres'
import { DatabaseUnavailable } from '../errors.ts'
import { nothingToSend, type StatementRunner } from './statement.ts'
import { touchedTable } from './touched.ts'

/** Replaced when they have been open this long, so that a node finds its way to a new server behind the same name. */
const oldestSessionMs = 1_800_000
/** Texts that one session has prepared at most; each takes memory of the server until the session ends. */
const mostPrepared = 1000
const connectTimeoutSeconds = 5
/** Statements of hot paths that one session is sent in one turn of the event loop at most. */
const mostInPacket = 8
/** While the server is away, it is tried once in this time; other statements are refused at once. */
const pauseAfterFailureMs = 100

/** What a session is made from. */
export interface SessionOptions {
  /** `postgres://…`, further parameters go to the driver. */
  url: string
  /** The schema in which names without one are looked up. */
  schema: string
  onNotify?: (channel: string, payload: string) => void
  /** @param wasConnected whether it had served before */
  onLost?: (wasConnected: boolean) => void
}

/**
 * One connection to PostgreSQL. Statements are named and prepared at their first use.
 *
 * A driver that reconnects by itself would run the rest of a transaction outside of it. So each session has a driver of
 * its own, for one connection, and is thrown away as soon as that connection fails; see {@link Sessions}.
 */
export class Session implements DatabaseConnection {
  /** Watched tables changed since it was last cleared. */
  readonly touched = new Set<string>()
  /** Statements under way. */
  pending = 0
  /** Statements of the present transaction that were sent and not waited for. None of them is left unhandled. */
  readonly sent: Promise<unknown>[] = []
  isLost = false
  readonly openedAtMs = performance.now()
  /** Whether a statement has been answered, so that the next one is sent at once and not queued by the driver. */
  isConnected = false
  readonly #driver: postgres.Sql
  readonly #onLost: (wasConnected: boolean) => void
  readonly #prepared = new Set<string>()
  readonly #lost = Promise.withResolvers<void>()

  constructor({ url, schema, onNotify = () => {}, onLost = () => {} }: SessionOptions) {
    this.#onLost = onLost
    const options = {
      connection: { application_name: 'kindred', search_path: `"${schema}", public` },
      types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
      max: 1,
      max_lifetime: null,
      // What waits inside the driver while a connection breaks is tried on the next one at once, and refused with it.
      backoff: () => 0,
      fetch_types: false,
      ...(new URL(url).searchParams.has('connect_timeout') ? {} : { connect_timeout: connectTimeoutSeconds }),
      onnotice: () => {},
      onnotify: onNotify,
      onclose: () => this.#lose(),
    }
    this.#driver = postgres(url, options)
  }

  /** Old, or full of statements that were needed once. */
  get isWorn(): boolean {
    return this.#prepared.size > mostPrepared || performance.now() - this.openedAtMs > oldestSessionMs
  }

  /**
   * Sends a statement.
   * @throws {DatabaseUnavailable} when the connection failed: nobody knows whether the statement was carried out
   */
  async run(text: string, parameters: readonly unknown[] = []): Promise<postgres.RowList<postgres.Row[]>> {
    return this.#answer(text, this.#driver.unsafe(text, parameters as never[], { prepare: true }))
  }

  /** Like {@link run}, with each row as a list of values, which is half the work of making objects. */
  async runForValues(text: string, parameters: readonly unknown[]): Promise<unknown[][]> {
    const rows = await this.#answer(text, this.#driver.unsafe(text, parameters as never[], { prepare: true }).values())
    return rows.slice()
  }

  async #answer<Rows>(text: string, query: PromiseLike<Rows>): Promise<Rows> {
    if (this.isLost) throw new DatabaseUnavailable('the connection to PostgreSQL was lost')
    this.pending += 1
    try {
      const rows = await query
      this.isConnected = true
      this.#prepared.add(text)
      return rows
    } catch (error) {
      if (!isConnectionError(error)) throw error
      this.#lose()
      throw new DatabaseUnavailable(`PostgreSQL does not answer (${reasonOf(error)})`, { cause: error })
    } finally {
      this.pending -= 1
    }
  }

  /**
   * Sends a statement without waiting for its answer, which {@link sent} will hold. The connection must be open: what the
   * driver keeps for the next one would be carried out outside of the transaction.
   */
  send(text: string, parameters: readonly unknown[] = []): void {
    const answer = this.run(text, parameters)
    answer.catch(() => {})
    this.sent.push(answer)
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const rows = await this.run(query.sql, query.parameters)
    if (query.query !== undefined) {
      const table = touchedTable(query)
      if (table !== undefined) this.touched.add(table)
    }
    // The driver's list is an array of its own kind; slice() makes a plain one.
    return { rows: rows.slice() as Row[], numAffectedRows: BigInt(rows.count ?? 0) }
  }

  streamQuery = nothingToStream

  /** Ends the connection when what is under way has been answered, after five seconds at most. */
  async close(): Promise<void> {
    // The driver would wait for the answers of a connection that breaks meanwhile.
    await Promise.race([this.#driver.end({ timeout: 5 }), this.#lost.promise])
  }

  #lose(): void {
    if (this.isLost) return
    this.isLost = true
    this.#lost.resolve()
    void this.close().catch(() => {}) // nothing can be left of it but timers
    this.#onLost(this.isConnected)
  }
}

/** A bounded number of sessions, opened when they are needed and replaced when they fail or wear out. */
export class Sessions {
  readonly #options: SessionOptions
  readonly #most: number
  readonly #all = new Set<Session>()
  readonly #idle: Session[] = []
  readonly #waiting: { resolve: (session: Session) => void; reject: (error: unknown) => void }[] = []
  #isClosed = false
  #lostAtMs = Number.NEGATIVE_INFINITY
  #failedAtMs = Number.NEGATIVE_INFINITY

  constructor(most: number, options: SessionOptions) {
    this.#most = most
    this.#options = options
  }

  /**
   * The session with the least to do, for a statement that stands alone: it is sent behind those under way.
   * @throws {DatabaseUnavailable} when the server was away a moment ago
   */
  share(): Session {
    let least: Session | undefined
    for (const session of this.#all) {
      if (this.#isDoubtful(session)) {
        if (session.pending === 0) this.#discard(session)
      } else if (least === undefined || session.pending < least.pending) least = session
    }
    return least === undefined || (least.pending > 0 && this.#all.size < this.#most) ? this.#open() : least
  }

  /**
   * A session for one transaction alone; waits while all of them are taken.
   * @throws {DatabaseUnavailable} when the server was away a moment ago
   */
  async take(): Promise<Session> {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (session.isLost) continue
      if (!this.#isDoubtful(session)) return session
      this.#discard(session)
    }
    if (this.#all.size < this.#most) return this.#open()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  giveBack(session: Session): void {
    if (this.#isDoubtful(session)) this.#discard(session)
    const usable = this.#all.has(session) ? session : undefined
    const next = this.#waiting.shift()
    if (next === undefined) {
      if (usable !== undefined) this.#idle.push(usable)
      return
    }
    try {
      next.resolve(usable ?? this.#open())
    } catch (error) {
      for (const waiting of [next, ...this.#waiting.splice(0)]) waiting.reject(error)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#all].map((session) => session.close()))
  }

  #open(): Session {
    if (this.#isClosed) throw new DatabaseUnavailable('the database has been closed')
    if (performance.now() - this.#failedAtMs < pauseAfterFailureMs) {
      throw new DatabaseUnavailable('PostgreSQL did not answer a moment ago')
    }
    const session = new Session({
      ...this.#options,
      onLost: (wasConnected) => {
        this.#all.delete(session)
        if (wasConnected) this.#lostAtMs = performance.now()
        else this.#failedAtMs = performance.now()
      },
    })
    this.#all.add(session)
    return session
  }

  /** Whether it should be replaced. Where one connection broke, the older ones may be broken too, and not know yet. */
  #isDoubtful(session: Session): boolean {
    return session.isWorn || session.openedAtMs <= this.#lostAtMs
  }

  #discard(session: Session): void {
    this.#all.delete(session)
    void session.close().catch(() => {}) // it is replaced, whether it ends well or not
  }
}

/** Reads for a Kysely that has no transaction: each statement goes to the session with the least to do. */
export class SharedSessions implements DatabaseConnection, StatementRunner {
  readonly #sessions: Sessions
  /** Where the next statement of a hot path goes, until the turn of the event loop ends. */
  #ofTurn: Session | undefined
  #sentInTurn = 0

  constructor(sessions: Sessions) {
    this.#sessions = sessions
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#run(this.#sessions.share(), (session) => session.executeQuery<Row>(query))
  }

  /**
   * Statements of hot paths are quick, so those of one turn of the event loop may wait for each other: some at a time
   * travel in one packet. Each packet wakes a process, which costs more than the statement.
   */
  runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]> {
    return this.#run(this.#shareInTurn(), (session) => session.runForValues(text, parameters))
  }

  sendStatement = nothingToSend

  streamQuery = nothingToStream

  #shareInTurn(): Session {
    if (this.#ofTurn === undefined) {
      setImmediate(() => {
        this.#ofTurn = undefined
      })
    } else if (!this.#ofTurn.isLost && this.#sentInTurn < mostInPacket) {
      this.#sentInTurn += 1
      return this.#ofTurn
    }
    this.#ofTurn = this.#sessions.share()
    this.#sentInTurn = 1
    return this.#ofTurn
  }

  async #run<Result>(session: Session, read: (session: Session) => Promise<Result>): Promise<Result> {
    const wasConnected = session.isConnected
    try {
      return await read(session)
    } catch (error) {
      // A connection that had served before may have ended with a server that is up again by now.
      if (!(error instanceof DatabaseUnavailable) || !wasConnected) throw error
      return read(this.#sessions.share())
    }
  }
}

// biome-ignore lint/correctness/useYield: Kysely's interface asks for a generator.
export async function* nothingToStream(): AsyncIterableIterator<never> {
  throw new Error('Rows are read by pages: there is nothing to stream.')
}

/** Classes of SQLSTATE in which the server takes no statements: no connection, no room for one, starting or ending. */
const unavailableStates = /^(08|53|57P0|58)/

/** Whether an error is one of the connection, and not the answer to a statement. */
function isConnectionError(error: unknown): boolean {
  const { code, name } = error as Error & { code?: string }
  if (name === 'PostgresError') return unavailableStates.test(code ?? '')
  // The driver's own are CONNECTION_CLOSED, CONNECT_TIMEOUT and the like; the system's are ECONNREFUSED and the like.
  return /^(CONNECT|E[A-Z]+$)/.test(code ?? '')
}

/** Why a connection failed, in the words of the driver or the system. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as Error & { code?: string }
  return message || code || 'no reason given'
}
