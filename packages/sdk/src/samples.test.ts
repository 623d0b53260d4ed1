import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { blocks, readPage } from '../../../test/documents.ts'
import { listen } from '../../server/src/testing-sockets.ts'

const server = await listen({ after })
const root = resolve(import.meta.dirname, '../../..')
// Within the package, where its own name leads to it.
const folder = mkdtempSync(join(import.meta.dirname, '../.samples-'))
after(() => rmSync(folder, { recursive: true }))
const { clientId, clientSecret } = server.running.firstClient
Object.assign(process.env, {
  KINDE_DOMAIN: server.running.url,
  KINDE_MANAGEMENT_CLIENT_ID: clientId,
  KINDE_MANAGEMENT_CLIENT_SECRET: clientSecret,
})

for (const page of ['packages/sdk/README.md', 'docs/sdk.md']) {
  const samples = blocks(page, 'ts').map(({ code }) => code)

  test(`the samples of ${page} run`, async (t) => {
    assert.ok(samples.length > 3)
    for (const [index, sample] of samples.entries()) {
      await t.test(sample.split('\n', 1)[0]!, async (t) => {
        const said: unknown[][] = []
        t.mock.method(console, 'log', (...words: unknown[]) => said.push(words))
        const file = join(folder, `${page.replaceAll(/\W/g, '-')}-${index}.ts`)
        writeFileSync(file, sample)
        await import(pathToFileURL(file).href)
        assert.ok(said.length > 0, 'a sample shows something')
        assert.ok(said.flat().every((word) => word !== undefined))
      })
    }
  })
}

test('what the pages say of the package is so', () => {
  const exported = JSON.parse(readFileSync(join(root, 'packages/sdk/package.json'), 'utf8'))
  assert.deepEqual(exported.dependencies, undefined)
  for (const page of ['packages/sdk/README.md', 'docs/sdk.md']) {
    const named = readPage(page).matchAll(/@kindred\/sdk(\/[\w-]+)?/g)
    for (const [name, path] of named) assert.ok(`.${path ?? ''}` in exported.exports, `${page}: ${name}`)
  }
})
