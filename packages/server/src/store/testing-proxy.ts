import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A way to PostgreSQL that a test can cut: connections go through it to the server, and end or are refused when the
 * test says so, as when a server stops, crashes or is out of reach.
 */
export class PostgresProxy {
  /** The URL that leads through the proxy. */
  readonly url: string
  /** Called with what a client sends, before it is passed on. */
  onSent: (text: string) => void = () => {}
  readonly #target: URL
  readonly #server: Server
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  #isMute = false

  /** @param url of the server, as in KINDRED_DATABASE_URL */
  static async start(scope: { after(action: () => unknown): void }, url: string): Promise<PostgresProxy> {
    const server = createServer()
    await listen(server, 0)
    const proxy = new PostgresProxy(server, new URL(url))
    scope.after(() => proxy.stop())
    return proxy
  }

  private constructor(server: Server, target: URL) {
    this.#server = server.on('connection', (socket) => this.#connect(socket))
    this.#target = target
    this.#port = (server.address() as AddressInfo).port
    const url = new URL(target)
    url.host = `127.0.0.1:${this.#port}`
    this.url = url.href
  }

  /** Ends the connections that there are; new ones are taken, and hear the server. */
  cut(): void {
    this.#isMute = false
    for (const socket of this.#sockets) socket.destroy()
  }

  /** From now on nothing that the server says gets through, and nobody is told. */
  mute(): void {
    this.#isMute = true
  }

  /** Ends all connections and refuses new ones. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  /** Takes connections again, at the same address. */
  async restart(): Promise<void> {
    await listen(this.#server, this.#port)
  }

  #connect(client: Socket): void {
    const server = connect(Number(this.#target.port || 5432), this.#target.hostname)
    client.on('data', (chunk) => {
      this.onSent(chunk.toString('latin1'))
      if (!server.destroyed) server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (!this.#isMute) client.write(chunk)
    })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {}) // the end of one side is the end of the other one, whatever the reason
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}
