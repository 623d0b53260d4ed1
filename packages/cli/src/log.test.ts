import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testDatabase } from '../../server/src/testing.ts'
import { type RunningKindred, startKindred } from './testing-process.ts'

test('logs are JSON lines on stderr, and hold no secret and no token even when everything is logged', async (t) => {
  const kindred = await start(t, { KINDRED_LOG_LEVEL: 'trace' })
  const secrets = await work(kindred)
  const { stderr, stdout } = await kindred.stop()

  const lines = stderr.trimEnd().split('\n')
  for (const line of lines) {
    const { level, time, msg } = JSON.parse(line)
    assert.deepEqual([typeof level, typeof time, typeof msg], ['number', 'number', 'string'], line)
  }
  const messages = lines.map((line) => JSON.parse(line).msg)
  assert.equal(messages.at(-1), 'stopped')
  assert.ok(messages.filter((message) => message === 'request refused').length >= 8, stderr)
  assert.equal(stdout, `${JSON.stringify(kindred.ready)}\n`)
  for (const [name, secret] of Object.entries(secrets)) assert.equal(stderr.includes(secret), false, name)
})

test('at the usual level a start and a stop leave two lines', async (t) => {
  const kindred = await start(t, {})
  await work(kindred)
  const { stderr } = await kindred.stop()
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [
      [30, 'ready'],
      [30, 'stopped'],
    ],
  )
  assert.equal(lines[0].url, kindred.ready.url)
  const kinds: Record<string, string> = { memory: 'memory', sqlite: 'sqlite', postgres: 'postgres' }
  assert.equal(lines[0].database, kinds[process.env.KINDRED_TEST_STORE ?? 'memory'])
})

test('silence can be asked for', async (t) => {
  const kindred = await start(t, { KINDRED_LOG_LEVEL: 'silent' })
  await kindred.call('GET', '/api/v1/nothing')
  assert.equal((await kindred.stop()).stderr, '')
})

async function start(t: TestContext, settings: Record<string, string>): Promise<RunningKindred> {
  const database = await testDatabase()
  const kindred = await startKindred(t, { settings: { ...settings, KINDRED_DATABASE_URL: database.url } })
  t.after(() => database.drop())
  return kindred
}

/** Calls every kind of endpoint, in ways that are refused too. @returns every text that must not be logged */
async function work(kindred: RunningKindred): Promise<Record<string, string>> {
  const { client_id: id, client_secret: secret, audience } = kindred.ready
  const token = await kindred.newToken()
  const wrong = 'W'.repeat(52)
  const basic = Buffer.from(`${id}:${secret}`).toString('base64')
  const wrongBasic = Buffer.from(`${id}:${wrong}`).toString('base64')
  const forged = `${token.slice(0, -8)}AAAAAAAA`
  const form = (members: Record<string, string>) =>
    new URLSearchParams({ grant_type: 'client_credentials', audience, ...members })
  const post = (path: string, body: RequestInit['body'], headers: Record<string, string> = {}) =>
    kindred.send('POST', path, { body, headers })
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

  const statuses = [
    await post('/oauth2/token', form({}), { authorization: `Basic ${basic}` }),
    await post('/oauth2/token', form({}), { authorization: `Basic ${wrongBasic}` }),
    await post('/oauth2/token', form({ client_id: id, client_secret: wrong })),
    await post('/oauth2/token', form({ client_id: id, client_secret: secret!, scope: 'no:such' })),
    await post(
      '/oauth2/token',
      form({ client_id: id, client_secret: secret!, grant_type: 'password', password: wrong }),
    ),
    await post('/oauth2/token', JSON.stringify({ client_id: id, client_secret: secret }), {
      'content-type': 'text/plain',
    }),
    await post(`/oauth2/token?client_secret=${wrong}`, ''),
    await post('/oauth2/introspect', new URLSearchParams({ token }), bearer(token)),
    await post('/oauth2/introspect', new URLSearchParams({ token }), bearer(forged)),
    await kindred.send('GET', '/api/v1/users', { headers: bearer(token) }),
    await kindred.send('GET', '/api/v1/users', { headers: bearer(forged) }),
    await kindred.send('GET', `/api/v1/users?page_size=x&access_token=${token}`, { headers: bearer(token) }),
    await kindred.send('GET', `/api/v1/no/${wrong}`, { headers: { authorization: wrong } }),
    await kindred.send('DELETE', '/api/v1/users', { headers: bearer(token) }),
    await post('/api/v1/user', `{"client_secret":"${wrong}"`, { ...bearer(token), 'content-type': 'application/json' }),
    await post('/api/v1/user', 'x'.repeat(2_000_000), { ...bearer(token), 'content-type': 'application/json' }),
    await kindred.send('GET', '/readyz'),
    await kindred.send('GET', '/metrics'),
    await kindred.send('GET', '/admin'),
    await kindred.send('GET', '/openapi.json'),
  ].map(({ status }) => status)
  assert.deepEqual(
    statuses,
    [200, 401, 401, 403, 400, 400, 400, 200, 401, 200, 401, 400, 404, 405, 400, 413, 200, 200, 200, 200],
  )
  const application = await kindred.call('POST', '/api/v1/applications', { name: 'Other', type: 'm2m' })
  const revoked = await kindred.newToken()
  await post('/oauth2/revoke', form({ client_id: id, client_secret: secret!, token: revoked }))
  return {
    secret: secret!,
    wrong,
    basic,
    wrongBasic,
    token,
    'signature of the token': token.split('.')[2]!,
    'claims of the token': token.split('.')[1]!,
    forged,
    revoked,
    'secret of another application': application.body.application.client_secret,
    'private key': 'PRIVATE KEY',
  }
}
