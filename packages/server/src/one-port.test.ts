import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { promisify } from 'node:util'
import fastify from 'fastify'
import { isLoopback, type OnePortOptions, onePortServer } from './one-port.ts'
import { type Certificates, localCertificates } from './tls.ts'

// Every test has real sockets, and most are told once for each protocol of the port.
const protocols = ['http', 'https'] as const
type Protocol = (typeof protocols)[number]

const run = promisify(execFile)
const curlMissing = await run('curl', ['--version']).then(
  () => false,
  () => 'curl is not installed',
)
/** An address of this machine that isn't loopback: a connection to it comes from it as well. */
const outerAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
const outerMissing = outerAddress === undefined && 'this machine has no other address'

const halfHello = Buffer.from('16030102000100', 'hex')
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`

let dataDir: string
let certificates: Certificates
let ca: string
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kindred-one-port-'))
  certificates = await localCertificates({ dataDir, hosts: [outerAddress ?? 'localhost'], now: new Date() })
  ca = await readFile(join(dataDir, 'ca.pem'), 'utf8')
})
after(() => rm(dataDir, { recursive: true }))

/** Tells what arrived. `/slow` answers after `release`; `/stream` sends headers and half of its body before. */
async function start(t: TestContext, options: Partial<OnePortOptions> = {}) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const server = onePortServer({
    tls: certificates,
    handler: (request, response) => {
      const { url, socket } = request
      if (url === '/stream') response.write('first ')
      server.emit('arrived', url, socket)
      let bytes = 0
      request.on('error', () => {}) // the client went away
      request.on('data', (chunk) => {
        bytes += chunk.length
      })
      request.on('end', async () => {
        if (url === '/slow' || url === '/stream') await released
        response.end(JSON.stringify({ url, secure: socket instanceof tls.TLSSocket, bytes }))
      })
    },
    ...options,
  })
  server.listen(0, outerAddress ? '0.0.0.0' : '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as net.AddressInfo).port, release }
}

async function connect(protocol: Protocol, port: number, host = '127.0.0.1'): Promise<net.Socket> {
  const options = { port, host, allowHalfOpen: true }
  const socket = protocol === 'http' ? net.connect(options) : tls.connect({ ...options, ca })
  socket.on('error', () => {}) // a reset shows in what was received
  await once(socket, protocol === 'http' ? 'connect' : 'secureConnect')
  return socket
}

/** Everything the server sends until it ends the connection; this side is ended then too. */
async function received(socket: net.Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.once('end', () => socket.end())
  await once(socket, 'close')
  return text
}

async function request(protocol: Protocol, port: number, options: http.RequestOptions & { body?: string } = {}) {
  const { body, ...rest } = options
  const target = { port, host: '127.0.0.1', ...rest }
  const outgoing = protocol === 'http' ? http.request(target) : https.request({ ...target, ca })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [http.IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text, reused: outgoing.reusedSocket }
}

function assertRefusal(text: string, status: number, code: string) {
  const [head, body] = text.split('\r\n\r\n') as [string, string]
  assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
  assert.match(head, /^content-type: application\/json; charset=utf-8\r$/im)
  assert.match(head, /^connection: close\r?$/im)
  const { errors } = JSON.parse(body)
  assert.equal(errors.length, 1)
  assert.equal(errors[0].code, code)
  assert.match(errors[0].message, /^[A-Z].*\.$/)
}

for (const protocol of protocols) {
  const secure = protocol === 'https'

  test(`${protocol} is answered on the port`, async (t) => {
    const { port } = await start(t)
    const { status, text } = await request(protocol, port, { path: '/a?b=c' })
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(text), { url: '/a?b=c', secure, bytes: 0 })
  })

  test(`curl is answered over ${protocol}`, { skip: curlMissing }, async (t) => {
    const { port } = await start(t)
    const url = `${protocol}://localhost:${port}/a`
    const { stdout } = await run('curl', ['-sS', '--noproxy', '*', '--cacert', join(dataDir, 'ca.pem'), url])
    assert.deepEqual(JSON.parse(stdout), { url: '/a', secure, bytes: 0 })
  })

  test(`${protocol} connections are kept between requests`, async (t) => {
    const { port } = await start(t)
    const agent = new (protocol === 'http' ? http : https).Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const first = await request(protocol, port, { agent, method: 'POST', body: 'x'.repeat(500_000) })
    const second = await request(protocol, port, { agent, path: '/b' })
    assert.equal(JSON.parse(first.text).bytes, 500_000)
    assert.equal(first.headers['keep-alive'], 'timeout=72')
    assert.equal(JSON.parse(second.text).url, '/b')
    assert.equal(second.reused, true)
  })

  test(`a request line in absolute form arrives over ${protocol} as it was sent`, async (t) => {
    const { port } = await start(t)
    const socket = await connect(protocol, port)
    socket.write(`GET ${protocol}://localhost/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
    assert.match(await received(socket), new RegExp(`"url":"${protocol}://localhost/a"`))
  })

  test(`a request may come byte by byte over ${protocol}`, async (t) => {
    const { port } = await start(t)
    const socket = await connect(protocol, port)
    for (const byte of get('/a').replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
    assert.match(await received(socket), /"url":"\/a"/)
  })

  test(`a client that ends its side after the request is answered over ${protocol}`, async (t) => {
    const { server, port, release } = await start(t)
    const socket = await connect(protocol, port)
    server.once('arrived', (_url, peer: net.Socket) => peer.once('end', release))
    socket.end(get('/slow'))
    assert.match(await received(socket), /"url":"\/slow"/)
  })

  test(`what is not HTTP is refused over ${protocol} with status, code and sentence`, async (t) => {
    const { port } = await start(t)
    const cases: [sent: string, status: number, code: string][] = [
      ['\0\u0001\u0002\r\n\r\n', 400, 'BAD_REQUEST'],
      ['GET / HTTP/9\r\n\r\n', 400, 'BAD_REQUEST'],
      ['GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', 400, 'BAD_REQUEST'],
      ['POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', 400, 'BAD_REQUEST'],
      ['GET / HTTP/1.1\r\n\r\n', 400, 'BAD_REQUEST'],
      [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'REQUEST_HEADER_FIELDS_TOO_LARGE'],
      [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(900_000)}\r\n\r\n`, 431, 'REQUEST_HEADER_FIELDS_TOO_LARGE'],
    ]
    for (const [sent, status, code] of cases) {
      const socket = await connect(protocol, port)
      socket.write(sent)
      assertRefusal(await received(socket), status, code)
    }
    assert.equal((await request(protocol, port)).status, 200)
  })

  test(`a request over ${protocol} is answered before a broken one behind it ends the connection`, async (t) => {
    const { server, port, release } = await start(t)
    const socket = await connect(protocol, port)
    server.once('arrived', () => setImmediate(release))
    socket.write(`${get('/slow')}nonsense\r\n\r\n`)
    const text = await received(socket)
    assert.match(text, /^HTTP\/1.1 200 .*connection: close.*"url":"\/slow"/is)
    assert.equal(text.split('HTTP/1.1 ').length, 2)
  })

  test(`a response that was begun over ${protocol} is cut, not mixed with a refusal of the body`, async (t) => {
    const { port } = await start(t)
    const socket = await connect(protocol, port)
    socket.write('POST /stream HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
    await once(socket, 'data')
    socket.write('nonsense\r\n')
    assert.equal(await received(socket), '')
  })

  test(`headers and bodies that do not end over ${protocol} are given up with 408`, async (t) => {
    const { port } = await start(t, { headersTimeoutMs: 400, requestTimeoutMs: 400, timeoutCheckMs: 20 })
    const parts = ['GET / HTTP/1.1\r\nhost:', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n1']
    const sent = parts.map(async (part) => {
      const socket = await connect(protocol, port)
      socket.write(part)
      return received(socket)
    })
    for (const text of await Promise.all(sent)) assertRefusal(text, 408, 'REQUEST_TIMEOUT')
  })

  test(`an unused connection is closed over ${protocol} after the keep-alive time`, async (t) => {
    const { port } = await start(t, { keepAliveTimeoutMs: 1 })
    const socket = await connect(protocol, port)
    socket.write(get('/a'))
    assert.match(await received(socket), /connection: keep-alive.*"url":"\/a"/is)
  })

  test(`close answers the request in flight over ${protocol}, says so, and ends the connection`, async (t) => {
    const { server, port, release } = await start(t)
    const agent = new (protocol === 'http' ? http : https).Agent({ keepAlive: true })
    t.after(() => agent.destroy())
    const arrived = once(server, 'arrived')
    const slow = request(protocol, port, { path: '/slow', agent })
    await arrived
    const closed = new Promise<Error | undefined>((resolve) => server.close(resolve))
    await assert.rejects(request('http', port), { code: 'ECONNREFUSED' })
    release()
    const { status, headers } = await slow
    assert.equal(status, 200)
    assert.equal(headers.connection, 'close')
    assert.equal(await closed, undefined)
  })

  test(`close ends the connection over ${protocol} after a response whose headers were sent before`, async (t) => {
    const { server, port, release } = await start(t)
    const socket = await connect(protocol, port)
    const text = received(socket)
    socket.write(get('/stream'))
    await once(server, 'arrived')
    const closed = new Promise((resolve) => server.close(resolve))
    release()
    assert.match(await text, /connection: keep-alive.*first .*"url":"\/stream"/is)
    await closed
  })

  test(`close ends every connection over ${protocol} that waits for no answer`, async (t) => {
    const { server, port } = await start(t)
    const silent = await connect('http', port)
    const greeting = await connect('http', port)
    greeting.write(halfHello)
    const unused = await connect(protocol, port)
    const halfway = await connect(protocol, port)
    halfway.write('GET / HTTP/1.1\r\nhos')
    const idle = await connect(protocol, port)
    idle.write(get('/a'))
    await once(idle, 'data')
    const ends = [silent, greeting, unused, halfway, idle].map(received)
    await new Promise((resolve) => server.close(resolve))
    assert.deepEqual(await Promise.all(ends), ['', '', '', '', ''])
  })

  test(`close waits for a body over ${protocol} no longer than the request may take`, async (t) => {
    const { server, port } = await start(t, { requestTimeoutMs: 100, headersTimeoutMs: 100, timeoutCheckMs: 60_000 })
    const socket = await connect(protocol, port)
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n1')
    await once(server, 'arrived')
    await new Promise((resolve) => server.close(resolve))
    assert.equal(await received(socket), '')
  })

  test(`the time for the handshake is over once ${protocol} is spoken`, async (t) => {
    const { port } = await start(t, { handshakeTimeoutMs: 250 })
    const kept = await connect(protocol, port)
    kept.write(get('/a'))
    await once(kept, 'data')
    assert.equal(await received(await connect('http', port)), '') // opened later and silent: its time came
    kept.write(get('/b').replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'))
    assert.match(await received(kept), /"url":"\/b"/)
  })

  test(`closeAllConnections ends requests in flight over ${protocol}`, async (t) => {
    const { server, port } = await start(t)
    const socket = await connect(protocol, port)
    const silent = await connect('http', port)
    socket.write(get('/slow'))
    await once(server, 'arrived')
    const ends = [socket, silent].map(received)
    server.closeAllConnections()
    assert.deepEqual(await Promise.all(ends), ['', ''])
  })

  test(`a client that resets its connection at any moment over ${protocol} disturbs nobody`, async (t) => {
    const { server, port, release } = await start(t)
    for (const sent of ['', halfHello]) {
      const socket = await connect('http', port)
      if (sent) socket.write(sent)
      socket.resetAndDestroy()
    }
    for (const sent of ['', 'GET / HT', get('/slow')]) {
      const raw = net.connect(port, '127.0.0.1')
      await once(raw, 'connect')
      const socket = protocol === 'http' ? raw : tls.connect({ socket: raw, ca, host: '127.0.0.1' })
      socket.on('error', () => {})
      if (protocol === 'https') await once(socket, 'secureConnect')
      socket.write(sent)
      if (sent === get('/slow')) await once(server, 'arrived')
      raw.resetAndDestroy()
    }
    release()
    assert.equal((await request(protocol, port)).status, 200)
  })

  test(`Fastify serves and closes gracefully through the port over ${protocol}`, async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
    const app = fastify({
      serverFactory: (handler) => onePortServer({ handler, tls: certificates }),
      clientErrorHandler: () => {},
    })
    app.get('/slow', async ({ protocol }) => {
      arrive()
      await released
      return { protocol }
    })
    const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
    const broken = await connect(protocol, port)
    broken.write('nonsense\r\n\r\n')
    assertRefusal(await received(broken), 400, 'BAD_REQUEST')

    const unused = await connect(protocol, port)
    const slow = request(protocol, port, { path: '/slow' })
    await arrived
    const closed = app.close()
    assert.equal(await received(unused), '')
    release()
    assert.deepEqual(JSON.parse((await slow).text), { protocol })
    await closed
  })
}

test('a connection that says nothing, and half a TLS hello, are closed in time', async (t) => {
  const { port } = await start(t, { handshakeTimeoutMs: 50 })
  const silent = await connect('http', port)
  const greeting = await connect('http', port)
  greeting.write(halfHello)
  assert.deepEqual(await Promise.all([silent, greeting].map(received)), ['', ''])
})

test('a TLS connection opened in advance and never used is closed without a word', async (t) => {
  const { port } = await start(t, { headersTimeoutMs: 60, requestTimeoutMs: 60, timeoutCheckMs: 20 })
  assert.equal(await received(await connect('https', port)), '')
})

test('a client that ends its side before it spoke, or within the TLS hello, is let go', async (t) => {
  const { port } = await start(t, { handshakeTimeoutMs: 3_600_000 })
  const silent = await connect('http', port)
  silent.end()
  const greeting = await connect('http', port)
  greeting.end(halfHello)
  assert.deepEqual(await Promise.all([silent, greeting].map(received)), ['', ''])
})

test('garbage in a TLS record ends that connection alone', async (t) => {
  const { port } = await start(t)
  const socket = await connect('http', port)
  socket.write(Buffer.concat([halfHello, Buffer.alloc(600, 0xff)]))
  assert.doesNotMatch(await received(socket), /HTTP/)
  assert.equal((await request('https', port)).status, 200)
})

test('http/1.1 is the protocol that TLS agrees on', async (t) => {
  const { port } = await start(t)
  const socket = tls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2', 'http/1.1'] })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  assert.equal(socket.alpnProtocol, 'http/1.1')
  const refusal = tls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] })
  await assert.rejects(once(refusal, 'secureConnect'), { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' })
})

