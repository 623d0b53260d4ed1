import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The line that `kindred serve --json` prints. */
export interface Ready {
  event: 'ready'
  url: string
  audience: string
  token_url: string
  client_id: string
  client_secret: string | null
  ca_file: string | null
  console_url: string
  pid: number
}

/** How a process ended, and what it said. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any member; assertions say what it must be.
  body: any
}

/** Where clean-up is registered: a test's context, or `{ after }` of `node:test` for a whole file. */
export interface Scope {
  after(action: () => unknown): void
}

export interface ProcessOptions {
  /** Settings by variable; none of this process's own are passed on. */
  settings?: Record<string, string>
  flags?: readonly string[]
  /** The folder in which it runs: by default a new one, removed in the end. */
  folder?: string
}

const command = fileURLToPath(new URL('../bin/kindred.js', import.meta.url))

/** A new folder below the system's temporary one. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kindred-process-'))
}

/** A new folder, removed in the end. */
export function temporaryFolder(scope: Scope): string {
  const folder = newFolder()
  scope.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs `kindred …` to its end. */
export async function runKindred(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  const folder = options.folder ?? newFolder()
  try {
    return await new KindredProcess(args, options, folder).ended
  } finally {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Starts `kindred serve --json`, on a free port where the settings name none, and waits until it is ready.
 * @throws {AssertionError} with what it wrote, when it ends before
 */
export async function startKindred(scope: Scope, options: ProcessOptions = {}): Promise<RunningKindred> {
  const folder = options.folder ?? newFolder()
  const settings = { KINDRED_PORT: String(await freePort()), ...options.settings }
  const started = new RunningKindred(['serve', '--json', ...(options.flags ?? [])], { settings }, folder)
  scope.after(async () => {
    await started.stop('SIGKILL')
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  })
  started.ready = JSON.parse(await started.firstLine())
  return started
}

/**
 * Waits until something is so.
 * @throws {AssertionError} when it is not after half a minute
 */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (!(await isSo())) {
    assert.ok(performance.now() < giveUpAt, `still not so after 30 s: ${isSo}`)
    await delay(20)
  }
}

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A process of the `kindred` command. */
export class KindredProcess {
  readonly folder: string
  readonly settings: Record<string, string>
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], { settings = {} }: ProcessOptions, folder: string) {
    this.folder = folder
    this.settings = settings
    const inherited = Object.entries(process.env).filter(([name]) => !/^(KINDRED_|NODE_)/.test(name))
    this.child = spawn(process.execPath, [command, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(inherited), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text
      })
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }))
  }

  /** The first line on stdout. */
  async firstLine(): Promise<string> {
    while (!this.stdout.includes('\n')) {
      const ended = await Promise.race([once(this.child.stdout!, 'data').then(() => undefined), this.ended])
      if (ended !== undefined)
        assert.match(this.stdout, /\n/, `it ended (${ended.code}) before it was ready:\n${ended.stderr}`)
    }
    return this.stdout.slice(0, this.stdout.indexOf('\n'))
  }

  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    return this.ended
  }
}

/** A server that is ready, and the means to call it over plain HTTP. */
export class RunningKindred extends KindredProcess {
  ready!: Ready
  #token: Promise<string> | undefined

  /** Its address over plain HTTP, which a server on loopback answers on the same port. */
  get plainUrl(): string {
    return `http://127.0.0.1:${this.settings.KINDRED_PORT}`
  }

  /** A token of the Management API with every scope. */
  async newToken(secret = this.ready.client_secret): Promise<string> {
    const form = {
      grant_type: 'client_credentials',
      client_id: this.ready.client_id,
      client_secret: secret ?? '',
      audience: this.ready.audience,
    }
    const { status, body } = await this.send('POST', '/oauth2/token', { body: new URLSearchParams(form) })
    assert.equal(status, 200, JSON.stringify(body))
    return body.access_token
  }

  /** Calls the Management API with a token that is fetched once. */
  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    this.#token ??= this.newToken()
    return this.send(method, path, {
      headers: { authorization: `Bearer ${await this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(`${this.plainUrl}${path}`, { redirect: 'manual', ...init, method })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
}
