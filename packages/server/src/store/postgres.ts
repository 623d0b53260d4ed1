import { randomUUID } from 'node:crypto'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { DatabaseUnavailable, StartError } from '../errors.ts'
import { listen } from './postgres-listen.ts'
import { nothingToStream, reasonOf, type Session, Sessions, SharedSessions } from './postgres-sessions.ts'
import { type StatementRunner, setRunner } from './statement.ts'
import { ChangeListeners, type Store } from './store.ts'
import type { Database, Db } from './tables.ts'

/**
 * The transaction did nothing wrong, it met another one: deadlock and serialization failure; a row that it had looked at
 * was deleted (foreign key), or a value that it had found free was taken (unique) before its own statement came. Run
 * again, it finds things as they are now, and refuses what it has to refuse.
 */
const retryable = new Set(['40P01', '40001', '23503', '23505'])
const mostRetries = 3
/** Apart from each other, because a transaction may itself be waiting for a read. */
const mostReaders = 6
const mostWriters = 10
const pingTimeoutMs = 3000

/**
 * Opens PostgreSQL. Statements are named and prepared once for each connection; reads are pipelined. A connection that
 * fails is replaced; what cannot be repeated is refused with {@link DatabaseUnavailable}.
 * @param url `postgres://user:pass@host/db`, optionally with `?schema=name`; further parameters go to the driver
 * @throws {StartError} when the server cannot be reached or refuses the user
 */
export async function openPostgres(url: string): Promise<Store> {
  const { schema, driverUrl } = parseUrl(url)
  const options = { url: driverUrl, schema }
  const channel = `kindred_${schema}`
  /** What this store has changed it knows before PostgreSQL tells. */
  const sender = randomUUID()
  const readers = new Sessions(mostReaders, options)
  const writers = new Sessions(mostWriters, options)
  const listeners = new ChangeListeners()
  const reading = new SharedSessions(readers)
  const transactions = new WeakMap<Session, Db>()

  const closeSessions = () => Promise.all([readers.close(), writers.close()])
  let stopListening: () => Promise<void>
  try {
    await createSchema(writers, schema)
    stopListening = await listen({
      ...options,
      channel,
      onNotice(notice) {
        const [from, tables] = notice.split(' ')
        if (from !== sender) listeners.tell(new Set(tables!.split(',')))
      },
      // Nobody knows what was missed, so everything remembered is dropped.
      onGap: () => listeners.tell(null),
    })
  } catch (error) {
    await closeSessions()
    throw new StartError(
      `KINDRED_DATABASE_URL: cannot use PostgreSQL at ${new URL(driverUrl).host} (${reasonOf(error instanceof DatabaseUnavailable ? error.cause : error)}). ` +
        'Check host, user, password and database, and that the user may create a schema.',
      { cause: error },
    )
  }

  const running = new Set<Promise<unknown>>()
  let isClosed = false

  function write<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    if (isClosed) return Promise.reject(new Error('The database has been closed.'))
    const result = transact(work)
    const settled: Promise<unknown> = result.then(
      () => running.delete(settled),
      () => running.delete(settled),
    )
    running.add(settled)
    return result
  }

  async function transact<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    for (let attempts = 1; ; attempts += 1) {
      const session = await writers.take()
      const wasConnected = session.isConnected
      let isCommitting = false
      try {
        session.touched.clear()
        session.sent.length = 0
        await begin(session)
        const result = await work(transactionOn(session))
        const touched = new Set(session.touched)
        if (touched.size > 0) session.send('select pg_notify($1, $2)', [channel, `${sender} ${[...touched].join()}`])
        isCommitting = true
        await commit(session)
        listeners.tell(touched)
        return result
      } catch (caught) {
        if (!isCommitting && !session.isLost) await rollBack(session)
        const error = isCommitting ? caught : ((await firstFailure(session)) ?? caught)
        // A connection that served before may have ended with a server that is up again by now. Once the commit was
        // sent nobody knows what became of it, and only the caller can tell whether to repeat it.
        const isStale = error instanceof DatabaseUnavailable && wasConnected && !isCommitting
        if (attempts > mostRetries || !(isStale || isRetryable(error))) throw error
      } finally {
        writers.giveBack(session)
      }
    }
  }

  function transactionOn(session: Session): Db {
    const known = transactions.get(session)
    if (known !== undefined) return known
    const made = kyselyOn(new OneAfterTheOther(session))
    transactions.set(session, made)
    return made
  }

  return {
    dialect: 'postgres',
    read: kyselyOn(reading),
    write,
    onChange: (listener) => listeners.add(listener),
    async ping() {
      const answer = reading.executeQuery(CompiledQuery.raw('select 1'))
      await Promise.race([answer, silence(pingTimeoutMs)])
    },
    async close() {
      isClosed = true
      await Promise.all(running)
      await stopListening()
      await closeSessions()
    },
  }
}

