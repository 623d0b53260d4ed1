import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { readConfig } from './config.ts'
import { type Running, serve } from './main.ts'
import { testDatabase } from './testing.ts'

/** A server of this process on a real port, over plain HTTP, on the store that KINDRED_TEST_STORE names. */
export interface SocketServer {
  running: Running
  port: number
  /** A token of the Management API with every scope. */
  token: string
  /** Opens a connection; it ends with the scope. */
  open(): Promise<Socket>
  /**
   * Writes to a connection of its own and reads until so many replies have come (interim ones are left out), or until
   * the server ends the connection.
   */
  exchange(text: string | Buffer, replies?: number): Promise<RawReply[]>
  /** Sends one request with the token. A body that is no text is sent as JSON. */
  call(method: string, path: string, body?: unknown): Promise<RawReply>
}

/** A reply as it came over the socket. */
export interface RawReply {
  status: number
  headers: Record<string, string>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any member; assertions say what it must be.
  json: any
}

/** A server that has not answered by then hangs. */
const patienceMs = 15_000

/** Starts a server on a free port. It ends with the scope: a test, or a file (`{ after }` of `node:test`). */
export async function listen(
  scope: { after(action: () => unknown): void },
  settings: Record<string, string> = {},
): Promise<SocketServer> {
  const database = await testDatabase()
  const running = await serve(
    readConfig({
      KINDRED_PORT: '0',
      KINDRED_TLS: 'off',
      KINDRED_DATABASE_URL: database.url,
      KINDRED_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      KINDRED_LOG_LEVEL: 'silent',
      ...settings,
    }),
  )
  const port = Number(new URL(running.url).port)
  const sockets = new Set<Socket>()
  scope.after(async () => {
    for (const socket of sockets) socket.destroy()
    await running.stop()
    await database.drop()
  })

  async function open(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => {}) // a reset is an end, too
    sockets.add(socket)
    await once(socket, 'connect')
    return socket
  }

  async function exchange(text: string | Buffer, replies = 1): Promise<RawReply[]> {
    const socket = await open()
    const isHead = text.toString('latin1').startsWith('HEAD ')
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0)
      const silence = setTimeout(() => {
        reject(new Error(`no answer to ${JSON.stringify(text.toString('latin1').slice(0, 200))}`))
        socket.destroy()
      }, patienceMs)
      const finish = () => {
        clearTimeout(silence)
        socket.destroy()
        resolve(repliesIn(received, isHead))
      }
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        if (repliesIn(received, isHead).length >= replies) finish()
      })
      socket.once('close', finish)
      socket.write(text)
    })
  }

  const { clientId, clientSecret } = running.firstClient
  const form = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}&audience=${running.url}/api`
  const [reply] = await exchange(
    `POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
      `Content-Length: ${form.length}\r\n\r\n${form}`,
  )
  const token: string = reply!.json.access_token

  async function call(method: string, path: string, body?: unknown): Promise<RawReply> {
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
    const [reply] = await exchange(
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    )
    if (reply === undefined) throw new Error(`${method} ${path}: the connection ended without a reply`)
    return reply
  }

  return { running, port, token, open, exchange, call }
}

/** The complete replies at the beginning of what a connection brought. */
function repliesIn(bytes: Buffer, isHead: boolean): RawReply[] {
  const replies: RawReply[] = []
  for (let rest = bytes; ; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return replies
    const [statusLine, ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine!)?.[1])
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const after = rest.subarray(end + 4)
    const hasNoBody = isHead || status < 200 || status === 204
    // Of replies in chunks only the empty one is made by us: it is Node's own 417.
    const isEmptyChunk = headers['transfer-encoding'] === 'chunked' && after.subarray(0, 5).toString() === '0\r\n\r\n'
    const length = hasNoBody ? 0 : isEmptyChunk ? 5 : Number(headers['content-length'] ?? after.length)
    if (after.length < length) return replies
    const body = isEmptyChunk ? Buffer.alloc(0) : after.subarray(0, length)
    rest = after.subarray(length)
    if (status < 200) continue
    const text = body.toString('utf8')
    replies.push({
      status,
      headers,
      text,
      json: headers['content-type']?.includes('json') && text !== '' ? JSON.parse(text) : undefined,
    })
  }
}
