import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import postgres from 'postgres'
import { DatabaseUnavailable, StartError } from '../errors.ts'
import { testDatabase } from '../testing.ts'
import { openPostgres } from './postgres.ts'
import type { Store } from './store.ts'
import type { Db } from './tables.ts'
import { PostgresProxy } from './testing-proxy.ts'

test('a server that cannot be reached stops the start with one line, which does not show the password', async () => {
  await assert.rejects(openPostgres('postgres://user:hidden@127.0.0.1:1/db'), (error) => {
    assert.ok(error instanceof StartError)
    assert.match(error.message, /^KINDRED_DATABASE_URL: cannot use PostgreSQL at 127\.0\.0\.1:1 \(connect ECONNREFUSED/)
    assert.doesNotMatch(error.message, /hidden|\n/)
    return true
  })
})

test('a schema that is no plain name is refused', async () => {
  for (const schema of ['Upper', 'with-hyphen', '1st', 'x'.repeat(52), 'a";drop']) {
    await assert.rejects(openPostgres(`postgres://127.0.0.1:1/db?schema=${schema}`), { name: 'StartError' })
  }
})

if (process.env.KINDRED_TEST_STORE === 'postgres') {
  test('a wrong password stops the start with what PostgreSQL says', async () => {
    const url = new URL(process.env.KINDRED_TEST_POSTGRES_URL!)
    url.password = 'wrong'
    await assert.rejects(openPostgres(url.href), {
      name: 'StartError',
      message: /\(password authentication failed for user "\w+"\)\. Check host, user, password and database/,
    })
  })

  test('schemas of one database do not see each other', async (t) => {
    const [one, other] = [await open(t), await open(t)]
    await one.store.write((db) => insert(db, 'one'))
    assert.deepEqual([await ids(one.store.read), await ids(other.store.read)], [['one'], []])
    const told: unknown[] = []
    other.store.onChange((tables) => told.push(tables))
    await one.store.write(addApi)
    await other.store.write((db) => insert(db, 'two'))
    assert.deepEqual(told, [])
  })

  test('a user who may do no more than use a schema is enough, once the schema is there', async (t) => {
    const { url, admin } = await open(t)
    const schema = new URL(url).searchParams.get('schema')!
    const user = `user_${process.pid}`
    await admin.unsafe(`create role ${user} login password 'pass'`)
    await admin.unsafe(
      `grant usage, create on schema "${schema}" to ${user}; grant all on all tables in schema "${schema}" to ${user}`,
    )
    t.after(async () => {
      const sql = postgres(process.env.KINDRED_TEST_POSTGRES_URL!, { max: 1, onnotice: () => {} })
      await sql.unsafe(`drop owned by ${user}; drop role ${user}`)
      await sql.end()
    })
    const limited = new URL(url)
    limited.username = user
    limited.password = 'pass'
    const store = await openPostgres(limited.href)
    t.after(() => store.close())
    await store.write((db) => insert(db, 'one'))
    assert.deepEqual(await ids(store.read), ['one'])
  })

  test('statements are prepared by name, and run again without being parsed', async (t) => {
    const { store } = await open(t)
    const uses = await store.write(async (db) => {
      for (const id of ['one', 'two', 'three']) await insert(db, id)
      const { rows } = await sql<{ name: string; uses: number }>`
        select name, generic_plans + custom_plans as uses from pg_prepared_statements
        where statement like 'insert into probe%'
      `.execute(db)
      return rows
    })
    assert.equal(uses.length, 1)
    assert.notEqual(uses[0]!.name, '')
    assert.equal(uses[0]!.uses, 3)
  })

  test('two transactions that block each other are both carried out', async (t) => {
    const { store } = await open(t)
    await store.write(async (db) => {
      for (const id of ['a', 'b']) await insert(db, id)
    })
    let attempts = 0
    const bothHoldOne = gate(2)
    const update = (first: string, second: string) =>
      store.write(async (db) => {
        attempts += 1
        await sql`update probe set value = value || ${first} where id = ${first}`.execute(db)
        await bothHoldOne()
        await sql`update probe set value = value || ${first} where id = ${second}`.execute(db)
      })
    await Promise.all([update('a', 'b'), update('b', 'a')])
    assert.ok(attempts > 2, 'PostgreSQL ended one of them, and it was repeated')
    const { rows } = await sql<{ value: string }>`select value from probe order by id`.execute(store.read)
    for (const { value } of rows) assert.match(value, /^(ab|ba)$/)
  })

  test('what was there when a transaction looked and is gone when it writes is looked for again', async (t) => {
    const { store } = await open(t)
    await store.write(async (db) => {
      await insert(db, 'parent')
      await sql`create table if not exists child (parent text primary key references probe)`.execute(db)
    })
    const bothHaveLooked = gate(2)
    const gone = new Error('there is no such parent')
    const addChild = store.write(async (db) => {
      if (!(await ids(db)).includes('parent')) throw gone
      await bothHaveLooked()
      await new Promise((resolve) => setTimeout(resolve, 100))
      await sql`insert into child (parent) values ('parent')`.execute(db)
    })
    const deleteParent = store.write(async (db) => {
      await bothHaveLooked()
      await sql`delete from probe`.execute(db)
    })
    await deleteParent
    await assert.rejects(addChild, (error) => error === gone)
  })

  test('a value that was free when a transaction looked and is taken when it writes is looked for again', async (t) => {
    const { store } = await open(t)
    const bothHaveLooked = gate(2)
    const taken = new Error('taken')
    const outcomes = await Promise.allSettled(
      [1, 2].map(() =>
        store.write(async (db) => {
          if ((await ids(db)).includes('one')) throw taken
          await bothHaveLooked()
          await insert(db, 'one')
        }),
      ),
    )
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      [taken],
    )
  })

  test('a transaction that never gets through is given up', async (t) => {
    const { store } = await open(t)
    let attempts = 0
    const write = store.write(async (db) => {
      attempts += 1
      await sql`do $$ begin raise exception 'not now' using errcode = '40001'; end $$`.execute(db)
    })
    await assert.rejects(write, /not now/)
    assert.equal(attempts, 4)
  })

  test('connections that the server has ended meanwhile are replaced, and nobody notices', async (t) => {
    const { store, admin, name } = await open(t)
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.write((db) => insert(db, `row-${index}`))))
    await Promise.all(Array.from({ length: 20 }, () => ids(store.read)))
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`
    const outcomes = await Promise.all([
      ...Array.from({ length: 20 }, (_, index) => store.write((db) => insert(db, `more-${index}`))),
      ...Array.from({ length: 20 }, () => ids(store.read)),
      store.ping(),
    ])
    assert.equal(outcomes.length, 41)
    assert.equal((await ids(store.read)).length, 40)
  })

  test('a lost listening connection is made again, and everything remembered is dropped', async (t) => {
    const { store, admin, name, url } = await open(t)
    const other = await openPostgres(url)
    t.after(() => other.close())
    const told = listenTo(store)
    const ended = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name} and query like 'listen%'`
    assert.equal(ended.length, 1)
    await told.until((tables) => tables === 'unknown')
    await other.write(addApi)
    await told.until((tables) => tables === 'apis')
  })

  test('while the server is away everything is refused as something that passes; afterwards all is well again', async (t) => {
    const { store, proxy } = await openThroughProxy(t)
    const told = listenTo(store)
    await store.write((db) => insert(db, 'before'))
    await proxy.stop()
    const refused = (error: unknown) => error instanceof DatabaseUnavailable
    for (let round = 0; round < 3; round += 1) {
      const calls = [() => store.write((db) => insert(db, 'meanwhile')), () => ids(store.read), () => store.ping()]
      await Promise.all(calls.flatMap((call) => Array.from({ length: 20 }, () => assert.rejects(call(), refused))))
    }
    await proxy.restart()
    await answers(store)
    await store.write((db) => insert(db, 'after'))
    assert.deepEqual(await ids(store.read), ['after', 'before'])
    await told.until((tables) => tables === 'unknown')
  })

  test('requests that are under way when the server goes away are refused, none of them hangs', async (t) => {
    const { store, proxy } = await openThroughProxy(t)
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.write((db) => insert(db, `row-${index}`))))
    const calls = [
      ...Array.from({ length: 30 }, () => sql`select pg_sleep(60)`.execute(store.read)),
      ...Array.from({ length: 30 }, () => store.write((db) => sql`select pg_sleep(60)`.execute(db))),
    ]
    const settled = Promise.allSettled(calls)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await proxy.stop()
    for (const outcome of await settled) {
      assert.equal(outcome.status, 'rejected')
      assert.ok(outcome.reason instanceof DatabaseUnavailable, String(outcome.reason))
    }
    await proxy.restart()
    await answers(store)
  })

  test('a transaction whose connection breaks between two statements leaves nothing behind, and is repeated', async (t) => {
    const { store, proxy } = await openThroughProxy(t)
    await store.write((db) => insert(db, 'before'))
    let attempts = 0
    await store.write(async (db) => {
      attempts += 1
      await insert(db, `first-${attempts}`)
      if (attempts === 1) {
        proxy.cut()
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await insert(db, `second-${attempts}`)
    })
    assert.deepEqual(await ids(store.read), ['before', 'first-2', 'second-2'])
  })

  test('when the connection breaks during the commit, the write is refused and not repeated', async (t) => {
    const { store, proxy } = await openThroughProxy(t)
    await store.write((db) => insert(db, 'before'))
    let attempts = 0
    // The server gets the commit; its answer gets lost.
    proxy.onSent = (text) => {
      if (!text.includes('commit\0')) return
      proxy.onSent = () => {}
      proxy.mute()
      setTimeout(() => proxy.cut(), 100)
    }
    const write = store.write(async (db) => {
      attempts += 1
      await insert(db, `row-${attempts}`)
    })
    await assert.rejects(write, (error) => error instanceof DatabaseUnavailable)
    proxy.onSent = () => {}
    await answers(store)
    assert.equal(attempts, 1)
    assert.deepEqual(await ids(store.read), ['before', 'row-1'], 'nobody could know, but the server had it')
  })

  test('a server that says nothing at all is known not to answer', async (t) => {
    const { store, proxy } = await openThroughProxy(t)
    await store.ping()
    proxy.mute()
    await assert.rejects(store.ping(), (error) => error instanceof DatabaseUnavailable)
    await proxy.stop()
  })
}

