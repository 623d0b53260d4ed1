import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { Webhooks } from './journal/webhooks.ts'
import { Signer } from './oauth/signer.ts'
import { start, type TestServer } from './testing.ts'
import type { Receiver } from './testing-receiver.ts'

/** In milliseconds. */
export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute

/**
 * Starts a server that delivers nothing by itself.
 * @returns the server, and a function that makes what delivers: as many of them as one likes, as if each were a process
 */
export async function startStill(t: TestContext): Promise<{
  server: TestServer
  deliverer: (options?: { timeoutMs?: number }) => Webhooks
}> {
  const made: Webhooks[] = []
  // Before the server, whose database they need to the end.
  t.after(() => Promise.all(made.map((webhooks) => webhooks.close())))
  const server = await start(t)
  const { store, ids, keys, now, webhooks } = server.environment
  await webhooks.close()
  const signer = new Signer({ hasCompany: () => false })
  return {
    server,
    deliverer(options = {}) {
      const deliverer = new Webhooks({
        store,
        ids,
        sign: (claims) => signer.signJwt(claims, keys.current),
        now,
        log: pino({ level: 'silent' }),
        policy: { allowsPrivate: true },
        ...options,
      })
      made.push(deliverer)
      return deliverer
    },
  }
}

/** @param types `permission.created` when none are named */
export async function addWebhook(server: TestServer, endpoint: string, ...types: string[]): Promise<string> {
  const body = { name: 'Bell', endpoint, event_types: types.length === 0 ? ['permission.created'] : types }
  const reply = await server.as().post('/api/v1/webhooks', body)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body.webhook.id
}

let permissions = 0

/** Makes something happen: `permission.created`. */
export async function addPermission(server: TestServer): Promise<{ id: string; key: string }> {
  permissions += 1
  const key = `feed-${permissions}`
  const reply = await server.as().post('/api/v1/permissions', { name: 'Feed', key })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return { id: reply.body.permission.id, key }
}

/** The queue. */
export function deliveries(server: TestServer) {
  return server.db.selectFrom('webhook_deliveries').selectAll().orderBy('seq').execute()
}

/** The log. */
export function attempts(server: TestServer) {
  return server.db.selectFrom('webhook_attempts').selectAll().orderBy('seq').execute()
}

/** The `webhook-id` of each request that came. */
export function idsOf(receiver: Receiver) {
  return receiver.requests.map(({ headers }) => headers['webhook-id'])
}
