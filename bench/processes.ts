import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Load, LoadResult } from './load.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
export const secret = 'A'.repeat(52)
export const clientId = 'benchmark'

/** A server under load. */
export interface Server {
  pid: number
  url: string
  stop: () => Promise<void>
}

export async function startKindred(databaseUrl: string, dataDir: string): Promise<Server> {
  const child = spawn(process.execPath, [at('../packages/cli/bin/kindred.js'), 'serve', '--json'], {
    env: {
      ...process.env,
      KINDRED_DATABASE_URL: databaseUrl,
      KINDRED_DATA_DIR: dataDir,
      KINDRED_PORT: '0',
      KINDRED_CLIENT_ID: clientId,
      KINDRED_CLIENT_SECRET: secret,
      KINDRED_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { url } = await firstLine<{ url: string }>(child)
  return running(child, url.replace('https://', 'http://'))
}

/** @param shape the sizes of Kindred's replies, which the baseline's have too */
export async function startBaseline(shape: { tokenBytes: number; user: unknown }): Promise<Server> {
  const child = spawn(process.execPath, [at('./baseline.ts'), JSON.stringify(shape)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { port } = await firstLine<{ port: number }>(child)
  return running(child, `http://127.0.0.1:${port}`)
}

async function firstLine<Line>(child: ChildProcess): Promise<Line> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the server ended before it was ready')
  })
  const [line] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [Buffer]
  return JSON.parse(line.toString()) as Line
}

function running(child: ChildProcess, url: string): Server {
  return {
    pid: child.pid!,
    url,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A load generator in a process of its own. */
export class Generator {
  readonly #child = fork(at('./load.ts'))

  async run(load: Load): Promise<LoadResult> {
    const answer = once(this.#child, 'message')
    this.#child.send(load)
    const [result] = (await answer) as [LoadResult]
    return result
  }

  stop(): void {
    this.#child.kill()
  }
}

/** Clock ticks of /proc in a second: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/**
 * CPU time of a process and all its threads.
 * @returns microseconds; NaN where there is no /proc, and then the ratios are missing
 */
export function cpuMicroseconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond
  } catch {
    return Number.NaN
  }
}

/** Resident memory of a process. @returns megabytes; NaN where there is no /proc */
export function residentMegabytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
  } catch {
    return Number.NaN
  }
}
