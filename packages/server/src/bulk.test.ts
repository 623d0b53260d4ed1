import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { operations } from './api/index.ts'
import type { Operation } from './operation.ts'
import { start, type TestServer } from './testing.ts'
import { placesOf, withValueAt } from './testing-examples.ts'
import { storedValues } from './testing-references.ts'
import { refused } from './testing-replies.ts'
import { call, type ExampleRequest, exampleRequest } from './testing-requests.ts'

/** The most that one request may name, unless a list says otherwise. */
const most = 100

interface List {
  operation: Operation
  request: ExampleRequest
  /** Of the body; of the query where the operation has no body. */
  path: readonly (string | number)[]
  entries: unknown[]
  largest: number
}

/** Every list of every request, each in a request of its own that would succeed. */
async function* lists(server: TestServer): AsyncGenerator<List> {
  for (const operation of operations) {
    const { body, query, method } = operation
    if (method === 'GET') continue
    if (!/"type":"array"|"additionalProperties":{/.test(JSON.stringify([body, query]))) continue
    const request = await exampleRequest(server, operation, 'all')
    for (const { path, schema } of placesOf(body ?? ({} as TSchema), request.body)) {
      if (schema.type !== 'array') continue
      const entries = path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], request.body)
      yield { operation, request, path, entries: entries as unknown[], largest: schema.maxItems ?? most }
    }
  }
}

const stateOf = async ({ db, events }: TestServer) =>
  JSON.stringify([(await storedValues(db)).map((value) => JSON.stringify(value)).sort(), await events()])

test('every list of a request has a largest number of entries; beyond it nothing of the request is done', async (t) => {
  const server = await start(t)
  let seen = 0
  for await (const { operation, request, path, entries, largest } of lists(server)) {
    seen += 1
    await t.test(`${operation.id}: ${path.join('.')}`, async () => {
      const before = await stateOf(server)
      const many = Array.from({ length: largest + 1 }, (_, index) => entries[index % entries.length])
      const body = withValueAt(request.body, path, many)
      const { code, field } = refused(await call(server, operation, { ...request, body }), [400], path.join('.'))
      assert.deepEqual([code, field], ['TOO_MANY_OBJECTS', path.join('.')])
      assert.equal(await stateOf(server), before)
    })
  }
  assert.ok(seen > 20)
})

/** An entry like another one that nothing can be made of. */
function wrong(entry: unknown): unknown {
  if (typeof entry === 'string') return 'no such value'
  return Object.fromEntries(
    Object.entries(entry as object).map(([name, value]) => [name, typeof value === 'string' ? 'no such value' : value]),
  )
}

test('when one entry of a list cannot be taken, none is', async (t) => {
  const server = await start(t)
  for await (const { operation, request, path, entries } of lists(server)) {
    await t.test(`${operation.id}: ${path.join('.')}`, async () => {
      const before = await stateOf(server)
      const body = withValueAt(request.body, path, [...entries, wrong(entries[0])])
      refused(await call(server, operation, { ...request, body }), [400], JSON.stringify(body))
      assert.equal(await stateOf(server), before)
    })
  }
})
