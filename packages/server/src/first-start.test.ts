import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { readConfig } from './config.ts'
import { masterKey, prepareEnvironment } from './first-start.ts'
import { serve } from './main.ts'
import { managementScopes } from './management-api.ts'
import { KeyRing, makeSigningKey } from './oauth/keys.ts'
import { openEnvironment } from './open-environment.ts'
import { createCipher } from './store/cipher.ts'
import { openStore } from './store/open.ts'
import { start, startOfTest, type TestServer, testDatabase } from './testing.ts'

test('a first start makes a business, a default organization, the Management API and an application for it', async (t) => {
  const { as, firstClient } = await start(t)
  const api = as()
  const { organizations } = (await api.get('/api/v1/organizations')).body
  assert.deepEqual(
    organizations.map(({ name, is_default }: { name: string; is_default: boolean }) => [name, is_default]),
    [['Default Organization', true]],
  )
  const { apis } = (await api.get('/api/v1/apis?expand=scopes')).body
  assert.equal(apis.length, 1)
  assert.deepEqual(
    [apis[0].name, apis[0].audience, apis[0].is_management_api],
    ['Kinde Management API', 'https://localhost:8443/api', true],
  )
  assert.deepEqual(
    apis[0].scopes.map(({ key }: { key: string }) => key).sort(),
    managementScopes.map(({ key }) => key),
  )
  const { applications } = (await api.get('/api/v1/applications')).body
  assert.deepEqual(
    applications.map(({ id, type }: { id: string; type: string }) => [id, type]),
    [[firstClient.clientId, 'm2m']],
  )
  assert.equal(firstClient.isNew, true)
})

test('a later start changes nothing of what is there', async (t) => {
  const server = await start(t)
  await server.as().patch(`/api/v1/organization/${await defaultOrganization(server)}`, { name: 'Renamed' })
  const before = await everything(server)
  const again = await prepare(server)
  assert.deepEqual(again, { ...server.firstClient, isNew: false })
  assert.deepEqual(await everything(server), before)
})

test('a scope that a newer version brings is added, and given to the first application', async (t) => {
  const server = await start(t)
  await server.write(async (db) => {
    const scope = await db
      .selectFrom('api_scopes')
      .select('id')
      .where('key', '=', 'read:users')
      .executeTakeFirstOrThrow()
    await db.deleteFrom('api_application_scopes').where('scope_id', '=', scope.id).execute()
    await db.deleteFrom('api_scopes').where('id', '=', scope.id).execute()
  })
  await assert.rejects(server.token('read:users'))
  await prepare(server)
  assert.equal((await server.as('read:users').get('/api/v1/users')).status, 200)
})

test('a changed base URL moves the audience of the Management API', async (t) => {
  const server = await start(t)
  await prepare(server, { baseUrl: 'https://id.example.com' })
  const rows = await server.db.selectFrom('apis').select('audience').execute()
  assert.deepEqual(
    rows.map(({ audience }) => audience),
    ['https://id.example.com/api'],
  )
})

test('a secret of the settings is added to the ones that the application has, once', async (t) => {
  const server = await start(t)
  const clientSecret = 'S'.repeat(52)
  const first = await prepare(server, { clientSecret })
  assert.deepEqual(first, { clientId: server.firstClient.clientId, clientSecret, isNew: true })
  const second = await prepare(server, { clientSecret })
  assert.deepEqual(second, { ...first, isNew: false })
  const secrets = await server.db.selectFrom('application_secrets').select('id').execute()
  assert.equal(secrets.length, 2)
  const without = await prepare(server)
  assert.equal(without.clientSecret, clientSecret, 'the newest one is the one to show')
})

test('with another master key nothing is touched', async (t) => {
  const server = await start(t)
  const before = await everything(server)
  const cipher = createCipher(Buffer.alloc(32, 8))
  await assert.rejects(prepare(server, { cipher, clientId: 'other', baseUrl: 'https://id.example.com' }), {
    name: 'StartError',
    message: /^KINDRED_SECRET_KEY: this is not the key that the database was made with/,
  })
  assert.deepEqual(await everything(server), before)
})

