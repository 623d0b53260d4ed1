import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { blocks } from '../../../../test/documents.ts'
import { start } from './index.ts'

const root = join(import.meta.dirname, '../../../..')

/** The samples of the page in one language. */
function samples(language: string): string[] {
  return blocks('docs/testing.md', language).map(({ code }) => code)
}

const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(NODE_TEST_CONTEXT|NODE_OPTIONS|KINDRED_.*|KINDE_.*)$/.test(name)),
)

async function run(command: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd, env: inherited, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part
    })
  }
  const [code] = await once(child, 'close')
  return { code: code as number | null, output }
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-document-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('every sample in JavaScript passes', async (t) => {
  const folder = await temporaryFolder(t)
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const blocks = samples('js')
  for (const [index, code] of blocks.entries()) await writeFile(join(folder, `sample-${index}.test.mjs`), code)
  // In one process: what is loaded once serves them all.
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap']
  const { code, output } = await run(process.execPath, args, folder)
  assert.equal(code, 0, output)
  assert.match(output, new RegExp(`^# pass ${blocks.length}$`, 'm'))
})

test('the sample of a seed can be sown', async (t) => {
  const folder = await temporaryFolder(t)
  const [yaml, ...others] = samples('yaml')
  assert.deepEqual(others, [])
  await writeFile(join(folder, 'seed.yaml'), yaml!)
  await using kindred = await start({ seed: join(folder, 'seed.yaml') })
  assert.deepEqual(Object.keys(kindred.seeded.users), ['olive@example.com', 'ape'])
  assert.deepEqual(Object.keys(kindred.seeded.applications), ['Worker', 'Site'])
})

test('every command works, in the order of the page', async (t) => {
  const [serve, commands, ...others] = samples('sh')
  assert.deepEqual(others, [])
  const folder = await temporaryFolder(t)
  const port = await freePort()
  const words = serve!.trim().replace('8443', String(port)).split(' ')
  assert.deepEqual(words.slice(0, 2), ['npx', 'kindred'])
  const bin = join(root, 'packages/cli/bin/kindred.js')
  const child = spawn(process.execPath, [bin, ...words.slice(2)], {
    cwd: folder,
    env: { ...inherited, KINDRED_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    child.kill()
    if (child.exitCode === null) await once(child, 'exit')
  })
  await once(createInterface({ input: child.stdout }), 'line')
  for (const command of commands!.trim().split('\n')) {
    const { code, output } = await run('sh', ['-c', command.replace('8443', String(port))], folder)
    assert.equal(code, 0, command)
    const reply = JSON.parse(output)
    assert.ok(reply.code === 'OK' || reply.openapi !== undefined, `${command}\n${output}`)
  }
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
