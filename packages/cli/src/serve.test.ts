import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort, KindredProcess, runKindred, startKindred, temporaryFolder } from './testing-process.ts'

const run = promisify(execFile)

test('--json puts exactly one line with the documented members on stdout', async (t) => {
  const kindred = await startKindred(t)
  const { ready, folder } = kindred
  const port = new URL(ready.url).port
  assert.deepEqual(Object.keys(ready), [
    'event',
    'url',
    'audience',
    'token_url',
    'client_id',
    'client_secret',
    'ca_file',
    'console_url',
    'pid',
  ])
  assert.deepEqual(ready, {
    event: 'ready',
    url: `https://localhost:${port}`,
    audience: `https://localhost:${port}/api`,
    token_url: `https://localhost:${port}/oauth2/token`,
    client_id: ready.client_id,
    client_secret: ready.client_secret,
    ca_file: join(folder, '.kindred/ca.pem'),
    console_url: `https://localhost:${port}/admin`,
    pid: kindred.child.pid,
  })
  assert.match(ready.client_id, /^[0-9a-f]{32}$/)
  assert.match(ready.client_secret!, /^[A-Za-z0-9]{52}$/)
  await kindred.call('GET', '/api/v1/users')
  const { code, stdout } = await kindred.stop()
  assert.equal(code, 0)
  assert.equal(stdout, `${JSON.stringify(ready)}\n`)
})

