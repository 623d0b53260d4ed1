import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import postgres from 'postgres'
import { StartError } from '../errors.ts'
import { migrations } from './migrations/index.ts'
import { openStore } from './open.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'

const kind = process.env.KINDRED_TEST_STORE ?? 'memory'

test('a fresh database gets every step, once and in order', async (t) => {
  const { url } = await freshDatabase(t)
  const store = await openStore(url)
  const { rows } = await applied(store)
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(migrations),
  )
  assert.deepEqual(Object.keys(migrations), Object.keys(migrations).sort())
  await store.close()
})

if (kind !== 'memory') {
  test('opening a database again changes nothing of it', async (t) => {
    const { url } = await freshDatabase(t)
    const first = await openStore(url)
    const before = [await applied(first), await schemaOf(first)]
    await first.close()
    const second = await openStore(url)
    assert.deepEqual([await applied(second), await schemaOf(second)], before)
    await second.close()
  })

  test('a database that a newer version has used is refused, and left as it is', async (t) => {
    const { url, openBare } = await freshDatabase(t)
    await (await openStore(url)).close()
    const bare = await openBare()
    await bare.write((db) => sql`insert into migrations (name, applied_at_ms) values ('9999-future', 0)`.execute(db))
    const before = await schemaOf(bare)
    await bare.close()
    await assert.rejects(openStore(url), {
      name: 'StartError',
      message:
        'KINDRED_DATABASE_URL: the database was used by a newer Kindred (step 9999-future). Run that version, or restore a backup.',
    })
    const after = await openBare()
    assert.deepEqual(await schemaOf(after), before)
    await after.close()
  })

  test('when a step fails nothing of it stays, nor of those before it, and the start is refused with one line', async (t) => {
    const { url, openBare } = await freshDatabase(t)
    const bare = await openBare()
    await bare.write((db) => sql`create table users (unrelated integer)`.execute(db))
    const before = await schemaOf(bare)
    await bare.close()
    await assert.rejects(openStore(url), (error) => {
      assert.ok(error instanceof StartError)
      assert.match(
        error.message,
        /^KINDRED_DATABASE_URL: the database could not be brought up to date \(step 0001-start\): [^\n]+$/,
      )
      return true
    })
    const after = await openBare()
    assert.deepEqual(await schemaOf(after), before)
    await after.close()
  })

  test('two that open an empty database at the same moment make its tables once', async (t) => {
    const { url } = await freshDatabase(t)
    const stores = await Promise.all([1, 2, 3].map(() => openStore(url, { exclusive: false })))
    for (const store of stores) {
      const { rows } = await applied(store)
      assert.equal(rows.length, Object.keys(migrations).length)
      await store.close()
    }
  })
}

interface Fresh {
  url: string
  /** Opens it without bringing it up to date. */
  openBare: () => Promise<Store>
}

let schemas = 0

/** A database that nothing has ever been done to. */
async function freshDatabase(t: TestContext): Promise<Fresh> {
  if (kind === 'memory') return { url: 'memory:', openBare: async () => openSqlite(null, { exclusive: true }) }
  if (kind === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-test-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'kindred.db')
    return { url: `sqlite:${file}`, openBare: async () => openSqlite(file, { exclusive: true }) }
  }
  const server = process.env.KINDRED_TEST_POSTGRES_URL!
  const schema = `open_${process.pid}_${++schemas}`
  t.after(async () => {
    const connection = postgres(server, { max: 1, onnotice: () => {} })
    await connection`drop schema ${connection(schema)} cascade`
    await connection.end()
  })
  const url = `${server}?schema=${schema}`
  return { url, openBare: () => openPostgres(url) }
}

async function applied(store: Store) {
  return sql<{ name: string; applied_at_ms: number }>`select * from migrations order by name`.execute(store.read)
}

/** Tables, columns and indexes, in the words of the database. */
async function schemaOf({ dialect, read }: Store): Promise<unknown> {
  if (dialect === 'sqlite')
    return (await sql`select type, name, sql from sqlite_master order by 1, 2`.execute(read)).rows
  const columns = sql`
    select table_name, column_name, data_type, is_nullable, column_default, collation_name
    from information_schema.columns where table_schema = current_schema() order by 1, 2`
  const indexes = sql`select indexname, indexdef from pg_indexes where schemaname = current_schema() order by 1`
  return [(await columns.execute(read)).rows, (await indexes.execute(read)).rows]
}
