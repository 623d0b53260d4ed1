import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { groupFiles, planPasses, sharesProcess, touchesStore } from './passes.ts'

test('a test file touches a store when it imports testing.ts or something from store/', () => {
  const file = 'packages/server/src/api/users/users.test.ts'
  for (const [source, expected] of [
    ["import { start } from '../../testing.ts'", true],
    ["import {\n  start,\n  seed,\n} from '../../testing.ts'\n", true],
    ["import { start } from '@kindred/server/testing'", true],
    ["import { listen } from '../../testing-sockets.ts'", true],
    ["import { startStill } from '../testing-webhooks.ts'", true],
    ["import { startReceiver } from '../testing-receiver.ts'", false],
    ["import { open } from '../../store/open.ts'", true],
    ["import '../../store/sqlite.ts'", true],
    ["const { open } = await import('../../store/open.ts')", true],
    ["import type { Db } from '../../store/open.ts'", false],
    ["import { restore } from '../../restore/open.ts'", false],
    ["import { test } from 'node:test'\nconst path = '../../store/open.ts'", false],
    ["// import { start } from '../../testing.ts'", false],
    ["import { test } from 'node:test'", false],
  ] as const) {
    assert.equal(touchesStore(file, source), expected, source)
  }
})

test("a test in store/ touches a store by its neighbour's name", () => {
  const source = "import { newId } from './ids.ts'"
  assert.equal(touchesStore('packages/server/src/store/ids.test.ts', source), true)
  assert.equal(touchesStore('packages/server/src/ids.test.ts', source), false)
})

test('files that touch a store run in every pass, the others in the first', (t) => {
  const root = repository(t, {
    'packages/server/src/users.test.ts': "import { start } from './testing.ts'",
    'packages/server/src/tls.test.ts': "import { ca } from './tls.ts'",
    'packages/server/src/users.ts': '',
    'packages/server/node_modules/x/x.test.ts': '',
    'samples/samples.test.ts': '',
  })
  const once = ['packages/server/src/tls.test.ts', 'packages/server/src/users.test.ts', 'samples/samples.test.ts']
  const everywhere = ['packages/server/src/users.test.ts']
  assert.deepEqual(planPasses(root, ['memory', 'sqlite', 'postgres']), [
    { store: 'memory', files: once },
    { store: 'sqlite', files: everywhere },
    { store: 'postgres', files: everywhere },
  ])
  assert.deepEqual(planPasses(root, ['sqlite']), [{ store: 'sqlite', files: once }])
  assert.deepEqual(planPasses(root, ['memory', 'sqlite'], ['samples', 'tls']), [
    { store: 'memory', files: ['packages/server/src/tls.test.ts', 'samples/samples.test.ts'] },
    { store: 'sqlite', files: [] },
  ])
})

test('a test file shares a process unless it changes what a process has only one of, or says that it is alone', () => {
  for (const [source, expected] of [
    ["import { start } from './testing.ts'\ntest('a', async (t) => { await start(t) })", true],
    ['const url = process.env.KINDRED_TEST_POSTGRES_URL', true],
    ["test('a', () => { process.env.KINDRED_PORT = '1' })", false],
    ["process.chdir('/')", false],
    ["t.mock.method(process.stderr, 'write')", false],
    ['setDefaultCACertificates([])', false],
    ['beforeEach(() => {})', false],
    ['// Alone: it kills its own process.', false],
  ] as const) {
    assert.equal(sharesProcess(source), expected, source)
  }
})

test('files of the server that share a process are dealt out to as few as hold them, and no file is left out', (t) => {
  const shared = Array.from({ length: 20 }, (_, index) => `packages/server/src/f${index}.test.ts`)
  const alone = ['packages/server/src/alone.test.ts', 'packages/cli/src/main.test.ts']
  const files = [...shared, ...alone]
  const text = (file: string) => (file === alone[0] ? '// Alone: it must.' : '')
  const root = repository(t, Object.fromEntries(files.map((file) => [file, text(file)])))
  const groups = groupFiles(root, files)
  assert.deepEqual(
    groups.map(({ length }) => length),
    [1, 1, 10, 10],
  )
  assert.deepEqual(groups.flat().sort(), files.sort())
})

function repository(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'kindred-test-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}
