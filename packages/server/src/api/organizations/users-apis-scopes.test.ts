import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'
import { type Club, openClub, outcome } from '../../testing-members.ts'

async function apiWithScope(club: Club, audience: string): Promise<{ api: string; scope: string }> {
  const { api } = (await club.api.post('/api/v1/apis', { name: audience, audience })).body
  const { scope } = (await club.api.post(`/api/v1/apis/${api.id}/scopes`, { key: 'read:owls' })).body
  return { api: api.id, scope: scope.id }
}

test('a member gets a scope of an API and loses it, is found by it, and each change leaves one event', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const { api, scope } = await apiWithScope(club, 'zoo')
  const user = await club.user(null)
  await club.join(code, { id: user })
  await club.join(other, { id: user })
  const url = `/api/v1/organizations/${code}/users/${user}/apis/${api}/scopes/${scope}`
  const before = (await server.events()).length
  const found = async () =>
    (await club.api.get('/api/v1/search/users?api_scopes=read:owls&expand=api_scopes')).body.results

  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(outcome(await server.as('create:organization_user_api_scopes').post(url)), [200, 'OK'])
  }
  assert.deepEqual(
    (await found()).map(({ id, api_scopes }: { id: string; api_scopes: unknown }) => [id, api_scopes]),
    [[user, [{ org_code: code, scope: 'read:owls', api_id: api }]]],
  )
  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(outcome(await server.as('delete:organization_user_api_scopes').delete(url)), [200, 'OK'])
  }
  assert.deepEqual(await found(), [])
  const data = {
    organization: { code },
    user: { id: user },
    api: { id: api },
    scope: { id: scope, key: 'read:owls' },
  }
  assert.deepEqual(
    (await server.events()).slice(before).map((event) => [event.type, event.data]),
    [
      ['user.api_scope_added', data],
      ['user.api_scope_removed', data],
    ],
  )
})

test('the scope must be one of the API, and the user a member', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const [zoo, sea] = [await apiWithScope(club, 'zoo'), await apiWithScope(club, 'sea')]
  const [member, stranger] = [await club.user(code), await club.user(other)]
  const events = (await server.events()).length
  const of = (organization: string, user: string, api: string, scope: string) =>
    `/api/v1/organizations/${organization}/users/${user}/apis/${api}/scopes/${scope}`
  const rows = [
    [of(code, member, zoo.api, sea.scope), 404, 'API_SCOPE_NOT_FOUND'],
    [of(code, member, zoo.api, 'none'), 404, 'API_SCOPE_NOT_FOUND'],
    [of(code, member, 'none', zoo.scope), 404, 'API_NOT_FOUND'],
    [of(code, stranger, zoo.api, zoo.scope), 400, 'USER_NOT_IN_ORGANIZATION'],
    [of(code, 'kp_none', zoo.api, zoo.scope), 404, 'USER_NOT_FOUND'],
    [of('org_none', member, zoo.api, zoo.scope), 404, 'ORGANIZATION_NOT_FOUND'],
  ] as const
  for (const [url, ...expected] of rows) {
    assert.deepEqual(outcome(await club.api.post(url)), expected)
    assert.deepEqual(outcome(await club.api.delete(url)), expected)
  }
  assert.equal((await server.events()).length, events)
  assert.deepEqual(await server.db.selectFrom('user_api_scopes').selectAll().execute(), [])
})
