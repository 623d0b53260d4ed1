import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Load, LoadResult } from './load.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The first application of each server. */
export const client = { id: 'benchmark', secret: 'A'.repeat(52) }

/** A server under load. */
export interface Server {
  pid: number
  /** Plain HTTP on loopback, no slash at the end. */
  url: string
  stop: () => Promise<void>
}

/** What the baseline answers with: replies of Kindred, so that both are of one size. */
export interface BaselineRecords {
  tokenBytes: number
  nextToken: string
  /** As lists show them. */
  page: object[]
  /** As `GET /api/v1/user` shows them. */
  users: { id: string }[]
}

/** Builds the bundle, which is what people run. */
export async function buildBundle(): Promise<void> {
  const child = spawn(process.execPath, [at('../packages/cli/build.js')], { stdio: ['ignore', 2, 2] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('packages/cli/build.js failed')
}

export async function startKindred(databaseUrl: string, dataDir: string): Promise<Server> {
  const server = await start(at('../packages/cli/bin/kindred.js'), ['serve', '--json'], {
    KINDRED_DATABASE_URL: databaseUrl,
    KINDRED_DATA_DIR: dataDir,
    KINDRED_PORT: '0',
    KINDRED_CLIENT_ID: client.id,
    KINDRED_CLIENT_SECRET: client.secret,
    KINDRED_LOG_LEVEL: 'warn',
    KINDRED_CONTROL: 'off',
  })
  return { ...server, url: server.url.replace('https://localhost:', 'http://127.0.0.1:') }
}

/** @param file holds {@link BaselineRecords} */
export function startBaseline(file: string): Promise<Server> {
  return start(at('./baseline.ts'), [file], {})
}

/** Settings of the shell that started the benchmark must not decide what is measured. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(KINDRED_|NODE_OPTIONS$)/.test(name))
  return Object.fromEntries(inherited)
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

function keep<Child extends ChildProcess>(child: Child): Child {
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Starts a program that says in one line of JSON on stdout where it answers. */
async function start(program: string, words: string[], settings: NodeJS.ProcessEnv): Promise<Server> {
  const options: SpawnOptions = { env: { ...environment(), ...settings }, stdio: ['ignore', 'pipe', 'inherit'] }
  const child = keep(spawn(process.execPath, [program, ...words], options))
  const ended = once(child, 'exit')
  const line = once(createInterface(child.stdout!), 'line') as Promise<[string]>
  const early = ended.then(() => Promise.reject(new Error(`${program} ended before it was ready`)))
  const [text] = await Promise.race([line, early])
  early.catch(() => {})
  return {
    pid: child.pid!,
    url: (JSON.parse(text) as { url: string }).url,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A load generator in a process of its own. */
export class Generator {
  readonly #child = keep(fork(at('./load.ts'), { env: environment() }))
  readonly #ended = once(this.#child, 'exit').then(() => {
    throw new Error('the load generator ended')
  })

  constructor() {
    // Only while it runs is that an error.
    this.#ended.catch(() => {})
  }

  /** @throws {Error} when a request failed, or was answered with another status than 2xx */
  async run(load: Load): Promise<LoadResult> {
    const answer = Promise.withResolvers<LoadResult>()
    this.#child.once('message', (result) => answer.resolve(result as LoadResult))
    this.#child.send(load)
    const result = await Promise.race([answer.promise, this.#ended])
    if (result.refused + result.errors > 0) {
      const counts = `${result.refused} of ${result.requests} were refused, ${result.errors} failed`
      throw new Error(`${load.method} ${load.url}${load.paths[0]}: ${counts}`)
    }
    return result
  }

  stop(): void {
    this.#child.kill()
  }
}

/** /proc counts CPU time in ticks of 10 ms on every Linux that Node.js runs on. */
const microsecondsPerTick = 10_000

/** CPU time of a process with all its threads, in microseconds; NaN where there is no /proc. */
export function cpuMicroseconds(pid: number): number {
  try {
    // The name of the program, in brackets, may hold blanks. utime and stime are the 12th and 13th field behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick
  } catch {
    return Number.NaN
  }
}

/** Resident memory of a process, in megabytes; NaN where there is no /proc. */
export function residentMegabytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}
