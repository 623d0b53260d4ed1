import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { DatabaseUnavailable, StartError } from '../errors.ts'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'
import type { Db } from './tables.ts'

for (const place of ['memory', 'file'] as const) {
  test(`in ${place}: when a commit fails, nobody of the batch is told that it succeeded, and nothing of it is there`, async (t) => {
    const { store } = await open(t, place)
    const outcomes = await writeTogether(store, 8, async (db, index) => {
      await insert(db, `row-${index}`)
      // Looked at when the transaction ends, so that it is the commit that fails.
      if (index === 5) await sql`insert into child (parent) values ('nobody')`.execute(db)
    })
    for (const outcome of outcomes) assert.match(String(outcome), /FOREIGN KEY constraint failed/)
    assert.deepEqual(await ids(store.read), [])
    await store.write((db) => insert(db, 'afterwards'))
    assert.deepEqual(await ids(store.read), ['afterwards'])
  })

  test(`in ${place}: a full disk refuses the writes that it cannot take, and keeps those that were answered`, async (t) => {
    const { store } = await open(t, place)
    await store.write((db) => insert(db, 'small'))
    await limitPages(store, 30)
    const answered: string[] = []
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await writeTogether(store, 8, async (db, index) => {
        await insert(db, `${round}-${index}`, 'x'.repeat(2000))
        return `${round}-${index}`
      })
      for (const outcome of outcomes) {
        if (typeof outcome === 'string') answered.push(outcome)
        else assert.match(String(outcome), /full/)
      }
    }
    assert.ok(answered.length > 0 && answered.length < 80, `${answered.length} of 80`)
    assert.deepEqual(await ids(store.read), ['small', ...answered].sort())
    await limitPages(store, 10_000)
    await store.write((db) => insert(db, 'afterwards'))
    assert.equal((await ids(store.read)).length, answered.length + 2)
  })
}

test('writes of one turn of the event loop share a commit', async (t) => {
  const { store, file } = await open(t, 'file')
  const watcher = new DatabaseSync(file)
  t.after(() => watcher.close())
  const version = () => (watcher.prepare('pragma data_version').get() as { data_version: number }).data_version
  const commits = new Set([version()])
  const outcomes = await Promise.all(
    Array.from({ length: 32 }, async (_, index) => {
      await store.write((db) => insert(db, `row-${index}`))
      commits.add(version())
      return count(watcher)
    }),
  )
  assert.equal(commits.size, 2)
  assert.deepEqual(new Set(outcomes), new Set([32]), 'each was answered after the commit of all')
})

test('an answer comes after the commit: another connection sees the row at that moment', async (t) => {
  const { store, file } = await open(t, 'file')
  const watcher = new DatabaseSync(file)
  t.after(() => watcher.close())
  for (let row = 1; row <= 20; row += 1) {
    await store.write((db) => insert(db, `row-${row}`))
    assert.equal(count(watcher), row)
  }
})

test('a commit is on disk before it is answered', async (t) => {
  const { store } = await open(t, 'file')
  const pragmas = await store.write(async (db) => {
    const synchronous = await sql<{ synchronous: number }>`pragma synchronous`.execute(db)
    const mode = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db)
    return [synchronous.rows[0]!.synchronous, mode.rows[0]!.journal_mode]
  })
  assert.deepEqual(pragmas, [2, 'wal'])
})

test('the log is moved into the database meanwhile, and is gone after the end', async (t) => {
  const { store, file } = await open(t, 'file')
  await store.write((db) => insert(db, 'one'))
  while (statSync(file).size < 8192) await new Promise((resolve) => setTimeout(resolve, 50))
  // Read without the log.
  assert.equal(count(new DatabaseSync(`file:${file}?immutable=1`, { readOnly: true })), 1)
  await store.write((db) => insert(db, 'two'))
  await store.close()
  assert.equal(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0, 0)
  assert.equal(count(new DatabaseSync(file, { readOnly: true })), 2)
})

test('the log is begun anew beside writes and reads without a pause, and so does not grow with them', async (t) => {
  const { store, file } = await open(t, 'file')
  const text = 'x'.repeat(64_000)
  let written = 0
  const logBytes = () => statSync(`${file}-wal`).size
  const writer = async (name: number) => {
    for (let row = 0; written < 400_000_000 && (written < 100_000_000 || logBytes() > written / 2); row += 1) {
      await store.write((db) => insert(db, `${name}-${row}`, text))
      written += text.length
      await sql`select id from probe limit 1`.execute(store.read)
    }
  }
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(writer))
  assert.ok(logBytes() <= written / 2, `the log has ${logBytes()} bytes after ${written}`)
})

test('what another process changes is told, without saying which table', async (t) => {
  const { store, file } = await open(t, 'file')
  const told = new Promise((resolve) => store.onChange(resolve))
  const program = `
    const { DatabaseSync } = require('node:sqlite')
    new DatabaseSync(${JSON.stringify(file)}).exec("insert into probe values ('foreign', '')")`
  execFileSync(process.execPath, ['--eval', program], { stdio: 'ignore' })
  assert.equal(await told, null)
  assert.deepEqual(await ids(store.read), ['foreign'])
})

