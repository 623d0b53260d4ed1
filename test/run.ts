/**
 * `npm test [-- part of a path…] [--store memory|sqlite|postgres] [--concurrency 2]`: all test files, on every store.
 * The last line says how many tests passed and failed, summed over the passes; exit code 1 when one failed or none ran.
 *
 * Tests read `KINDRED_TEST_STORE`, and in the PostgreSQL pass `KINDRED_TEST_POSTGRES_URL`. When the latter is set
 * already, that database is used and none is started.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { groupFiles, planPasses, type Store, stores } from './passes.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { addOutcome, type Outcome, runFiles } from './run-file.ts'

/** Files that take longer hang: all of ours together take less. */
const deadlineMs = 600_000
/** The database lives as long as the run: what a power failure would lose need not be waited for. */
const withoutWaitingForTheDisk = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']

const { wanted, filters, concurrency } = readArguments()
const root = process.cwd()
// What one process has compiled, the others and the next run need not compile again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'kindred-compiled')
const givenUrl = process.env.KINDRED_TEST_POSTGRES_URL
const interrupted = new AbortController()
let postgres: Postgres | undefined

// The child processes end, the passes unwind, PostgreSQL ends; a second Ctrl-C does not wait for any of it.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    process.exitCode = code
    interrupted.abort()
  })
}

const total: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [], notes: [] }
for (const { store, files } of planPasses(root, wanted, filters)) {
  if (files.length > 0 && !interrupted.signal.aborted) addOutcome(total, await makePass(store, files))
}
await postgres?.stop().catch((error: Error) => {
  console.log(`✖ ${error.message}`)
  total.failed++
})
if (interrupted.signal.aborted) process.exit()

for (const note of new Set(total.notes)) console.log(note)
if (total.passed + total.failed === 0)
  console.log(`no test ran${filters.length > 0 ? `: no file for ${filters.join(', ')}` : ''}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
// Not left to the event loop: a process that a test left behind may still hold a pipe to this one.
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

async function makePass(store: Store, files: string[]): Promise<Outcome> {
  const sum: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [], notes: [] }
  const startedAt = performance.now()
  process.stdout.write(`${store} `)

  process.env.KINDRED_TEST_STORE = store
  delete process.env.KINDRED_TEST_POSTGRES_URL
  if (store === 'postgres') {
    try {
      if (givenUrl === undefined) postgres = await startPostgres({ flags: withoutWaitingForTheDisk })
      process.env.KINDRED_TEST_POSTGRES_URL = givenUrl ?? postgres?.url
    } catch (error) {
      console.log(`\n✖ ${error instanceof Error ? error.message : error}`)
      return { ...sum, failed: 1 }
    }
  }

  const queue = groupFiles(root, files)
  const worker = async () => {
    for (let group = queue.shift(); group !== undefined && !interrupted.signal.aborted; group = queue.shift()) {
      const outcome = await runFiles(root, group, deadlineMs, interrupted.signal)
      process.stdout.write((outcome.failed > 0 ? '✖' : '.').repeat(group.length))
      addOutcome(sum, outcome)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  if (interrupted.signal.aborted) return sum

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  for (const failure of sum.failures) process.stdout.write(`\n\n${failure}`)
  console.log(
    `\n${store}: ${files.length} files, ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped, ${seconds} s`,
  )
  return sum
}

function readArguments(): { wanted: Store[]; filters: string[]; concurrency: number } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        store: { type: 'string', multiple: true, default: [...stores] },
        concurrency: { type: 'string', default: '2' },
      },
    })
    const unknown = values.store.find((name) => !stores.some((store) => store === name))
    if (unknown !== undefined) throw new Error(`--store ${unknown}: the stores are ${stores.join(', ')}`)
    const concurrency = Number(values.concurrency)
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new Error('--concurrency: a number of files, at least 1')
    return { wanted: stores.filter((store) => values.store.includes(store)), filters: positionals, concurrency }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}
