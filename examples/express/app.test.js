import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, beforeEach, test } from 'node:test'
import { start } from '@kindred/server/testing'
import { createApp } from './app.js'

const kindred = await start({ seed: { users: [{ email: 'ada@example.com', given_name: 'Ada' }] } })
Object.assign(process.env, kindred.env)
kindred.trust()
const server = createApp().listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}`

after(() => {
  server.close()
  return kindred.close()
})
beforeEach(() => kindred.reset())

test('the page shows who is there', async () => {
  assert.match(await (await fetch(url)).text(), /<li>Ada &lt;ada@example\.com&gt;<\/li>/)
})

test('the form adds somebody', async () => {
  const body = new URLSearchParams({ name: 'Grace', email: 'grace@example.com' })
  assert.match(await (await fetch(url, { method: 'POST', body })).text(), /Grace/)
  const [request] = kindred.requests.list({ operation: 'createUser' })
  assert.equal(request.status, 200)
  assert.equal(request.application, kindred.clientId)
  assert.deepEqual(request.body.profile, { given_name: 'Grace' })
})

test('the page asks for patience when Kinde does', async () => {
  kindred.faults.add({ operation: 'getUsers', status: 429, times: 1 })
  const refused = await fetch(url)
  assert.equal(refused.status, 503)
  assert.equal(await refused.text(), 'Many people are here. Try again soon.')
  assert.equal((await fetch(url)).status, 200)
})
