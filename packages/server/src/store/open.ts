import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { StartError } from '../errors.ts'
import { dialectOf } from './dialect.ts'
import { migrations } from './migrations/index.ts'
import type { Store } from './store.ts'
import type { Db } from './tables.ts'

/**
 * Opens the database that a URL names and brings its tables up to date.
 * @param url `memory:`, `sqlite:<path>` or `postgres://user:pass@host/db` (`?schema=`)
 * @param options `exclusive`: be the only server on a SQLite file (the default); a command that runs beside the
 *   server passes false
 * @throws {StartError} with one line for the person who starts the server
 */
export async function openStore(url: string, options: { exclusive?: boolean } = {}): Promise<Store> {
  const store = await connect(url, options.exclusive ?? true)
  try {
    await store.write(migrate)
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

async function connect(url: string, exclusive: boolean): Promise<Store> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres(url)
  }
  const { openSqlite } = await import('./sqlite.ts')
  if (url === 'memory:') return openSqlite(null, { exclusive: false })
  const file = url.replace(/^sqlite:/, '')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  return openSqlite(file, { exclusive })
}

/**
 * Applies what is missing, in the store's one transaction: a start that fails half-way leaves no half of a schema,
 * and two nodes that start together do it one after the other (`begin immediate`; an advisory lock on PostgreSQL).
 */
async function migrate(db: Db): Promise<void> {
  if (dialectOf(db as never) === 'postgres') {
    const { schemaLock } = await import('./postgres.ts')
    await sql`select pg_advisory_xact_lock(${schemaLock})`.execute(db)
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations }, disableTransactions: true })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName
  throw new StartError(
    `The database could not be brought up to date${failed ? ` (step ${failed})` : ''}: ${(error as Error).message}`,
    { cause: error },
  )
}
