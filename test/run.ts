/**
 * `npm test [-- part of a path…] [--store memory|sqlite|postgres] [--concurrency 3] [--times]`: all test files, on every
 * store. The last line says how many tests passed and failed, summed over the passes; exit code 1 when one failed or none
 * ran. `--times` lists what took longest.
 *
 * Tests read `KINDRED_TEST_STORE`, and in the PostgreSQL pass `KINDRED_TEST_POSTGRES_URL`. When the latter is set
 * already, that database is used and none is started.
 */
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { groupFiles, planPasses, type Store, stores } from './passes.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { addOutcome, type Outcome, runFiles } from './run-file.ts'

/** One more than there are cores: browsers and other processes are waited for. */
const usualConcurrency = availableParallelism() + 1
/** Files that take longer hang: all of ours together take less. */
const deadlineMs = 600_000
/** The database lives as long as the run: what a power failure would lose need not be waited for. */
const withoutWaitingForTheDisk = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']

const { wanted, filters, concurrency, showsTimes } = readArguments()
const root = process.cwd()
// What one process has compiled, the others and the next run need not compile again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'kindred-compiled')
const { KINDRED_TEST_POSTGRES_URL: givenUrl, KINDRED_TEST_STORE: _ours, ...inherited } = process.env
const interrupted = new AbortController()
const startedAt = performance.now()
const seconds = (sinceMs: number) => ((performance.now() - sinceMs) / 1000).toFixed(1)
let postgres: Promise<Postgres> | undefined

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

/** A {@link Pass} under way. */
interface RunningPass {
  store: Store
  files: string[]
  outcome: Outcome
  /** Groups that have not ended. */
  left: number
}

const passes: RunningPass[] = []
// One queue of all passes: the end of one does not wait for its last file.
const queue: { pass: RunningPass; files: string[] }[] = []
for (const { store, files } of planPasses(root, wanted, filters)) {
  if (files.length === 0) continue
  const groups = groupFiles(root, files)
  const pass = { store, files, outcome: nothingYet(), left: groups.length }
  passes.push(pass)
  queue.push(...groups.map((group) => ({ pass, files: group })))
}
const times: { ms: number; what: string }[] = []

await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (let next = queue.shift(); next !== undefined && !interrupted.signal.aborted; next = queue.shift()) {
      await runGroup(next.pass, next.files)
    }
  }),
)

const total = nothingYet()
for (const { outcome } of passes) addOutcome(total, outcome)
try {
  await (await postgres?.catch(() => undefined))?.stop()
} catch (error) {
  console.log(`✖ ${(error as Error).message}`)
  total.failed++
}
if (interrupted.signal.aborted) process.exit()

if (showsTimes) {
  const slowest = times.sort((one, other) => other.ms - one.ms).slice(0, 40)
  for (const { ms, what } of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${what}`)
}
for (const note of new Set(total.notes)) console.log(note)
if (total.passed + total.failed === 0)
  console.log(`no test ran${filters.length > 0 ? `: no file for ${filters.join(', ')}` : ''}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
// Not left to the event loop: a process that a test left behind may still hold a pipe to this one.
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

function nothingYet(): Outcome {
  return { passed: 0, failed: 0, skipped: 0, failures: [], notes: [] }
}

async function runGroup(pass: RunningPass, files: string[]): Promise<void> {
  const begunAt = performance.now()
  const outcome = await environmentOf(pass.store).then(
    (env) => runFiles(root, files, { deadlineMs, signal: interrupted.signal, env }),
    (error: Error) => ({ ...nothingYet(), failed: 1, failures: [`✖ ${error.message}`] }),
  )
  if (interrupted.signal.aborted) return
  process.stdout.write((outcome.failed > 0 ? '✖' : '.').repeat(files.length))
  times.push({ ms: performance.now() - begunAt, what: `${pass.store} ${files.join(' ')}` })
  addOutcome(pass.outcome, outcome)
  pass.left -= 1
  if (pass.left > 0) return

  const { passed, failed, skipped, failures } = pass.outcome
  for (const failure of new Set(failures)) process.stdout.write(`\n\n${failure}`)
  console.log(
    `\n${pass.store}: ${pass.files.length} files, ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds(startedAt)} s`,
  )
}

/** The variables of a test process. @throws {Error} when PostgreSQL cannot be started */
async function environmentOf(store: Store): Promise<NodeJS.ProcessEnv> {
  const env = { ...inherited, KINDRED_TEST_STORE: store }
  if (store !== 'postgres') return env
  if (givenUrl !== undefined) return { ...env, KINDRED_TEST_POSTGRES_URL: givenUrl }
  postgres ??= startPostgres({ flags: withoutWaitingForTheDisk })
  return { ...env, KINDRED_TEST_POSTGRES_URL: (await postgres).url }
}

function readArguments(): { wanted: Store[]; filters: string[]; concurrency: number; showsTimes: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        store: { type: 'string', multiple: true, default: [...stores] },
        concurrency: { type: 'string', default: String(usualConcurrency) },
        times: { type: 'boolean', default: false },
      },
    })
    const unknown = values.store.find((name) => !stores.some((store) => store === name))
    if (unknown !== undefined) throw new Error(`--store ${unknown}: the stores are ${stores.join(', ')}`)
    const concurrency = Number(values.concurrency)
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new Error('--concurrency: a number of files, at least 1')
    return {
      wanted: stores.filter((store) => values.store.includes(store)),
      filters: positionals,
      concurrency,
      showsTimes: values.times,
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}
