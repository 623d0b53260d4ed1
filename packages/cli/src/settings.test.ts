import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { settings } from '@kindred/server'
import { Command } from 'commander'
import { main } from './main.ts'
import { addSettings, settingValues } from './settings.ts'
import { runKindred, startKindred, temporaryFolder } from './testing-process.ts'

const secret = 'S'.repeat(52)
const otherSecret = 'T'.repeat(52)
const masterKey = Buffer.alloc(32, 9).toString('base64')

for (const { variable } of settings) {
  test(`${variable} is taken from the environment, and from its flag before that`, (t) => {
    t.after(() => {
      delete process.env[variable]
    })
    const flag = `--${variable.replace('KINDRED_', '').replaceAll('_', '-').toLowerCase()}`
    const valueWith = (...flags: string[]) => {
      const command = addSettings(new Command('serve'))
      command.parse(flags, { from: 'user' })
      return settingValues(command)[variable]
    }
    delete process.env[variable]
    assert.equal(valueWith(), undefined)
    assert.equal(valueWith(flag, 'from the flag'), 'from the flag')
    process.env[variable] = 'from the environment'
    assert.equal(valueWith(), 'from the environment')
    assert.equal(valueWith(flag, 'from the flag'), 'from the flag')
    assert.equal(valueWith(`${flag}=from the flag`), 'from the flag')
  })
}

test('settings and flags reach the server', async (t) => {
  const kindred = await startKindred(t, {
    settings: { KINDRED_CLIENT_ID: 'from_environment', KINDRED_CLIENT_SECRET: secret, KINDRED_TLS: 'auto' },
    flags: ['--database-url', 'memory:', '--client-id', 'from_flag', '--tls', 'off', '--secret-key', masterKey],
  })
  assert.equal(kindred.ready.client_id, 'from_flag')
  assert.equal(kindred.ready.client_secret, secret)
  assert.match(kindred.ready.url, /^http:\/\/localhost:\d+$/)
  assert.equal((await kindred.call('GET', '/api/v1/users')).status, 200)
})

const hosts = 'Give the address that clients use, such as https://id.example.com.'
const database = 'Use memory:, sqlite:<file> or postgres://user:pass@host/db.'
const sqliteFix = 'Check the path and its permissions, or name another file.'
const postgresFix = 'Check host, user, password and database, and that the user may create a schema.'

for (const [setting, value, line] of [
  ['KINDRED_PORT', 'http', '"http" is no port. Give a whole number from 0 to 65535.'],
  ['KINDRED_PORT', '65536', '"65536" is no port. Give a whole number from 0 to 65535.'],
  ['KINDRED_PORT', '-1', '"-1" is no port. Give a whole number from 0 to 65535.'],
  [
    'KINDRED_HOST',
    'no host',
    '"no host" is no address. Give an IP address or a host name of this machine, such as 0.0.0.0.',
  ],
  ['KINDRED_URL', 'localhost', `"localhost" is no URL. ${hosts}`],
  ['KINDRED_URL', 'ftp://example.com', `ftp: is neither https: nor http:. ${hosts}`],
  ['KINDRED_URL', 'https://example.com/id', `"https://example.com/id" has more than scheme, host and port. ${hosts}`],
  ['KINDRED_URL', 'https://a!b.example', `"a!b.example" is no host name. ${hosts}`],
  [
    'KINDRED_URL',
    'http://id.example.com',
    'plain http to id.example.com would show every token to the network. Use https; behind a proxy that ends TLS the public URL is https too.',
  ],
  ['KINDRED_DATABASE_URL', 'mysql://host/db', `mysql: is no database that Kindred knows. ${database}`],
  ['KINDRED_DATABASE_URL', 'kindred.db', `this is no database that Kindred knows. ${database}`],
  [
    'KINDRED_DATABASE_URL',
    'sqlite:text.txt',
    `cannot open the SQLite database text.txt (file is not a database). ${sqliteFix}`,
  ],
  ['KINDRED_DATABASE_URL', 'sqlite:folder', /cannot open the SQLite database folder \(.+\)\. Check the path/],
  [
    'KINDRED_DATABASE_URL',
    'sqlite:text.txt/kindred.db',
    /the folder of text\.txt\/kindred\.db cannot be made \(.+\)\. Name a file/,
  ],
  [
    'KINDRED_DATABASE_URL',
    'postgres://user:pass@127.0.0.1:1/db',
    `cannot use PostgreSQL at 127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1). ${postgresFix}`,
  ],
  [
    'KINDRED_DATABASE_URL',
    'postgres://user:pass@127.0.0.1:1/db?schema=No-Name',
    'the schema "No-Name" is not a plain name. Use lower case letters, digits and underscores.',
  ],
  ['KINDRED_DATA_DIR', 'text.txt', /text\.txt(\/secret\.key)? cannot be (made|used) \(\w+.*\)/],
  ['KINDRED_TLS', 'on', '"on" is no mode. Use auto or off, or KINDRED_TLS_CERT and KINDRED_TLS_KEY.'],
  [
    'KINDRED_TLS_CERT',
    'text.txt',
    /^KINDRED_TLS_KEY: it is missing beside KINDRED_TLS_CERT\. Name the file of the private key\.$/,
  ],
  [
    'KINDRED_TLS_KEY',
    'text.txt',
    /^KINDRED_TLS_CERT: it is missing beside KINDRED_TLS_KEY\. Name the file of the certificate\.$/,
  ],
  [
    'KINDRED_CLIENT_ID',
    'not.an.id',
    'it has characters other than letters, digits, - and _, or more than 64. Kinde uses 32 hex digits.',
  ],
  [
    'KINDRED_CLIENT_SECRET',
    'short',
    'it does not consist of 40 to 60 letters and digits. Make one with: openssl rand -hex 26',
  ],
  ['KINDRED_SECRET_KEY', 'c2hvcnQ=', 'it decodes to 5 bytes and not to 32. Make one with: openssl rand -base64 32'],
  ['KINDRED_SECRET_KEY', '?'.repeat(44), 'it is not base64. Make one with: openssl rand -base64 32'],
  ['KINDRED_LOG_LEVEL', 'loud', '"loud" is no level. Use one of fatal, error, warn, info, debug, trace, silent.'],
] as const) {
  test(`${setting}=${value} stops the start with one line and exit code 2`, async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(`${folder}/text.txt`, 'a text, neither database nor certificate\n'.repeat(100))
    mkdirSync(`${folder}/folder`)
    const { code, stderr } = await serveHere(t, folder, { [setting]: value })
    if (typeof line === 'string') assert.equal(stderr, `${setting}: ${line}\n`)
    else assert.match(stderr.trimEnd(), line)
    assert.match(stderr, /^KINDRED_\w+: [^\n]+\n$|^[^\n]+KINDRED_DATA_DIR[^\n]+\n$/)
    assert.equal(code, 2)
  })
}

