/** The load generator, a process of its own: one run of autocannon for each message. */
import { createRequire } from 'node:module'

/** What one run sends: the paths in turn, on each connection, as fast as they are answered. */
export interface Load {
  url: string
  method: 'GET' | 'POST'
  paths: readonly string[]
  headers: Record<string, string>
  body?: string | undefined
  /** Each request makes another user: what their addresses begin with. */
  newUsers?: string | undefined
  connections: number
  seconds: number
}

export interface LoadResult {
  requests: number
  requestsPerSecond: number
  p99Ms: number
  /** Replies with a status other than 2xx. */
  refused: number
  /** Connections that broke, and requests that were not answered within ten seconds. */
  errors: number
}

interface Instance extends Promise<{ requests: { total: number }; duration: number; non2xx: number; errors: number }> {
  on(event: 'response', listener: (client: object, status: number, bytes: number, responseMs: number) => void): void
}

const autocannon = createRequire(import.meta.url)('autocannon') as (
  options: object,
  // With a callback the result is an emitter of events as well, and without one only a promise.
  done: (error: Error | null, result: Awaited<Instance>) => void,
) => Instance

async function run({ newUsers, paths, method, headers, body, ...load }: Load): Promise<LoadResult> {
  let made = 0
  const setupRequest = (request: { body?: string }) => {
    made += 1
    const email = `${newUsers}.${made}@example.net`
    const profile = { given_name: 'Margaret', family_name: `Hamilton ${made.toString(36)}` }
    request.body = JSON.stringify({ profile, identities: [{ type: 'email', details: { email } }] })
    return request
  }
  const requests = paths.map((path) => ({ method, path, headers, body, ...(newUsers ? { setupRequest } : {}) }))
  const times: number[] = []
  const result = await new Promise<Awaited<Instance>>((resolve, reject) => {
    const settle = (error: Error | null, result: Awaited<Instance>) => (error ? reject(error) : resolve(result))
    const instance = autocannon({ ...load, duration: load.seconds, requests }, settle)
    // Its own histogram has whole milliseconds.
    instance.on('response', (_client, _status, _bytes, responseMs) => times.push(responseMs))
  })
  const sorted = Float64Array.from(times).sort()
  return {
    requests: times.length,
    requestsPerSecond: times.length / result.duration,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    refused: result.non2xx,
    errors: result.errors,
  }
}

process.on('message', async (load: Load) => process.send!(await run(load)))
process.on('disconnect', () => process.exit())
