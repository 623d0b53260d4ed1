import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvRow, readCsv } from './csv.ts'
import { readJsonObjects } from './json-objects.ts'

/** The text in pieces of so many characters. */
async function* pieces(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  return Array.fromAsync(items)
}

test('CSV is read the same however it is cut', async () => {
  const text = '\ufeffa,b\r\n"1,2","say ""hi"""\n\n"two\nlines",\nlast,"x"'
  for (const size of [1, 2, 3, 5, 1000]) {
    assert.deepEqual(await all(readCsv(pieces(text, size))), [
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['1,2', 'say "hi"'] },
      { line: 4, fields: ['two\nlines', ''] },
      { line: 6, fields: ['last', 'x'] },
    ])
  }
  await assert.rejects(all(readCsv(pieces('a\n"b', 3))), /line 2: a field in quotes is not closed/)
})

test('what is written as CSV is read back', async () => {
  const fields = ['plain', 'a,b', 'say "hi"', 'two\nlines', '']
  assert.deepEqual((await all(readCsv(pieces(csvRow(fields), 4))))[0]?.fields, fields)
})

test('JSON objects are found however the file is cut: one a line, or in an array', async () => {
  const lines = '\ufeff{"a":1}\n\n  {"b":"}{"}\n{broken\n{"c":3}'
  const array = ' [\n{"a":1},\n{"b":"}\\"{",\n"n":{"x":[1]}}\n, {"c":3}]\n'
  for (const size of [1, 2, 7, 1000]) {
    assert.deepEqual(await all(readJsonObjects(pieces(lines, size))), [
      { line: 1, text: '{"a":1}' },
      { line: 3, text: '{"b":"}{"}' },
      { line: 4, text: '{broken' },
      { line: 5, text: '{"c":3}' },
    ])
    const found = await all(readJsonObjects(pieces(array, size)))
    assert.deepEqual(
      found.map(({ line, text }) => [line, JSON.parse(text)]),
      [
        [2, { a: 1 }],
        [3, { b: '}"{', n: { x: [1] } }],
        [5, { c: 3 }],
      ],
    )
  }
  assert.deepEqual(await all(readJsonObjects(pieces('[]', 1))), [])
  assert.deepEqual(await all(readJsonObjects(pieces('', 1))), [])
})