if (process.env.KINDRED_TEST_STORE === 'postgres') {
  test('nodes that start at the same moment make everything once', async (t) => {
    const database = await testDatabase()
    await (await openStore(database.url)).close()
    const nodes = await Promise.all(
      Array.from({ length: 4 }, () =>
        openEnvironment({
          baseUrl: 'https://id.example.com',
          databaseUrl: database.url,
          masterKey: async () => Buffer.alloc(32, 7),
          log: pino({ level: 'silent' }),
        }),
      ),
    )
    t.after(async () => {
      await Promise.all(nodes.map((node) => node.close()))
      await database.drop()
    })
    assert.equal(new Set(nodes.map(({ firstClient }) => firstClient.clientSecret)).size, 1)
    assert.equal(nodes.filter(({ firstClient }) => firstClient.isNew).length, 1)
    await Promise.all(nodes.map(({ environment }) => environment.keys.prepareNext()))
    const keys = await nodes[0]!.environment.store.read.selectFrom('signing_keys').select('activated_at_ms').execute()
    assert.equal(keys.length, 2)
    assert.equal(keys.filter(({ activated_at_ms: since }) => since !== null).length, 1, 'one key signs')
  })

  test('nodes that have made their first key at the same moment sign with one of them', async (t) => {
    const { environment, write, db } = await start(t)
    await write((db) => db.deleteFrom('signing_keys').execute())
    const made = await Promise.all(Array.from({ length: 4 }, makeSigningKey))
    const { store, cipher, now } = environment
    const rings = await Promise.all(made.map((key) => KeyRing.open({ store, cipher, now, firstKey: async () => key })))
    assert.equal((await db.selectFrom('signing_keys').select('kid').execute()).length, 1)
    assert.equal(new Set(rings.map((ring) => ring.current.kid)).size, 1)
  })
}

test('the master key is made once, in a file for its owner alone', async (t) => {
  const dataDir = join(temporaryFolder(t), 'made', 'here')
  const options = { secretKey: undefined, dataDir, databaseUrl: 'sqlite:x' }
  const keys = await Promise.all([1, 2, 3].map(() => masterKey(options, { make: true })))
  for (const key of keys) assert.deepEqual(key, keys[0])
  assert.equal(keys[0]!.length, 32)
  const file = join(dataDir, 'secret.key')
  assert.equal(readFileSync(file, 'utf8'), `${keys[0]!.toString('base64')}\n`)
  if (process.platform !== 'win32') {
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  }
})

test('a master key that is set, and a database in memory, need no file', async (t) => {
  const dataDir = temporaryFolder(t)
  const secretKey = Buffer.alloc(32, 1)
  assert.equal(await masterKey({ secretKey, dataDir, databaseUrl: 'sqlite:x' }, { make: true }), secretKey)
  assert.equal((await masterKey({ secretKey: undefined, dataDir, databaseUrl: 'memory:' }, { make: true })).length, 32)
  assert.deepEqual(readdirSync(dataDir), [])
})

test('a command beside the server makes no key file where there is none', async (t) => {
  const dataDir = temporaryFolder(t)
  await assert.rejects(masterKey({ secretKey: undefined, dataDir, databaseUrl: 'sqlite:x' }, { make: false }), {
    name: 'StartError',
    message: /^KINDRED_SECRET_KEY: .*there is no .*secret\.key\. Copy it/,
  })
  assert.deepEqual(readdirSync(dataDir), [])
})