/** The lock under which schemas, tables and what every environment has are made: the same for all schemas. */
export const setupLock = 0x6b_69_6e_64

function parseUrl(url: string): { schema: string; driverUrl: string } {
  const parsed = new URL(url)
  const schema = parsed.searchParams.get('schema') ?? 'public'
  parsed.searchParams.delete('schema')
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(schema)) {
    throw new StartError(
      `KINDRED_DATABASE_URL: the schema ${JSON.stringify(schema)} is not a plain name. ` +
        'Use lower case letters, digits and underscores.',
    )
  }
  return { schema, driverUrl: parsed.href }
}

/** Two nodes may start at the same moment, and "if not exists" does not wait for the other one. */
async function createSchema(sessions: Sessions, schema: string): Promise<void> {
  const session = await sessions.take()
  await session.run('begin')
  await session.run('select pg_advisory_xact_lock($1)', [setupLock])
  const existing = await session.run('select from pg_namespace where nspname = $1', [schema])
  // Making a schema that exists needs a right all the same, which the user may have been spared.
  if (existing.count === 0) await session.run(`create schema "${schema}"`)
  await session.run('commit')
  sessions.giveBack(session)
}

/**
 * Begins a transaction. Not awaited where the connection is open: it travels in one packet with the first statement,
 * whose error would also be its own.
 */
async function begin(session: Session): Promise<void> {
  if (session.isConnected) session.send('begin')
  else await session.run('begin')
}

/** Ends a transaction, in one packet with the statements that nobody waited for; the first that failed says why it did. */
async function commit(session: Session): Promise<void> {
  const committed = session.run('commit')
  for (const outcome of await Promise.allSettled([...session.sent, committed])) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
  const { command } = await committed
  if (command === 'ROLLBACK') throw new Error('the transaction was rolled back by the database')
}

/** Why a statement failed that nobody waited for: those behind it were only told that the transaction had failed. */
async function firstFailure(session: Session): Promise<unknown> {
  try {
    await Promise.all(session.sent)
  } catch (error) {
    return error
  }
}

async function rollBack(session: Session): Promise<void> {
  try {
    await session.run('rollback')
  } catch {
    // The connection is gone, and with it the transaction.
  }
}

function isRetryable(error: unknown): boolean {
  return retryable.has((error as { code?: string }).code ?? '')
}

function silence(timeoutMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = new DatabaseUnavailable(`PostgreSQL did not answer within ${timeoutMs} ms`)
    setTimeout(() => reject(late), timeoutMs).unref()
  })
}

/**
 * A transaction's statements, one at a time. Sent together, the later ones could wait inside the driver while the
 * connection breaks, and it would send them over the next connection, outside of the transaction.
 */
class OneAfterTheOther implements DatabaseConnection, StatementRunner {
  readonly #session: Session
  #last: Promise<unknown> = Promise.resolve()

  constructor(session: Session) {
    this.#session = session
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#next(() => this.#session.executeQuery<Row>(query))
  }

  runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]> {
    return this.#next(() => this.#session.runForValues(text, parameters))
  }

  /** Behind those that were asked for, and ahead of the next one, which does not wait for its answer. */
  sendStatement(text: string, parameters: readonly unknown[]): Promise<void> {
    const sending = this.#last.then(() => this.#session.send(text, parameters))
    this.#last = sending
    return sending
  }

  streamQuery = nothingToStream

  #next<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }
}

function kyselyOn(connection: DatabaseConnection & StatementRunner): Db {
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: transactionsBelongToTheStore,
    commitTransaction: transactionsBelongToTheStore,
    rollbackTransaction: transactionsBelongToTheStore,
    destroy: async () => {},
  }
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  setRunner(db, connection)
  return db
}

async function transactionsBelongToTheStore(): Promise<never> {
  throw new Error('Use store.write(): the request owns the transaction.')
}
