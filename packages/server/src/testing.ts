import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import type { Sql } from 'postgres'
import type { Environment } from './environment.ts'
import type { FirstClient } from './first-start.ts'
import { managementApiName } from './management-api.ts'
import { makeSigningKey } from './oauth/keys.ts'
import { openEnvironment } from './open-environment.ts'
import type { RateLimit } from './rate-limit.ts'
import { buildServer } from './server.ts'
import { createApplication, putSecret } from './store/applications.ts'
import { seededIds } from './store/ids.ts'
import { openStore } from './store/open.ts'
import type { Db } from './store/tables.ts'

/** The moment at which each test starts. */
export const startOfTest = Date.parse('2026-01-15T12:00:00.000Z')

export interface TestReply {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any member; assertions say what it must be.
  body: any
}

/** Calls the API with one token. `body` is sent as JSON. */
export interface TestClient {
  get(url: string): Promise<TestReply>
  post(url: string, body?: unknown): Promise<TestReply>
  put(url: string, body?: unknown): Promise<TestReply>
  patch(url: string, body?: unknown): Promise<TestReply>
  delete(url: string): Promise<TestReply>
}

/** What a server ends with: a test, or a whole file (`{ after, diagnostic: console.log }`). */
export interface TestScope {
  after(action: () => unknown): void
  diagnostic(message: string): void
}

export interface TestServer {
  app: FastifyInstance
  environment: Environment
  db: Db
  firstClient: FirstClient
  baseUrl: string
  /** Runs `work` in a transaction of the store: to lay out what no operation makes yet. */
  write: Environment['store']['write']
  clock: { advance(milliseconds: number): void }
  /** A client whose token carries just these scopes; every scope of the Management API when none are named. */
  as(...scopes: string[]): TestClient
  /** A client with a token of its own, or with none. */
  withToken(token: string | undefined): TestClient
  /** A token of the Management API with these scopes. */
  token(...scopes: string[]): Promise<string>
  /** Sends anything; the body is parsed when it is JSON. */
  send(request: InjectOptions): Promise<TestReply>
  /** Another node on the same database, with a memory of its own; only PostgreSQL takes more than one. */
  addNode(): Promise<Pick<TestServer, 'environment' | 'send'>>
  /** Events recorded so far, oldest first. */
  events(): Promise<
    {
      type: string
      data: Record<string, unknown>
      application_id: string | null
      request_id: string | null
      /** Of an update. */
      change?: { before: Record<string, unknown>; after: Record<string, unknown> }
    }[]
  >
}

const signingKey = makeSigningKey()
let databases = 0
const emptySchemas: string[] = []
/** Empties and drops schemas. */
let keeper: Sql | undefined

/**
 * Starts a server in this process for one test, on the store that KINDRED_TEST_STORE names (`memory`, `sqlite`,
 * `postgres`; memory when it is not set), with a clock that stands still and seeded ids. It ends with the test.
 */