test('a damaged key file stops the start, and is left as it is', async (t) => {
  const dataDir = temporaryFolder(t)
  const file = join(dataDir, 'secret.key')
  writeFileSync(file, 'c2hvcnQ=\n')
  await assert.rejects(masterKey({ secretKey: undefined, dataDir, databaseUrl: 'sqlite:x' }, { make: true }), {
    name: 'StartError',
    message: `KINDRED_SECRET_KEY: the file ${file} does not hold 32 bytes in base64. Restore it from your backup.`,
  })
  assert.equal(readFileSync(file, 'utf8'), 'c2hvcnQ=\n')
})

/** Starts a node with a data folder of its own. */
function startNode(databaseUrl: string, dataDir: string, settings: Record<string, string> = {}) {
  return serve(
    readConfig({
      KINDRED_PORT: '0',
      KINDRED_DATABASE_URL: databaseUrl,
      KINDRED_DATA_DIR: dataDir,
      KINDRED_LOG_LEVEL: 'silent',
      ...settings,
    }),
  )
}

/** A database that outlives a node. */
async function lastingDatabase(t: TestContext): Promise<string> {
  const { url, drop } = await testDatabase()
  t.after(drop)
  return url === 'memory:' ? `sqlite:${join(temporaryFolder(t), 'kindred.db')}` : url
}

test('a node that lacks the key of its database says where to get it, and writes nothing', async (t) => {
  const url = await lastingDatabase(t)
  const [first, second] = [temporaryFolder(t), temporaryFolder(t)]
  await startNode(url, first).then((node) => node.stop())
  const file = join(second, 'secret.key')
  await assert.rejects(startNode(url, second), {
    name: 'StartError',
    message:
      `KINDRED_SECRET_KEY: the secrets of the database are sealed with a key that is not here: there is no ${file}. ` +
      'Copy it from the data folder of the node that made the database, or set KINDRED_SECRET_KEY.',
  })
  assert.deepEqual(readdirSync(second), [])

  const key = readFileSync(join(first, 'secret.key'), 'utf8')
  const settings = { KINDRED_SECRET_KEY: key.trim() }
  await startNode(url, second, settings).then((node) => node.stop())
  writeFileSync(file, key)
  await startNode(url, second).then((node) => node.stop())
  assert.equal(readFileSync(file, 'utf8'), key)
})

if (process.env.KINDRED_TEST_STORE === 'postgres') {
  test('of two nodes that make a database at the same moment, one makes the key, and the other asks for it', async (t) => {
    const url = await lastingDatabase(t)
    const folders = [temporaryFolder(t), temporaryFolder(t)]
    const started = await Promise.allSettled(folders.map((folder) => startNode(url, folder, { KINDRED_TLS: 'off' })))
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop()
    const refusals = started.flatMap((one) => (one.status === 'rejected' ? [one.reason.message] : []))
    assert.equal(refusals.length, 1)
    assert.match(refusals[0], /^KINDRED_SECRET_KEY: .*Copy it from the data folder/)
    assert.deepEqual(folders.map((folder) => readdirSync(folder).length).sort(), [0, 1])
  })
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What another start on the same database does. */
function prepare(server: TestServer, changes: Partial<Parameters<typeof prepareEnvironment>[1]> = {}) {
  const { baseUrl, environment } = server
  const { cipher, ids } = environment
  const setup = { baseUrl, cipher, ids, now: startOfTest + 1000, clientId: undefined, clientSecret: undefined }
  return server.write((db) => prepareEnvironment(db, { ...setup, ...changes }))
}

async function defaultOrganization({ db }: TestServer): Promise<string> {
  const { code } = await db.selectFrom('organizations').select('code').executeTakeFirstOrThrow()
  return code
}

/** Every row that a start may make. */
async function everything({ db }: TestServer): Promise<unknown> {
  const tables = [
    'business',
    'organizations',
    'apis',
    'api_scopes',
    'api_applications',
    'api_application_scopes',
    'applications',
    'application_secrets',
    'settings',
  ] as const
  const rows = await Promise.all(tables.map((table) => db.selectFrom(table).selectAll().execute()))
  return rows.map((list) => list.map((row) => JSON.stringify(row)).sort())
}
