import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { DatabaseUnavailable, StartError } from '../errors.ts'
import { Checkpointer } from './checkpoint.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { ReadAfterBatch, ReadTogether } from './sqlite-reads.ts'
import { type StatementRunner, setRunner } from './statement.ts'
import { ChangeListeners, type Store } from './store.ts'
import type { Database, Db } from './tables.ts'

/** How often a change made by another process (a command beside the running server) is looked for. */
const foreignChangePollMs = 500
/** Requests that share a commit at most, so that the first of them does not wait for ever. */
const largestBatch = 256

/** A store on SQLite. */
export interface SqliteStore extends Store {
  /** Everything in it, as the bytes of a database file. */
  serialize(): Uint8Array
}

/**
 * Opens SQLite through Node's built-in module. A file has one writing and one reading connection (WAL,
 * `synchronous=FULL`: a commit is on disk before it is answered); in memory both are the same connection.
 * @param file a path, or null for a database in memory
 * @param options `exclusive`: be the only server on this file; `beforeCommit` makes, once there are tables, what is called
 *   in each transaction right before its commit; `image`: what a database in memory begins with, made by `serialize()`
 * @throws {StartError} when another server holds the file, or it is no database
 */
export function openSqlite(
  file: string | null,
  options: { exclusive: boolean; beforeCommit?: (database: DatabaseSync) => () => void; image?: Uint8Array },
): SqliteStore {
  const lock = file !== null && options.exclusive ? lockFile(file) : null
  if (file !== null) makePrivateFile(file, file)
  const writer = connect(file ?? ':memory:')
  if (options.image !== undefined) writer.deserialize(options.image)
  const writing = new SqliteConnection(writer)
  const reading = file === null ? new ReadAfterBatch(writing) : new ReadTogether(connect(file))
  const listeners = new ChangeListeners()
  const commits = new GroupCommit(writing, (tables) => listeners.tell(tables), options.beforeCommit)
  const checkpoint = writer.prepare('pragma wal_checkpoint(passive)')
  const checkpointer = file === null ? null : new Checkpointer(file, () => checkpoint.get())
  if (reading instanceof ReadAfterBatch) reading.commits = commits
  else commits.onCommit = () => checkpointer?.noteCommit()

  const dataVersion = writer.prepare('pragma data_version')
  const readVersion = () => (dataVersion.get() as { data_version: number }).data_version
  let version = readVersion()
  const poll = setInterval(() => {
    const seen = readVersion()
    if (seen === version) return
    version = seen
    listeners.tell(null)
  }, foreignChangePollMs).unref()

  async function close(): Promise<void> {
    clearInterval(poll)
    await commits.close()
    await checkpointer?.stop()
    if (file !== null) writer.exec('pragma wal_checkpoint(truncate)')
    reading.close()
    writing.close()
    lock?.close()
  }

  let closing: Promise<void> | undefined
  return {
    dialect: 'sqlite',
    serialize: () => writer.serialize(),
    read: kyselyOn(reading),
    write: (work) => commits.add(work),
    onChange: (listener) => listeners.add(listener),
    async ping() {
      await reading.executeQuery({ sql: 'select 1', parameters: [] } as unknown as CompiledQuery)
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function connect(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    database.exec(`
      pragma busy_timeout = 5000;
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma foreign_keys = on;
      pragma wal_autocheckpoint = 0;
      pragma cache_size = -65536;
      pragma mmap_size = 1073741824;
      pragma temp_store = memory;
    `)
    return database
  } catch (error) {
    throw unusable(path, error)
  }
}

/** SQLite gives the files beside the database, its log among them, the mode that the database has. */
function makePrivateFile(path: string, database: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw unusable(database, error)
  }
}

function unusable(path: string, cause: unknown): StartError {
  return new StartError(
    `KINDRED_DATABASE_URL: cannot open the SQLite database ${path} (${(cause as Error).message}). ` +
      'Check the path and its permissions, or name another file.',
    { cause },
  )
}

/**
 * Holds a lock that the operating system gives back when the process ends, however it ends: an exclusive transaction
 * on a small database beside the real one. Two servers on one file would each remember what the other one changes.
 */
function lockFile(file: string): DatabaseSync {
  makePrivateFile(`${file}-lock`, file)
  const lock = new DatabaseSync(`${file}-lock`)
  try {
    lock.exec('pragma busy_timeout = 0; begin exclusive')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw unusable(file, error)
    throw new StartError(
      `KINDRED_DATABASE_URL: another Kindred is serving ${file}. Stop it, or give this one another file or PostgreSQL.`,
      { cause: error },
    )
  }
  return lock
}

/** SQLITE_BUSY, of which there are several kinds: another connection holds the lock. */
function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5
}

