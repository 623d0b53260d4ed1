// One listening socket for HTTPS and, from this machine, plain HTTP.
//
// There is one node:http server. Each connection, once its first byte told the protocol, is handed to that server's own
// connection listener: the socket itself, or the TLS socket around it. So both protocols have node's parser on the
// native handle, one set of limits, and one list of connections for timeouts and for closing.
//
// Two private properties of node are read, since nothing public tells the same: `socket._httpMessage`, the response
// a connection is busy with, and `tlsSocket._parent`, the socket below. The tests of closing hold both.
import http from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'

export interface OnePortOptions {
  handler: http.RequestListener
  /** PEM text, as in `Certificates`; null serves plain HTTP to everyone, behind a proxy that ends TLS. */
  tls: { key: string; cert: string } | null
  /** Bytes of request line and headers; more is answered with 431. Default 16 KiB. */
  maxHeaderSize?: number
  /** From accepting a connection to its first byte of plain HTTP, or to the end of the TLS handshake. Default 10 000. */
  handshakeTimeoutMs?: number
  /** From there, or from the first byte of a further request, to the end of the headers. Default 20 000. */
  headersTimeoutMs?: number
  /** The same, to the end of the body. Default 30 000. */
  requestTimeoutMs?: number
  /** Silence after a response; the connection is closed a second later than this. Default 72 000. */
  keepAliveTimeoutMs?: number
  /** How often the timeouts of headers and requests are looked after, and so how late they may be. Default 2 000. */
  timeoutCheckMs?: number
}

/** A server for Fastify's `serverFactory`, or by itself. It answers what isn't HTTP too, so Fastify is told not to:
 *  ```ts
 *  fastify({ serverFactory: (handler) => onePortServer({ handler, tls }), clientErrorHandler: () => {} })
 *  ```
 *  `close` ends connections at once that wait for no answer, of both protocols, and lets requests in flight finish. */
export function onePortServer(options: OnePortOptions): OnePortServer {
  return new OnePortServer(options)
}

/** Whether a remote address is this machine's. Undefined, a connection already gone, is not. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/i.test(address)
}

/** Content type of a TLS record that opens a handshake. RFC 8446 §5.1. No HTTP request begins with it. */
const tlsHandshake = 0x16
/** How long a client that was refused may take to read why. */
const lingerMs = 1_000

type ConnectionListener = (this: http.Server, socket: Socket) => void

export class OnePortServer extends http.Server {
  /** Node's switch that lets a client end its side after the request and still get its answer. */
  declare httpAllowHalfOpen: boolean
  readonly #serveHttp: ConnectionListener
  readonly #tls: tls.Server | null
  readonly #handshakeTimeoutMs: number
  /** Connections that have not spoken yet or are in the TLS handshake, with the timer that ends them. */
  readonly #arriving = new Map<Socket, NodeJS.Timeout>()
  /** Connections handed to node:http. */
  readonly #speaking = new Set<Socket>()

