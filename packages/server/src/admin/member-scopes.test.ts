import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { openClub, outcome } from '../testing-members.ts'
import { ownerBrowser } from './testing-console.ts'

test('of a member the scopes given directly are told apart from those that come by roles', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const { api } = (await owner.post('/api/v1/apis', { name: 'Feeding', audience: 'feeding' })).body
  const scope = async (key: string) => (await owner.post(`/api/v1/apis/${api.id}/scopes`, { key })).body.scope.id
  const [read, feed, clean] = [await scope('read:owls'), await scope('feed:owls'), await scope('clean:owls')]
  const [keeper, cleaner] = [await club.role('keeper'), await club.role('cleaner')]
  for (const [role, scopeId] of [
    [keeper, feed],
    [keeper, read],
    [cleaner, clean],
  ]) {
    assert.equal((await owner.post(`/api/v1/roles/${role}/scopes`, { scope_id: scopeId })).status, 201)
  }
  const user = await club.user(null)
  await club.join(code, { id: user, roles: ['keeper'] })
  await club.join(other, { id: user, roles: ['cleaner'] })
  const given = `/api/v1/organizations/${code}/users/${user}/apis/${api.id}/scopes/${read}`
  assert.equal((await owner.post(given)).status, 200)

  const shown = (id: string, key: string) => ({ id, key, api_id: api.id, api_name: 'Feeding' })
  const at = (organization: string) => `/admin/api/organizations/${organization}/users/${user}/api_scopes`
  assert.deepEqual((await owner.get(at(code))).body, {
    code: 'OK',
    message: 'Success',
    direct: [shown(read, 'read:owls')],
    by_role: [shown(read, 'read:owls'), shown(feed, 'feed:owls')],
  })
  const elsewhere = (await owner.get(at(other))).body
  assert.deepEqual([elsewhere.direct, elsewhere.by_role], [[], [shown(clean, 'clean:owls')]])
  const third = await club.organization('Third')
  assert.deepEqual(outcome(await owner.get(at(third))), [400, 'USER_NOT_IN_ORGANIZATION'])
  assert.equal((await owner.get(at('unknown'))).status, 404)
})
