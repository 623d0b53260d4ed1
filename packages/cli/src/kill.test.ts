import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import postgres from 'postgres'
import { startPostgres } from '../../../test/postgres.ts'
import { testDatabase } from '../../server/src/testing.ts'
import { type RunningKindred, startKindred, temporaryFolder, until } from './testing-process.ts'

const store = process.env.KINDRED_TEST_STORE ?? 'memory'
const concurrency = 32
const kills = 3

if (store === 'memory') {
  test('what was in memory is gone after a kill, and the next start is a fresh one', async (t) => {
    const folder = temporaryFolder(t)
    const settings = { KINDRED_DATABASE_URL: 'memory:' }
    const first = await startKindred(t, { folder, settings })
    await first.call('POST', '/api/v1/user', { profile: { given_name: 'Ada' } })
    await first.stop('SIGKILL')
    const second = await startKindred(t, { folder, settings })
    assert.deepEqual((await second.call('GET', '/api/v1/users')).body.users, [])
  })
} else {
  test(`a server that is killed in the middle of ${concurrency} creations has lost nothing that it answered`, async (t) => {
    const database = await testDatabase()
    const options = { folder: temporaryFolder(t), settings: { KINDRED_DATABASE_URL: database.url, KINDRED_TLS: 'off' } }
    t.after(() => database.drop())
    const answered: string[] = []
    for (let kill = 1; kill <= kills; kill += 1) {
      const kindred = await startKindred(t, { ...options, flags: ['--show-secret'] })
      const creating = createUsers(kindred, answered)
      const before = answered.length
      await until(() => answered.length >= before + 50 * kill)
      await kindred.stop('SIGKILL')
      await creating
    }
    await findAll(t, options, answered)
  })
}

if (store === 'postgres') {
  test('a PostgreSQL that crashes in the middle of it has lost nothing either, and is found again by itself', async (t) => {
    const server = await startPostgres()
    t.after(() => server.stop())
    const options = { folder: temporaryFolder(t), settings: { KINDRED_DATABASE_URL: server.url, KINDRED_TLS: 'off' } }
    const kindred = await startKindred(t, options)
    const secret = kindred.ready.client_secret!
    const answered: string[] = []
    const refused: number[] = []
    const creating = createUsers(kindred, answered, refused)
    await until(() => answered.length >= 100)

    await crash(server.url)
    const before = answered.length
    await until(() => answered.length >= before + 100)
    await until(async () => (await kindred.send('GET', '/readyz')).status === 200)
    assert.deepEqual([...new Set(refused)], refused.length === 0 ? [] : [503])
    await kindred.stop('SIGKILL')
    await creating
    await findAll(t, options, answered, secret)
  })
}

/** Creates users until the server is gone; the ids of those that were answered with success are added to the list. */
async function createUsers(kindred: RunningKindred, answered: string[], refused: number[] = []): Promise<void> {
  let isGone = false
  void kindred.ended.then(() => {
    isGone = true
  })
  let users = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!isGone) {
        users += 1
        const body = {
          profile: { given_name: 'Ada', family_name: `the ${users}th` },
          identities: [{ type: 'email', details: { email: `${kindred.child.pid}-${users}@example.com` } }],
        }
        const reply = await kindred.call('POST', '/api/v1/user', body).catch(() => undefined)
        if (reply?.status === 200) answered.push(reply.body.id)
        else if (reply !== undefined) refused.push(reply.status)
      }
    }),
  )
}

/** Starts the server again and looks for every user. */
async function findAll(
  t: TestContext,
  options: { folder: string; settings: Record<string, string> },
  ids: readonly string[],
  secret?: string,
): Promise<void> {
  const kindred = await startKindred(t, { ...options, flags: ['--show-secret'] })
  if (secret !== undefined) assert.equal(kindred.ready.client_secret, secret)
  for (const id of ids) {
    const { status, body } = await kindred.call('GET', `/api/v1/user?id=${id}&expand=identities`)
    assert.equal(status, 200, `${id} was answered and is not there`)
    assert.deepEqual([body.id, body.first_name, body.identities.length], [id, 'Ada', 1])
  }
}

/**
 * Kills one of PostgreSQL's processes, which makes it throw away its memory and all connections and start anew from its
 * log, as after a power failure.
 */
async function crash(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const [row] = await sql`select pid from pg_stat_activity where application_name = 'kindred' limit 1`
  process.kill(row!.pid, 'SIGKILL')
  await sql.end({ timeout: 1 })
}
