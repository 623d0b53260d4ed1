import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { pino } from 'pino'
import { Clock, type Duration, durationMs, momentMs } from '../control/clock.ts'
import { Control, type Snapshot } from '../control/control.ts'
import type { Fault, PlacedFault } from '../control/faults.ts'
import { observe } from '../control/observe.ts'
import type { LoggedRequest, RequestFilter } from '../control/request-log.ts'
import { controlRoutes } from '../control/routes.ts'
import { managementAudience } from '../management-api.ts'
import { token as issueToken } from '../oauth/token.ts'
import { onePortServer } from '../one-port.ts'
import { openEnvironment } from '../open-environment.ts'
import { applySeed } from '../seed/apply.ts'
import { readSeed } from '../seed/read.ts'
import type { Seed, Seeded } from '../seed/seed.ts'
import { buildServer } from '../server.ts'
import { seededIds } from '../store/ids.ts'
// Loaded here, so that no start has to wait for it.
import '../store/sqlite.ts'
import '../store/user-search-index.ts'
import { testCertificates } from './certificates.ts'
import { testSigningKey } from './signing-key.ts'

/** Where the clock of a deterministic server stands when nothing else is said. */
export const deterministicStart = '2026-01-15T12:00:00.000Z'

export interface StartOptions {
  /** What is there from the beginning: an object, or the name of a file in JSON or YAML. */
  seed?: Seed | string | URL
  /**
   * Makes everything the same in every run: ids, secrets, times, cursors, tokens. A number chooses another sequence. The
   * clock stands still, at {@link deterministicStart} or `now`. Tokens name the server, so they are the same only where
   * `port` or `url` is given too.
   */
  deterministic?: boolean | number
  /** Where the clock stands. Without it, and unless `deterministic`, the clock runs with the machine's. */
  now?: Date | number | string
  /** `memory:` when left out; or an empty database, `sqlite:<file>` or `postgres://…?schema=…`, which is not removed. */
  databaseUrl?: string
  /** A free port when left out. */
  port?: number
  /** The public base URL, which tokens name as their issuer; `https://localhost:<port>` when left out. */
  url?: string
  /** Client id of the first M2M application; made when left out. */
  clientId?: string
  /** Its secret, 40 to 60 letters and digits; made when left out. */
  clientSecret?: string
  /** What the server itself writes to stderr, as JSON lines; `silent` when left out. */
  logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug'
}

export interface Reply {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any member; assertions say what it must be.
  body: any
}

/** A running server of its own: nothing is shared with any other one but the certificates of the process. */
export interface TestKindred extends AsyncDisposable {
  /** `https://localhost:<port>`, no slash at the end: the issuer of tokens. */
  readonly url: string
  /** The same server without TLS: `http://localhost:<port>`. */
  readonly httpUrl: string
  /** The audience of the Management API. */
  readonly audience: string
  readonly tokenUrl: string
  /** The first M2M application, authorized for the Management API with all its scopes. */
  readonly clientId: string
  readonly clientSecret: string
  /** The certificate authority to trust, PEM. */
  readonly ca: string
  /** The variables that Kinde's SDKs and Kindred's read, for `process.env` or a child process. */
  readonly env: Readonly<Record<string, string>>
  /** The ids and credentials of what the seed made, by the names that the seed uses. */
  readonly seeded: Seeded
  readonly clock: {
    now(): Date
    /** Puts the clock to a moment; see {@link Control.moveClock}. */
    set(moment: Date | number | string): Promise<void>
    /** Moves it forward by milliseconds, or by a text such as `90s`, `2h`, `30d`. */
    advance(duration: Duration): Promise<void>
    freeze(): void
    run(): void
  }
  readonly faults: {
    /** @throws {RangeError} when it would do nothing, or a number is out of range */
    add(fault: Fault): PlacedFault & { remove: () => void }
    list(): PlacedFault[]
    clear(): void
  }
  readonly requests: {
    /** The requests that came over the network, oldest first. */
    list(filter?: RequestFilter): LoggedRequest[]
    clear(): void
  }
  /** A file with {@link ca}, for `NODE_EXTRA_CA_CERTS` of a child process; removed by {@link close}. */
  caFile(): string
  /** Makes this process trust the servers of this kit, in `fetch` and `node:https`. */
  trust(): void
  /** An access token of the Management API, with these scopes or with all of them. */
  token(...scopes: string[]): Promise<string>
  /** Calls the Management API with all scopes, inside the process: past faults, and not in the log of requests. */
  request(method: string, path: string, body?: unknown): Promise<Reply>
  /** Adds to what is there, all or nothing; `reset` returns to it from then on. @throws {SeedError} */
  seed(seed: Seed | string | URL): Promise<Seeded>
  /** Back to the state after the last seed: data, clock and ids. Faults and logged requests are gone. */
  reset(): Promise<void>
  snapshot(): Promise<Snapshot>
  restore(snapshot: Snapshot): Promise<void>
  close(): Promise<void>
}

/** The databases of tests hold no secret, and page tokens are the same in every run. */
const masterKey = Buffer.alloc(32, 7)
/** How long requests that still run may take when a server is closed. */
const closesWithinMs = 250
let files = 0

/**
 * Starts a server in this process, with a port, a database and credentials of its own. Any number may run at once.
 * @example
 * await using kindred = await start({ seed: { users: [{ email: 'ada@example.com' }] } })
 * @throws {SeedError} naming the place in the seed
 * @throws {StartError} when the database cannot be used
 */
