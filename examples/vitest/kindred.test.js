import { start } from '@kindred/server/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

let kindred
beforeAll(async () => {
  kindred = await start({ seed: new URL('./seed.yaml', import.meta.url) })
})
beforeEach(() => kindred.reset())
afterAll(() => kindred.close())

async function createUser(email) {
  return fetch(`${kindred.httpUrl}/api/v1/user`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await kindred.token('create:users')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ identities: [{ type: 'email', details: { email } }] }),
  })
}

test('an answer that got lost was still a change', async () => {
  kindred.faults.add({ operation: 'createUser', cut: 'after', times: 1 })
  await expect(createUser('grace@example.com')).rejects.toThrow()
  const again = await createUser('grace@example.com')
  expect(again.status).toBe(400)
  expect(kindred.requests.list({ operation: 'createUser' }).map(({ status }) => status)).toEqual([null, 400])
})

test('reset leaves only who was in the seed', async () => {
  const { body } = await kindred.request('GET', '/api/v1/users')
  expect(body.users.map(({ email }) => email)).toEqual(['ada@example.com'])
})