  constructor(options: OnePortOptions) {
    super(
      {
        maxHeaderSize: options.maxHeaderSize ?? 16_384,
        headersTimeout: options.headersTimeoutMs ?? 20_000,
        requestTimeout: options.requestTimeoutMs ?? 30_000,
        keepAliveTimeout: options.keepAliveTimeoutMs ?? 72_000,
        connectionsCheckingInterval: options.timeoutCheckMs ?? 2_000,
        requireHostHeader: false, // required by `requireHost`, which answers in our shape
      },
      requireHost(options.handler),
    )
    this.httpAllowHalfOpen = true
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? 10_000
    // node:http's own listener is taken off the event, where each connection arrives first.
    this.#serveHttp = this.listeners('connection')[0] as ConnectionListener
    this.removeAllListeners('connection')
    this.#tls = options.tls && this.#tlsServer(options.tls)
    this.on('connection', this.#tls ? this.#awaitFirstByte : this.#speakHttp)
    this.on('clientError', answerClientError)
    // An error while listening is one of accept(2), such as too many open files, and passes. One before is the caller's.
    this.once('listening', () => this.on('error', () => {}))
  }

  /** Uses these certificates for new connections. @throws {Error} when key and certificate don't fit */
  setCertificates(certificates: { key: string; cert: string }): void {
    this.#tls?.setSecureContext(certificates)
  }

  override close(callback?: (error?: Error) => void): this {
    super.close(callback)
    for (const socket of this.#arriving.keys()) socket.destroy()
    for (const socket of this.#speaking) closeWhenAnswered(socket)

    // node:http watches no timeouts any more once it closes, so a body that never ends would keep it open for ever.
    const patience = setTimeout(() => {
      for (const socket of this.#speaking) if (!responseOf(socket)?.req.complete) socket.destroy()
    }, this.requestTimeout).unref()
    this.once('close', () => clearTimeout(patience))
    return this
  }

  override closeAllConnections(): void {
    for (const socket of this.#arriving.keys()) socket.destroy()
    for (const socket of this.#speaking) socket.destroy()
  }

  #tlsServer(certificates: { key: string; cert: string }): tls.Server {
    const server = tls.createServer({ ...certificates, ALPNProtocols: ['http/1.1'] })
    server.on('secureConnection', (socket: tls.TLSSocket & { _parent?: Socket }) => {
      if (socket._parent) this.#hasArrived(socket._parent)
      socket.allowHalfOpen = true
      this.#speakHttp(socket)
    })
    return server
  }

  #awaitFirstByte(socket: Socket): void {
    const remoteAddress = socket.remoteAddress
    const giveUp = () => socket.destroy()
    this.#arriving.set(socket, setTimeout(giveUp, this.#handshakeTimeoutMs))
    socket.on('error', () => {}) // the socket is destroyed by then, and nobody is waiting for anything
    socket.once('close', () => this.#hasArrived(socket))
    socket.once('end', giveUp)
    socket.once('data', (chunk: Buffer) => {
      socket.off('end', giveUp)
      // The rest of a refused request is dropped: the socket goes on flowing, with no listener any more.
      if (chunk[0] !== tlsHandshake && !isLoopback(remoteAddress)) return refusePlainHttp(socket)

      // Paused, so that the bytes put back wait for the next reader: TLS fetches them, HTTP gets them by `resume`.
      socket.pause()
      socket.unshift(chunk)
      if (chunk[0] === tlsHandshake) {
        socket.allowHalfOpen = false // for the handshake: a client that ends its side within it is gone
        this.#tls?.emit('connection', socket)
        return
      }
      this.#hasArrived(socket)
      this.#speakHttp(socket)
      socket.resume()
    })
  }

  #hasArrived(socket: Socket): void {
    clearTimeout(this.#arriving.get(socket))
    this.#arriving.delete(socket)
  }

  #speakHttp(socket: Socket): void {
    this.#speaking.add(socket)
    socket.once('close', () => this.#speaking.delete(socket))
    this.#serveHttp.call(this, socket)
  }
}

function responseOf(socket: Duplex): http.ServerResponse | null {
  return (socket as Duplex & { _httpMessage?: http.ServerResponse | null })._httpMessage ?? null
}

/** Ends a connection after the response it is busy with, announcing it where the headers aren't sent yet. */
function closeWhenAnswered(socket: Socket): void {
  const response = responseOf(socket)
  if (!response) {
    socket.destroySoon()
    return
  }
  response.shouldKeepAlive = false
  response.once('close', () => closeWhenAnswered(socket))
}

/** RFC 9112 §3.2: a request of HTTP/1.1 without Host is answered with 400. */
function requireHost(handler: http.RequestListener): http.RequestListener {
  return (request, response) => {
    if (request.headers.host !== undefined || request.httpVersion !== '1.1') return handler(request, response)
    const body = errorBody('BAD_REQUEST', 'A request of HTTP/1.1 needs a Host header.')
    const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body), connection: 'close' }
    response.writeHead(400, headers).end(body)
  }
}

function refusePlainHttp(socket: Socket): void {
  const message = 'Plain HTTP is answered only to clients on the same machine. Use https:// with this port.'
  endWith(socket, 400, 'HTTPS_REQUIRED', message)
}

/** Answers what node's parser or its timeouts refused. May be called repeatedly for one connection. */
function answerClientError(error: NodeJS.ErrnoException & { reason?: string }, socket: Duplex): void {
  if (refused.has(socket)) return
  const refusal = refusalOf(error)
  const unused = (socket as Socket).bytesRead === 0 // a connection opened in advance; its client expects no 408
  const response = responseOf(socket)
  if (response?.req.complete && refusal) {
    // The fault is in a further request, and a reply now would be taken for that of the request before it.
    refused.add(socket)
    closeWhenAnswered(socket as Socket)
  } else if (!refusal || unused || response?.headersSent || !socket.writable) {
    socket.destroy()
  } else {
    endWith(socket, ...refusal)
  }
}

function refusalOf(error: NodeJS.ErrnoException & { reason?: string }): [number, string, string] | null {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'REQUEST_TIMEOUT', 'The request did not arrive in time.']
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'REQUEST_HEADER_FIELDS_TOO_LARGE', 'Request line and headers are too large together.']
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'CONTENT_TOO_LARGE', 'The chunk extensions of the request are too large.']
  }
  // Everything else that isn't the parser's: resets, broken pipes, TLS alerts.
  if (!error.code?.startsWith('HPE_')) return null
  return [400, 'BAD_REQUEST', `The request is not valid HTTP/1.1: ${error.reason ?? error.message}.`]
}

const contentType = 'application/json; charset=utf-8'
const errorBody = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] })

const refused = new WeakSet<Duplex>()

/** Writes a last response and ends the connection. What still comes is read for a moment, because closing a connection
 *  with unread bytes resets it, and the reset may overtake the response. RFC 9112 §9.6. */
function endWith(socket: Duplex, status: number, code: string, message: string): void {
  refused.add(socket)
  const body = errorBody(code, message)
  const head = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `date: ${new Date().toUTCString()}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  const linger = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(linger))
}
