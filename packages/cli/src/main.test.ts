import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { settings } from '@kindred/server'
import { runKindred } from './testing-process.ts'

const run = promisify(execFile)

for (const [args, line] of [
  [['sevre'], "error: unknown command 'sevre'. Did you mean serve? Run with --help to see what is possible."],
  [['start'], "error: unknown command 'start'. Run with --help to see what is possible."],
  [
    ['serve', '--prot', '1'],
    "error: unknown option '--prot'. Did you mean --port? Run with --help to see what is possible.",
  ],
  [['serve', '--port'], "error: option '--port <number>' argument missing. Run with --help to see what is possible."],
  [['serve', '8443'], /^error: too many arguments for 'serve'.*8443\. Run with --help to see what is possible\.$/],
  [['keys', 'delete'], "error: unknown command 'delete'. Run with --help to see what is possible."],
  [['keys', 'rotate', '--port', '1'], /^error: unknown option '--port'\. .*Run with --help to see what is possible\.$/],
] as const) {
  test(`kindred ${args.join(' ')} is refused with one line and exit code 2`, async () => {
    const { code, stdout, stderr } = await runKindred(args)
    assert.match(stderr, /^[^\n]+\n$/)
    if (typeof line === 'string') assert.equal(stderr, `${line}\n`)
    else assert.match(stderr.trimEnd(), line)
    assert.deepEqual([code, stdout], [2, ''])
  })
}

test('kindred without a command shows what there is', async () => {
  const { code, stdout, stderr } = await runKindred([])
  assert.match(stderr, /^Usage: kindred .*\n {2}serve .*\n {2}keys .*npx kindred serve/s)
  assert.deepEqual([code, stdout], [2, ''])
})

test('the help of serve names every setting with its variable', async () => {
  const { code, stdout } = await runKindred(['serve', '--help'])
  assert.equal(code, 0)
  const text = stdout.replaceAll(/\s+/g, ' ')
  for (const { flag, meaning, variable } of settings)
    assert.match(text, new RegExp(escaped(`${flag} ${meaning} [${variable}]`)))
  assert.match(text, /--json .*--show-secret /)
})

test('the help of keys rotate names the settings that it takes', async () => {
  const { code, stdout } = await runKindred(['keys', 'rotate', '--help'])
  assert.equal(code, 0)
  const named = Array.from(stdout.matchAll(/\[(KINDRED_\w+)\]/g), (match) => match[1])
  assert.deepEqual(named, ['KINDRED_DATABASE_URL', 'KINDRED_DATA_DIR', 'KINDRED_SECRET_KEY'])
})

test('--version prints a version', async () => {
  const { code, stdout } = await runKindred(['--version'])
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  assert.equal(code, 0)
})

test('an old Node.js is told so in one line, exit code 2', async (t) => {
  const old = await findOldNode()
  if (old === undefined) return t.skip('no Node.js older than 24 on this machine')
  const command = fileURLToPath(new URL('../bin/kindred.js', import.meta.url))
  const ended = await run(old, [command, 'serve']).then(
    () => assert.fail('it started'),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  assert.match(ended.stderr, /^Kindred needs Node\.js 24 or newer; this is \d+\.[^\n]+\n$/)
  assert.deepEqual([ended.code, ended.stdout], [2, ''])
})

/** A Node.js of the system that is older than the one we need. */
async function findOldNode(): Promise<string | undefined> {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node', '/opt/homebrew/bin/node']) {
    if (!existsSync(path)) continue
    const { stdout } = await run(path, ['--version'])
    if (Number(stdout.slice(1).split('.')[0]) < 24) return path
  }
  return undefined
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}
