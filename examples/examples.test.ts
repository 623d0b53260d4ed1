import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'

const root = join(import.meta.dirname, '..')
/** Without what a test runner tells its children, which would make them report to it. */
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(NODE_TEST_CONTEXT|NODE_OPTIONS|KINDRED_.*|KINDE_.*|VITEST.*)$/.test(name),
  ),
)

interface Ended {
  code: number | null
  output: string
}

async function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(command, args, { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = await once(child, 'close')
  return { code: code as number | null, output }
}

/** A server in a process of its own, as the documentation has people start it. */
async function serve(t: TestContext): Promise<{ url: string; client_id: string; client_secret: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-example-'))
  const env = { ...inherited, KINDRED_DATABASE_URL: 'memory:', KINDRED_DATA_DIR: folder, KINDRED_PORT: '0' }
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/kindred.js'), 'serve', '--json'], {
    env: { ...env, KINDRED_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    child.kill()
    if (child.exitCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return JSON.parse(line as string)
}

for (const folder of ['node-test', 'express', 'playwright']) {
  test(`the example ${folder} passes`, async (t) => {
    const { code, output } = await run(
      process.execPath,
      ['--test', '--test-reporter=tap'],
      join(import.meta.dirname, folder),
    )
    assert.equal(code, 0, output)
    assert.match(output, /^# pass \d+$/m)
    const skipped = /# SKIP (.+)/.exec(output)
    if (skipped !== null) return t.skip(skipped[1]!)
    assert.match(output, /^# pass [1-9]/m, output)
  })
}

test('the example vitest passes', async () => {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { code, output } = await run(process.execPath, [vitest, 'run'], join(import.meta.dirname, 'vitest'), {
    CI: '1',
  })
  assert.equal(code, 0, output)
  assert.match(output, /2 passed/)
})

const hasPython = spawnSync('python3', ['--version']).status === 0

test('the example python passes', { skip: hasPython ? false : 'there is no python3' }, async (t) => {
  const { url, client_id: id, client_secret: secret } = await serve(t)
  const env = { KINDRED_URL: url, KINDRED_CLIENT_ID: id, KINDRED_CLIENT_SECRET: secret, PYTHONDONTWRITEBYTECODE: '1' }
  const { code, output } = await run(
    'python3',
    ['-m', 'unittest', 'test_people'],
    join(import.meta.dirname, 'python'),
    env,
  )
  assert.equal(code, 0, output)
  assert.match(output, /^OK$/m)
  assert.match(output, /Ran 3 tests/)
})
