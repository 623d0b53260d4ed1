/**
 * What holds for every list that comes in pages, proven from the list of operations: a new list asks for an entry in
 * `testing-lists.ts`, and says so.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { operations } from './api/index.ts'
import type { Operation } from './operation.ts'
import { start, type TestServer } from './testing.ts'
import { type ListScene, listScenes } from './testing-lists.ts'
import { walk, walkCursors } from './testing-walk.ts'

/** Kinde's own permissions are the same in every environment: their tests walk them, and nothing comes or goes. */
const fixed = ['GetSystemPermissions', 'GetRoleSystemPermissions']
const lists = operations.filter(({ query }) => query !== undefined && 'page_size' in query.properties)
const walked = lists.filter(({ id }) => !fixed.includes(id))

/** Rows that are there throughout, made in this order, and rows that go meanwhile. */
const kept = ['mole', 'ant', 'zebra', 'Cat', 'bee', 'yak', 'Eel']
const passing = ['lynx', 'ape', 'vole', 'owl']

type Row = Record<string, unknown>

test('every list in pages has rows to be walked', () => {
  assert.ok(walked.length > 15)
  for (const { id } of walked) {
    assert.ok(id in listScenes, `Nothing tells how to fill the list of ${id}: add an entry to testing-lists.ts.`)
  }
  for (const id of [...fixed, ...Object.keys(listScenes)]) {
    assert.ok(
      lists.some((operation) => operation.id === id),
      `${id} is no list in pages`,
    )
  }
})

for (const operation of walked) {
  test(`${operation.id}: rows that are there throughout are seen once, in their order, while others come and go`, async (t) => {
    const server = await start(t)
    const scene = await listScenes[operation.id]!(server)
    const words = new Map<string, string>()
    const add = async (word: string) => {
      const id = await scene.add(word)
      words.set(id, word)
      return id
    }
    const ids: string[] = []
    const leaving: string[] = []
    for (const [index, word] of kept.entries()) {
      ids.push(await add(word))
      if (index < passing.length) leaving.push(await add(passing[index]!))
    }
    let count = 0
    for (const sort of sortsOf(operation)) {
      await t.test(sort === '' ? 'in the order of making' : sort, async (t) => {
        const change = async (seen: readonly Row[], page: number) => {
          if (page > 3) return
          const last = nameOf(scene, seen.at(-1)!)
          // A token reads on from a row that has gone; whoever holds the id of one cannot.
          const mayGo = byToken(operation) ? leaving : leaving.filter((id) => id !== last)
          const gone = mayGo.find((id) => id === last) ?? mayGo[0]
          if (scene.remove !== undefined && gone !== undefined) {
            await scene.remove(gone)
            leaving.splice(leaving.indexOf(gone), 1)
          }
          count += 1
          // Before the place that has been reached, and behind it.
          leaving.push(await add(`${page % 2 === 0 ? 'aa' : 'zz'}${count}`))
        }
        const isSettled = operation.id === 'getBillingEntitlements'
        const seen = (await rowsOf(server, operation, scene, sort, isSettled ? async () => {} : change)).map((row) =>
          nameOf(scene, row),
        )
        assert.equal(new Set(seen).size, seen.length, 'a row was seen twice')
        assert.deepEqual(
          seen.filter((id) => ids.includes(id)).map((id) => words.get(id)),
          sorted(ids, sort, words).map((id) => words.get(id)),
        )
        await backwards(t, server, operation, scene)
      })
    }
    for (const [name, filter] of Object.entries(scene.filters ?? {})) {
      await t.test(`the filter ${name}`, async () => {
        const { value, shown } = await filter(ids)
        const url = `${scene.url}${scene.url.includes('?') ? '&' : '?'}page_size=100&${name}=${encodeURIComponent(value)}`
        const { status, body } = await server.as().get(url)
        assert.equal(status, 200, JSON.stringify(body))
        assert.deepEqual(
          body[scene.member].map((row: Row) => nameOf(scene, row)),
          shown,
        )
      })
    }
  })
}

function rowsOf(
  server: TestServer,
  operation: Operation,
  scene: ListScene,
  sort: string,
  between: (seen: readonly Row[], page: number) => Promise<unknown>,
): Promise<Row[]> {
  const { url, member } = scene
  const separator = url.includes('?') ? '&' : '?'
  const list = sort === '' ? url : `${url}${separator}sort=${sort}`
  const options = { list, member, pageSize: 2 }
  return byToken(operation) ? walk(server.as(), options, between) : walkCursors(server.as(), options, between)
}

function byToken({ query }: Operation): boolean {
  return 'next_token' in query!.properties
}

/** Where a list can be read towards its beginning, it is the same list. */
async function backwards(t: TestContext, server: TestServer, operation: Operation, scene: ListScene): Promise<void> {
  if (!('ending_before' in operation.query!.properties)) return
  const options = { list: scene.url, member: scene.member, pageSize: 3 }
  const rows = await walkCursors<Row>(server.as(), options)
  const from = rows.at(-1)!.id as string
  const before = await walkCursors<Row>(server.as(), { ...options, direction: 'ending_before', from })
  assert.deepEqual(before, rows.slice(0, -1))
  t.diagnostic(`${rows.length} rows`)
}

function sortsOf({ query }: Operation): string[] {
  const { sort } = query!.properties as Record<string, TSchema | undefined>
  return ['', ...((sort?.enum ?? []) as string[]).filter((value) => value !== null)]
}

function nameOf({ id = 'id' }: ListScene, row: Row): string {
  return row[id] as string
}

/** Rows in the order that a sort promises: all but ids and times follow the word. */
function sorted(ids: readonly string[], sort: string, words: ReadonlyMap<string, string>): string[] {
  const [, by, direction] = /^(.*)_(asc|desc)$/.exec(sort) ?? []
  if (by === undefined) return [...ids]
  const key = (id: string) => (by === 'id' ? id : words.get(id)!.toLowerCase())
  const rows = by === 'created_on' ? [...ids] : ids.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  return direction === 'asc' ? rows : rows.reverse()
}
