import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { start, type TestServer } from './testing.ts'
import { makers } from './testing-requests.ts'

/** What newman tells of one request of a run. */
export interface Execution {
  /** The id of the operation. */
  id: string
  name: string
  method: string
  url: string
  status: number
  headers: Record<string, string>
  body: string
}

export interface Run {
  executions: Execution[]
  /** The statuses of the token requests that scripts made. */
  tokens: number[]
  /** Failed assertions and errors of scripts: request, and what was wrong. */
  failures: string[]
  assertions: number
  /** Lines that scripts wrote to the console. */
  console: string[]
}

interface Newman {
  run(options: object, done: (error: Error | null, summary: Summary) => void): NewmanEvents
}
interface NewmanEvents {
  on(event: 'console', listener: (error: unknown, line: { messages: unknown[] }) => void): NewmanEvents
  on(event: 'request', listener: (error: Error | null, sent: Sent) => void): NewmanEvents
}
interface Sent {
  item: { id: string; name: string }
  request: { method: string; url: { toString(): string } }
  response: { code: number; stream: Buffer; headers: { all(): { key: string; value: string }[] } }
}
interface Summary {
  run: {
    stats: { assertions: { total: number } }
    failures: { source?: { name: string }; error: { message: string; test?: string } }[]
  }
}

// It has no types, and only a CommonJS entry.
const newman = createRequire(import.meta.url)('newman') as Newman

/** Runs a collection from top to bottom, as Postman does. */
export async function runCollection(collection: unknown, environment: unknown, folder?: string): Promise<Run> {
  const lines: string[] = []
  // In the order of their replies. The summary tells them too, but mixes those of scripts with the others.
  const sent: Execution[] = []
  const summary = await new Promise<Summary>((resolve, reject) => {
    newman
      .run({ collection, environment, folder, reporters: [] }, (error, summary) => {
        if (error === null) resolve(summary)
        else reject(error)
      })
      .on('console', (_, { messages }) => lines.push(messages.join(' ')))
      .on('request', (error, { item, request, response }) => {
        if (error !== null) return
        sent.push({
          id: item.id,
          name: item.name,
          method: request.method,
          url: request.url.toString(),
          status: response.code,
          headers: Object.fromEntries(response.headers.all().map(({ key, value }) => [key.toLowerCase(), value])),
          body: response.stream.toString(),
        })
      })
  })
  const { failures, stats } = summary.run
  const isToken = ({ url }: Execution) => url.endsWith('/oauth2/token')
  return {
    executions: sent.filter((execution) => !isToken(execution)),
    tokens: sent.filter(isToken).map(({ status }) => status),
    failures: failures.map(({ source, error }) => `${source?.name}: ${error.test ?? ''} ${error.message}`),
    assertions: stats.assertions.total,
    console: lines,
  }
}

/** A server on a free port of loopback, for clients that speak HTTP only. */
export async function startOnPort(t: TestContext): Promise<TestServer> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  const server = await start(t, { baseUrl: `http://localhost:${port}` })
  await server.app.listen({ port, host: 'localhost' })
  return server
}

/** Lays out what no operation makes. @returns the variables that a person would set for it */
export async function seedForPostman(server: TestServer): Promise<Record<string, string>> {
  const scene = (made: Record<string, unknown> = {}) => ({ server, api: server.as(), made })
  const values: Record<string, unknown> = {}
  for (const name of ['customer_id', 'plan_code', 'key_code_ref', 'session_id', 'event_id']) {
    values[name] = await makers[name]!(scene())
  }
  values.mfa_org_code = await makers.org_code!(scene())
  const ofMember = scene({ org_code: values.mfa_org_code })
  values.mfa_user_id = await makers.user_id!(ofMember)
  const ofUser = scene({ user_id: values.mfa_user_id })
  ofMember.made.user_id = values.mfa_user_id
  // Two each: one is reset by its id, and the other with all that are left.
  await makers.factor_id!(ofUser)
  values.factor_id = await makers.factor_id!(ofUser)
  await makers.factor_id!(ofMember)
  values.mfa_org_factor_id = await makers.factor_id!(ofMember)
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}

/** The environment with values put in, as a person does. */
export function withValues(environment: Record<string, unknown>, values: Record<string, string>): object {
  const list = environment.values as { key: string; value: string }[]
  for (const name of Object.keys(values))
    assert.ok(
      list.some(({ key }) => key === name),
      `${name} is not in the environment`,
    )
  return { ...environment, values: list.map((entry) => ({ ...entry, value: values[entry.key] ?? entry.value })) }
}
