import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../errors.ts'
import { start, type TestServer } from '../testing.ts'
import { createCipher } from './cipher.ts'
import { nameSort } from './dialect.ts'
import { type CursorQuery, cursorPage, PageTokens, pageSize, tokenPage } from './page.ts'

const tokens = new PageTokens(createCipher(Buffer.alloc(32, 1)))
const sorts = {
  name_asc: { column: 'name_sort', direction: 'asc' },
  name_desc: { column: 'name_sort', direction: 'desc' },
} as const

const names = ['Owl', 'owl', 'Ant', 'ÄNT', 'Zebra', 'OWL', 'ant', 'Bee', '🦉', 'owl']

/** Rows of a table that has names, in the order of their making. */
async function addNames(server: TestServer, words: readonly string[]): Promise<void> {
  await server.write(async (db) => {
    for (const name of words) {
      const id = server.environment.ids.uuid()
      const row = { id, key: id, name, name_sort: nameSort(name), description: '', created_at_ms: 0 }
      await db.insertInto('permissions').values(row).execute()
    }
  })
}

const rowsOf = (server: TestServer) =>
  server.db.selectFrom('permissions').select(['seq', 'id', 'name', 'name_sort', 'key'])

async function walkTokens(server: TestServer, sort: string | null, size: number): Promise<string[]> {
  const seen: string[] = []
  let token: string | undefined
  do {
    const query = { page_size: size, next_token: token ?? null, sort }
    const page = await tokenPage(rowsOf(server), query, { list: 'names', tokens, table: 'permissions', sorts })
    assert.ok(page.rows.length <= size)
    seen.push(...page.rows.map(({ name }) => name))
    token = page.nextToken
  } while (token !== undefined)
  return seen
}

test('pages with tokens show each row once, in the order asked for, also among equal names', async (t) => {
  const server = await start(t)
  await addNames(server, names)
  const stable = (direction: number) =>
    names
      .map((name, index) => ({ name, index }))
      .sort((a, b) => {
        const [left, right] = [nameSort(a.name), nameSort(b.name)]
        const byName = Buffer.compare(Buffer.from(left), Buffer.from(right))
        return direction * (byName || a.index - b.index)
      })
      .map(({ name }) => name)
  for (let size = 1; size <= names.length + 1; size += 1) {
    assert.deepEqual(await walkTokens(server, null, size), names)
    assert.deepEqual(await walkTokens(server, 'name_asc', size), stable(1))
    assert.deepEqual(await walkTokens(server, 'name_desc', size), stable(-1))
  }
})

test('a list that is exactly one page long has no next page', async (t) => {
  const server = await start(t)
  await addNames(server, ['a', 'b'])
  const options = { list: 'names', tokens, table: 'permissions', sorts }
  assert.equal((await tokenPage(rowsOf(server), { page_size: 2 }, options)).nextToken, undefined)
  assert.notEqual((await tokenPage(rowsOf(server), { page_size: 1 }, options)).nextToken, undefined)
})

test("a token's sort wins over the one that is sent beside it", async (t) => {
  const server = await start(t)
  await addNames(server, ['b', 'a', 'c'])
  const options = { list: 'names', tokens, table: 'permissions', sorts }
  const first = await tokenPage(rowsOf(server), { page_size: 1, sort: 'name_desc' }, options)
  const second = await tokenPage(rowsOf(server), { next_token: first.nextToken!, sort: 'name_asc' }, options)
  assert.deepEqual(
    second.rows.map(({ name }) => name),
    ['b', 'a'],
  )
})

