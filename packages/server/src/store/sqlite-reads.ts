import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { SqliteConnection } from './sqlite-connection.ts'
import { nothingToSend, type StatementRunner } from './statement.ts'

/**
 * Reads of a file. Those of one turn of the event loop run together at its end, in one transaction, and their requests
 * are answered one right after the other. One at a time, each would take the lock of the database for itself, wake the
 * client that waits for it, and find the processor's caches filled with other code: under load that is half of a request.
 */
export class ReadTogether implements DatabaseConnection, StatementRunner {
  readonly #connection: SqliteConnection
  readonly #begin: StatementSync
  readonly #end: StatementSync
  #waiting: (() => void)[] = []

  constructor(database: DatabaseSync) {
    this.#connection = new SqliteConnection(database)
    this.#begin = database.prepare('begin')
    this.#end = database.prepare('commit')
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#inTurn(() => this.#connection.execute<Row>(query))
  }

  runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]> {
    return this.#inTurn(() => this.#connection.rowsOf(text, parameters))
  }

  sendStatement = nothingToSend

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery()
  }

  close(): void {
    this.#connection.close()
  }

  #inTurn<Result>(read: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const answer = () => {
        try {
          resolve(read())
        } catch (error) {
          reject(error)
        }
      }
      if (this.#waiting.push(answer) === 1) setImmediate(() => this.#read())
    })
  }

  #read(): void {
    const { database } = this.#connection
    const answers = this.#waiting
    this.#waiting = []
    // Reads that come after the closing are refused one by one.
    if (answers.length > 1 && database.isOpen) this.#begin.run()
    for (const answer of answers) answer()
    // Some errors, such as one of input or output, end the transaction.
    if (database.isOpen && database.isTransaction) this.#end.run()
  }
}

/** Reads of a database in memory, which has one connection: they wait while a batch of writes is open on it. */
export class ReadAfterBatch implements DatabaseConnection, StatementRunner {
  commits: { batch: Promise<void> | undefined } | undefined
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    while (this.commits?.batch !== undefined) await this.commits.batch
    return this.#connection.executeQuery(query)
  }

  async runStatement(text: string, parameters: readonly unknown[]): Promise<unknown[][]> {
    while (this.commits?.batch !== undefined) await this.commits.batch
    return this.#connection.runStatement(text, parameters)
  }

  sendStatement = nothingToSend

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery()
  }

  /** The writing connection is the same one, and closes it. */
  close(): void {}
}