export async function start(
  t: TestScope,
  options: { baseUrl?: string; rateLimit?: RateLimit } = {},
): Promise<TestServer> {
  const baseUrl = options.baseUrl ?? 'https://localhost:8443'
  let now = startOfTest
  const database = await testDatabase()
  const closing: (() => Promise<void>)[] = []

  async function open(seed: number) {
    const { environment, firstClient, close } = await openEnvironment({
      baseUrl,
      databaseUrl: database.url,
      masterKey: async () => Buffer.alloc(32, 7),
      // What went wrong inside is told with the test, not only as a 500.
      log: pino({ level: 'error' }, { write: (line) => t.diagnostic(line) }),
      firstKey: signingKey,
      rateLimit: options.rateLimit ?? null,
      now: () => now,
      ids: seededIds(seed),
    })
    const app = buildServer(environment)
    closing.push(async () => {
      await app.close()
      await close()
    })
    const send = async (request: InjectOptions): Promise<TestReply> => {
      const { statusCode, headers, payload } = await app.inject(request)
      const isJson = /json/.test(String(headers['content-type']))
      return { status: statusCode, headers, body: isJson && payload !== '' ? JSON.parse(payload) : payload }
    }
    return { environment, firstClient, app, send }
  }

  const { environment, firstClient, app, send } = await open(1)
  t.after(async () => {
    for (const close of closing) await close()
    await database.drop()
  })

  async function token(...scopes: string[]): Promise<string> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: firstClient.clientId,
      client_secret: firstClient.clientSecret,
      audience: `${baseUrl}/api`,
      scope: scopes.join(' '),
    })
    const { status, body } = await send({
      method: 'POST',
      url: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: form.toString(),
    })
    if (status !== 200) throw new Error(`no token: ${body.error_description}`)
    return body.access_token
  }

  function client(bearer: () => Promise<string | undefined>): TestClient {
    const call = (method: InjectOptions['method']) => async (url: string, body?: unknown) => {
      const value = await bearer()
      return send({
        method,
        url,
        headers: {
          ...(value === undefined ? {} : { authorization: `Bearer ${value}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      } as InjectOptions)
    }
    return { get: call('GET'), post: call('POST'), put: call('PUT'), patch: call('PATCH'), delete: call('DELETE') }
  }

  return {
    app,
    environment,
    db: environment.store.read,
    firstClient,
    baseUrl,
    write: (work) => environment.store.write(work),
    clock: {
      advance(milliseconds) {
        now += milliseconds
      },
    },
    as: (...scopes) => {
      let made: Promise<string> | undefined
      return client(() => {
        made ??= token(...scopes)
        return made
      })
    },
    withToken: (value) => client(async () => value),
    token,
    send,
    async addNode() {
      const node = await open(2)
      return { environment: node.environment, send: node.send }
    },
    async events() {
      const rows = await environment.store.read.selectFrom('events').selectAll().orderBy('seq').execute()
      return rows.map(({ type, data, application_id, request_id, change }) => ({
        type,
        data: JSON.parse(data),
        application_id,
        request_id,
        ...(change === null ? {} : { change: JSON.parse(change) }),
      }))
    },
  }
}

/**
 * Adds an M2M application to a running test server.
 * @param scopes of the Management API that are enabled for it
 */
export async function addApplication(
  server: TestServer,
  options: { scopes: readonly string[]; orgCode?: string },
): Promise<{ clientId: string; clientSecret: string }> {
  const { ids, cipher, now } = server.environment
  const clientId = ids.application()
  const clientSecret = ids.secret()
  await server.write(async (db) => {
    await createApplication(db, {
      id: clientId,
      name: 'Test',
      type: 'm2m',
      orgCode: options.orgCode ?? null,
      now: now(),
    })
    await putSecret(db, { applicationId: clientId, secret: clientSecret, label: 'Test', cipher, ids, now: now() })
    const api = await db.selectFrom('apis').select('id').where('name', '=', managementApiName).executeTakeFirstOrThrow()
    await db
      .insertInto('api_applications')
      .values({ api_id: api.id, application_id: clientId, created_at_ms: now() })
      .execute()
    const scopes = await db
      .selectFrom('api_scopes')
      .select('id')
      .where('api_id', '=', api.id)
      .where('key', 'in', [...options.scopes, ''])
      .execute()
    for (const { id } of scopes) {
      await db
        .insertInto('api_application_scopes')
        .values({ api_id: api.id, application_id: clientId, scope_id: id })
        .execute()
    }
  })
  return { clientId, clientSecret }
}

/** A database file with its tables and nothing in them, from which this process copies all others. */
let emptyFile: Promise<string> | undefined

async function makeEmptyFile(path: string): Promise<string> {
  const { rmSync } = await import('node:fs')
  process.once('exit', () => {
    for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${path}${suffix}`, { force: true })
  })
  const store = await openStore(`sqlite:${path}`)
  await store.close()
  return path
}

/**
 * An empty database of the store that KINDRED_TEST_STORE names.
 * @param options `isShared`: whether another test may have its schema on PostgreSQL next; not where tables are added
 * @returns its URL, and a function to be called when nothing is connected to it any more
 */
export async function testDatabase(options: { isShared?: boolean } = {}): Promise<{
  url: string
  drop: () => Promise<void>
}> {
  const kind = process.env.KINDRED_TEST_STORE ?? 'memory'
  databases += 1
  const number = databases
  if (kind === 'memory') return { url: 'memory:', drop: async () => {} }
  if (kind === 'sqlite') {
    const { copyFile, mkdtemp, rm } = await import('node:fs/promises')
    const { tmpdir } = await import('node:os')
    const folder = await mkdtemp(`${tmpdir()}/kindred-test-`)
    emptyFile ??= makeEmptyFile(`${tmpdir()}/kindred-test-empty-${process.pid}.db`)
    await copyFile(await emptyFile, `${folder}/kindred.db`)
    return { url: `sqlite:${folder}/kindred.db`, drop: () => rm(folder, { recursive: true }) }
  }
  const url = process.env.KINDRED_TEST_POSTGRES_URL
  if (url === undefined) throw new Error('KINDRED_TEST_POSTGRES_URL is not set: run the tests through npm test.')
  const { default: postgres } = await import('postgres')
  // Making forty tables takes longer than most tests: a schema is emptied and used again.
  const isShared = options.isShared ?? true
  const schema = (isShared ? emptySchemas.pop() : undefined) ?? `test_${process.pid}_${number}`
  return {
    url: `${url}?schema=${schema}`,
    async drop() {
      // One connection for all of them; it does not keep a process that has ended its tests.
      keeper ??= postgres(url, { onnotice: () => {}, max: 1, idle_timeout: 1 })
      const sql = keeper
      if (!isShared) {
        await sql.unsafe(`drop schema if exists "${schema}" cascade`)
        return
      }
      const tables = await sql<{ name: string }[]>`
        select tablename as name from pg_tables where schemaname = ${schema} and tablename <> 'migrations'`
      // Faster than truncating, which makes a new file for every table and index. Foreign keys would ask for an order.
      const deletes = tables.map(({ name }) => `delete from "${schema}"."${name}"`)
      await sql.unsafe(`set session_replication_role = replica; ${deletes.join('; ')}`)
      await sql`select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        from pg_sequences where schemaname = ${schema}`
      emptySchemas.push(schema)
    },
  }
}