test('a token opens only unchanged, for its own list, under its own key', () => {
  const token = tokens.write('names', 'name_asc', { seq: 7, value: 'a:::b' })
  assert.deepEqual(tokens.read('names', token), { sort: 'name_asc', after: { seq: 7, value: 'a:::b' } })
  const plain = tokens.write('names', '', { seq: 7 })
  assert.deepEqual(tokens.read('names', plain), { sort: '', after: { seq: 7 } })
  const otherKey = new PageTokens(createCipher(Buffer.alloc(32, 2))).write('names', '', { seq: 7 })
  const unsealed = Buffer.from('8:::').toString('base64url')
  const changed = Buffer.from(plain, 'base64url').toString().replace('7', '8')
  for (const [list, text] of [
    ['others', plain],
    ['names', otherKey],
    ['names', unsealed],
    ['names', Buffer.from(changed).toString('base64url')],
    ['names', `${plain}=`],
    ['names', `${plain}A`],
    ['names', ` ${plain}`],
    ['names', plain.slice(0, -1)],
    ['names', 'garbage'],
    ['names', ''],
    ['names', '🦉'],
  ] as const) {
    assert.throws(() => tokens.read(list, text), refusal('INVALID_NEXT_TOKEN', 'next_token'))
  }
})

test('a page holds 10 rows when nothing is said, at least 1, and not more than the list allows', () => {
  assert.equal(pageSize(undefined, 500), 10)
  assert.equal(pageSize(null, 500), 10)
  assert.equal(pageSize(1, 500), 1)
  assert.equal(pageSize(500, 500), 500)
  for (const size of [0, -1]) assert.throws(() => pageSize(size, 500), refusal('INVALID_PAGE_SIZE', 'page_size'))
  assert.throws(() => pageSize(101, 100), {
    ...refusal('PAGE_SIZE_LIMIT_EXCEEDED', 'page_size'),
    message: 'Page size cannot be greater than 100',
  })
})

function refusal(code: string, field: string) {
  return { name: 'ApiError', status: 400, code, field }
}

async function cursorNames(server: TestServer, query: CursorQuery) {
  const page = await cursorPage(rowsOf(server), query, {
    table: 'permissions',
    seqOf: async (id) => (await rowsOf(server).where('id', '=', id).executeTakeFirst())?.seq,
  })
  return { names: page.rows.map(({ name }) => name), ids: page.rows.map(({ id }) => id), hasMore: page.hasMore }
}

test('pages with cursors can be walked forwards and backwards', async (t) => {
  const server = await start(t)
  await addNames(server, names)
  for (let size = 1; size <= names.length + 1; size += 1) {
    const forwards: string[][] = []
    let page = await cursorNames(server, { page_size: size })
    forwards.push(page.names)
    while (page.hasMore) {
      page = await cursorNames(server, { page_size: size, starting_after: page.ids.at(-1)! })
      forwards.push(page.names)
    }
    assert.deepEqual(forwards.flat(), names)
    const backwards: string[] = []
    page = await cursorNames(server, { page_size: size, starting_after: page.ids.at(-1)! })
    assert.deepEqual(page, { names: [], ids: [], hasMore: false })
    const last = await rowsOf(server).orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow()
    page = await cursorNames(server, { page_size: size, ending_before: last.id })
    backwards.unshift(...page.names)
    while (page.hasMore) {
      page = await cursorNames(server, { page_size: size, ending_before: page.ids[0]! })
      backwards.unshift(...page.names)
    }
    assert.deepEqual([...backwards, last.name], names)
  }
})

test('two cursors at once, and the id of nothing in the list, are refused', async (t) => {
  const server = await start(t)
  await addNames(server, ['a'])
  const { id } = await rowsOf(server).executeTakeFirstOrThrow()
  await assert.rejects(cursorNames(server, { starting_after: id, ending_before: id }), {
    status: 400,
    code: 'TOO_MANY_PARAMETERS',
    message: 'Only one of starting_after or ending_before may be specified',
  })
  for (const field of ['starting_after', 'ending_before'] as const) {
    await assert.rejects(cursorNames(server, { [field]: 'unknown' }), (error) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.status, error.code, error.field], [400, 'INVALID_CURSOR', field])
      return true
    })
    assert.deepEqual((await cursorNames(server, { [field]: '' })).names, ['a'])
  }
})
