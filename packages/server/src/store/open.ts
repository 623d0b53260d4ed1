import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { sql } from 'kysely'
import { StartError } from '../errors.ts'
import { dialectOf } from './dialect.ts'
import { migrations } from './migrations/index.ts'
import type { SqliteStore } from './sqlite.ts'
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
  const isMemory = url === 'memory:'
  if (isMemory && emptyImage !== undefined) return openMemory(emptyImage)
  const store = await connect(url, options.exclusive ?? true)
  try {
    await store.write(migrate)
    if (isMemory) emptyImage = (store as SqliteStore).serialize()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

/**
 * A database in memory with its tables and nothing in them. Whoever opens many in one process, as tests do, waits for
 * the making of the tables once.
 */
let emptyImage: Uint8Array | undefined

async function openMemory(image?: Uint8Array): Promise<SqliteStore> {
  const { openSqlite } = await import('./sqlite.ts')
  const { searchIndexUpdate: beforeCommit } = await import('./user-search-index.ts')
  return openSqlite(null, { exclusive: false, beforeCommit, ...(image === undefined ? {} : { image }) })
}

async function connect(url: string, exclusive: boolean): Promise<Store> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres(url)
  }
  if (url === 'memory:') return openMemory()
  const { openSqlite } = await import('./sqlite.ts')
  const { searchIndexUpdate: beforeCommit } = await import('./user-search-index.ts')
  const file = url.replace(/^sqlite:/, '')
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new StartError(
      `KINDRED_DATABASE_URL: the folder of ${file} cannot be made (${(cause as Error).message}). Name a file in another one.`,
      { cause },
    )
  }
  return openSqlite(file, { exclusive, beforeCommit })
}

/**
 * Waits until no other node is making what every environment has, and keeps the others waiting until the transaction
 * ends. A transaction on SQLite is alone by itself.
 */
export async function lockSetup(db: Db): Promise<void> {
  if (dialectOf(db as never) === 'sqlite') return
  const { setupLock } = await import('./postgres.ts')
  await sql`select pg_advisory_xact_lock(${setupLock})`.execute(db)
}

/**
 * Applies what is missing, in the store's one transaction: a start that fails half-way leaves no half of a schema,
 * and two nodes that start together do it one after the other (`begin immediate`; an advisory lock on PostgreSQL).
 */
async function migrate(db: Db): Promise<void> {
  await lockSetup(db)
  await sql`create table if not exists migrations (name text primary key, applied_at_ms bigint not null)`.execute(db)
  const { rows } = await sql<{ name: string }>`select name from migrations`.execute(db)
  const applied = new Set(rows.map(({ name }) => name))
  const unknown = [...applied].find((name) => !Object.hasOwn(migrations, name))
  if (unknown !== undefined) {
    throw new StartError(
      `KINDRED_DATABASE_URL: the database was used by a newer Kindred (step ${unknown}). Run that version, or restore a backup.`,
    )
  }
  for (const [name, { up }] of Object.entries(migrations)) {
    if (applied.has(name)) continue
    try {
      await up(db as never)
    } catch (cause) {
      throw new StartError(
        `KINDRED_DATABASE_URL: the database could not be brought up to date (step ${name}): ${(cause as Error).message}`,
        { cause },
      )
    }
    await sql`insert into migrations (name, applied_at_ms) values (${name}, ${Date.now()})`.execute(db)
  }
}
