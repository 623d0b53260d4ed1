import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { leaseMs } from '../../server/src/journal/webhooks.ts'
import { openEnvironment } from '../../server/src/open-environment.ts'
import { testDatabase } from '../../server/src/testing.ts'
import { startReceiver } from '../../server/src/testing-receiver.ts'
import { type RunningKindred, startKindred, temporaryFolder } from './testing-process.ts'

const store = process.env.KINDRED_TEST_STORE ?? 'memory'

async function addWebhook(kindred: RunningKindred, endpoint: string): Promise<void> {
  const body = { name: 'Bell', endpoint, event_types: ['user.created'] }
  const reply = await kindred.call('POST', '/api/v1/webhooks', body)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
}

test('a server delivers what happens as it happens', async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const receiver = await startReceiver(t)
  const kindred = await startKindred(t, { settings: { KINDRED_DATABASE_URL: database.url, KINDRED_TLS: 'off' } })
  await addWebhook(kindred, receiver.url)
  const { body } = await kindred.call('POST', '/api/v1/user', { profile: { given_name: 'Ada' } })
  await receiver.received(1)
  const [event] = receiver.events()
  assert.deepEqual([event!.type, (event!.data.user as { id: string }).id], ['user.created', body.id])
  // The endpoint hangs, and the server ends in time all the same.
  receiver.answer = () => {}
  await kindred.call('POST', '/api/v1/user', { profile: { given_name: 'Grace' } })
  await receiver.received(2)
  assert.equal((await kindred.stop('SIGTERM')).code, 0)
})

if (store !== 'memory') {
  test('what a server was delivering when it was killed is delivered by the next one, under the same id', async (t) => {
    const database = await testDatabase()
    t.after(() => database.drop())
    const folder = temporaryFolder(t)
    const receiver = await startReceiver(t)
    receiver.answer = () => {}
    const settings = { KINDRED_DATABASE_URL: database.url, KINDRED_TLS: 'off' }
    const kindred = await startKindred(t, { folder, settings })
    await addWebhook(kindred, receiver.url)
    await kindred.call('POST', '/api/v1/user', { profile: { given_name: 'Ada' } })
    await receiver.received(1)
    await kindred.stop('SIGKILL')

    receiver.answer = 200
    const { environment, close } = await openEnvironment({
      baseUrl: kindred.ready.url,
      databaseUrl: database.url,
      masterKey: async () => Buffer.from(readFileSync(join(folder, '.kindred', 'secret.key'), 'utf8'), 'base64'),
      log: pino({ level: 'silent' }),
      // Nobody knows that the other server is dead until its lease is over.
      now: () => Date.now() + leaseMs,
    })
    await environment.webhooks.deliverDue()
    await close()
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id'])
    assert.equal(ids.length, 2)
    assert.equal(new Set(ids).size, 1)
  })
}
