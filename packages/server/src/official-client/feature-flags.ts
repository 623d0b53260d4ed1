import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveFlags } from '../store/feature-flags.ts'
import { refusal, sdk, server } from './testing-sdk.ts'

const { FeatureFlags, Organizations, Users } = sdk

test('FeatureFlags: a flag is made, changed, and gone with its overrides', async () => {
  const featureFlagKey = 'feathers'
  await FeatureFlags.createFeatureFlag({
    requestBody: {
      name: 'Feathers',
      key: featureFlagKey,
      type: 'int',
      allow_override_level: 'org',
      default_value: '1',
    },
  })
  const changed = {
    description: 'How many',
    name: 'Feathers',
    type: 'int',
    allowOverrideLevel: 'org',
    defaultValue: '2',
  }
  await FeatureFlags.updateFeatureFlag({ featureFlagKey, ...changed })
  const { organization } = await Organizations.createOrganization({ requestBody: { name: 'Feathered' } })
  const orgCode = organization.code
  const flags = async () => (await Organizations.getOrganizationFeatureFlags({ orgCode })).feature_flags
  await Organizations.updateOrganizationFeatureFlagOverride({ orgCode, featureFlagKey, value: '3' })
  assert.equal((await flags())[featureFlagKey].value, '3')
  await Organizations.deleteOrganizationFeatureFlagOverride({ orgCode, featureFlagKey })
  assert.equal((await flags())[featureFlagKey].value, '2')
  await Organizations.updateOrganizationFeatureFlagOverride({ orgCode, featureFlagKey, value: '4' })
  await Organizations.deleteOrganizationFeatureFlagOverrides({ orgCode })
  assert.equal((await flags())[featureFlagKey].value, '2')
  await FeatureFlags.deleteFeatureFlag({ featureFlagKey })
  assert.deepEqual(await refusal(FeatureFlags.deleteFeatureFlag({ featureFlagKey })), [404, 'FEATURE_FLAG_NOT_FOUND'])
})

test('Users: a user gets a value of a flag where the flag allows it', async () => {
  const flag = { name: 'Beak', type: 'str', default_value: 'short' }
  for (const [key, allow_override_level] of [
    ['beak', 'usr'],
    ['claw', 'env'],
  ]) {
    await FeatureFlags.createFeatureFlag({ requestBody: { ...flag, key, allow_override_level } })
  }
  const { id: userId } = await Users.createUser({ requestBody: { profile: { given_name: 'Beaky' } } })
  await Users.updateUserFeatureFlagOverride({ userId, featureFlagKey: 'beak', value: 'long' })
  const beak = (await resolveFlags(server.db, { userId })).find(({ key }) => key === 'beak')
  assert.equal(beak?.value, 'long')
  assert.deepEqual(
    await refusal(Users.updateUserFeatureFlagOverride({ userId, featureFlagKey: 'claw', value: 'long' })),
    [400, 'FLAG_OVERRIDE_NOT_ALLOWED'],
  )
})
