import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../../testing.ts'

const url = '/api/v1/environment/feature_flags'
const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test("the environment's value of a feature flag holds until it is taken away", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const flag = { name: 'N', key: 'owls', type: 'int', allow_override_level: 'env', default_value: 1 }
  await api.post('/api/v1/feature_flags', flag)
  const value = async () => (await api.get(url)).body.feature_flags.owls.value
  for (const sent of ['2', 2, 2.9]) {
    assert.deepEqual(outcome(await as('update:environment_feature_flags').patch(`${url}/owls`, { value: sent })), [
      200,
      'OK',
    ])
    assert.equal(await value(), '2')
  }
  assert.deepEqual(outcome(await api.patch(`${url}/owls`, { value: 'two' })), [400, 'INVALID_FLAG_VALUE'])
  assert.deepEqual(outcome(await api.patch(`${url}/cats`, { value: '2' })), [404, 'FEATURE_FLAG_NOT_FOUND'])
  for (const _ of ['once', 'again']) {
    assert.deepEqual(outcome(await as('delete:environment_feature_flags').delete(`${url}/owls`)), [200, 'OK'])
    assert.equal(await value(), '1')
  }
  assert.deepEqual(outcome(await api.delete(`${url}/cats`)), [404, 'FEATURE_FLAG_NOT_FOUND'])
  assert.deepEqual(
    (await events()).slice(1).map(({ type, data }) => [type, data]),
    [
      ['environment.feature_flag_overridden', { feature_flag: { key: 'owls', value: '2' } }],
      ['environment.feature_flags_reset', { feature_flag: { key: 'owls' }, reach: { overrides: 1 } }],
    ],
  )
})

test("all of the environment's values of feature flags go at once, and those of organizations stay", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const { organization } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body
  const ofZoo = `/api/v1/organizations/${organization.code}/feature_flags`
  for (const key of ['a', 'b']) {
    const flag = { name: 'N', key, type: 'bool', allow_override_level: 'org', default_value: false }
    await api.post('/api/v1/feature_flags', flag)
    await api.patch(`${url}/${key}`, { value: true })
  }
  await api.patch(`${ofZoo}/b?value=true`)
  assert.deepEqual(outcome(await as('delete:environment_feature_flags').delete(url)), [200, 'OK'])
  await api.delete(url)
  const off = { type: 'bool', value: 'false' }
  const on = { type: 'bool', value: 'true' }
  const flags: Record<string, { type: string; value: string }> = (await api.get(url)).body.feature_flags
  const values = Object.entries(flags).map(([key, { type, value }]) => [key, { type, value }])
  assert.deepEqual(Object.fromEntries(values), { a: off, b: off })
  assert.deepEqual((await api.get(ofZoo)).body.feature_flags, { a: off, b: on })
  const resets = (await events()).filter(({ type }) => type === 'environment.feature_flags_reset')
  assert.deepEqual(
    resets.map(({ data }) => data),
    [{ reach: { overrides: 2 } }],
  )
})