test('new connections get the certificates that were set last', async (t) => {
  const { server, port } = await start(t)
  const otherDir = await mkdtemp(join(tmpdir(), 'kindred-one-port-'))
  t.after(() => rm(otherDir, { recursive: true }))
  server.setCertificates(await localCertificates({ dataDir: otherDir, hosts: [], now: new Date() }))
  await assert.rejects(request('https', port), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  server.setCertificates(certificates)
  assert.equal((await request('https', port)).status, 200)
})

test('plain HTTP from another machine is refused with a hint at https', { skip: outerMissing }, async (t) => {
  const { port } = await start(t)
  const socket = await connect('http', port, outerAddress)
  socket.write(`POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 600000\r\n\r\n${'x'.repeat(600_000)}`)
  const text = await received(socket)
  assertRefusal(text, 400, 'HTTPS_REQUIRED')
  assert.match(text, /Use https:\/\//)
  assert.equal((await request('https', port, { host: outerAddress })).status, 200)
})

test('without certificates plain HTTP is answered to everyone', { skip: outerMissing }, async (t) => {
  const { port } = await start(t, { tls: null })
  assert.equal((await request('http', port, { host: outerAddress })).status, 200)
})

test('without certificates a silent connection is closed in time, and at once by close', async (t) => {
  const timeouts = { headersTimeoutMs: 60, requestTimeoutMs: 60, timeoutCheckMs: 20 }
  const quick = await start(t, { tls: null, ...timeouts })
  assert.equal(await received(await connect('http', quick.port)), '')

  const { server, port } = await start(t, { tls: null })
  const silent = received(await connect('http', port))
  await new Promise((resolve) => server.close(resolve))
  assert.equal(await silent, '')
})

test('the addresses of this machine are 127.0.0.0/8 and ::1, in all their forms', () => {
  const own = ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.3.2.1']
  const foreign = ['128.0.0.1', '10.127.0.1', '1127.0.0.1', '::ffff:10.0.0.1', '::11', 'fe80::1', '', undefined]
  assert.deepEqual(own.filter(isLoopback), own)
  assert.deepEqual(foreign.filter(isLoopback), [])
})