test('a process that cannot start says so in one line on stderr, and nothing on stdout', async () => {
  for (const flags of [
    ['--port', 'http'],
    ['--port', '0', '--database-url', 'postgres://user:pass@127.0.0.1:1/db'],
  ]) {
    const { code, stdout, stderr } = await runKindred(['serve', '--json', ...flags])
    assert.match(stderr, /^KINDRED_\w+: [^\n]+\n$/)
    assert.deepEqual([code, stdout], [2, ''])
  }
})

test('files of a certificate that do not exist, or hold none, stop the start with one line', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(`${folder}/text.txt`, 'a text')
  for (const file of ['missing.pem', 'text.txt']) {
    const { code, stderr } = await serveHere(t, folder, { KINDRED_TLS_CERT: file, KINDRED_TLS_KEY: file })
    assert.match(stderr, new RegExp(`^KINDRED_TLS_CERT: ${file.replace('.', '\\.')} [^\\n]+\\n$`))
    assert.equal(code, 2)
  }
})

test('a port that is in use stops the start with one line, and leaves the database free for the next start', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const folder = temporaryFolder(t)
  const { code, stdout, stderr } = await runKindred(['serve', '--port', String(port), '--log-level', 'warn'], {
    folder,
  })
  assert.equal(
    stderr,
    `KINDRED_PORT: port ${port} on 127.0.0.1 is in use. Stop the other program, or set another port.\n`,
  )
  assert.deepEqual([code, stdout], [2, ''])
  const next = await startKindred(t, { folder })
  assert.equal((await next.send('GET', '/healthz')).status, 200)
})

test('an address that is not of this machine stops the start with one line', async () => {
  for (const port of ['0', '28443']) {
    const { code, stderr } = await runKindred(
      ['serve', '--host', '203.0.113.1', '--port', port, '--log-level', 'warn'],
      {
        settings: { KINDRED_DATABASE_URL: 'memory:', KINDRED_TLS: 'off' },
      },
    )
    assert.match(stderr, /^KINDRED_HOST: cannot listen on 203\.0\.113\.1 \(.+\)\. Use an address of this machine\.\n$/)
    assert.equal(code, 2)
  }
})

test('a data folder that may not be written to stops the start with one line', async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may write everywhere')
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o500)
  const { code, stderr } = await runKindred(['serve', '--port', '0'], { folder })
  assert.match(stderr, /^[^\n]*KINDRED_DATA_DIR[^\n]*\n$/)
  assert.equal(code, 2)
})

test('the application of KINDRED_CLIENT_ID must be one for machines', async (t) => {
  const folder = temporaryFolder(t)
  const first = await startKindred(t, { folder })
  const { body } = await first.call('POST', '/api/v1/applications', { name: 'Web', type: 'reg' })
  await first.stop()
  const { code, stderr } = await runKindred(['serve', '--port', '0'], {
    folder,
    settings: { KINDRED_CLIENT_ID: body.application.id, KINDRED_CLIENT_SECRET: otherSecret, KINDRED_LOG_LEVEL: 'warn' },
  })
  assert.match(
    stderr,
    /^KINDRED_CLIENT_ID: the application \w+ is no machine-to-machine application \(reg\)\. [^\n]+\n$/,
  )
  assert.equal(code, 2)
})

/** Runs `kindred serve` in this process, as if in another folder, for settings with which it cannot start. */
async function serveHere(t: TestContext, folder: string, settings: Record<string, string>) {
  const cwd = process.cwd()
  let stderr = ''
  const write = t.mock.method(process.stderr, 'write', (text: string) => {
    stderr += text
    return true
  })
  process.chdir(folder)
  Object.assign(process.env, { KINDRED_PORT: '0', ...settings })
  try {
    const code = await main(['serve', '--json'])
    return { code, stderr }
  } finally {
    for (const variable of ['KINDRED_PORT', ...Object.keys(settings)]) delete process.env[variable]
    process.chdir(cwd)
    write.mock.restore()
  }
}
