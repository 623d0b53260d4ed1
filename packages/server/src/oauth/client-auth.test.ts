import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putSecret } from '../store/applications.ts'
import { addApplication, start, startOfTest, type TestServer } from '../testing.ts'
import { basic, type Form, postForm, tokenForm } from './testing-oauth.ts'

const refusal = {
  error: 'invalid_client',
  error_description:
    'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method). Check client id and client secret.',
}

/** Asks for a token by Basic, with nothing about the client in the body but what is given. */
function askByHeader(server: TestServer, headers: { authorization: string }, changes: Form = {}) {
  return postForm(
    server,
    'token',
    { ...tokenForm(server), client_id: undefined, client_secret: undefined, ...changes },
    headers,
  )
}

/** Adds a second secret to an application. */
async function addSecret({ environment, write }: TestServer, applicationId: string): Promise<string> {
  const { cipher, ids } = environment
  const secret = ids.secret()
  const rest = { label: 'Second', cipher, ids, now: startOfTest + 1 }
  await write((db) => putSecret(db, { applicationId, secret, ...rest }))
  return secret
}

test('credentials come in the body or by Basic, encoded for a form or as they are', async (t) => {
  const server = await start(t)
  const { clientId, clientSecret } = server.firstClient
  assert.equal((await postForm(server, 'token', tokenForm(server))).status, 200)
  const percent = (text: string) => [...text].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')
  for (const headers of [
    basic(clientId, clientSecret),
    basic(percent(clientId), percent(clientSecret)),
    { authorization: basic(clientId, clientSecret).authorization.replace('Basic', 'basic') },
    { authorization: basic(clientId, clientSecret).authorization.replace('Basic ', 'BASIC   ') },
  ]) {
    assert.equal((await askByHeader(server, headers)).status, 200, headers.authorization)
  }
})

test('header and body may both name the client, if they agree', async (t) => {
  const server = await start(t)
  const { clientId, clientSecret } = server.firstClient
  const header = basic(clientId, clientSecret)
  const form = { client_id: clientId, client_secret: clientSecret }
  assert.equal((await askByHeader(server, header, form)).status, 200)
  assert.equal((await askByHeader(server, header, { client_id: clientId })).status, 200)
  for (const contradiction of [{ client_id: 'other' }, { client_secret: 'other' }]) {
    const { status, body, headers } = await askByHeader(server, header, { ...form, ...contradiction })
    assert.deepEqual([status, body.error, headers['www-authenticate']], [400, 'invalid_request', undefined])
    assert.match(body.error_description, /contradict those of the Authorization header: send one of them\.$/)
  }
})

test('an unknown client, a wrong secret and no secret are refused in the same words', async (t) => {
  const server = await start(t)
  const form = tokenForm(server)
  const web = (await server.as().post('/api/v1/applications', { name: 'Web', type: 'reg' })).body.application
  for (const change of [
    { client_secret: 'x'.repeat(52) },
    { client_secret: form.client_secret.slice(0, -1) },
    { client_secret: undefined },
    { client_secret: '' },
    { client_id: 'nobody' },
    { client_id: '0'.repeat(32) },
    { client_id: web.client_id },
    { client_id: '\0' },
    { client_id: 'é' },
    { client_id: "' or 1=1 --" },
    { client_id: '__proto__' },
    { client_id: 'x'.repeat(100_000) },
  ]) {
    const { status, body, headers } = await postForm(server, 'token', { ...form, ...change })
    assert.deepEqual([status, body], [401, refusal], JSON.stringify(change).slice(0, 80))
    assert.deepEqual([headers['www-authenticate'], headers['cache-control']], [undefined, 'no-store'])
  }
})

test('who names no client is told how to', async (t) => {
  const server = await start(t)
  const form = { ...tokenForm(server), client_id: undefined, client_secret: undefined }
  for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: 'Basicx' }] as Record<string, string>[]) {
    const reply = await postForm(server, 'token', form, headers)
    assert.deepEqual(
      [reply.status, reply.body.error, reply.headers['www-authenticate']],
      [401, 'invalid_client', undefined],
    )
    assert.match(reply.body.error_description, /Send 'client_id' and 'client_secret' in the body, or by HTTP Basic\.$/)
  }
})

