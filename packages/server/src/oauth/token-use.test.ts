import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { addApplication, start, startOfTest, type TestServer } from '../testing.ts'
import { issueTo } from './testing-oauth.ts'
import { TokenUse } from './token-use.ts'

const hourMs = 3_600_000

async function counts({ db }: TestServer) {
  const rows = await db.selectFrom('application_token_counts').selectAll().orderBy('hour_ms').execute()
  return rows.map(({ application_id, hour_ms, tokens }) => [application_id, hour_ms, tokens])
}

async function lastUsed({ db }: TestServer, clientId: string) {
  const row = await db
    .selectFrom('application_secrets')
    .select('last_used_at_ms')
    .where('application_id', '=', clientId)
    .executeTakeFirstOrThrow()
  return row.last_used_at_ms
}

/** Does something while nothing can be counted. */
async function withoutCounts(server: TestServer, action: () => Promise<unknown>): Promise<void> {
  const rename = (from: string, to: string) =>
    server.write((db) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db))
  await rename('application_token_counts', 'put_away')
  try {
    await action()
  } finally {
    await rename('put_away', 'application_token_counts')
  }
}

test('tokens are counted by application and hour, and the last use of a secret is noted, in batches', async (t) => {
  const server = await start(t)
  const { tokenUse } = server.environment
  const { clientId } = server.firstClient
  for (let times = 0; times < 3; times += 1) await issueTo(server, server.firstClient)
  assert.deepEqual([await counts(server), await lastUsed(server, clientId)], [[], null])
  await tokenUse.flush()
  assert.deepEqual(await counts(server), [[clientId, startOfTest, 3]])
  assert.equal(await lastUsed(server, clientId), startOfTest)
  server.clock.advance(hourMs - 1)
  await issueTo(server, server.firstClient)
  server.clock.advance(1)
  await issueTo(server, server.firstClient)
  await tokenUse.flush()
  await tokenUse.flush()
  assert.deepEqual(await counts(server), [
    [clientId, startOfTest, 4],
    [clientId, startOfTest + hourMs, 1],
  ])
  assert.equal(await lastUsed(server, clientId), startOfTest + hourMs)
  assert.equal(tokenUse.issued, 5)
})

test('a refused request counts for nothing', async (t) => {
  const server = await start(t)
  const { clientId } = server.firstClient
  for (const form of [{ client_secret: 'x' }, { scope: 'no:such' }, { audience: 'nowhere' }]) {
    await assert.rejects(issueTo(server, server.firstClient, form))
  }
  await server.environment.tokenUse.flush()
  assert.deepEqual([await counts(server), await lastUsed(server, clientId)], [[], null])
  assert.equal(server.environment.tokenUse.issued, 0)
})

test('what cannot be written is kept, and written with what has come since', async (t) => {
  const server = await start(t)
  const { store } = server.environment
  const { clientId } = server.firstClient
  const lines: string[] = []
  const tokenUse = new TokenUse(store, pino({ level: 'warn' }, { write: (line) => lines.push(line) }))
  t.after(() => tokenUse.close())
  const { id } = await server.db.selectFrom('application_secrets').select('id').executeTakeFirstOrThrow()
  tokenUse.note(clientId, id, startOfTest)
  tokenUse.note(clientId, id, startOfTest + 1)
  await withoutCounts(server, async () => {
    await tokenUse.flush()
    await tokenUse.flush()
  })
  assert.equal(lines.length, 2)
  assert.match(lines[0]!, /token counts could not be written; they are kept for the next attempt/)
  assert.equal(await lastUsed(server, clientId), null, 'all of it is written, or nothing')
  tokenUse.note(clientId, id, startOfTest + 2)
  tokenUse.note(clientId, id, startOfTest + hourMs)
  await tokenUse.flush()
  assert.deepEqual(await counts(server), [
    [clientId, startOfTest, 3],
    [clientId, startOfTest + hourMs, 1],
  ])
  assert.equal(await lastUsed(server, clientId), startOfTest + hourMs)
})

test('nodes add up, and the latest use of a secret stays, whichever node writes last', async (t) => {
  const server = await start(t)
  const { store, log } = server.environment
  const { clientId } = server.firstClient
  const { id } = await server.db.selectFrom('application_secrets').select('id').executeTakeFirstOrThrow()
  const [early, late] = [new TokenUse(store, log), new TokenUse(store, log)]
  t.after(() => Promise.all([early.close(), late.close()]))
  early.note(clientId, id, startOfTest)
  late.note(clientId, id, startOfTest + 1000)
  await late.flush()
  await early.flush()
  assert.deepEqual(await counts(server), [[clientId, startOfTest, 2]])
  assert.equal(await lastUsed(server, clientId), startOfTest + 1000)
})

test('closing writes what is left, also what another writing has under way', async (t) => {
  const server = await start(t)
  const { store, log } = server.environment
  const { clientId } = server.firstClient
  const { id } = await server.db.selectFrom('application_secrets').select('id').executeTakeFirstOrThrow()
  const tokenUse = new TokenUse(store, log)
  tokenUse.note(clientId, id, startOfTest)
  const flushed = tokenUse.flush()
  tokenUse.note(clientId, id, startOfTest)
  await tokenUse.close()
  assert.deepEqual(await counts(server), [[clientId, startOfTest, 2]])
  await flushed
})

test('the counts of an application that is deleted meanwhile go with it, and hinder nobody', async (t) => {
  const server = await start(t)
  const gone = await addApplication(server, { scopes: [] })
  await issueTo(server, gone)
  await issueTo(server, server.firstClient)
  await server.write((db) => db.deleteFrom('applications').where('id', '=', gone.clientId).execute())
  await server.environment.tokenUse.flush()
  assert.deepEqual(await counts(server), [[server.firstClient.clientId, startOfTest, 1]])
})
