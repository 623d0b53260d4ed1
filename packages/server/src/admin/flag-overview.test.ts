import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { openClub } from '../testing-members.ts'
import { ownerBrowser } from './testing-console.ts'

test('a flag is shown with every level at which it has a value of its own', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const club = await openClub(server)
  const flag = { name: 'Night mode', description: 'For owls', key: 'night', type: 'bool', default_value: 'false' }
  const plain = { ...flag, key: 'plain', allow_override_level: 'env' }
  for (const body of [{ ...flag, allow_override_level: 'usr' }, plain]) {
    const reply = await owner.post('/api/v1/feature_flags', body)
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
  }
  const zoo = await club.organization('Zoo')
  const user = await club.user(zoo)
  const other = await club.user(zoo)
  const of = async (key: string) =>
    (await owner.get('/admin/api/feature_flags')).body.feature_flags.find((each: { key: string }) => each.key === key)
  const initial = {
    ...flag,
    allow_override_level: 'usr',
    environment_value: null,
    organizations: [],
    organization_count: 0,
    user_count: 0,
  }
  assert.deepEqual(await of('night'), initial)
  for (const reply of [
    await owner.patch('/api/v1/environment/feature_flags/night', { value: 'true' }),
    await owner.patch(`/api/v1/organizations/${zoo}/feature_flags/night?value=true`, {}),
    await owner.patch(`/api/v1/users/${user}/feature_flags/night?value=true`, {}),
    await owner.patch(`/api/v1/users/${other}/feature_flags/night?value=false`, {}),
  ]) {
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
  }
  assert.deepEqual(await of('night'), {
    ...initial,
    environment_value: 'true',
    organizations: [{ code: zoo, name: 'Zoo', value: 'true' }],
    organization_count: 1,
    user_count: 2,
  })

  const ofUser = (await owner.get(`/admin/api/users/${other}/feature_flags`)).body.feature_flags
  const { organizations: _, organization_count: __, user_count: ___, ...shown } = initial
  assert.deepEqual(ofUser, [{ ...shown, environment_value: 'true', user_value: 'false' }])
  assert.equal((await owner.get('/admin/api/users/unknown/feature_flags')).status, 404)
})
