import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { startReceiver } from '../testing-receiver.ts'
import { localCertificates } from '../tls.ts'
import { post } from './webhook-request.ts'

function send(url: string, options: { timeoutMs?: number; signal?: AbortSignal; allowsPrivate?: boolean } = {}) {
  return post(new URL(url), {
    headers: { 'content-type': 'application/jwt', 'webhook-id': 'webhook_request_1' },
    body: 'a.b.c',
    timeoutMs: options.timeoutMs ?? 5000,
    signal: options.signal ?? new AbortController().signal,
    policy: { allowsPrivate: options.allowsPrivate ?? true },
  })
}

test('an answer that trickles or never ends costs no more than the time that it may take', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  const silent = await send(receiver.url, { timeoutMs: 200 })
  assert.deepEqual([silent.status, silent.error], [null, 'no answer within 0.2 s'])
  assert.ok(silent.durationMs >= 190 && silent.durationMs < 3000, String(silent.durationMs))

  receiver.answer = (response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write('.'), 10)
    response.on('close', () => clearInterval(drip))
  }
  const trickling = await send(receiver.url, { timeoutMs: 200 })
  // The endpoint has said that it took the event; what else it says is of no account.
  assert.deepEqual([trickling.status, trickling.error], [200, null])
  assert.ok(trickling.durationMs < 3000)
  assert.match(trickling.body, /^\.+$/)
})

test('of an answer the first four kilobytes are kept, and no more is read', async (t) => {
  const receiver = await startReceiver(t)
  let written = 0
  receiver.answer = (response) => {
    response.writeHead(
      200,
      Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`x-${index}`, 'y'.repeat(1000)])),
    )
    const more = () => {
      if (response.destroyed) return
      written += 65_536
      if (response.write(Buffer.alloc(65_536, 'é'))) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  }
  const answer = await send(receiver.url)
  assert.equal(answer.status, 200)
  assert.equal(answer.body, 'é'.repeat(2048))
  assert.ok(JSON.stringify(answer.headers).length < 5000)
  assert.ok(written < 50_000_000)
})

test('a redirect is an answer, and is not followed', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end()
  assert.equal((await send(receiver.url)).status, 307)
  assert.equal(receiver.requests.length, 1)
})

test('what cannot be reached, breaks off or speaks no HTTP is told in words', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.destroy()
  assert.equal((await send(receiver.url)).error, 'socket hang up')
  await receiver.stop()
  assert.match((await send(receiver.url)).error!, /ECONNREFUSED 127\.0\.0\.1/)
  assert.match((await send(receiver.url.replace('http:', 'https:'))).error!, /ECONNREFUSED/)

  const odd = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-owl\r\n'))
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
  t.after(() => odd.close())
  const { port } = odd.address() as { port: number }
  assert.match((await send(`http://127.0.0.1:${port}`)).error!, /Parse Error/)
  assert.match((await send(`https://127.0.0.1:${port}`)).error!, /SSL|TLS|wrong version/i)
  assert.match((await send('https://nobody.invalid/hook')).error!, /ENOTFOUND|EAI_AGAIN/)
})

test('an address that may not be called is not connected to, by name or by number', async (t) => {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]', '2130706433']) {
    for (const scheme of ['http', 'https']) {
      const { status, error } = await send(`${scheme}://${host}:${port}/`, { allowsPrivate: false })
      assert.equal(status, null)
      assert.match(error!, /^not called: /)
    }
  }
  assert.equal(connections, 0)
})

test('a process that is busy for a moment while it connects gets its answer all the same', async (t) => {
  const receiver = await startReceiver(t)
  // A name with two addresses, of which the second one answers nobody.
  const answered = send(receiver.url)
  // The connection is asked for, and nobody looks whether it is there.
  for (let tick = 0; tick < 50; tick += 1) await new Promise<void>((resolve) => process.nextTick(resolve))
  const busyUntil = performance.now() + 700
  while (performance.now() < busyUntil);
  const { status, error } = await answered
  assert.deepEqual([status, error], [200, null])
})

test('a request can be cut short', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  const cut = new AbortController()
  const sending = send(receiver.url, { signal: cut.signal })
  await receiver.received(1)
  cut.abort()
  const { status, error } = await sending
  assert.equal(status, null)
  assert.match(error!, /aborted/)
})

test('over https the certificate counts', async (t) => {
  const { key, cert, ca } = await certificates(t)
  const receiver = await startReceiver(t, { key, cert })
  assert.match((await send(receiver.url)).error!, /certificate/)
  assert.equal(receiver.requests.length, 0)

  const trusted = getCACertificates('default')
  t.after(() => setDefaultCACertificates(trusted))
  setDefaultCACertificates([...trusted, ca])
  const { status, error } = await send(receiver.url)
  assert.deepEqual([status, error, receiver.requests[0]!.body], [200, null, 'a.b.c'])
})

async function certificates(t: TestContext): Promise<{ key: string; cert: string; ca: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kindred-webhooks-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const { key, cert, caFile } = await localCertificates({ dataDir, hosts: ['localhost'], now: new Date() })
  return { key: String(key), cert: String(cert), ca: readFileSync(caFile!, 'utf8') }
}
