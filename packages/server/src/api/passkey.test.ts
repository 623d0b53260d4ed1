import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../testing.ts'

const ok = { code: 'OK', message: 'Success' }
const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test('the passkey policy is off until it is set', async (t) => {
  const { as, events } = await start(t)
  const read = async () => (await as('read:passkey').get('/api/v1/passkey')).body
  assert.deepEqual(await read(), { ...ok, enabled: false, policy: 'off' })
  for (const policy of ['optional', 'optional', 'mandatory', 'off']) {
    const expected = { ...ok, enabled: policy !== 'off', policy }
    assert.deepEqual((await as('update:passkey').put('/api/v1/passkey', { policy })).body, expected)
    assert.deepEqual(await read(), expected)
  }
  assert.deepEqual(outcome(await as().put('/api/v1/passkey', { policy: 'required' })), [400, 'INVALID_VALUE'])
  assert.deepEqual(
    (await events()).map(({ type, data }) => [type, data.passkey]),
    ['optional', 'mandatory', 'off'].map((policy) => ['environment.passkey_policy_updated', { policy }]),
  )
})

test('an organization follows the passkey policy of the environment until it has its own, and again after it', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const url = `/api/v1/organizations/${code}/passkey`
  const read = async () => (await as('read:organization_passkey').get(url)).body
  const change = as('update:organization_passkey')
  await api.put('/api/v1/passkey', { policy: 'optional' })
  const inherited = { ...ok, enabled: true, policy: 'optional', is_override_environment_passkey_settings: false }
  assert.deepEqual(await read(), { ...inherited, environment_policy: 'optional' })

  const own = { ...ok, enabled: false, policy: 'off', is_override_environment_passkey_settings: true }
  const isOwn = { is_override_environment_passkey_settings: true }
  assert.deepEqual((await change.put(url, { policy: 'off', ...isOwn })).body, own)
  assert.deepEqual(await read(), { ...own, environment_policy: 'optional' })
  // The policy that it has stays when it says only that it has one.
  assert.deepEqual((await change.put(url, isOwn)).body, own)
  const mandatory = { ...own, enabled: true, policy: 'mandatory' }
  assert.deepEqual((await change.put(url, { policy: 'mandatory' })).body, mandatory)

  const gaveUp = { is_override_environment_passkey_settings: false }
  assert.deepEqual((await change.put(url, { ...gaveUp, policy: 'off' })).body, inherited)
  assert.deepEqual((await change.put(url, gaveUp)).body, inherited)
  assert.deepEqual(outcome(await change.put(url, isOwn)), [400, 'POLICY_REQUIRED'])
  assert.deepEqual(outcome(await change.put(url, {})), [400, 'NO_FIELDS_TO_UPDATE'])
  const nowhere = '/api/v1/organizations/org_none/passkey'
  for (const reply of [await api.get(nowhere), await api.put(nowhere, gaveUp)]) {
    assert.deepEqual(outcome(reply), [404, 'ORGANIZATION_NOT_FOUND'])
  }
  const changes = (await events()).filter(({ type }) => type === 'organization.passkey_policy_updated')
  assert.deepEqual(
    changes.map(({ data }) => data),
    ['off', 'mandatory', null].map((policy) => ({ organization: { code }, passkey: { policy } })),
  )
})
