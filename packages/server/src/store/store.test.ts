import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../testing.ts'
import { openStore } from './open.ts'
import { sentStatement, statement } from './statement.ts'
import type { Store } from './store.ts'
import type { Db } from './tables.ts'

const kind = process.env.KINDRED_TEST_STORE ?? 'memory'

const sendProbe = sentStatement<[id: string, value: string | null]>(() => 'insert into probe (id, value) values (?, ?)')

test('a write resolves with what its work returns, and is there for every reader from then on', async (t) => {
  const { store } = await open(t)
  assert.equal(await store.write(async (db) => insert(db, 'one')), 'one')
  assert.deepEqual(await ids(store.read), ['one'])
})

test('a write that throws leaves nothing behind, and its error is the one that was thrown', async (t) => {
  const { store } = await open(t)
  const thrown = new Error('changed my mind')
  const write = store.write(async (db) => {
    await insert(db, 'one')
    throw thrown
  })
  await assert.rejects(write, (error) => error === thrown)
  assert.deepEqual(await ids(store.read), [])
})

test('of writes that run together, those that fail undo nothing of their neighbours', async (t) => {
  const { store } = await open(t)
  await store.write((db) => insert(db, 'taken'))
  const outcomes = await Promise.allSettled(
    Array.from({ length: 32 }, (_, index) =>
      store.write(async (db) => {
        await insert(db, `before-${index}`)
        await pause(index % 3)
        if (index % 4 === 1) throw new Error('thrown')
        if (index % 4 === 2) await insert(db, 'taken')
        if (index % 4 === 3) await sql`insert into probe (id, value) values (${`null-${index}`}, null)`.execute(db)
        await insert(db, `after-${index}`)
        return index
      }),
    ),
  )
  for (const [index, outcome] of outcomes.entries()) {
    assert.equal(outcome.status, index % 4 === 0 ? 'fulfilled' : 'rejected', `write ${index}`)
  }
  const good = [0, 4, 8, 12, 16, 20, 24, 28].flatMap((index) => [`after-${index}`, `before-${index}`])
  assert.deepEqual(await ids(store.read), [...good, 'taken'].sort())
})

test('a statement that nobody waits for is carried out with its write, in its turn', async (t) => {
  const { store } = await open(t)
  const found = await store.write(async (db) => {
    await insert(db, 'one')
    await sendProbe(db, 'two', '2')
    await insert(db, 'three')
    await sendProbe(db, 'four', '4')
    return ids(db)
  })
  assert.deepEqual(found, ['four', 'one', 'three', 'two'])
  assert.deepEqual(await ids(store.read), ['four', 'one', 'three', 'two'])
})

test('when a statement fails that nobody waits for, the write fails for its reason and leaves nothing behind', async (t) => {
  const { store } = await open(t)
  const reason = /not.null constraint/i
  const last = store.write(async (db) => {
    await insert(db, 'one')
    await sendProbe(db, 'two', null)
  })
  await assert.rejects(last, reason)
  const inTheMiddle = store.write(async (db) => {
    await sendProbe(db, 'one', null)
    await insert(db, 'two')
  })
  await assert.rejects(inTheMiddle, reason)
  assert.deepEqual(await ids(store.read), [])
  await assert.rejects(sendProbe(store.read, 'one', '1'), /needs a transaction/)
  await store.write((db) => insert(db, 'three'))
  assert.deepEqual(await ids(store.read), ['three'])
})

test('work that catches the error of one of its statements cannot commit half of itself', async (t) => {
  const { store } = await open(t)
  await store.write((db) => insert(db, 'taken'))
  const write = store.write(async (db) => {
    await insert(db, 'one')
    await insert(db, 'taken').catch(() => {})
  })
  // SQLite undoes the statement alone, PostgreSQL the whole transaction; neither may say that all is well and lose it.
  if (kind === 'postgres') await assert.rejects(write, /rolled back/)
  else await write
  assert.deepEqual(await ids(store.read), kind === 'postgres' ? ['taken'] : ['one', 'taken'])
})

test('a reader never sees what a write has not committed, whatever comes of it', async (t) => {
  const { store } = await open(t)
  const seen: string[][] = []
  let isReading = true
  const reading = (async () => {
    while (isReading) {
      seen.push(await ids(store.read))
      await pause(1)
    }
  })()
  for (const ending of ['commit', 'fail']) {
    const write = store.write(async (db) => {
      await insert(db, `${ending}-1`)
      for (let turn = 0; turn < 5; turn += 1) await pause(1)
      await insert(db, `${ending}-2`)
      if (ending === 'fail') throw new Error('thrown')
    })
    const ended = write.catch(() => {})
    // One that starts while the write is under way gets its answer, too.
    seen.push(await ids(store.read))
    await ended
  }
  isReading = false
  await reading
  for (const rows of seen) assert.ok(rows.length === 0 || rows.join() === 'commit-1,commit-2', rows.join())
  assert.deepEqual(seen.at(-1), ['commit-1', 'commit-2'])
})

test('a write reads what it has written itself', async (t) => {
  const { store } = await open(t)
  const rows = await store.write(async (db) => {
    await insert(db, 'one')
    return ids(db)
  })
  assert.deepEqual(rows, ['one'])
})