interface Opened {
  store: Store
  url: string
  /** Under which its connections are known to PostgreSQL, so that mischief meets no other test. */
  name: string
  /** A connection of its own, for looking and for mischief. */
  admin: postgres.Sql
}

let stores = 0

async function open(t: TestContext, via: (url: string) => Promise<string> = async (url) => url): Promise<Opened> {
  const database = await testDatabase({ isShared: false })
  const admin = postgres(process.env.KINDRED_TEST_POSTGRES_URL!, { max: 1, onnotice: () => {} })
  const name = `probe-${process.pid}-${++stores}`
  const store = await openPostgres(`${await via(database.url)}&application_name=${name}`)
  t.after(async () => {
    await store.close()
    await admin.end()
    await database.drop()
  })
  await store.write(async (db) => {
    await sql`create table if not exists probe (id text primary key, value text not null)`.execute(db)
    await sql`create table if not exists apis (id text primary key)`.execute(db)
  })
  return { store, url: database.url, name, admin }
}

async function openThroughProxy(t: TestContext): Promise<Opened & { proxy: PostgresProxy }> {
  let proxy!: PostgresProxy
  const opened = await open(t, async (url) => {
    // Registered before the store's own end, and so still there when the store closes.
    proxy = await PostgresProxy.start(t, url)
    return proxy.url
  })
  return { ...opened, proxy }
}

async function insert(db: Db, id: string): Promise<void> {
  await sql`insert into probe (id, value) values (${id}, '')`.execute(db)
}

async function addApi(db: Db): Promise<void> {
  await db
    .insertInto('apis')
    .values({ id: 'first' } as never)
    .execute()
}

async function ids(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from probe`.execute(db)
  return rows.map(({ id }) => id).sort()
}

/** Waits until the database answers. */
async function answers(store: Store): Promise<void> {
  while (
    await store.ping().then(
      () => false,
      () => true,
    )
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Holds everyone up until so many have come; whoever comes later goes through. */
function gate(count: number): () => Promise<void> {
  let come = 0
  let openGate = () => {}
  const opened = new Promise<void>((resolve) => {
    openGate = resolve
  })
  return () => {
    come += 1
    if (come >= count) openGate()
    return opened
  }
}

function listenTo(store: Store) {
  const all: string[] = []
  let wake = () => {}
  store.onChange((tables) => {
    all.push(tables === null ? 'unknown' : [...tables].sort().join())
    wake()
  })
  return {
    async until(isWanted: (tables: string) => boolean): Promise<void> {
      while (!all.some(isWanted)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
