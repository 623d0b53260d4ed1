import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { StatementRunner } from './statement.ts'
import { touchedTable } from './touched.ts'

/** Statements kept prepared on each connection. */
const statementCacheSize = 500

interface Prepared {
  statement: StatementSync
  returnsRows: boolean
  /** Columns declared boolean, which SQLite stores as 0 and 1. */
  booleans: string[]
}

/** Runs statements at once, on the calling thread: SQLite's answer is there before a promise would be. */
export class SqliteConnection implements DatabaseConnection, StatementRunner {
  readonly database: DatabaseSync
  /** Watched tables changed since the last commit. */
  readonly touched = new Set<string>()
  readonly #prepared = new Map<string, Prepared>()
  /** Statements of hot paths: few, and never dropped. */
  readonly #tuples = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.database = database
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.execute(query)
  }

  async runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]> {
    return this.rowsOf(text, parameters)
  }

  async sendStatement(text: string, parameters: readonly unknown[]): Promise<void> {
    this.rowsOf(text, parameters)
  }

  execute<Row>(query: CompiledQuery): QueryResult<Row> {
    const { statement, returnsRows, booleans } = this.#prepare(query.sql)
    const parameters = query.parameters.map(toSqlite)
    // A statement written as text has no tree, and changes no watched table.
    const table = query.query === undefined ? undefined : touchedTable(query)
    if (table !== undefined) this.touched.add(table)
    if (returnsRows) {
      const rows = statement.all(...parameters) as Record<string, unknown>[]
      if (booleans.length > 0) for (const row of rows) fromSqlite(row, booleans)
      return { rows: rows as Row[] }
    }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  rowsOf(text: string, parameters: readonly unknown[]): unknown[][] {
    let prepared = this.#tuples.get(text)
    if (prepared === undefined) {
      prepared = this.database.prepare(plannedOnce(text))
      prepared.setReturnArrays(true)
      this.#tuples.set(text, prepared)
    }
    return prepared.all(...parameters.map(toSqlite)) as unknown as unknown[][]
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface asks for a generator; nothing here streams.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('SQLite answers at once: there is nothing to stream.')
  }

  close(): void {
    this.#prepared.clear()
    this.#tuples.clear()
    this.database.close()
  }

  #prepare(text: string): Prepared {
    const known = this.#prepared.get(text)
    if (known !== undefined) return known
    const statement = this.database.prepare(plannedOnce(text))
    const columns = statement.columns()
    // What a change returns may hold a row id of the search index, which is larger than a number can be.
    if (columns.length === 0) statement.setReadBigInts(true)
    const prepared = {
      statement,
      returnsRows: columns.length > 0,
      booleans: columns.filter(({ type }) => type?.toLowerCase() === 'boolean').map(({ name }) => name),
    }
    if (this.#prepared.size >= statementCacheSize) {
      const [oldest] = this.#prepared.keys()
      this.#prepared.delete(oldest!)
    }
    this.#prepared.set(text, prepared)
    return prepared
  }
}

/**
 * SQLite plans a statement anew, which takes longer than running it, each time a parameter behind `limit` is bound: the
 * number might tell of a better way. At an expression it does not look.
 */
function plannedOnce(text: string): string {
  return text.replaceAll(/\blimit \?/g, 'limit cast(? as integer)')
}

function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  return (value ?? null) as SQLInputValue
}

function fromSqlite(row: Record<string, unknown>, booleans: string[]): void {
  for (const name of booleans) {
    const value = row[name]
    if (value !== null && value !== undefined) row[name] = value === 1
  }
}