test('rows come in a plain list, with booleans, whole numbers and nulls as they were', async (t) => {
  const { store } = await open(t)
  await store.write(async (db) => {
    const business = { code: 'bus_1', name: 'Ünïcode 😀', has_clickwrap: true, has_kinde_branding: false }
    await db
      .insertInto('business')
      .values({ ...business, created_at_ms: 1_768_478_400_123 })
      .execute()
  })
  const columns = ['code', 'name', 'has_clickwrap', 'has_kinde_branding', 'email', 'created_at_ms'] as const
  const rows = await store.read
    .selectFrom('business')
    .select([...columns])
    .execute()
  assert.deepEqual(rows.map(plain), [
    {
      code: 'bus_1',
      name: 'Ünïcode 😀',
      has_clickwrap: true,
      has_kinde_branding: false,
      email: null,
      created_at_ms: 1_768_478_400_123,
    },
  ])
  const byTruth = (truth: boolean) =>
    store.read.selectFrom('business').select('code').where('has_clickwrap', '=', truth).execute()
  assert.deepEqual([(await byTruth(true)).length, (await byTruth(false)).length], [1, 0])
  const { rows: counts } = await sql<{ rows: number }>`select count(*) as rows from business`.execute(store.read)
  assert.deepEqual(counts.map(plain), [{ rows: 1 }])
})

test('more different statements than are kept prepared are answered right, again and again', async (t) => {
  const { store } = await open(t)
  await store.write((db) => insert(db, 'one'))
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 1100; index += 1) {
      const { rows } = await sql<Record<string, unknown>>`
        select id, ${index} as given, ${sql.lit(index)} as ${sql.id(`column_${index}`)} from probe where id = ${'one'}
      `.execute(store.read)
      assert.deepEqual([rows.length, rows[0]![`column_${index}`], Number(rows[0]!.given)], [1, index, index])
    }
  }
})

test('a statement of a hot path takes its parameters in order on either dialect', async (t) => {
  const { store } = await open(t)
  await store.write(async (db) => {
    for (const id of ['a', 'b', 'c']) await insert(db, id)
  })
  const between = statement<[from: string, to: string], [id: string]>(
    (dialect) => `select id from probe where id > ? and id < ? ${dialect === 'sqlite' ? '' : 'and true'} order by id`,
  )
  assert.deepEqual(await between(store.read, 'a', 'c'), [['b']])
  assert.deepEqual(await store.write((db) => between(db, 'b', 'z')), [['c']])
})

test('a commit that changes a watched table is told with its name, any other one is not', async (t) => {
  const { store } = await open(t)
  const told = listenTo(store)
  await store.write((db) => insert(db, 'one'))
  await store.write((db) => addApi(db, 'first'))
  await assert.rejects(
    store.write(async (db) => {
      await addApi(db, 'second')
      throw new Error('thrown')
    }),
  )
  await store.write(async (db) => {
    await db.updateTable('apis').set({ name: 'changed' }).execute()
    await db.deleteFrom('api_scopes').execute()
  })
  await told.until((tables) => tables.includes('api_scopes'))
  // PostgreSQL tells a second time, when its notification comes in.
  assert.deepEqual(new Set(told.all), new Set(['apis', 'api_scopes,apis']))
  assert.deepEqual(told.all.slice(0, 1), ['apis'])
})

test('who has stopped listening is told nothing more', async (t) => {
  const { store } = await open(t)
  const all: unknown[] = []
  const stop = store.onChange((tables) => all.push(tables))
  stop()
  await store.write((db) => addApi(db, 'first'))
  assert.deepEqual(all, [])
})

if (kind !== 'memory') {
  test('another process on the same database is told what this one changes', async (t) => {
    const { store, url } = await open(t)
    const other = await openStore(url, { exclusive: false })
    t.after(() => other.close())
    const told = listenTo(other)
    await store.write((db) => addApi(db, 'first'))
    // PostgreSQL says which table; SQLite only that something changed.
    await told.until((tables) => tables === (kind === 'postgres' ? 'apis' : 'unknown'))
    const rows = await other.read.selectFrom('apis').select('id').execute()
    assert.deepEqual(rows.map(plain), [{ id: 'first' }])
  })

  test('what was written is there when the database is opened again', async (t) => {
    const { store, url } = await open(t)
    await store.write((db) => insert(db, 'one'))
    await store.close()
    const again = await openStore(url)
    t.after(() => again.close())
    assert.deepEqual(await ids(again.read), ['one'])
  })
}

test('a database that answers is known to, and a closed one takes nothing more', async (t) => {
  const { store } = await open(t)
  await store.ping()
  const last = store.write((db) => insert(db, 'last'))
  await store.close()
  assert.equal(await last, 'last', 'what was under way has been finished')
  await assert.rejects(store.write((db) => insert(db, 'late')))
})

async function open(t: TestContext): Promise<{ store: Store; url: string }> {
  const database = await testDatabase({ isShared: false })
  const store = await openStore(database.url)
  t.after(async () => {
    await store.close()
    await database.drop()
  })
  await store.write((db) =>
    sql`create table if not exists probe (id text primary key, value text not null)`.execute(db),
  )
  return { store, url: database.url }
}

/** SQLite's rows have no prototype. */
function plain<Row extends object>(row: Row): Row {
  return { ...row }
}

async function insert(db: Db, id: string): Promise<string> {
  await sql`insert into probe (id, value) values (${id}, ${'value'})`.execute(db)
  return id
}

async function ids(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from probe`.execute(db)
  return rows.map(({ id }) => id).sort()
}

async function addApi(db: Db, id: string): Promise<void> {
  const api = { id, name: id, name_sort: id, audience: `https://${id}.example`, is_management_api: false }
  await db
    .insertInto('apis')
    .values({ ...api, created_at_ms: 0 })
    .execute()
}

/** Collects what a store's listeners are told: the tables in alphabetical order, or `unknown`. */
function listenTo(store: Store) {
  const all: string[] = []
  let wake = () => {}
  store.onChange((tables) => {
    all.push(tables === null ? 'unknown' : [...tables].sort().join())
    wake()
  })
  return {
    all,
    async until(isWanted: (tables: string) => boolean): Promise<void> {
      while (!all.some(isWanted)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** Lets the event loop turn. */
async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