test('the two lines that a person is shown work when they are pasted into bash', async (t) => {
  const shown = await startForPerson(t)
  const { lines, folder } = shown
  const [, url] = /^(https:.+)\/admin\/setup\?token=[\w-]{43}$/.exec(shown.field('Console'))!
  assert.equal(lines[0], `Kindred is ready at ${url}`)
  const caFile = shown.field('CA file')
  assert.equal(caFile, join(folder, '.kindred/ca.pem'))

  const curls = lines.filter((line) => line.includes('curl')).map((line) => line.trim())
  assert.equal(curls.length, 2)
  const [tokenLine, usersLine] = curls as [string, string]
  for (const line of curls) assert.match(line, /--request (GET|POST) --url https:/)
  const pasted = await run('bash', ['-c', `exec 2>>shown.txt\n${tokenLine}\n${usersLine}`], { cwd: folder })
  const users = JSON.parse(pasted.stdout)
  assert.deepEqual([users.code, users.users], ['OK', []])
  // The reply of the token endpoint is shown on the way, so that it can be looked at.
  assert.match(readFileSync(join(folder, 'shown.txt'), 'utf8'), /\{"access_token":"[^"]+",.*"token_type":"bearer"\}/)
})

test('the lines work for a folder with blanks and quotes in its name, and for an IPv6 address', async (t) => {
  const folder = temporaryFolder(t)
  const settings = { KINDRED_DATA_DIR: "it's here", KINDRED_HOST: '::1', KINDRED_DATABASE_URL: 'memory:' }
  const port = await freePort()
  const shown = await startForPerson(t, {
    folder,
    settings: { ...settings, KINDRED_PORT: String(port), KINDRED_URL: `https://[::1]:${port}` },
  })
  const curls = shown.lines.filter((line) => line.includes('curl'))
  const pasted = await run('bash', ['-c', curls.join('\n')], { cwd: folder })
  assert.equal(JSON.parse(pasted.stdout).code, 'OK')
})

test("the line for Node.js makes a program trust the server's certificate", async (t) => {
  const shown = await startForPerson(t)
  const line = shown.lines.find((line) => line.includes('export NODE_EXTRA_CA_CERTS='))!
  const url = shown.field('Console').replace(/\/admin.*/, '/healthz')
  const program = `fetch('${url}').then((reply) => reply.text()).then(console.log, (error) => console.log(error.cause.code))`
  const script = (trust: string) => `${trust}\n'${process.execPath}' --eval "${program}"`
  assert.equal((await run('bash', ['-c', script(line)])).stdout, '{"status":"ok"}\n')
  assert.match((await run('bash', ['-c', script('')])).stdout, /^(SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET)/)
})

test('the secret is shown when it has just been made, and later only with --show-secret', async (t) => {
  const folder = temporaryFolder(t)
  const first = await startKindred(t, { folder })
  const secret = first.ready.client_secret!
  await first.stop()

  const second = await startKindred(t, { folder })
  assert.equal(second.ready.client_id, first.ready.client_id)
  assert.equal(second.ready.client_secret, null)
  assert.equal(typeof (await second.newToken(secret)), 'string')
  await second.stop()

  const third = await startKindred(t, { folder, flags: ['--show-secret'] })
  assert.equal(third.ready.client_secret, secret)
  await third.stop()

  const shown = await startForPerson(t, { folder })
  assert.equal(shown.field('Client secret'), 'as printed at first start (--show-secret prints it again)')
  assert.equal(shown.lines.join('\n').includes(secret), false)
  const curls = shown.lines.filter((line) => line.includes('curl'))
  const pasted = await run('bash', ['-c', `KINDRED_CLIENT_SECRET=${secret}\n${curls.join('\n')}`])
  assert.equal(JSON.parse(pasted.stdout).code, 'OK')
})

test('client id and secret of the settings are put in place at every start; an older secret stays valid', async (t) => {
  const folder = temporaryFolder(t)
  const [secretA, secretB] = ['A'.repeat(52), 'B'.repeat(40)]
  const start = (KINDRED_CLIENT_ID: string, KINDRED_CLIENT_SECRET: string) =>
    startKindred(t, { folder, settings: { KINDRED_CLIENT_ID, KINDRED_CLIENT_SECRET } })

  const first = await start('first', secretA)
  assert.deepEqual([first.ready.client_id, first.ready.client_secret], ['first', secretA])
  assert.equal((await first.call('GET', '/api/v1/users')).status, 200)
  await first.stop()

  const again = await start('first', secretA)
  assert.deepEqual([again.ready.client_id, again.ready.client_secret], ['first', null])
  await again.stop()

  const changed = await start('first', secretB)
  assert.deepEqual([changed.ready.client_id, changed.ready.client_secret], ['first', secretB])
  for (const secret of [secretA, secretB]) assert.equal(typeof (await changed.newToken(secret)), 'string')
  await changed.stop()

  const other = await start('other', secretA)
  assert.deepEqual([other.ready.client_id, other.ready.client_secret], ['other', secretA])
  assert.equal((await other.call('GET', '/api/v1/users')).status, 200)
  const { body } = await other.call('GET', '/api/v1/applications')
  assert.deepEqual(body.applications.map(({ id }: { id: string }) => id).sort(), ['first', 'other'])
  await other.stop()

  const without = await startKindred(t, { folder })
  assert.equal(without.ready.client_id, 'other')
})

test('a first application that was deleted does not come back by itself, only when the settings ask for it', async (t) => {
  const folder = temporaryFolder(t)
  const first = await startKindred(t, { folder })
  const { client_id: id } = first.ready
  assert.equal((await first.call('DELETE', `/api/v1/applications/${id}`)).status, 200)
  await first.stop()
  const second = await startKindred(t, { folder, flags: ['--show-secret'] })
  assert.deepEqual([second.ready.client_id, second.ready.client_secret], [id, null])
  await second.stop()
  const third = await startKindred(t, { folder, settings: { KINDRED_CLIENT_ID: id } })
  assert.match(third.ready.client_secret!, /^[A-Za-z0-9]{52}$/)
  assert.equal((await third.call('GET', '/api/v1/users')).status, 200)
})

test('what the data folder holds is private', { skip: process.platform === 'win32' }, async (t) => {
  const kindred = await startKindred(t)
  await kindred.call('GET', '/api/v1/users')
  const folder = join(kindred.folder, '.kindred')
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const files = readdirSync(folder)
  for (const file of ['ca.key', 'kindred.db', 'kindred.db-wal', 'secret.key', 'tls.key'])
    assert.ok(files.includes(file), file)
  for (const file of files) {
    // Certificates are for everyone to see.
    if (file.endsWith('.pem')) assert.equal(new X509Certificate(readFileSync(join(folder, file))).raw.length > 0, true)
    else assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file)
  }
})

test('a database in memory leaves nothing but the certificate authority behind, and nothing at all without TLS', async (t) => {
  const settings = { KINDRED_DATABASE_URL: 'memory:' }
  const kindred = await startKindred(t, { settings })
  await kindred.call('GET', '/api/v1/users')
  await kindred.stop()
  assert.deepEqual(readdirSync(kindred.folder), ['.kindred'])
  const files = readdirSync(join(kindred.folder, '.kindred')).sort()
  assert.deepEqual(files, ['ca.key', 'ca.pem', 'tls.key', 'tls.pem'])

  const plain = await startKindred(t, { settings: { ...settings, KINDRED_TLS: 'off' } })
  await plain.call('GET', '/api/v1/users')
  await plain.stop()
  assert.deepEqual(readdirSync(plain.folder), [])
  assert.equal(plain.ready.ca_file, null)
})

