import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveFlags } from '../../store/feature-flags.ts'
import { start, type TestReply } from '../../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test("a user's value of a feature flag is the user's alone, and goes with the user", async (t) => {
  const { as, db, events } = await start(t)
  const api = as()
  for (const level of ['usr', 'org']) {
    const flag = { name: 'N', key: level, type: 'bool', allow_override_level: level, default_value: false }
    await api.post('/api/v1/feature_flags', flag)
  }
  const { id: owl } = (await api.post('/api/v1/user')).body
  const { id: cat } = (await api.post('/api/v1/user')).body
  const url = `/api/v1/users/${owl}/feature_flags`
  const change = as('update:user_feature_flags')
  assert.deepEqual(outcome(await change.patch(`${url}/usr?value=true`)), [200, 'OK'])
  assert.deepEqual(outcome(await change.patch(`${url}/usr`, { value: true })), [200, 'OK'])
  assert.deepEqual(outcome(await change.patch(`${url}/usr?value=perhaps`)), [400, 'INVALID_FLAG_VALUE'])
  assert.deepEqual(outcome(await change.patch(`${url}/org?value=true`)), [400, 'FLAG_OVERRIDE_NOT_ALLOWED'])
  assert.deepEqual(outcome(await change.patch(`${url}/cats?value=true`)), [404, 'FEATURE_FLAG_NOT_FOUND'])
  const nobody = '/api/v1/users/kp_nobody/feature_flags/usr?value=true'
  assert.deepEqual(outcome(await change.patch(nobody)), [404, 'USER_NOT_FOUND'])

  const value = async (userId: string) => (await resolveFlags(db, { userId })).find(({ key }) => key === 'usr')?.value
  assert.deepEqual([await value(owl), await value(cat)], ['true', 'false'])
  const set = (await events()).filter(({ type }) => type === 'user.feature_flag_overridden')
  assert.deepEqual(
    set.map(({ data }) => data),
    [{ user: { id: owl }, feature_flag: { key: 'usr', value: 'true' } }],
  )
  await api.delete(`/api/v1/user?id=${owl}`)
  assert.equal(await value(owl), 'false')
})