test('a refusal names the scheme Basic to those who tried it, and to no one else', async (t) => {
  const server = await start(t)
  const { clientId, clientSecret } = server.firstClient
  const wrong = [
    basic(clientId, 'wrong'),
    basic('nobody', clientSecret),
    basic(clientId, ''),
    basic(clientSecret, clientId),
  ]
  for (const headers of wrong) {
    const reply = await askByHeader(server, headers)
    assert.deepEqual([reply.status, reply.body], [401, refusal])
    assert.equal(reply.headers['www-authenticate'], 'Basic realm="kindred"')
  }
})

test('a Basic header that holds no credentials is refused, whatever the body says', async (t) => {
  const server = await start(t)
  const good = basic(server.firstClient.clientId, server.firstClient.clientSecret).authorization.slice(6)
  for (const value of [
    '',
    ' ',
    ' =',
    ' !!!!',
    ` ${good} ${good}`,
    ` ${good.slice(0, 10)}\u00e9`,
    ` ${Buffer.from('no colon').toString('base64')}`,
    ` ${Buffer.from(':secret').toString('base64')}`,
    ` ${Buffer.from([0xff, 0xfe, 0x80]).toString('base64')}`,
  ]) {
    const reply = await postForm(server, 'token', tokenForm(server), { authorization: `Basic${value}` })
    assert.deepEqual([reply.status, reply.body.error], [401, 'invalid_client'], value)
    assert.match(reply.body.error_description, /the Authorization header holds client id, colon and client secret in/)
    assert.equal(reply.headers['www-authenticate'], 'Basic realm="kindred"')
  }
})

test('several secrets are good at a time, each until it expires', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users'] })
  const second = await addSecret(server, application.clientId)
  const status = async (clientSecret: string) =>
    (await postForm(server, 'token', tokenForm(server, { ...application, clientSecret }))).status
  assert.deepEqual([await status(application.clientSecret), await status(second)], [200, 200])
  await server.write((db) =>
    db
      .updateTable('application_secrets')
      .set({ expires_at_ms: startOfTest + 60_000 })
      .where('label', '=', 'Test')
      .execute(),
  )
  server.clock.advance(59_999)
  assert.deepEqual([await status(application.clientSecret), await status(second)], [200, 200])
  server.clock.advance(1)
  assert.deepEqual([await status(application.clientSecret), await status(second)], [401, 200])
  const { body } = await postForm(server, 'token', tokenForm(server, application))
  assert.deepEqual(body, refusal, 'an expired secret is a wrong one')
})

test('a secret that is taken away, or an application that is deleted, gets nothing from then on', async (t) => {
  const server = await start(t)
  const application = await addApplication(server, { scopes: ['read:users'] })
  const second = await addSecret(server, application.clientId)
  const ask = (clientSecret: string) => postForm(server, 'token', tokenForm(server, { ...application, clientSecret }))
  assert.equal((await ask(application.clientSecret)).status, 200)
  await server.write((db) => db.deleteFrom('application_secrets').where('label', '=', 'Test').execute())
  assert.deepEqual((await ask(application.clientSecret)).body, refusal)
  assert.equal((await ask(second)).status, 200)
  await server.as().delete(`/api/v1/applications/${application.clientId}`)
  assert.deepEqual((await ask(second)).body, refusal)
})

test('an application that was refused for being unknown is known as soon as it is there', async (t) => {
  const server = await start(t)
  const later = await addApplication(server, { scopes: ['read:users'] })
  const row = await server.db
    .selectFrom('applications')
    .selectAll()
    .where('id', '=', later.clientId)
    .executeTakeFirstOrThrow()
  await server.as().delete(`/api/v1/applications/${later.clientId}`)
  const ask = (clientSecret: string) => postForm(server, 'token', tokenForm(server, { ...later, clientSecret }))
  assert.equal((await ask(later.clientSecret)).status, 401)
  const { seq: _seq, ...values } = row
  await server.write((db) => db.insertInto('applications').values(values).execute())
  const secret = await addSecret(server, later.clientId)
  // Known, though not authorized for anything yet.
  assert.equal((await ask(secret)).status, 403)
})
