import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('the last line of a run is the sum over its passes', (t) => {
  const { lines, status } = runTests(t, ['--store', 'memory', '--store', 'sqlite'], {
    'once.test.ts': `${nodeTest}; test('once', () => {})`,
    'twice.test.ts': `${nodeTest}\nimport './testing.ts'\ntest('a', () => {}); test('b', () => {})`,
  })
  assert.equal(lines.at(-1), '5 passed, 0 failed')
  assert.equal(status, 0)
})

test('each pass names its store to the tests', (t) => {
  const told =
    "t.diagnostic('skipped: ' + process.env.KINDRED_TEST_STORE + ' ' + process.env.KINDRED_TEST_POSTGRES_URL)"
  const { lines } = runTests(t, ['--store', 'sqlite', '--store', 'postgres'], {
    'store.test.ts': `${nodeTest}\nimport './testing.ts'\ntest('a', (t) => ${told})`,
  })
  // The URL was given, so none had to be started.
  assert.deepEqual(lines.slice(-3), [
    'skipped: sqlite undefined',
    'skipped: postgres postgres://given',
    '2 passed, 0 failed',
  ])
})

test('a failure is told with its place and message, the output of passing files is not', (t) => {
  const { lines, status } = runTests(t, ['--store', 'memory'], {
    'good.test.ts': `${nodeTest}; console.log('chatter'); test('good', () => {})`,
    'bad.test.ts': `${nodeTest}\nconsole.log('a clue')\ntest('outer', async (t) => {\n  await t.test('inner', () => { throw new Error('broken') })\n})`,
  })
  const text = lines.join('\n')
  assert.match(text, /✖ outer › inner\n {2}packages\/bad\.test\.ts:4:11\n {2}Error: broken\n/)
  assert.match(text, /a clue/)
  assert.doesNotMatch(text, /chatter/)
  assert.equal(lines.at(-1), '1 passed, 2 failed')
  assert.equal(status, 1)
})

for (const [fault, source, told] of [
  ['cannot be loaded', "import './missing.ts'", /exit code 1.*missing\.ts/s],
  ['is killed', "test('a', () => process.kill(process.pid, 'SIGKILL'))", /ended by SIGKILL/],
  ['leaves early with exit code 0', "test('a', () => process.exit(0))", /without reporting a test/],
  ['has no test', '', /without reporting a test/],
  ['throws after its tests', "test('a', () => { setTimeout(() => { throw new Error('late') }) })", /"Error: late"/],
  ['fails in a hook', "after(() => { throw new Error('in after') })", /Error: in after/],
] as const) {
  test(`a test file that ${fault} counts as failed`, (t) => {
    const { lines, status } = runTests(t, ['--store', 'memory'], { 'faulty.test.ts': `${nodeTest}; ${source}` })
    assert.match(lines.join('\n'), told)
    assert.match(lines.at(-1) ?? '', /^[01] passed, 1 failed$/)
    assert.equal(status, 1)
  })
}

test('of files that share a process each is counted, and the one that ends the process is named', (t) => {
  const good = `${nodeTest}; test('good', () => {})`
  const { lines, status } = runTests(t, ['--store', 'memory'], {
    'server/src/a.test.ts': good,
    'server/src/b.test.ts': `${nodeTest}; test('bad', () => { throw new Error('broken') })`,
  })
  assert.match(lines.join('\n'), /✖ bad\n {2}packages\/server\/src\/b\.test\.ts:1:/)
  assert.equal(lines.at(-1), '1 passed, 1 failed')
  for (const source of ["throw new Error('cannot be loaded')", '']) {
    const broken = runTests(t, ['--store', 'memory'], { 'server/src/a.test.ts': good, 'server/src/b.test.ts': source })
    assert.match(broken.lines.join('\n'), /✖ packages\/server\/src\/b\.test\.ts\n/)
    assert.equal(broken.lines.at(-1), '1 passed, 1 failed')
    assert.equal(broken.status, 1)
  }
  assert.equal(status, 1)
})

test('files that pass alone and not together have failed', (t) => {
  const { lines } = runTests(t, ['--store', 'memory'], {
    'server/src/a.test.ts': `${nodeTest}; globalThis.left = 1; test('a', () => {})`,
    'server/src/b.test.ts': `${nodeTest}; if (globalThis.left) throw new Error('met'); test('b', () => {})`,
  })
  assert.match(lines.join('\n'), /passed one by one, and not together: .*a\.test\.ts .*b\.test\.ts/)
  assert.equal(lines.at(-1), '2 passed, 1 failed')
})

test('skipped tests are neither passed nor failed, and are named before the last line', (t) => {
  const { lines, status } = runTests(t, ['--store', 'memory'], {
    'skip.test.ts': `${nodeTest}; test('a', () => {}); test('needs a browser', { skip: 'none here' }, () => {})`,
  })
  assert.deepEqual(lines.slice(-2), ['skipped: needs a browser (none here)', '1 passed, 0 failed'])
  assert.equal(status, 0)
})

test('a run in which no test ran has failed', (t) => {
  const { lines, status } = runTests(t, ['nowhere'], { 'a.test.ts': `${nodeTest}; test('a', () => {})` })
  assert.deepEqual(lines, ['no test ran: no file for nowhere', '0 passed, 0 failed'])
  assert.equal(status, 1)
})

test('an unknown store ends the run with exit code 2', (t) => {
  const { errors, status } = runTests(t, ['--store', 'mysql'], {})
  assert.equal(errors, '--store mysql: the stores are memory, sqlite, postgres\n')
  assert.equal(status, 2)
})

const nodeTest = "import { after, test } from 'node:test'"

/** Runs `npm test` in a repository that has only these files in packages/. */
function runTests(t: TestContext, args: string[], files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'kindred-test-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'packages'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(root, 'packages/testing.ts'), 'export {}')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'packages', name)), { recursive: true })
    writeFileSync(join(root, 'packages', name), text)
  }

  const env: NodeJS.ProcessEnv = { ...process.env, KINDRED_TEST_POSTGRES_URL: 'postgres://given' }
  delete env.NODE_TEST_CONTEXT // or the inner run would take itself for a part of this one
  const launcher = fileURLToPath(new URL('run.js', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  return { lines: stdout.trimEnd().split('\n'), errors: stderr, status }
}
