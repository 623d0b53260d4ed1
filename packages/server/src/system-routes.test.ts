import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { operations } from './api/index.ts'
import { startPage } from './start-page.ts'
import { start } from './testing.ts'

test('health and readiness are told without a token, to GET and to HEAD', async (t) => {
  const { send } = await start(t)
  for (const url of ['/healthz', '/readyz']) {
    const reply = await send({ method: 'GET', url })
    assert.deepEqual([reply.status, reply.body], [200, { status: 'ok' }])
    assert.match(String(reply.headers['content-type']), /^application\/json/)
    const head = await send({ method: 'HEAD', url })
    assert.deepEqual([head.status, head.body], [200, ''])
  }
})

test('a process without its database is alive and not ready', async (t) => {
  const { send, environment } = await start(t)
  await environment.store.close()
  assert.equal((await send({ method: 'GET', url: '/healthz' })).status, 200)
  const { status, body } = await send({ method: 'GET', url: '/readyz' })
  assert.deepEqual([status, body], [503, { status: 'unavailable', reason: 'The database does not answer.' }])
})

test('the metrics are what Prometheus reads', async (t) => {
  const { send } = await start(t)
  const { status, headers, body } = await send({ method: 'GET', url: '/metrics' })
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const types = new Map<string, string>()
  const samples = new Set<string>()
  for (const line of body.trimEnd().split('\n')) {
    if (line === '') continue
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
    if (comment !== null) {
      const [, kind, name, text] = comment
      if (kind !== 'TYPE') continue
      assert.ok(!types.has(name!), `${name} has one type`)
      assert.match(text!, /^(counter|gauge|histogram|summary|untyped)$/)
      types.set(name!, text!)
      continue
    }
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)$/.exec(line)
    assert.ok(sample, line)
    assert.ok(Number.isFinite(Number(sample[3])) || /^([+-]Inf|nan)$/i.test(sample[3]!), line)
    assert.ok(!samples.has(sample[1]! + sample[2]), `${line} is there once`)
    samples.add(sample[1]! + sample[2])
    assert.ok(types.has(sample[1]!) || types.has(sample[1]!.replace(/_(bucket|sum|count)$/, '')), line)
  }
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds', 'kindred_tokens_issued_total']) {
    assert.ok(types.has(name), name)
  }
})

test('a token is counted once, however often somebody looks', async (t) => {
  const { send, token, environment } = await start(t)
  const issued = async () => {
    const { body } = await send({ method: 'GET', url: '/metrics' })
    return Number(/^kindred_tokens_issued_total (\d+)$/m.exec(body)?.[1])
  }
  assert.equal(await issued(), 0)
  for (let tokens = 1; tokens <= 3; tokens += 1) await token('read:users')
  await assert.rejects(token('no:such'))
  assert.equal(await issued(), 3)
  await environment.tokenUse.flush()
  assert.equal(await issued(), 3)
  assert.equal(await issued(), 3)
})

test('the CPU time of the metrics is that of the process, from its start', async (t) => {
  const { send } = await start(t)
  const before = process.cpuUsage()
  const { body } = await send({ method: 'GET', url: '/metrics' })
  const told = Number(/^process_cpu_seconds_total (\S+)$/m.exec(body)?.[1])
  assert.ok(told >= (before.user + before.system) / 1e6, `${told} s`)
})

test('/openapi.json is a valid document of this server, for everyone and from everywhere', async (t) => {
  const { send } = await start(t, { baseUrl: 'https://id.example.com' })
  const { status, headers, body } = await send({ method: 'GET', url: '/openapi.json' })
  assert.equal(status, 200)
  assert.equal(headers['access-control-allow-origin'], '*')
  const { valid, errors } = await new Validator().validate(structuredClone(body))
  assert.ok(valid, JSON.stringify(errors))
  assert.deepEqual(
    body.servers.map(({ url }: { url: string }) => url),
    ['https://id.example.com'],
  )
  const described = Object.values(body.paths as Record<string, object>).flatMap((item) => Object.keys(item))
  assert.equal(described.filter((key) => key !== 'parameters').length, operations.length)
})

test('/ leads to /admin; the page there before the console is built tells the addresses and holds no secret', async (t) => {
  const { send, firstClient } = await start(t, { baseUrl: 'https://id.example.com' })
  const root = await send({ method: 'GET', url: '/' })
  assert.deepEqual([root.status, root.headers.location], [302, '/admin'])
  const page = { body: startPage('https://id.example.com').html }
  for (const address of ['/oauth2/token', '/api', '/api/v1', '/api/v1/users']) {
    assert.ok(page.body.includes(`https://id.example.com${address}`), address)
  }
  assert.ok(!page.body.includes(firstClient.clientSecret))
  assert.ok(!page.body.includes('--cacert'), 'a public address has a certificate that everyone trusts')
  for (const [, href] of page.body.matchAll(/href="(\/[^"]+)"/g)) {
    assert.equal((await send({ method: 'GET', url: String(href) })).status, 200, String(href))
  }
})

test('that page runs no script, and its policy allows nothing but its own style', () => {
  const { html: body, contentSecurityPolicy } = startPage('https://localhost:8443')
  assert.doesNotMatch(body, /<script|\son\w+=|javascript:|style="/i)
  const [style] = Array.from(body.matchAll(/<style>(.*?)<\/style>/gs), ([, text]) => text)
  const hash = createHash('sha256').update(style!).digest('base64')
  assert.equal(
    contentSecurityPolicy,
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  assert.ok(body.includes('--cacert .kindred/ca.pem'))
})
