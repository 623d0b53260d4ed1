import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import postgres from 'postgres'
import { StartError } from '../errors.ts'
import { ChangeListeners, type Store } from './store.ts'
import type { Database, Db } from './tables.ts'
import { touchedTable } from './touched.ts'

/** Deadlock and serialization failure: the transaction did nothing wrong, it met another one. */
const retryable = new Set(['40P01', '40001'])
const largestRetries = 3

/**
 * Opens PostgreSQL. Statements are named and prepared once for each connection; reads are pipelined.
 * @param url `postgres://user:pass@host/db`, optionally with `?schema=name`; further parameters go to the driver
 * @throws {StartError} when the server cannot be reached or refuses the user
 */
export async function openPostgres(url: string): Promise<Store> {
  const { schema, driverUrl } = parseUrl(url)
  const sql = postgres(driverUrl, {
    connection: { application_name: 'kindred', search_path: `"${schema}", public` },
    onnotice: () => {},
    max: 16,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  })
  try {
    // Two nodes may start at the same moment, and "if not exists" does not wait for the other one.
    await sql.begin(async (transaction) => {
      await transaction`select pg_advisory_xact_lock(${schemaLock})`
      await transaction`create schema if not exists ${transaction(schema)}`
    })
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw new StartError(
      `KINDRED_DATABASE_URL: cannot use PostgreSQL at ${new URL(driverUrl).host} (${reasonOf(error)}). ` +
        'Check host, user, password and database, and that the user may create a schema.',
      { cause: error },
    )
  }

  const listeners = new ChangeListeners()
  const channel = `kindred_${schema}`
  // After a lost connection nobody knows what was missed, so everything remembered is dropped.
  const listening = await sql.listen(
    channel,
    (tables) => listeners.tell(new Set(tables.split(','))),
    () => listeners.tell(null),
  )
  const pooled: DatabaseConnection = new PostgresConnection(sql)

  async function attempt<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    const reserved = await sql.reserve()
    const connection = new PostgresConnection(reserved)
    try {
      // Not awaited: it travels in one packet with the first statement, whose error would also be its own.
      reserved.unsafe('begin').catch(() => {})
      const result = await work(kyselyOn(connection))
      if (connection.touched.size > 0) {
        const tables = [...connection.touched].join(',')
        reserved.unsafe('select pg_notify($1, $2)', [channel, tables], { prepare: true }).catch(() => {})
      }
      const { command } = await reserved.unsafe('commit')
      if (command === 'ROLLBACK') throw new Error('the transaction was rolled back by the database')
      listeners.tell(connection.touched)
      return result
    } catch (error) {
      await reserved.unsafe('rollback').catch(() => {})
      throw error
    } finally {
      reserved.release()
    }
  }

  return {
    dialect: 'postgres',
    read: kyselyOn(pooled),
    async write(work) {
      for (let retries = 0; ; retries += 1) {
        try {
          return await attempt(work)
        } catch (error) {
          if (retries === largestRetries || !retryable.has((error as { code?: string }).code ?? '')) throw error
        }
      }
    },
    onChange: (listener) => listeners.add(listener),
    async ping() {
      await sql`select 1`
    },
    async close() {
      await listening.unlisten().catch(() => {})
      await sql.end({ timeout: 5 })
    },
  }
}

/** The lock under which schemas and extensions are made: the same for every schema of a database. */
export const schemaLock = 0x6b_69_6e_64

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

function reasonOf(error: unknown): string {
  const { message, code } = error as Error & { code?: string }
  return message || code || 'no reason given'
}

class PostgresConnection implements DatabaseConnection {
  /** Watched tables changed in this transaction. */
  readonly touched = new Set<string>()
  readonly #sql: postgres.Sql | postgres.ReservedSql

  constructor(sql: postgres.Sql | postgres.ReservedSql) {
    this.#sql = sql
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const rows = await this.#sql.unsafe(query.sql, query.parameters as never[], { prepare: true })
    if (query.query !== undefined) {
      const table = touchedTable(query)
      if (table !== undefined) this.touched.add(table)
    }
    return { rows: rows as unknown as Row[], numAffectedRows: BigInt(rows.count ?? 0) }
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface asks for a generator; nothing here streams yet.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Rows are read by pages: there is nothing to stream.')
  }
}

function kyselyOn(connection: DatabaseConnection): Db {
  return new Kysely<Database>({ dialect: new PostgresOn(connection) })
}

class PostgresOn {
  readonly #connection: DatabaseConnection
  constructor(connection: DatabaseConnection) {
    this.#connection = connection
  }
  createAdapter() {
    return new PostgresAdapter()
  }
  createDriver(): Driver {
    return {
      init: async () => {},
      acquireConnection: async () => this.#connection,
      releaseConnection: async () => {},
      beginTransaction: transactionsBelongToTheStore,
      commitTransaction: transactionsBelongToTheStore,
      rollbackTransaction: transactionsBelongToTheStore,
      destroy: async () => {},
    }
  }
  createIntrospector(db: Kysely<never>) {
    return new PostgresIntrospector(db)
  }
  createQueryCompiler() {
    return new PostgresQueryCompiler()
  }
}

async function transactionsBelongToTheStore(): Promise<never> {
  throw new Error('Use store.write(): the request owns the transaction.')
}
