import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '@kindred/server/testing'

const seed = {
  permissions: ['invoices.read'],
  roles: [{ key: 'accountant', permissions: ['invoices.read'] }],
  users: [{ email: 'ada@example.com' }],
  organizations: [{ name: 'Acme', handle: 'acme', members: [{ user: 'ada@example.com', roles: ['accountant'] }] }],
}

async function get(kindred, path, token) {
  return fetch(`${kindred.httpUrl}${path}`, { headers: { authorization: `Bearer ${token}` } })
}

test('a member has the role that the seed gives', async () => {
  await using kindred = await start({ seed })
  const { organizations, users } = kindred.seeded
  const path = `/api/v1/organizations/${organizations.acme}/users/${users['ada@example.com']}/roles`
  const reply = await get(kindred, path, await kindred.token('read:organization_user_roles'))
  assert.deepEqual(
    (await reply.json()).roles.map(({ key }) => key),
    ['accountant'],
  )
})

test('a token expires after a day, which takes no time', async () => {
  await using kindred = await start()
  const token = await kindred.token()
  assert.equal((await get(kindred, '/api/v1/users', token)).status, 200)
  await kindred.clock.advance('1d')
  assert.equal((await get(kindred, '/api/v1/users', token)).status, 401)
})

test('the same number gives the same ids', async () => {
  await using first = await start({ seed, deterministic: 7 })
  await using second = await start({ seed, deterministic: 7 })
  assert.deepEqual(first.seeded, second.seeded)
})