interface Job {
  work: (db: Db) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

/** What came of one request of a batch, to be told when the batch has ended. */
interface Outcome {
  isFailure: boolean
  tell: () => void
}

/** After a request that failed, so many batches are written with savepoints: others like it may follow. */
const cautiousBatches = 16

/**
 * Lets the writes of one turn of the event loop share a commit, which brings all of them to disk; only then are they
 * answered. One fsync for the lot, and a failing request undoes nothing of its neighbours.
 *
 * SQLite copies every page that is touched in a savepoint, which is a third of the cost of writing. So a batch is first
 * written without; when a request of it fails after it has changed something, all of it is undone and written again,
 * each request in a savepoint of its own. Like on PostgreSQL, then, a request's work may run more than once.
 */
class GroupCommit {
  /** Settles when the batch that is being written has ended; undefined when none is. */
  batch: Promise<void> | undefined
  onCommit: () => void = () => {}
  readonly #connection: SqliteConnection
  readonly #db: Db
  readonly #tell: (tables: ReadonlySet<string>) => void
  readonly #makeBeforeCommit: ((database: DatabaseSync) => () => void) | undefined
  #beforeCommit: (() => void) | undefined
  #changes: StatementSync | undefined
  /** How many of the next batches are written with savepoints from the start. */
  #cautious = 0
  #queue: Job[] = []
  #draining: Promise<void> | undefined
  #isClosed = false

  constructor(
    connection: SqliteConnection,
    tell: (tables: ReadonlySet<string>) => void,
    makeBeforeCommit: ((database: DatabaseSync) => () => void) | undefined,
  ) {
    this.#makeBeforeCommit = makeBeforeCommit
    this.#connection = connection
    this.#db = kyselyOn(connection)
    this.#tell = tell
  }

  add<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new Error('The database has been closed.'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ work, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Takes no more, and resolves when what it took has been written. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // The requests that the event loop has read in this turn come in before the batch is closed.
      await new Promise(setImmediate)
      const jobs = this.#queue.splice(0, largestBatch)
      this.batch = this.#write(jobs)
      await this.batch
      this.batch = undefined
    }
    this.#draining = undefined
  }

  async #write(jobs: Job[]): Promise<void> {
    const { database, touched } = this.#connection
    let outcomes: Outcome[] = []
    try {
      database.exec('begin immediate')
      outcomes = (await this.#together(jobs)) ?? (await this.#oneByOne(jobs))
      if (outcomes.every(({ isFailure }) => isFailure)) {
        database.exec('rollback')
        touched.clear()
      } else {
        this.#beforeCommit ??= this.#makeBeforeCommit?.(database)
        this.#beforeCommit?.()
        database.exec('commit')
      }
    } catch (error) {
      // Disk full, input or output error: nothing of the batch is on disk, so nobody is told that it is.
      if (database.isTransaction) database.exec('rollback')
      touched.clear()
      const reason = isBusy(error)
        ? new DatabaseUnavailable('another process holds the SQLite database', { cause: error })
        : error
      for (const { isFailure, tell } of outcomes) if (isFailure) tell()
      for (const job of jobs) job.reject(reason)
      return
    }
    // What is committed stays committed, whatever comes after.
    if (outcomes.some(({ isFailure }) => !isFailure)) this.onCommit()
    if (touched.size > 0) {
      this.#tell(new Set(touched))
      touched.clear()
    }
    for (const { tell } of outcomes) tell()
  }

  /** @returns undefined when the batch has to be written one by one; nothing of it is in the transaction then */
  async #together(jobs: readonly Job[]): Promise<Outcome[] | undefined> {
    if (this.#cautious > 0) {
      this.#cautious -= 1
      return undefined
    }
    const { database, touched } = this.#connection
    const outcomes: Outcome[] = []
    for (const job of jobs) {
      const changesBefore = this.#countChanges()
      try {
        const result = await job.work(this.#db)
        outcomes.push({ isFailure: false, tell: () => job.resolve(result as never) })
      } catch (error) {
        // Some errors, such as a full disk, end the whole transaction; then the batch fails as one.
        if (!database.isTransaction) throw error
        if (jobs.length > 1 && this.#countChanges() !== changesBefore) {
          this.#cautious = cautiousBatches
          database.exec('rollback; begin immediate')
          touched.clear()
          return undefined
        }
        outcomes.push({ isFailure: true, tell: () => job.reject(error) })
      }
    }
    return outcomes
  }

  async #oneByOne(jobs: readonly Job[]): Promise<Outcome[]> {
    const { database } = this.#connection
    const outcomes: Outcome[] = []
    for (const job of jobs) {
      database.exec('savepoint request')
      try {
        const result = await job.work(this.#db)
        database.exec('release request')
        outcomes.push({ isFailure: false, tell: () => job.resolve(result as never) })
      } catch (error) {
        if (!database.isTransaction) throw error
        database.exec('rollback to request; release request')
        outcomes.push({ isFailure: true, tell: () => job.reject(error) })
      }
    }
    return outcomes
  }

  /** How many rows the connection has changed since it was opened. */
  #countChanges(): unknown {
    this.#changes ??= this.#connection.database.prepare('select total_changes() as count')
    return this.#changes.get()!.count
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
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  setRunner(db, connection)
  return db
}

async function transactionsBelongToTheStore(): Promise<never> {
  throw new Error('Use store.write(): a transaction of its own would stand in the way of the shared commit.')
}
