import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../testing.ts'
import { resolveFlags } from './feature-flags.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test("a user's value of a flag goes before the organization's, the environment's and the default", async (t) => {
  const { as, db } = await start(t)
  const api = as()
  const overridden = (level: string) => ({ key: level, type: 'str', allow_override_level: level, default_value: '0' })
  for (const level of ['env', 'org', 'usr'])
    await api.post('/api/v1/feature_flags', { name: 'N', ...overridden(level) })
  await api.post('/api/v1/feature_flags', { name: 'N', key: 'none', type: 'int', default_value: 0 })
  const codes: string[] = []
  for (const name of ['One', 'Two']) {
    codes.push((await api.post('/api/v1/organization', { name })).body.organization.code)
  }
  const [one, two] = codes as [string, string]
  const { id: userId } = (await api.post('/api/v1/user')).body
  const places = [
    ['env', '/api/v1/environment/feature_flags'],
    ['org', `/api/v1/organizations/${one}/feature_flags`],
    ['usr', `/api/v1/users/${userId}/feature_flags`],
  ] as const

  // A flag may be overridden at its level and at the wider ones.
  for (const [index, [level, place]] of places.entries()) {
    for (const [rank, key] of ['none', 'env', 'org', 'usr'].entries()) {
      const allowed = rank > index
      const value = key === 'none' ? 7 : level
      const reply = await api.patch(`${place}/${key}`, { value })
      assert.deepEqual(outcome(reply), allowed ? [200, 'OK'] : [400, 'FLAG_OVERRIDE_NOT_ALLOWED'], `${level} ${key}`)
    }
  }

  const values = async (viewer: Parameters<typeof resolveFlags>[1]) =>
    (await resolveFlags(db, viewer)).map(({ key, value, level }) => [key, value, level])
  const byDefault = ['none', '0', null]
  assert.deepEqual(await values({}), [['env', 'env', 'env'], ['org', 'env', 'env'], ['usr', 'env', 'env'], byDefault])
  assert.deepEqual(await values({ organizationCode: one }), [
    ['env', 'env', 'env'],
    ['org', 'org', 'org'],
    ['usr', 'org', 'org'],
    byDefault,
  ])
  assert.deepEqual(await values({ organizationCode: two }), await values({}))
  for (const organizationCode of [one, two]) {
    assert.deepEqual((await values({ organizationCode, userId }))[2], ['usr', 'usr', 'usr'])
  }
  assert.deepEqual((await values({ organizationCode: one, userId }))[1], ['org', 'org', 'org'])
})
