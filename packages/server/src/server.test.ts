import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { PostgresProxy } from './store/testing-proxy.ts'
import { start, type TestServer, testDatabase } from './testing.ts'
import { listen } from './testing-sockets.ts'

test('a fault of the server is told without its reason, under an id that the log has too', async (t) => {
  const server = await start(t)
  const api = server.as()
  assert.equal((await api.get('/api/v1/users')).status, 200)
  const reply = await without('users', server, () => api.get('/api/v1/users'))
  assert.equal(reply.status, 500)
  assert.deepEqual(reply.body, {
    errors: [
      {
        code: 'INTERNAL_ERROR',
        message: 'The server failed. Its log tells why, under this x-request-id.',
      },
    ],
  })
  assert.match(String(reply.headers['x-request-id']), /^[\w.:-]+$/)
})

test('a fault of the token endpoint is told in the form of OAuth', async (t) => {
  const server = await start(t)
  const { clientId, clientSecret } = server.firstClient
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const ask = () =>
    server.send({
      method: 'POST',
      url: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
    })
  const reply = await without('application_secrets', server, ask)
  assert.equal(reply.status, 500)
  assert.deepEqual(reply.body, {
    error: 'server_error',
    error_description: 'The server failed. Its log tells why, under this x-request-id.',
  })
  assert.equal(reply.headers['cache-control'], 'no-store')
})

test('the id of a request is the one that the caller gave, if it is a plain one, in success and refusal', async (t) => {
  const { send, token } = await start(t)
  const authorization = `Bearer ${await token()}`
  const idOf = async (url: string, given?: string) => {
    const { headers } = await send({
      method: 'GET',
      url,
      headers: { authorization, ...(given === undefined ? {} : { 'x-request-id': given }) },
    })
    return headers['x-request-id']
  }
  for (const url of ['/api/v1/users', '/api/v1/users?page_size=x']) {
    assert.equal(await idOf(url, 'trace-1.a:b_c'), 'trace-1.a:b_c')
    for (const odd of ['with blank', 'x'.repeat(129), '<script>', 'ü']) assert.notEqual(await idOf(url, odd), odd)
    const [first, second] = [await idOf(url), await idOf(url)]
    assert.match(String(first), /^[0-9a-f]{12}-[0-9a-z]+$/)
    assert.notEqual(first, second)
  }
})

test('an unknown route is told with an object and not a list, whoever asks', async (t) => {
  const { send } = await start(t)
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    const { status, body, headers } = await send({ method, url: '/api/v1/no_such_thing' })
    assert.equal(status, 404)
    assert.deepEqual(body, {
      errors: { code: 'ROUTE_NOT_FOUND', message: 'The requested API route does not exist' },
    })
    assert.equal(headers['content-type'], 'application/json; charset=utf-8')
  }
})

if (process.env.KINDRED_TEST_STORE === 'postgres') {
  test('while the database is away requests are refused with 503 and Retry-After, and served again afterwards', async (t) => {
    const database = await testDatabase()
    const proxy = await PostgresProxy.start(t, database.url)
    const server = await listen(t, { KINDRED_DATABASE_URL: proxy.url })
    const ada = await server.call('POST', '/api/v1/user', { profile: { given_name: 'Ada' } })
    assert.equal(ada.status, 200)

    await proxy.stop()
    const calls = [
      () => server.call('GET', '/api/v1/users'),
      () => server.call('POST', '/api/v1/user', { profile: { given_name: 'Bob' } }),
    ]
    for (const call of [...calls, ...calls]) {
      const { status, headers, json } = await call()
      assert.equal(status, 503)
      assert.equal(headers['retry-after'], '1')
      assert.deepEqual(json, {
        errors: [{ code: 'DATABASE_UNAVAILABLE', message: 'The database does not answer at the moment. Try again.' }],
      })
    }
    const form = 'grant_type=client_credentials&client_id=unknown&client_secret=x&audience=x'
    const [token] = await server.exchange(
      'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
        `Content-Length: ${form.length}\r\n\r\n${form}`,
    )
    assert.deepEqual([token!.status, token!.json.error], [503, 'temporarily_unavailable'])
    assert.equal(token!.headers['retry-after'], '1')
    assert.equal((await server.call('GET', '/readyz')).status, 503)
    assert.equal((await server.call('GET', '/healthz')).status, 200)

    await proxy.restart()
    while ((await server.call('GET', '/readyz')).status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const { json } = await server.call('GET', '/api/v1/users')
    assert.deepEqual(
      json.users.map(({ first_name }: { first_name: string }) => first_name),
      ['Ada'],
    )
    assert.equal((await server.call('POST', '/api/v1/user', {})).status, 200)
  })
}

/** Does something while a table is not there, so that whatever reads it fails. */
async function without<Result>(
  table: string,
  { write }: Pick<TestServer, 'write'>,
  action: () => Promise<Result>,
): Promise<Result> {
  const rename = (from: string, to: string) =>
    write((db) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db))
  await rename(table, 'put_away')
  try {
    return await action()
  } finally {
    await rename('put_away', table)
  }
}