export async function start(options: StartOptions = {}): Promise<TestKindred> {
  const { deterministic = false, now, databaseUrl = 'memory:' } = options
  const seed = options.seed === undefined ? undefined : await readSeed(options.seed)
  const ids = deterministic === false ? undefined : seededIds(deterministic === true ? 1 : deterministic)
  const standsAt = now ?? (deterministic === false ? undefined : deterministicStart)
  const clock = new Clock(standsAt === undefined ? undefined : momentMs(standsAt))
  const certificates = testCertificates()

  // The base URL names the port, so the socket is there first; what comes in waits for the application.
  let handle: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = onePortServer({ handler: (request, response) => handle(request, response), tls: certificates })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const url = options.url ?? `https://localhost:${port}`

  let opened: Awaited<ReturnType<typeof openEnvironment>>
  try {
    opened = await openEnvironment({
      baseUrl: url,
      databaseUrl,
      masterKey: async () => masterKey,
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      log: pino({ level: options.logLevel ?? 'silent' }, pino.destination({ dest: 2, sync: true })),
      firstKey: Promise.resolve(testSigningKey()),
      now: clock.now,
      ids,
    })
  } catch (error) {
    server.close()
    throw error
  }
  const { environment, firstClient } = opened
  const control = new Control({ environment, clock, retention: opened.retention, seededIds: ids })
  const own = { header: 'x-kindred-kit', value: crypto.randomUUID() }
  let requestCount = 0
  const nextRequestId = () => {
    requestCount += 1
    return `request-${requestCount}`
  }
  const app = buildServer(environment, {
    noteRequest: opened.noteRequest,
    extend(app) {
      observe(app, control, { isLeftOut: ({ headers }) => headers[own.header] === own.value })
      controlRoutes(app, control, firstClient)
    },
    ...(ids === undefined ? {} : { requestIds: nextRequestId }),
  })
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    const force = setTimeout(() => server.closeAllConnections(), closesWithinMs)
    await closed
    clearTimeout(force)
    await app.close()
    await opened.close()
    if (caPath !== undefined) rmSync(caPath, { force: true })
  }
  let caPath: string | undefined
  let closing: Promise<void> | undefined
  let seeded: Seeded
  try {
    await app.ready()
    handle = (request, response) => app.routing(request, response)
    seeded = await applySeed(environment, seed ?? {})
    await control.keepAsStart()
  } catch (error) {
    await close()
    throw error
  }

  const isManagementAudience = managementAudience(url)
  async function token(...scopes: string[]): Promise<string> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: firstClient.clientId,
      client_secret: firstClient.clientSecret,
      audience: `${url}/api`,
      scope: scopes.join(' '),
    })
    const contentType = 'application/x-www-form-urlencoded'
    const request = { contentType, body: form.toString(), authorization: undefined }
    return (await issueToken(request, environment, isManagementAudience)).access_token
  }

  const kindred: TestKindred = {
    url,
    httpUrl: `http://localhost:${port}`,
    audience: `${url}/api`,
    tokenUrl: `${url}/oauth2/token`,
    clientId: firstClient.clientId,
    clientSecret: firstClient.clientSecret,
    ca: certificates.ca,
    env: {
      KINDE_DOMAIN: url,
      KINDE_MANAGEMENT_CLIENT_ID: firstClient.clientId,
      KINDE_MANAGEMENT_CLIENT_SECRET: firstClient.clientSecret,
    },
    get seeded() {
      return seeded
    },
    clock: {
      now: () => new Date(clock.now()),
      set: (moment) => control.moveClock(momentMs(moment)),
      advance: (duration) => control.moveClock(clock.now() + durationMs(duration)),
      freeze: () => clock.freeze(),
      run: () => clock.run(),
    },
    faults: control.faults,
    requests: control.requests,
    caFile() {
      if (caPath === undefined) {
        files += 1
        caPath = join(tmpdir(), `kindred-test-ca-${process.pid}-${files}.pem`)
        writeFileSync(caPath, certificates.ca, { mode: 0o600 })
      }
      return caPath
    },
    trust() {
      const trusted = tls.getCACertificates('default')
      if (!trusted.includes(certificates.ca)) tls.setDefaultCACertificates([...trusted, certificates.ca])
    },
    token,
    async request(method, path, body) {
      const { statusCode, headers, payload } = await app.inject({
        method: method as 'GET',
        url: path,
        headers: {
          authorization: `Bearer ${await token()}`,
          [own.header]: own.value,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
      const isJson = /json/.test(String(headers['content-type']))
      return { status: statusCode, headers, body: isJson && payload !== '' ? JSON.parse(payload) : payload }
    },
    async seed(more) {
      const added = await applySeed(environment, await readSeed(more))
      seeded = mergeSeeded(seeded, added)
      await control.keepAsStart()
      return added
    },
    async reset() {
      await control.reset()
      requestCount = 0
    },
    snapshot: () => control.snapshot(),
    restore: (snapshot) => control.restore(snapshot),
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]: () => kindred.close(),
  }
  return kindred
}

function mergeSeeded(first: Seeded, second: Seeded): Seeded {
  const merged = { ...first }
  for (const kind of Object.keys(second) as (keyof Seeded)[]) {
    Object.assign(merged, { [kind]: { ...first[kind], ...second[kind] } })
  }
  return merged
}
