import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issueTo } from '../oauth/testing-oauth.ts'
import { addApplication, start } from '../testing.ts'
import { ownerBrowser } from './testing-console.ts'

test('an administrator gives an application a limit of its own, which holds at once, and takes it away', async (t) => {
  const server = await start(t, { rateLimit: { requests: 5, seconds: 60 } })
  const owner = await ownerBrowser(server)
  const application = await addApplication(server, { scopes: ['read:users'] })
  const url = `/admin/api/applications/${application.clientId}/rate_limit`
  const read = async () => (await owner.get(url)).body
  const initial = { code: 'OK', message: 'Success', rate_limit: null, server_rate_limit: '5/60' }
  assert.deepEqual(await read(), initial)

  const client = server.withToken(await issueTo(server, application))
  const told = async () => {
    const { status, headers } = await client.get('/api/v1/users')
    return [status, headers['ratelimit-limit']]
  }
  assert.deepEqual(await told(), [200, '5'])
  const set = await owner.send('PUT', url, { rate_limit: '1/3600' })
  assert.deepEqual([set.status, set.body], [200, { ...initial, rate_limit: '1/3600' }])
  assert.deepEqual(await read(), set.body)
  assert.deepEqual(
    [await told(), await told()],
    [
      [200, '1'],
      [429, '1'],
    ],
  )

  const { type, data, change } = (await server.events()).at(-1)!
  assert.deepEqual([type, data], ['application.updated', { application: { id: application.clientId } }])
  assert.deepEqual(change, { before: { rate_limit: null }, after: { rate_limit: '1/3600' } })
  const events = (await server.events()).length
  await owner.send('PUT', url, { rate_limit: '1/3600' })
  assert.equal((await server.events()).length, events)

  await owner.send('PUT', url, { rate_limit: 'off' })
  assert.deepEqual(await told(), [200, undefined])
  assert.deepEqual((await owner.send('PUT', url, { rate_limit: null })).body, initial)
  assert.equal((await told())[1], '5')
})

test('what is no limit, and an application that is not there, are refused', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const url = `/admin/api/applications/${server.firstClient.clientId}/rate_limit`
  assert.equal((await owner.get(url)).body.server_rate_limit, 'off')
  for (const rate_limit of ['', 'much', '0/60', '10', '1000001/60']) {
    const { status, body } = await owner.send('PUT', url, { rate_limit })
    assert.deepEqual([status, body.errors[0].code], [400, 'INVALID_RATE_LIMIT'], rate_limit)
  }
  assert.equal((await owner.send('PUT', url, {})).status, 400)
  const unknown = '/admin/api/applications/unknown/rate_limit'
  assert.equal((await owner.get(unknown)).status, 404)
  assert.equal((await owner.send('PUT', unknown, { rate_limit: 'off' })).status, 404)
})
