import { listen, type SocketServer } from '../../server/src/testing-sockets.ts'
import type { RetryEvent } from './hooks.ts'
import { Kindred } from './index.ts'
import type { ClientOptions } from './options.ts'
import { type FaultProxy, faultProxy } from './testing-fault-proxy.ts'

/** A running Kindred with a proxy before it, and clients that call it through the proxy. */
export interface Scene {
  server: SocketServer
  proxy: FaultProxy
  /** What a client needs to know. */
  access: { domain: string; clientId: string; clientSecret: string; audience: string }
  /** A client whose waits take no time: they are listed in `waits`. */
  client(options?: ClientOptions): { kindred: Kindred; waits: number[]; retries: RetryEvent[] }
}

/** Ends with the scope: a file (`{ after }` of `node:test`), mostly. */
export async function startScene(scope: { after(action: () => unknown): void }): Promise<Scene> {
  const server = await listen(scope)
  const proxy = await faultProxy(scope, server.running.url)
  const { clientId, clientSecret } = server.running.firstClient
  const access = { domain: proxy.url, clientId, clientSecret, audience: `${server.running.url}/api` }
  return {
    server,
    proxy,
    access,
    client(options = {}) {
      const waits: number[] = []
      const retries: RetryEvent[] = []
      const kindred = new Kindred({
        ...access,
        hooks: { retry: (event) => retries.push(event) },
        ...options,
        timing: {
          random: () => 0.5,
          sleep: async (milliseconds) => {
            waits.push(milliseconds)
          },
          ...options.timing,
        },
      })
      return { kindred, waits, retries }
    },
  }
}
