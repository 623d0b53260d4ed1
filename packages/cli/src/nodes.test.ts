import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import postgres from 'postgres'
import { testDatabase } from '../../server/src/testing.ts'
import { type RunningKindred, runKindred, startKindred, temporaryFolder, until } from './testing-process.ts'

const store = process.env.KINDRED_TEST_STORE ?? 'memory'
const masterKey = Buffer.alloc(32, 11).toString('base64')

if (store === 'memory') {
  test('each server in memory is a world of its own', async (t) => {
    const [one, other] = await Promise.all([startKindred(t, memory), startKindred(t, memory)])
    const reply = await other.send('GET', '/api/v1/users', {
      headers: { authorization: `Bearer ${await one.newToken()}` },
    })
    assert.equal(reply.status, 401)
  })
}
const memory = { settings: { KINDRED_DATABASE_URL: 'memory:', KINDRED_TLS: 'off' } }

if (store === 'sqlite') {
  test('a second server on one SQLite file is refused with one line, until the first one has ended', async (t) => {
    const database = await testDatabase()
    t.after(() => database.drop())
    const folder = temporaryFolder(t)
    const settings = { KINDRED_DATABASE_URL: database.url, KINDRED_LOG_LEVEL: 'warn' }
    const first = await startKindred(t, { folder, settings })
    const { body: ada } = await first.call('POST', '/api/v1/user', { profile: { given_name: 'Ada' } })

    const second = await runKindred(['serve'], { folder, settings: { ...settings, KINDRED_PORT: '0' } })
    const file = database.url.replace('sqlite:', '')
    assert.equal(
      second.stderr,
      `KINDRED_DATABASE_URL: another Kindred is serving ${file}. Stop it, or give this one another file or PostgreSQL.\n`,
    )
    assert.deepEqual([second.code, second.stdout], [2, ''])
    assert.equal((await first.call('GET', '/api/v1/users')).status, 200)

    // However the first one ends, its lock ends with it.
    await first.stop('SIGKILL')
    const third = await startKindred(t, { folder, settings, flags: ['--show-secret'] })
    const { body } = await third.call('GET', `/api/v1/user?id=${ada.id}`)
    assert.equal(body.first_name, 'Ada')
  })
}

if (store === 'postgres') {
  test('nodes that start together on one empty schema agree on keys, applications and everything else', async (t) => {
    const nodes = await startNodes(t, 3)
    const secrets = nodes.map(({ ready }) => ready.client_secret).filter((secret) => secret !== null)
    assert.equal(secrets.length, 1, 'one of them made the first application')
    assert.equal(new Set(nodes.map(({ ready }) => ready.client_id)).size, 1)

    const jwks = await Promise.all(nodes.map((node) => node.send('GET', '/.well-known/jwks.json')))
    // A second later each may have made the next key: it is one key, too.
    await until(async () => (await keyIds(nodes[0]!)).length === 2)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const [ids, ...others] = await Promise.all(nodes.map(keyIds))
    assert.equal(ids!.length, 2)
    for (const other of others) assert.deepEqual(other, ids)
    assert.equal(new Set(jwks.map(({ body }) => body.keys[0].kid)).size, 1)

    const token = await nodes[0]!.newToken(secrets[0]!)
    for (const node of nodes) assert.equal((await users(node, token)).status, 200)
    const { body } = await withToken(nodes[1]!, token, 'GET', '/api/v1/organizations')
    assert.equal(body.organizations.length, 1)
    const { body: applications } = await withToken(nodes[2]!, token, 'GET', '/api/v1/applications')
    assert.equal(applications.applications.length, 1)
  })

  test('what one node changes, the others know at once', async (t) => {
    const [one, other] = (await startNodes(t, 2)) as [RunningKindred, RunningKindred]
    const secret = (one.ready.client_secret ?? other.ready.client_secret)!
    const token = await one.newToken(secret)
    // The other one remembers token and application from here on.
    assert.equal((await users(other, token)).status, 200)

    const form = { client_id: one.ready.client_id, client_secret: secret, token }
    assert.equal((await one.send('POST', '/oauth2/revoke', { body: new URLSearchParams(form) })).status, 200)
    await until(async () => (await users(other, token)).status === 401)

    const fresh = await one.newToken(secret)
    assert.equal((await users(other, fresh)).status, 200)
    const path = `/api/v1/applications/${one.ready.client_id}`
    assert.equal((await withToken(one, fresh, 'DELETE', path)).status, 200)
    await until(async () => (await users(other, fresh)).status === 401)
  })
}

/** Starts nodes at the same moment, on a schema that does not exist yet. */
async function startNodes(t: TestContext, count: number): Promise<RunningKindred[]> {
  const url = process.env.KINDRED_TEST_POSTGRES_URL!
  const schema = `nodes_${process.pid}_${count}`
  const settings = {
    KINDRED_DATABASE_URL: `${url}?schema=${schema}`,
    KINDRED_SECRET_KEY: masterKey,
    KINDRED_URL: 'https://id.example.com',
  }
  const nodes = await Promise.all(Array.from({ length: count }, () => startKindred(t, { settings })))
  t.after(async () => {
    const sql = postgres(url, { onnotice: () => {}, max: 1 })
    await sql`drop schema ${sql(schema)} cascade`
    await sql.end()
  })
  return nodes
}

function withToken(node: RunningKindred, token: string, method: string, path: string) {
  return node.send(method, path, { headers: { authorization: `Bearer ${token}` } })
}

function users(node: RunningKindred, token: string) {
  return withToken(node, token, 'GET', '/api/v1/users')
}

async function keyIds(node: RunningKindred): Promise<string[]> {
  const { body } = await node.send('GET', '/.well-known/jwks.json')
  return body.keys.map(({ kid }: { kid: string }) => kid)
}
