import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type RunningKindred, startKindred } from './testing-process.ts'

/** The contract: a server that was told to stop has ended after ten seconds. */
const longestStopMs = 10_000
const settings = { KINDRED_DATABASE_URL: 'memory:', KINDRED_TLS: 'off' }

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the server with exit code 0, although clients keep idle connections open`, async (t) => {
    const kindred = await startKindred(t, { settings })
    const agent = new Agent({ keepAlive: true })
    t.after(() => agent.destroy())
    for (let request = 0; request < 5; request += 1) {
      const [reply] = await once(get(`${kindred.plainUrl}/healthz`, { agent }), 'response')
      reply.resume()
      await once(reply, 'end')
    }
    const silent = await open(t, kindred)
    const { code, signal: by } = await stopInTime(kindred, signal)
    assert.deepEqual([code, by], [0, null])
    assert.equal(silent.destroyed || silent.readableEnded, true)
  })
}

test('a request that is in flight when the signal comes is answered', async (t) => {
  const kindred = await startKindred(t, { settings })
  const body = JSON.stringify({ profile: { given_name: 'Ada' } })
  const socket = await open(t, kindred)
  socket.write(
    `POST /api/v1/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await kindred.newToken()}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  )
  // The server has the request once it asks for the body.
  const [interim] = await once(socket, 'data')
  assert.match(String(interim), /^HTTP\/1\.1 100 /)
  kindred.child.kill('SIGTERM')
  await refusesConnections(kindred)
  socket.write(body)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n.*"id":"kp_/is)
  assert.equal((await kindred.ended).code, 0)
})

test('a request whose body never comes does not keep the server from ending', async (t) => {
  const kindred = await startKindred(t, { settings })
  const socket = await open(t, kindred)
  socket.write(
    `POST /api/v1/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await kindred.newToken()}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n',
  )
  await once(socket, 'data')
  assert.equal((await stopInTime(kindred, 'SIGTERM')).code, 0)
})

test('a second signal, whichever, ends the server at once', async (t) => {
  const kindred = await startKindred(t, { settings })
  const socket = await open(t, kindred)
  socket.write(
    `POST /api/v1/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await kindred.newToken()}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n',
  )
  await once(socket, 'data')
  kindred.child.kill('SIGTERM')
  await refusesConnections(kindred)
  assert.equal((await kindred.stop('SIGINT')).signal, 'SIGINT')
})

test('a server that is told to stop while it makes its next key ends well', async (t) => {
  const kindred = await startKindred(t, { settings: { KINDRED_TLS: 'off' } })
  // The next key is made a second after the start.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const { code, stderr } = await stopInTime(kindred, 'SIGTERM')
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /"level":50/, 'nothing failed')
})

async function open(t: TestContext, kindred: RunningKindred): Promise<Socket> {
  const socket = connect(Number(new URL(kindred.plainUrl).port), '127.0.0.1').on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Waits until the server accepts no connections any more. */
async function refusesConnections(kindred: RunningKindred): Promise<void> {
  while (true) {
    const refused = await kindred.send('GET', '/healthz').then(
      () => false,
      () => true,
    )
    if (refused) return
  }
}

async function stopInTime(kindred: RunningKindred, signal: NodeJS.Signals) {
  const startedAt = performance.now()
  const ended = await kindred.stop(signal)
  assert.ok(performance.now() - startedAt < longestStopMs)
  return ended
}