// SQLite waits five seconds for the other one: once is enough.
if (process.env.KINDRED_TEST_STORE === 'sqlite') {
  test('while another process holds the database, writes are refused as something that passes', async (t) => {
    const { store, file } = await open(t, 'file')
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    await assert.rejects(
      store.write((db) => insert(db, 'one')),
      (error) => error instanceof DatabaseUnavailable && /another process/.test(error.message),
    )
    assert.deepEqual(await ids(store.read), [], 'readers are not concerned')
    other.exec('rollback')
    other.close()
    await store.write((db) => insert(db, 'one'))
  })
}

test('a second server on one file is refused, a command beside the server is not', async (t) => {
  const { store, file } = await open(t, 'file')
  assert.throws(() => openSqlite(file, { exclusive: true }), {
    name: 'StartError',
    message: `KINDRED_DATABASE_URL: another Kindred is serving ${file}. Stop it, or give this one another file or PostgreSQL.`,
  })
  const beside = openSqlite(file, { exclusive: false })
  await beside.write((db) => insert(db, 'one'))
  await beside.close()
  assert.deepEqual(await ids(store.read), ['one'])
  await store.close()
  const next = openSqlite(file, { exclusive: true })
  await next.close()
})

test('a request that fails without having changed anything costs its neighbours nothing; else they are written again', async (t) => {
  const { store } = await open(t, 'file')
  const attempts = Array.from({ length: 4 }, () => 0)
  const batch = (fails: (db: Db) => Promise<unknown>) =>
    writeTogether(store, 4, async (db, index) => {
      attempts[index]! += 1
      if (index === 2) await fails(db)
      await insert(db, `${attempts[index]}-${index}`)
      return 'written'
    })
  const refused = await batch(async () => {
    throw new Error('refused')
  })
  assert.deepEqual(refused.map(String), ['written', 'written', 'Error: refused', 'written'])
  assert.deepEqual(attempts, [1, 1, 1, 1])
  assert.deepEqual(await ids(store.read), ['1-0', '1-1', '1-3'])
  const taken = await batch(async (db) => {
    await insert(db, 'left behind?')
    await insert(db, '1-0')
  })
  assert.deepEqual(taken.map(String).toSpliced(2, 1), ['written', 'written', 'written'])
  assert.match(String(taken[2]), /UNIQUE constraint failed/)
  // The first attempt of the batch ended with the one that failed.
  assert.deepEqual(attempts, [3, 3, 3, 2])
  assert.deepEqual(await ids(store.read), ['1-0', '1-1', '1-3', '2-3', '3-0', '3-1'])
})

test('database, log and lock can be read by their owner alone', { skip: process.platform === 'win32' }, async (t) => {
  const { store, file } = await open(t, 'file')
  await store.write((db) => insert(db, 'one'))
  for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-lock`]) {
    assert.equal(statSync(name).mode & 0o777, 0o600, name)
  }
})

test('a file that is no database stops the start, and is left as it was', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'text')
  writeFileSync(file, 'no database '.repeat(1000))
  assert.throws(
    () => openSqlite(file, { exclusive: true }),
    (error) => error instanceof StartError && /^KINDRED_DATABASE_URL: .*file is not a database/.test(error.message),
  )
  assert.equal(statSync(file).size, 12_000)
})

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function open(t: TestContext, place: 'memory' | 'file'): Promise<{ store: Store; file: string }> {
  const file = place === 'file' ? join(temporaryFolder(t), 'kindred.db') : ''
  const store = openSqlite(place === 'file' ? file : null, { exclusive: true })
  t.after(() => store.close())
  await store.write(async (db) => {
    await sql`create table probe (id text primary key, value text not null)`.execute(db)
    await sql`create table child (parent text references probe deferrable initially deferred)`.execute(db)
  })
  return { store, file }
}

/** Runs writes of one batch. @returns for each what it resolved to, or its error */
function writeTogether(store: Store, writes: number, work: (db: Db, index: number) => Promise<unknown>) {
  return Promise.all(
    Array.from({ length: writes }, (_, index) => store.write((db) => work(db, index)).catch((error: unknown) => error)),
  )
}

async function insert(db: Db, id: string, value = ''): Promise<void> {
  await sql`insert into probe (id, value) values (${id}, ${value})`.execute(db)
}

async function ids(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from probe`.execute(db)
  return rows.map(({ id }) => id).sort()
}

function count(database: DatabaseSync): number {
  return (database.prepare('select count(*) as rows from probe').get() as { rows: number }).rows
}

/** The largest size of the database, in pages: what a full disk is to it. */
async function limitPages(store: Store, pages: number): Promise<void> {
  await store.write((db) => sql`pragma max_page_count = ${sql.lit(pages)}`.execute(db))
}
