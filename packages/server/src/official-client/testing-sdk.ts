/**
 * Kinde's official SDK for Node.js, unchanged, in front of a server that it reaches over TLS: what the files of this
 * folder share. They are one test file, `official-client.test.ts`, because the SDK has one configuration per process.
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import * as official from '@kinde/management-api-js'
import { start, startOfTest, type TestServer } from '../testing.ts'
import { localCertificates } from '../tls.ts'

type Method = (request?: object) => Promise<unknown>

const dataDir = mkdtempSync(join(tmpdir(), 'kindred-test-'))
after(() => rmSync(dataDir, { recursive: true }))
const { cert, key, caFile } = await localCertificates({ dataDir, hosts: [], now: new Date() })
// As NODE_EXTRA_CA_CERTS does for a process that starts.
setDefaultCACertificates([...getCACertificates(), readFileSync(caFile!, 'utf8')])

const secure = createServer({ cert, key }).listen(0, '127.0.0.1')
await once(secure, 'listening')
after(() => {
  secure.closeAllConnections()
  secure.close()
})

/** The server behind the SDK. What no operation makes is laid out in its store. */
export const server: TestServer = await start(
  { after, diagnostic: (line) => console.log(line) },
  { baseUrl: `https://localhost:${(secure.address() as AddressInfo).port}` },
)
// The SDK compares the expiry of its token with the clock of this machine.
server.clock.advance(Date.now() - startOfTest)
await server.app.ready()
secure.on('request', (request, response) => server.app.routing(request, response))

/** The SDK's classes, each a group of methods. */
const classes = Object.entries(official as Record<string, unknown>).filter(
  ([name, value]) =>
    typeof value === 'function' && !/Error$|Promise$/.test(name) && Object.keys(methodsOf(value)).length > 0,
)
const called = new Set<string>()

/** The SDK, by class and method; it remembers which methods have been called. */
// biome-ignore lint/suspicious/noExplicitAny: a resolver of ES modules does not find the SDK's own declarations.
export const sdk: any = Object.fromEntries(
  classes.map(([name, value]) => {
    const methods = Object.entries(methodsOf(value as object)).map(([method, call]) => {
      const noted: Method = (request) => {
        called.add(`${name}.${method}`)
        return call(request)
      }
      return [method, noted]
    })
    return [name, Object.fromEntries(methods)]
  }),
)

/** `Class.method` of each method that the SDK has, and of those that have been called. */
export function coverage(): { all: string[]; called: ReadonlySet<string> } {
  const all = classes.flatMap(([name, value]) =>
    Object.keys(methodsOf(value as object)).map((method) => `${name}.${method}`),
  )
  return { all, called }
}

;(official as unknown as { init(settings: object): void }).init({
  kindeDomain: server.baseUrl,
  clientId: server.firstClient.clientId,
  clientSecret: server.firstClient.clientSecret,
})

/** How a call of the SDK failed: status and code. */
export async function refusal(call: Promise<unknown>): Promise<unknown[]> {
  try {
    return ['no refusal', await call]
  } catch (error) {
    const { name, status, body } = error as { name: string; status: number; body: { errors: unknown } }
    if (name !== 'ApiError') throw error
    const { errors } = body as { errors: { code: string } | { code: string }[] }
    return [status, (Array.isArray(errors) ? errors[0] : errors)?.code]
  }
}

/** Asks for a token with client credentials, as an application of one's own does. @returns the reply, and its claims */
export async function requestToken(form: Record<string, string>) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
  const reply = await fetch(`${server.baseUrl}/oauth2/token`, { method: 'POST', body })
  const { access_token: token, expires_in: expiresIn } = (await reply.json()) as {
    access_token: string
    expires_in: number
  }
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>
  return { expiresIn, claims }
}

/** One member of each row of a list. */
export function column(rows: readonly object[], name: string): unknown[] {
  return rows.map((row) => (row as Record<string, unknown>)[name])
}

function methodsOf(value: object): Record<string, Method> {
  const names = Object.getOwnPropertyNames(value).filter((name) => !['length', 'name', 'prototype'].includes(name))
  return Object.fromEntries(
    names.flatMap((name) => {
      const method = (value as Record<string, unknown>)[name]
      return typeof method === 'function' ? [[name, method as Method]] : []
    }),
  )
}
