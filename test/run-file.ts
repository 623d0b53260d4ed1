import { resolve } from 'node:path'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

/** What became of one test file. */
export type Outcome = {
  passed: number
  failed: number
  skipped: number
  /** each failure in full, ready to print */
  failures: string[]
  /** lines `skipped: …` that say what was left out and why */
  notes: string[]
}

/** Under what a test process runs. */
export interface Conditions {
  /** when it is ended, in milliseconds from its start */
  deadlineMs: number
  /** ends it */
  signal: AbortSignal
  /** its variables */
  env: NodeJS.ProcessEnv
}

/** How much of a failed file's own output is worth showing. */
const lastLines = 60

/** Imports the files that its arguments name. */
const several = fileURLToPath(new URL('several.ts', import.meta.url))

/**
 * Runs test files in one process. When the process as a whole fails, or one of them reports no test, each is run again
 * by itself: so the report names the file, and what one file does to another cannot pass.
 */
export async function runFiles(root: string, files: readonly string[], conditions: Conditions): Promise<Outcome> {
  if (files.length === 1) return runFile(root, files[0]!, conditions)
  const { outcome, isWhole } = await runProcess(root, several, files, conditions)
  if (isWhole || conditions.signal.aborted) return outcome
  const sum: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [], notes: [] }
  for (const file of files) addOutcome(sum, await runFile(root, file, conditions))
  if (sum.failed === 0) {
    sum.failed = Math.max(outcome.failed, 1)
    sum.failures.push(`✖ passed one by one, and not together: ${files.join(' ')}`, ...outcome.failures)
  }
  return sum
}

/** Adds what became of some files to what became of others. */
export function addOutcome(sum: Outcome, more: Outcome): void {
  sum.passed += more.passed
  sum.failed += more.failed
  sum.skipped += more.skipped
  sum.failures.push(...more.failures)
  sum.notes.push(...more.notes)
}

/**
 * Runs one test file in a process of its own with Node's test runner, and keeps the output of its tests to itself unless
 * one of them fails. A file that crashes, ends without having run a test, or does not end, has failed.
 *
 * @param file relative to `root`
 */
export async function runFile(root: string, file: string, conditions: Conditions): Promise<Outcome> {
  return (await runProcess(root, resolve(root, file), [file], conditions)).outcome
}

/**
 * @param path of the module that the process begins with
 * @param files that it runs, relative to `root`
 * @returns also whether the process ended well and each file reported a test
 */
async function runProcess(
  root: string,
  path: string,
  files: readonly string[],
  { deadlineMs, signal, env }: Conditions,
): Promise<{ outcome: Outcome; isWhole: boolean }> {
  const file = files.join(' ')
  const silent = new Set(files.map((name) => resolve(root, name)))
  let isWhole = true
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [], notes: [] }
  const output: string[] = []
  const remarks: string[] = [] // also what was thrown when no test was running
  const names: string[] = [] // of the running test and those it is nested in
  const deadline = AbortSignal.timeout(deadlineMs)

  const argv = path === several ? files.map((name) => resolve(root, name)) : []
  const events = run({ cwd: root, files: [path], argv, env, signal: AbortSignal.any([signal, deadline]) })
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') output.push(data.message)
    if (type === 'test:diagnostic' && data.file !== undefined) {
      if (data.message.startsWith('skipped:')) outcome.notes.push(data.message)
      else remarks.push(data.message)
    }
    if (type === 'test:start') names.splice(data.nesting, names.length, data.name)
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.file !== undefined) silent.delete(data.file)

    const error: Failure | undefined = type === 'test:fail' ? data.details.error : undefined
    if (resolve(root, data.name) === path) {
      // The file itself is reported when it failed as a whole, and as passed when none of its tests were reported.
      isWhole = false
      outcome.failed++
      outcome.failures.push(`✖ ${file}\n${indent(fileFault(error, deadlineMs))}`)
    } else if (data.skip !== undefined && data.skip !== false) {
      outcome.skipped++
      outcome.notes.push(`skipped: ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}`)
    } else if (data.todo !== undefined && data.todo !== false) {
      outcome.skipped++
    } else if (error !== undefined) {
      // A suite is no test, and a test that failed by its subtests has been explained by them.
      const explained = error.failureType === 'subtestsFailed'
      if (data.details.type !== 'suite' || !explained) outcome.failed++
      const where = `${data.file ?? file}:${data.line ?? 1}:${data.column ?? 1}`
      const title = [...names.slice(0, data.nesting), data.name].join(' › ')
      if (!explained) outcome.failures.push(`✖ ${title}\n${indent(`${relativeTo(root, where)}\n${describe(error)}`)}`)
    } else if (data.details.type !== 'suite') {
      outcome.passed++
    }
  }

  if (outcome.failed > 0) {
    const lines = [...remarks, ...output.join('').trimEnd().split('\n').slice(-lastLines)].filter((line) => line !== '')
    if (lines.length > 0) outcome.failures.push(`  output of ${file}\n${indent(lines.join('\n'), '  │ ')}`)
  }
  return { outcome, isWhole: isWhole && silent.size === 0 }
}

/** The error of Node's test runner around the one that a test threw. */
type Failure = Error & { failureType?: string; exitCode?: number | null; signal?: string | null }

function fileFault(error: Failure | undefined, deadlineMs: number): string {
  if (error === undefined) return 'its process ended without reporting a test'
  if (error.failureType === 'testAborted') {
    return `its process had not ended after ${deadlineMs / 1000} s: a test never settles, or something was left open`
  }
  if (error.signal) return `its process was ended by ${error.signal}`
  if (typeof error.exitCode === 'number') return `its process ended with exit code ${error.exitCode}`
  return describe(error)
}

/** The thrown error with its stack, without the frames inside Node.js. */
function describe(error: Failure): string {
  const thrown = error.cause ?? error
  if (typeof thrown === 'string') return thrown
  // The message of a failed assertion shows already what its properties would repeat.
  const assertion = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_ASSERTION'
  const text = assertion ? (thrown.stack ?? thrown.message) : inspect(thrown, { depth: 6 })
  return text.replace(/\n +at (?:.*\(?node:|new Promise|Array\.map)[^\n]*?( \{)?(?=\n|$)/g, '$1')
}

function relativeTo(root: string, path: string): string {
  return path.startsWith(resolve(root)) ? path.slice(resolve(root).length + 1) : path
}

function indent(text: string, by = '  '): string {
  return text.replace(/^/gm, by)
}
