/**
 * The process that owns one PostgreSQL and its folder for `startPostgres()`: prints the connection URL as a line on
 * stdout, keeps PostgreSQL until stdin ends (or SIGINT, SIGTERM), then ends it and removes the folder. Exit code 1 and
 * a line on stderr when it could not start.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresOptions } from './postgres.ts'
import { findBinaries, program, unprivilegedAccount } from './postgres-binaries.ts'

const options: PostgresOptions = JSON.parse(process.argv[2] ?? '{}')
const password = randomBytes(18).toString('base64url')
let child: ChildProcess | undefined // initdb, then postgres

const closing = new AbortController()
process.stdin.resume().once('close', () => closing.abort())
process.once('SIGINT', () => closing.abort())
process.once('SIGTERM', () => closing.abort())

const folder = await mkdtemp(join(tmpdir(), 'kindred-postgres-'))
const log = await open(join(folder, 'log'), 'a')
try {
  const port = await start()
  if (!closing.signal.aborted) process.stdout.write(`postgres://postgres:${password}@127.0.0.1:${port}/postgres\n`)
  await Promise.race([aborted(), once(child as ChildProcess, 'exit')])
} catch (error) {
  if (!closing.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
} finally {
  await end()
  await log.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}
process.exit()

/** Initialises the cluster and starts it. @returns the port it listens on */
async function start(): Promise<number> {
  const account = await unprivilegedAccount()
  if (account.uid !== undefined && account.gid !== undefined) await chown(folder, account.uid, account.gid)
  const bin = options.bin ?? (await findBinaries(account, folder))

  const as: SpawnOptions = {
    ...account,
    cwd: folder,
    stdio: ['ignore', log.fd, log.fd],
    // Nothing of PGDATA, PGPORT, LANG and their kind.
    env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, TZ: 'UTC' },
  }

  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (account.uid !== undefined && account.gid !== undefined) await chown(passwordFile, account.uid, account.gid)
  // Sorts by code point, as SQLite does. Only Linux has C.UTF-8 everywhere, whose upper() and lower() know all letters.
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C'
  child = spawn(
    program(bin, 'initdb'),
    [
      ...['--pgdata', 'data', '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', locale, '--lc-messages', 'C', '--no-sync'],
    ],
    as,
  )
  if ((await exit(child)) !== 0) throw new Error(`initdb failed: ${await endOfLog()}`)
  await rm(passwordFile)
  await log.truncate()

  for (let attempt = 1; !closing.signal.aborted; attempt++) {
    const port = await freePort()
    child = spawn(
      program(bin, 'postgres'),
      [
        ...['-D', 'data', '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
        ...['-c', 'max_connections=200', ...(options.flags ?? [])],
      ],
      as,
    )
    if (await ready(child)) return port
    // Someone may have taken the port in between; anything else would fail again in the same way.
    if (attempt === 5 || !(await endOfLog()).includes('could not bind')) {
      throw new Error(`postgres did not start: ${await endOfLog()}`)
    }
  }
  throw new Error('stopped while starting')
}

/** Whether PostgreSQL accepts connections; waits until it does, or has ended. */
async function ready(postgres: ChildProcess): Promise<boolean> {
  const failed = exit(postgres)
  for (;;) {
    // The eighth line tells the state; pg_ctl waits in the same way.
    const lines = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (Number(lines[0]) === postgres.pid && lines[7]?.trim() === 'ready') return true
    if ((await Promise.race([failed, delay(20, 'waiting')])) !== 'waiting' || closing.signal.aborted) return false
  }
}

/** Fast shutdown; the hard one when open transactions or a broken disk keep it from ending within five seconds. */
async function end() {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  if ((await Promise.race([ended, delay(5000, 'late', { ref: false })])) === 'late') child.kill('SIGKILL')
  await ended
}

async function exit(process: ChildProcess): Promise<number | string> {
  if (process.exitCode !== null) return process.exitCode
  const [code, signal] = await once(process, 'exit')
  return code ?? signal
}

async function aborted() {
  if (!closing.signal.aborted) await once(closing.signal, 'abort')
}

async function endOfLog(): Promise<string> {
  const lines = (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).trim().split('\n')
  return lines.slice(-5).join(' ')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no TCP port on 127.0.0.1')
  return address.port
}
