import { once } from 'node:events'
import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of one request. The server behind the proxy sees it only where that is said. */
export type Fault =
  /** The connection ends before the request is passed on. */
  | 'cut before'
  /** The server acts, and its answer is lost. */
  | 'cut after'
  /** No answer ever comes. */
  | 'silence'
  /** An answer of the proxy's own. */
  | { status: number; headers?: Record<string, string>; body?: unknown }

export interface Seen {
  method: string
  /** With its query. */
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** A proxy before a real server, which keeps a list of requests and spoils those that it is told to. */
export interface FaultProxy {
  url: string
  /** Every request since the last `forget()`. */
  seen: Seen[]
  /** Paths of `seen`, with methods. */
  lines(): string[]
  /** Spoils the next requests whose path begins so, in this order. */
  spoil(path: string, ...faults: Fault[]): void
  forget(): void
}

/** Starts one on a free port of this machine. It ends with the scope. */
export async function faultProxy(scope: { after(action: () => unknown): void }, target: string): Promise<FaultProxy> {
  const seen: Seen[] = []
  const planned: { path: string; fault: Fault }[] = []
  const { hostname, port } = new URL(target)

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { method = '', url: path = '', headers } = incoming
    seen.push({ method, path, headers, body: body.toString() })
    const next = planned.findIndex((plan) => path.startsWith(plan.path))
    const fault = next < 0 ? undefined : planned.splice(next, 1)[0]!.fault
    if (fault === 'silence') return
    if (fault === 'cut before') {
      incoming.socket.destroy()
      return
    }
    if (typeof fault === 'object') {
      const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {})
      outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(text)
      return
    }
    const forwarded = send({ hostname, port, method, path, headers }, async (answer) => {
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(part as Buffer)
      if (fault === 'cut after') incoming.socket.destroy()
      else outgoing.writeHead(answer.statusCode!, answer.headers).end(Buffer.concat(parts))
    })
    forwarded.on('error', () => incoming.socket.destroy())
    forwarded.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    seen,
    lines: () => seen.map(({ method, path }) => `${method} ${path}`),
    spoil(path, ...faults) {
      planned.push(...faults.map((fault) => ({ path, fault })))
    },
    forget() {
      seen.length = 0
      planned.length = 0
    },
  }
}
