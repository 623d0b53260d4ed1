/** The load generator, a process of its own: one autocannon run for each message. */
import { createRequire } from 'node:module'

/** What one run sends. */
export interface Load {
  url: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  /** Where each request makes a user: a prefix for addresses that nobody has. */
  newUsers?: string
  connections: number
  seconds: number
}

export interface LoadResult {
  requests: number
  requestsPerSecond: number
  p99Ms: number
  /** Replies with a status other than 2xx. */
  refused: number
  errors: number
}

interface CannonResult {
  requests: { total: number; average: number }
  latency: { p99: number }
  non2xx: number
  errors: number
}

const autocannon = createRequire(import.meta.url)('autocannon') as (
  options: Record<string, unknown>,
) => Promise<CannonResult>

process.on('message', async (load: Load) => {
  const { newUsers, connections, seconds, ...request } = load
  let made = 0
  const setupRequest = (outgoing: { body?: string }) => {
    made += 1
    const email = `${newUsers}.${process.pid}.${made}@example.net`
    const profile = { given_name: `Given${made}`, family_name: `Family${made}` }
    outgoing.body = JSON.stringify({ profile, identities: [{ type: 'email', details: { email } }] })
    return outgoing
  }
  const result = await autocannon({
    ...request,
    connections,
    duration: seconds,
    ...(newUsers === undefined
      ? {}
      : { requests: [{ method: 'POST', path: new URL(load.url).pathname, setupRequest }] }),
  })
  const reply: LoadResult = {
    requests: result.requests.total,
    requestsPerSecond: result.requests.average,
    p99Ms: result.latency.p99,
    refused: result.non2xx,
    errors: result.errors,
  }
  process.send!(reply)
})