test('the certificate authority is made once and kept', async (t) => {
  const settings = { KINDRED_DATABASE_URL: 'memory:' }
  const folder = temporaryFolder(t)
  const read = () => readFileSync(join(folder, '.kindred/ca.pem'), 'utf8')
  await (await startKindred(t, { settings, folder })).stop()
  const authority = read()
  const kindred = await startKindred(t, { settings: { ...settings, KINDRED_URL: 'https://id.example.com' }, folder })
  assert.equal(read(), authority)
  // The certificate covers the host of the URL, although the connection goes to this machine.
  const status = await new Promise((resolve, reject) => {
    const options = { ca: authority, servername: 'id.example.com', port: new URL(kindred.plainUrl).port }
    request({ host: '127.0.0.1', path: '/healthz', ...options }, (reply) => resolve(reply.statusCode))
      .on('error', reject)
      .end()
  })
  assert.equal(status, 200)
})

test('when the URL changes between two starts, issuer and audience move with it', async (t) => {
  const folder = temporaryFolder(t)
  const first = await startKindred(t, { folder, settings: { KINDRED_URL: 'https://old.example.com' } })
  const secret = first.ready.client_secret!
  const oldToken = await first.newToken()
  await first.stop()
  const second = await startKindred(t, { folder, settings: { KINDRED_URL: 'https://new.example.com' } })
  assert.equal(second.ready.audience, 'https://new.example.com/api')
  const token = await second.newToken(secret)
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  assert.deepEqual([claims.iss, claims.aud], ['https://new.example.com', ['https://new.example.com/api']])
  const users = (bearer: string) =>
    second.send('GET', '/api/v1/users', { headers: { authorization: `Bearer ${bearer}` } })
  assert.equal((await users(token)).status, 200)
  assert.equal((await users(oldToken)).status, 401)
  const { body } = await second.send('GET', '/api/v1/apis', { headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual(
    body.apis.map(({ audience }: { audience: string }) => audience),
    ['https://new.example.com/api'],
  )
})

test('with another master key the start is refused, and nothing is changed', async (t) => {
  const folder = temporaryFolder(t)
  const first = await startKindred(t, { folder })
  const secret = first.ready.client_secret!
  await first.stop()
  const settings = { KINDRED_SECRET_KEY: Buffer.alloc(32, 3).toString('base64'), KINDRED_PORT: '0' }
  const { code, stdout, stderr } = await runKindred(['serve'], { folder, settings })
  assert.equal(
    stderr,
    'KINDRED_SECRET_KEY: this is not the key that the database was made with, so its secrets cannot be opened. ' +
      'Set the right key, or put back the secret.key file of the data folder.\n',
  )
  assert.deepEqual([code, stdout], [2, ''])
  const again = await startKindred(t, { folder })
  assert.equal(again.ready.client_id, first.ready.client_id)
  assert.equal(typeof (await again.newToken(secret)), 'string')
})

test('on an address that others reach, plain HTTP is for this machine alone', async (t) => {
  const kindred = await startKindred(t, { settings: { KINDRED_HOST: '0.0.0.0', KINDRED_DATABASE_URL: 'memory:' } })
  assert.equal((await kindred.send('GET', '/healthz')).status, 200)
})

interface Shown {
  lines: string[]
  folder: string
  field(name: string): string
}

/** Starts `kindred serve` as a person does, and waits for what it prints. */
async function startForPerson(
  t: TestContext,
  options: { folder?: string; settings?: Record<string, string> } = {},
): Promise<Shown> {
  const folder = options.folder ?? temporaryFolder(t)
  const settings = { KINDRED_PORT: '0', ...options.settings }
  const kindred = new KindredProcess(['serve'], { settings }, folder)
  t.after(() => kindred.stop('SIGKILL'))
  await kindred.firstLine()
  const lines = kindred.stdout.split('\n')
  return {
    lines,
    folder,
    field: (name) =>
      lines
        .find((line) => line.trim().startsWith(name))!
        .replace(name, '')
        .trim(),
  }
}
