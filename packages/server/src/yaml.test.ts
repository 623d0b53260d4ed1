import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'

test('seeds in YAML are read and written in the bundle too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-bundle-'))
  t.after(() => rm(folder, { recursive: true }))
  const name = (path: string) => JSON.stringify(join(import.meta.dirname, path))
  const contents = `export { readSeed } from ${name('seed/read.ts')}\nexport { seedText } from ${name('seed/write.ts')}`
  await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, splitting: true, platform: 'node', format: 'esm', mainFields: ['module', 'main'] },
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  })
  const { readSeed, seedText } = await import(join(folder, 'stdin.mjs'))
  const seed = { permissions: ['animals.feed'] }
  await writeFile(join(folder, 'seed.yaml'), await seedText(seed, 'yaml', ['A zoo.']))
  assert.deepEqual(await readSeed(join(folder, 'seed.yaml')), seed)
})
