import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { readConfig } from './config.ts'
import { serve } from './main.ts'
import { start, type TestServer } from './testing.ts'

test('no column of the database shows a secret, a token or a private key', async (t) => {
  const server = await start(t)
  const secrets = await makeSecrets(server)
  const dump = await dumpDatabase(server)
  assert.ok(dump.includes(server.firstClient.clientId), 'the dump shows what is no secret')
  assert.ok(dump.includes('Kept in the dark'))
  for (const [name, secret] of Object.entries(secrets)) assert.equal(dump.includes(secret), false, name)
})

test('no file of the data folder shows the secret of an application or the key that signs', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kindred-test-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const settings = { KINDRED_PORT: '0', KINDRED_DATA_DIR: dataDir, KINDRED_LOG_LEVEL: 'silent' }
  const running = await serve(readConfig(settings))
  const look = () => {
    for (const file of readdirSync(dataDir)) {
      const bytes = readFileSync(join(dataDir, file)).toString('latin1')
      assert.equal(bytes.includes(running.firstClient.clientSecret), false, file)
      // The keys of the certificates are files of their own.
      if (!file.endsWith('.key')) assert.equal(bytes.includes('PRIVATE KEY'), false, file)
    }
  }
  look()
  await running.stop()
  look()
  assert.ok(readdirSync(dataDir).includes('kindred.db'))
  assert.equal(dirname(running.caFile!), dataDir)
})

/** Makes every kind of secret that there is. */
async function makeSecrets(server: TestServer): Promise<Record<string, string>> {
  const api = server.as()
  const { body } = await api.post('/api/v1/applications', { name: 'Kept in the dark', type: 'reg' })
  const user = await api.post('/api/v1/user')
  const { body: zoo } = await api.post('/api/v1/apis', { name: 'Zoo', audience: 'https://zoo.example' })
  const key = { name: 'Gate', type: 'user', user_id: user.body.id, api_id: zoo.api.id }
  const { body: made } = await api.post('/api/v1/api_keys', key)
  const token = await server.token()
  const revoked = await server.token('read:users')
  const { clientId, clientSecret } = server.firstClient
  await server.send({
    method: 'POST',
    url: '/oauth2/revoke',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token: revoked }).toString(),
  })
  await server.environment.keys.prepareNext()
  await server.environment.tokenUse.flush()
  return {
    'secret of the first application': clientSecret,
    'secret of another application': body.application.client_secret,
    'an API key': made.api_key.key,
    token,
    'signature of a token': token.split('.')[2]!,
    'signature of a revoked token': revoked.split('.')[2]!,
    'a private key': 'PRIVATE KEY',
    'the master key': Buffer.alloc(32, 7).toString('base64'),
  }
}

/** Every value of every table, as text. */
async function dumpDatabase({ db, environment }: TestServer): Promise<string> {
  const listTables =
    environment.store.dialect === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`
  const { rows } = await listTables.execute(db)
  assert.ok(rows.length > 10)
  const texts: string[] = []
  for (const { name } of rows) {
    const table = await sql`select * from ${sql.table(name)}`.execute(db)
    texts.push(`${name} ${JSON.stringify(table.rows)}`)
  }
  return texts.join('\n')
}
