import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { listen } from '../../server/src/testing-sockets.ts'
import { Kindred, NetworkError } from './index.ts'
import { networkError } from './network-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-test-'))
after(() => rmSync(folder, { recursive: true }))

test('a certificate that is not trusted is named with what to do, and not tried again', async () => {
  const { running } = await listen({ after }, { KINDRED_TLS: 'auto', KINDRED_DATA_DIR: folder })
  const waits: number[] = []
  const timing = { sleep: async (milliseconds: number) => void waits.push(milliseconds) }
  const kindred = new Kindred({ domain: running.url, clientId: 'a', clientSecret: 'b', timing })
  await assert.rejects(kindred.business.get(), (error: unknown) => {
    assert.ok(error instanceof NetworkError)
    assert.equal(error.code, 'CERTIFICATE_NOT_TRUSTED')
    assert.match(error.message, /NODE_EXTRA_CA_CERTS/)
    return true
  })
  assert.deepEqual(waits, [])
})

test('each runtime has its own way to say that nothing was sent', () => {
  const caused = (cause: unknown) => new TypeError('fetch failed', { cause })
  const coded = (code: string) => Object.assign(new Error('no'), { code })
  const deno = (text: string) => caused(new Error(`error sending request for url (https://a.example/): ${text}`))
  const cases: [error: unknown, code: string, isUnsent: boolean][] = [
    [caused(coded('ECONNREFUSED')), 'UNREACHABLE', true],
    [caused(coded('ENOTFOUND')), 'UNREACHABLE', true],
    [caused(new AggregateError([coded('ECONNREFUSED')], '')), 'UNREACHABLE', true],
    [coded('ConnectionRefused'), 'UNREACHABLE', true],
    [deno('client error (Connect): tcp connect error: Connection refused (os error 111)'), 'UNREACHABLE', true],
    [deno('client error (Connect): invalid peer certificate: UnknownIssuer'), 'CERTIFICATE_NOT_TRUSTED', true],
    [caused(coded('UND_ERR_SOCKET')), 'CONNECTION_FAILED', false],
    [caused(coded('ECONNRESET')), 'CONNECTION_FAILED', false],
    [deno('client error (SendRequest): connection closed before message completed'), 'CONNECTION_FAILED', false],
    ['a text', 'CONNECTION_FAILED', false],
  ]
  for (const [error, code, isUnsent] of cases) {
    const made = networkError(error, { request: 'GET https://a.example/', signal: undefined, timeoutMs: 1 })
    assert.ok(made instanceof NetworkError)
    assert.deepEqual([made.code, made.isUnsent], [code, isUnsent], made.message)
  }
})
