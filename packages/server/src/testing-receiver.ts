import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request that came to an endpoint of a webhook. */
export interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** A real server on loopback that webhooks lead to. */
export interface Receiver {
  url: string
  requests: Received[]
  /** Requests that are waiting for their answer. */
  open: number
  /** How requests are answered from now on: with a status, or by a function; not at all while it does nothing. */
  answer: number | ((response: ServerResponse, request: Received) => void)
  /** The claims of each JWT that came, unchecked. */
  events(): { type: string; timestamp: string; event_id: string; data: Record<string, unknown> }[]
  /** Resolves when as many requests have come, ever. */
  received(count: number): Promise<void>
  stop(): Promise<void>
}

/** Starts a receiver, which answers 200 until it is told otherwise, and ends with the test. @param tls for https */
export async function startReceiver(
  scope: { after(action: () => unknown): void },
  tls?: { key: string; cert: string },
): Promise<Receiver> {
  let newcomer = Promise.withResolvers<void>()
  const listener: RequestListener = (request, response) => {
    let body = ''
    receiver.open += 1
    response.on('close', () => {
      receiver.open -= 1
    })
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const received = { method: request.method!, url: request.url!, headers: request.headers, body }
      receiver.requests.push(received)
      newcomer.resolve()
      newcomer = Promise.withResolvers()
      const { answer } = receiver
      if (typeof answer === 'number') response.writeHead(answer).end()
      else answer(response, received)
    })
  }
  const server: Server = tls === undefined ? createServer(listener) : createHttpsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `${tls === undefined ? 'http' : 'https'}://localhost:${port}/hook`,
    requests: [],
    open: 0,
    answer: 200,
    events: () =>
      receiver.requests.map(({ body }) => JSON.parse(Buffer.from(body.split('.')[1]!, 'base64url').toString())),
    async received(count) {
      while (receiver.requests.length < count) await newcomer.promise
    },
    async stop() {
      server.closeAllConnections()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
  scope.after(() => receiver.stop())
  return receiver
}
