import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig, settings } from './config.ts'
import { StartError } from './errors.ts'

test('without any setting the server is a local one: SQLite, TLS of its own, on loopback', () => {
  assert.deepEqual(readConfig({}), {
    port: 8443,
    host: '127.0.0.1',
    url: 'https://localhost:8443',
    databaseUrl: 'sqlite:./.kindred/kindred.db',
    dataDir: './.kindred',
    tls: { mode: 'auto' },
    clientId: undefined,
    clientSecret: undefined,
    secretKey: undefined,
    rateLimit: null,
    logLevel: 'info',
    control: false,
  })
})

test('every setting is read', () => {
  const secretKey = Buffer.alloc(32, 1)
  const config = readConfig({
    KINDRED_PORT: '9000',
    KINDRED_HOST: '0.0.0.0',
    KINDRED_URL: 'https://id.example.com',
    KINDRED_DATABASE_URL: 'postgres://user:pass@host/db?schema=kindred',
    KINDRED_DATA_DIR: '/var/lib/kindred',
    KINDRED_TLS_CERT: 'cert.pem',
    KINDRED_TLS_KEY: 'key.pem',
    KINDRED_CLIENT_ID: 'client',
    KINDRED_CLIENT_SECRET: 's'.repeat(52),
    KINDRED_SECRET_KEY: secretKey.toString('base64'),
    KINDRED_RATE_LIMIT: '100/10',
    KINDRED_LOG_LEVEL: 'trace',
    KINDRED_CONTROL: 'on',
  })
  assert.deepEqual(config, {
    port: 9000,
    host: '0.0.0.0',
    url: 'https://id.example.com',
    databaseUrl: 'postgres://user:pass@host/db?schema=kindred',
    dataDir: '/var/lib/kindred',
    tls: { mode: 'files', cert: 'cert.pem', key: 'key.pem' },
    clientId: 'client',
    clientSecret: 's'.repeat(52),
    secretKey,
    rateLimit: { requests: 100, seconds: 10 },
    logLevel: 'trace',
    control: true,
  })
})

test('an empty value counts as not set, as in a file of settings with nothing behind the equals sign', () => {
  const empty = Object.fromEntries(settings.map(({ variable }) => [variable, '']))
  assert.deepEqual(readConfig(empty), readConfig({}))
})

for (const [values, derived] of [
  [{ KINDRED_PORT: '9000' }, { url: 'https://localhost:9000' }],
  [{ KINDRED_TLS: 'off' }, { url: 'http://localhost:8443' }],
  [{ KINDRED_TLS: 'auto' }, { tls: { mode: 'auto' } }],
  [{ KINDRED_DATA_DIR: '/data' }, { databaseUrl: 'sqlite:/data/kindred.db' }],
  [{ KINDRED_URL: 'https://id.example.com/' }, { url: 'https://id.example.com' }],
  [{ KINDRED_URL: 'https://ID.example.com:443' }, { url: 'https://id.example.com' }],
  [{ KINDRED_URL: 'http://localhost:3000' }, { url: 'http://localhost:3000' }],
  [{ KINDRED_URL: 'https://[::1]:8443' }, { url: 'https://[::1]:8443' }],
  [{ KINDRED_HOST: '::' }, { host: '::' }],
  [{ KINDRED_DATABASE_URL: 'memory:' }, { databaseUrl: 'memory:' }],
  [{ KINDRED_RATE_LIMIT: 'off' }, { rateLimit: null }],
  [{ KINDRED_RATE_LIMIT: 'kinde' }, { rateLimit: { requests: 600, seconds: 60 } }],
  [{ KINDRED_SECRET_KEY: Buffer.alloc(32, 250).toString('base64url') }, { secretKey: Buffer.alloc(32, 250) }],
] as const) {
  test(`${JSON.stringify(values)} means ${JSON.stringify(derived)}`, () => {
    assert.partialDeepStrictEqual(readConfig(values), derived)
  })
}

test('a value that cannot be used is refused with a StartError that names the variable', () => {
  assert.throws(
    () => readConfig({ KINDRED_PORT: '8443 ' }),
    (error) => {
      assert.ok(error instanceof StartError)
      assert.equal(error.message, 'KINDRED_PORT: "8443 " is no port. Give a whole number from 0 to 65535.')
      return true
    },
  )
})

test('each setting has a flag that is spelled like its variable', () => {
  for (const { variable, flag, meaning } of settings) {
    const spelled = variable.replace('KINDRED_', '--').replaceAll('_', '-').toLowerCase()
    assert.equal(flag.split(' ', 1)[0], spelled)
    assert.notEqual(meaning, '')
  }
})

test('the control API is on with a database in memory, elsewhere only where it is asked for', () => {
  const control = (values: Record<string, string>) => readConfig(values).control
  assert.equal(control({}), false)
  assert.equal(control({ KINDRED_DATABASE_URL: 'memory:' }), true)
  assert.equal(control({ KINDRED_DATABASE_URL: 'memory:', KINDRED_CONTROL: 'off' }), false)
  assert.equal(control({ KINDRED_CONTROL: 'on' }), true)
  assert.throws(() => control({ KINDRED_CONTROL: 'yes' }), {
    message: 'KINDRED_CONTROL: "yes" is neither on nor off. Use on or off.',
  })
})
