import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** How {@link startPostgres} starts PostgreSQL. */
export type PostgresOptions = {
  /** more arguments of `postgres`, such as `['-c', 'fsync=off']`; they win over ours */
  flags?: string[]
  /** folder of `initdb` and `postgres`; by default the npm package's, or Debian's */
  bin?: string
}

/** A running PostgreSQL with an empty database. */
export type Postgres = {
  /** connection URL of a superuser on 127.0.0.1 */
  url: string
  /** Ends PostgreSQL and removes its folder; may be called more than once. @throws {Error} when something was left behind */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL with an empty UTF-8 database in a folder of its own below the system's temporary folder, on a
 * free port of 127.0.0.1, and as durable as in production (`fsync` is on). Works as root too: PostgreSQL then runs as
 * `nobody`. It ends with this process, however that ends.
 *
 * @throws {Error} when no PostgreSQL runs on this machine (says how to install one), or when it refuses to start
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  // A keeper of its own session owns PostgreSQL and its folder. It waits for the end of its stdin, which comes also when
  // this process is killed, and Ctrl-C in a terminal does not reach it before that.
  const keeper = spawn(
    process.execPath,
    [fileURLToPath(new URL('postgres-keeper.ts', import.meta.url)), JSON.stringify(options)],
    { detached: true, stdio: 'pipe', env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const ended = once(keeper, 'close')
  let refusal = ''
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    refusal += text
  })

  const url = await new Promise<string>((resolve, reject) => {
    keeper.stdout.setEncoding('utf8').once('data', (line: string) => resolve(line.trim()))
    ended.then(
      ([code, signal]) => reject(new Error(refusal.trim() || `PostgreSQL's keeper ended: ${signal ?? code}`)),
      reject,
    )
  })

  // Whoever forgets stop() shall still be able to end. Pipes of a child process are sockets.
  keeper.unref()
  for (const pipe of [keeper.stdin, keeper.stdout, keeper.stderr]) (pipe as unknown as Socket).unref()

  const stop = async () => {
    keeper.ref()
    keeper.stdin.end()
    const [code] = await ended
    if (code !== 0) throw new Error(`PostgreSQL did not end cleanly: ${refusal.trim()}`)
  }
  let stopped: Promise<void> | undefined
  return {
    url,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
