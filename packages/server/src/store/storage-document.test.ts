import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { tablesOf } from '../testing-content.ts'
import { openStore } from './open.ts'

test('docs/storage.md names every table and every column', async (t) => {
  const store = await openStore('memory:')
  t.after(() => store.close())
  const text = await readFile(new URL('../../../../docs/storage.md', import.meta.url), 'utf8')
  const sections = new Map<string, string>()
  let table = ''
  for (const line of text.split('\n')) {
    table = /^\| `(\w+)` \|/.exec(line)?.[1] ?? table
    sections.set(table, `${sections.get(table) ?? ''}${line}\n`)
  }
  const tables = (await tablesOf(store.read)).filter(({ name }) => !name.startsWith('users_search'))
  assert.ok(tables.length > 20)
  for (const { name, columns } of tables) {
    for (const column of columns) {
      assert.ok(sections.get(name)?.includes(`\`${column.name}\``), `docs/storage.md lacks ${name}.${column.name}`)
    }
  }
})
