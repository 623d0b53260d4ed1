import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { commandsBesideServer, type RunOptions } from './testing-cli.ts'
import { freePort } from './testing-process.ts'

const { run, folder } = await commandsBesideServer({ after })

async function findings(options?: RunOptions) {
  const { code, stdout } = await run(['doctor', '--json'], options)
  const list: { check: string; state: string; says: string; next?: string }[] = JSON.parse(stdout).findings
  return { code, of: (check: string) => list.find((finding) => finding.check === check) }
}

test('doctor finds nothing where all is well', async () => {
  const { code, stdout, stderr } = await run(['doctor'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.doesNotMatch(stdout, /FAULT|WARNING/)
  for (const check of ['settings', 'connection', 'certificate', 'clock', 'token', 'call']) {
    assert.match(stdout, new RegExp(`^ok +${check} `, 'm'))
  }
})

test('doctor tells settings, connection and credentials apart, each with what to do', async () => {
  const settings = await findings({ env: { KINDE_DOMAIN: '' } })
  assert.deepEqual([settings.code, settings.of('settings')?.state], [2, 'fault'])
  const away = await findings({ env: { KINDE_DOMAIN: `http://localhost:${await freePort()}` } })
  assert.deepEqual([away.code, away.of('connection')?.state], [3, 'fault'])
  assert.match(away.of('connection')!.next!, /is it running \(kindred serve\)/)
  const wrong = await findings({ env: { KINDE_MANAGEMENT_CLIENT_SECRET: 'x'.repeat(52) } })
  assert.deepEqual([wrong.code, wrong.of('connection')?.state, wrong.of('token')?.state], [4, 'ok', 'fault'])
  assert.match(wrong.of('token')!.next!, /kindred login/)
  const text = await run(['doctor'], { env: { KINDE_MANAGEMENT_CLIENT_SECRET: 'x'.repeat(52) } })
  assert.match(text.stdout, /^FAULT {4}token .*\n {22}Give other credentials: kindred login\n/m)
  assert.equal(text.stderr, 'error: There is one fault: token.\n')
})

test('doctor sees a clock that is wrong', async (t) => {
  const server = createServer((_request, reply) => {
    reply
      .setHeader('date', new Date(Date.now() + 3_600_000).toUTCString())
      .setHeader('content-type', 'application/json')
    reply.end('{"issuer":"https://elsewhere.example.com"}')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const { of } = await findings({ env: { KINDE_DOMAIN: `http://127.0.0.1:${port}` } })
  assert.equal(of('clock')?.state, 'warning')
  assert.match(of('clock')!.says, /^this machine is (3599|3600|3601) s behind the server$/)
  assert.match(of('issuer')!.says, /issued by https:\/\/elsewhere\.example\.com/)
})

test('doctor looks into the data folder', async () => {
  const data = join(folder, '.kindred')
  mkdirSync(data)
  writeFileSync(join(data, 'secret.key'), `${Buffer.alloc(32).toString('base64')}\n`, { mode: 0o600 })
  chmodSync(join(data, 'secret.key'), 0o644)
  writeFileSync(join(data, 'tls.pem'), 'no certificate')
  writeFileSync(join(data, 'kindred.db'), 'no database, but as long as the head of one. '.repeat(30))
  const { code, of } = await findings()
  assert.deepEqual(
    [code, of('master key')?.state, of('tls.pem')?.state, of('database')?.state],
    [2, 'warning', 'fault', 'fault'],
  )
  assert.match(of('master key')!.next!, /^chmod 600 /)
  assert.match((await findings({ env: { KINDRED_PORT: 'x' } })).of('server')!.says, /^KINDRED_PORT: /)
})
