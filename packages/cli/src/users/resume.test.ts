import assert from 'node:assert/strict'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startScene } from '../../../sdk/src/testing-scene.ts'
import { temporaryFolder } from '../testing-process.ts'
import { Checkpoint, fingerprint } from './checkpoint.ts'
import { type ExportState, exportUsers } from './export-users.ts'
import { ImportTarget } from './import-target.ts'
import { type ImportState, importUsers } from './import-users.ts'
import { readRows } from './rows.ts'

const scene = await startScene({ after })
const { kindred } = scene.client({ maxRetries: 0 })
const folder = temporaryFolder({ after })
const never = new AbortController().signal

function fileOf(name: string, count: number): string {
  const rows = Array.from({ length: count }, (_, at) => JSON.stringify({ email: `${name}${at}@example.com` }))
  const file = join(folder, `${name}.ndjson`)
  writeFileSync(file, `${rows.join('\n')}\n`)
  return file
}

function run(
  file: string,
  checkpoint: Checkpoint<ImportState>,
  signal = never,
  onProgress: (state: ImportState) => void = () => {},
) {
  const options = { checkpoint, report: () => {}, concurrency: 4, signal, onProgress }
  return importUsers(rowsOf(file), new ImportTarget(kindred, 'skip'), options)
}

function rowsOf(file: string) {
  return readRows(createReadStream(file, { encoding: 'utf8' }), 'json')
}

test('an import that a fault of the server ended goes on, and makes nobody twice', async () => {
  const file = fileOf('resumed', 60)
  const checkpoint = new Checkpoint<ImportState>(`${file}.checkpoint`, { file: (await fingerprint(file)).text })
  scene.proxy.forget()
  // One user is made, and the answer lost.
  const creations = () =>
    scene.proxy.seen.filter(({ method, path }) => method === 'POST' && path === '/api/v1/user').length
  await kindred.users.list()
  const rows = rowsOf(file)
  const cut = (async function* () {
    for await (const row of rows) {
      if (row.number === 21) scene.proxy.spoil('/api/v1/user', 'cut after')
      yield row
    }
  })()
  const options = { checkpoint, report: () => {}, concurrency: 4, signal: never, onProgress: () => {} }
  await assert.rejects(importUsers(cut, new ImportTarget(kindred, 'skip'), options), { name: 'NetworkError' })
  const stopped = (await checkpoint.read())!
  // One of the rows that were on their way then.
  assert.ok(stopped.done <= 20, JSON.stringify(stopped))
  const before = creations()

  const { state, isWhole } = await run(file, checkpoint)
  assert.deepEqual([isWhole, state.done, state.imported, state.existing, state.refused], [true, 60, 60, 0, 0])
  assert.equal(creations() - before, 60 - stopped.done - stopped.beyond.length, 'rows that are done are not sent again')
  assert.equal(await checkpoint.read(), undefined)
  const users = await kindred.users.list().all()
  assert.equal(users.filter(({ email }) => email?.startsWith('resumed')).length, 60)
})

test('an import that was stopped by its signal says so, and goes on', async () => {
  const file = fileOf('stopped', 40)
  const checkpoint = new Checkpoint<ImportState>(`${file}.checkpoint`, { file: 'same' })
  const stop = new AbortController()
  const first = await run(file, checkpoint, stop.signal, ({ imported }) => {
    if (imported >= 10) stop.abort()
  })
  assert.equal(first.isWhole, false)
  assert.ok(first.state.imported >= 10 && first.state.imported < 40)
  const { state } = await run(file, checkpoint)
  assert.deepEqual([state.done, state.imported], [40, 40])
})

test('a checkpoint of another file or server is refused', async () => {
  const checkpoint = new Checkpoint<{ done: number }>(join(folder, 'other.checkpoint'), { file: 'a', server: 'x' })
  await checkpoint.write({ done: 1 })
  assert.deepEqual(await checkpoint.read(), { done: 1 })
  const other = new Checkpoint(checkpoint.path, { file: 'a', server: 'y' })
  await assert.rejects(other.read(), { message: 'it is of another server' })
})

test('an export that was stopped goes on where the last page ended', async () => {
  const file = join(folder, 'export.ndjson')
  const checkpoint = new Checkpoint<ExportState>(`${file}.checkpoint`, {})
  // Only with a second page is there anything to go on with.
  const more = fileOf('exported', 120)
  await run(more, new Checkpoint(`${more}.checkpoint`, {}))
  const all = (await kindred.users.list().all()).length
  const stop = new AbortController()
  stop.abort()
  const options = { file, format: 'json', isFull: false, checkpoint, onProgress: () => {} } as const
  const first = await exportUsers(kindred, { ...options, signal: stop.signal })
  assert.deepEqual(first, { count: 100, isWhole: false })
  // What a killed run had written beyond its checkpoint.
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"half${'x'.repeat(200_000)}`)
  assert.deepEqual(await exportUsers(kindred, { ...options, signal: never }), { count: all, isWhole: true })
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)
  assert.equal(new Set(lines).size, all)
})
