import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openApiDocument } from '../packages/server/src/openapi.ts'
import { compare } from './compare.ts'
import { deviations } from './deviations.ts'
import { listOperations, openApi } from './document.ts'
import { absence, readOfficialDocument } from './official.ts'
import { judge } from './report.ts'

const ours = openApi(openApiDocument('https://localhost:8443'), 'The document of this server')

test("where Kindred's document deviates from Kinde's there is a reason, and no reason is stale", (t) => {
  const official = readOfficialDocument()
  if (official === undefined) return t.diagnostic(absence)
  const comparison = compare(official, ours)
  const { unexplained, stale } = judge(comparison.deviations, deviations)
  t.diagnostic(`${comparison.present.length} of ${comparison.total} operations`)
  assert.deepEqual({ unexplained, stale }, { unexplained: [], stale: [] })
})

test("without Kinde's document the command says how to set its path, and succeeds", (t) => {
  const path = join(temporaryFolder(t), 'absent.yaml')
  assert.deepEqual(conformance(path), {
    status: 0,
    stdout:
      `Comparison with Kinde's OpenAPI document skipped: there is no file ${path}. ` +
      'Set KINDRED_KINDE_SPEC to the path of the document.\n',
    stderr: '',
  })
})

test('a deviation without a reason makes the command fail', (t) => {
  const [first] = listOperations(ours)
  assert.ok(first, 'our document has operations')
  const official = { paths: { [first.path]: { [first.method]: { operationId: 'getWidgets' } } } }
  const path = join(temporaryFolder(t), 'official.yaml')
  writeFileSync(path, JSON.stringify(official)) // JSON is YAML
  const { status, stdout } = conformance(path)
  assert.equal(status, 1)
  assert.match(stdout, /^1 of 1 operations, \d+ deviations \(0 with a reason, \d+ without\)\n/)
  assert.ok(stdout.includes(`getWidgets operationId: getWidgets -> ${first.operation.operationId}\n    NO REASON\n`))
})

test('a file that is no OpenAPI document makes the command fail, by its name', (t) => {
  const path = join(temporaryFolder(t), 'official.yaml')
  writeFileSync(path, 'openapi: 3.0.0\n')
  const { status, stderr } = conformance(path)
  assert.notEqual(status, 0)
  assert.ok(stderr.includes(`${path} is no OpenAPI document: it has no paths.`), stderr)
})

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** `npm run conformance` with Kinde's document at `path`. */
function conformance(path: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'run.js')], {
    env: { ...process.env, KINDRED_KINDE_SPEC: path },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
