import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentPolicies } from '../store/policies.ts'
import { column, refusal, sdk, server } from './testing-sdk.ts'

const { Environments, EnvironmentVariables, FeatureFlags, Mfa } = sdk
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

test('Environments: the environment is read, a logo put in its place is served and taken away', async () => {
  assert.equal((await Environments.getEnvironment()).environment.logo_dark, null)
  const formData = { logo: new File([gif], 'owl.gif', { type: 'image/gif' }) }
  await Environments.addLogo({ type: 'dark', formData })
  const { logos } = await Environments.readLogo()
  assert.deepEqual(column(logos, 'type'), ['dark'])
  const { logo_dark: url } = (await Environments.getEnvironment()).environment
  const picture = await fetch(url)
  assert.deepEqual([picture.status, Buffer.from(await picture.arrayBuffer())], [200, gif])
  await Environments.deleteLogo({ type: 'dark' })
  assert.deepEqual((await Environments.readLogo()).logos, [])
})

test('Environments: flags are overridden for all, one by one and together taken back', async () => {
  for (const key of ['nests', 'eggs']) {
    await FeatureFlags.createFeatureFlag({
      requestBody: { name: key, key, type: 'str', allow_override_level: 'env', default_value: 'few' },
    })
  }
  const overrides = async () => (await Environments.getEnvironementFeatureFlags()).feature_flags
  for (const featureFlagKey of ['nests', 'eggs']) {
    await Environments.updateEnvironementFeatureFlagOverride({ featureFlagKey, requestBody: { value: 'many' } })
  }
  assert.deepEqual([(await overrides()).nests.value, (await overrides()).eggs.value], ['many', 'many'])
  await Environments.deleteEnvironementFeatureFlagOverride({ featureFlagKey: 'nests' })
  assert.deepEqual([(await overrides()).nests.value, (await overrides()).eggs.value], ['few', 'many'])
  await Environments.deleteEnvironementFeatureFlagOverrides()
  assert.equal((await overrides()).eggs.value, 'few')
})

test('Environments and Mfa: the policies for passkeys and second factors are set', async () => {
  await Environments.updatePasskey({ requestBody: { policy: 'optional' } })
  assert.equal((await Environments.getPasskey()).policy, 'optional')
  const requestBody = { policy: 'optional', enabled_factors: ['mfa:email'], is_recovery_codes_enabled: false }
  await Mfa.replaceMfa({ requestBody })
  assert.deepEqual((await environmentPolicies(server.db)).mfa, requestBody)
})

test('EnvironmentVariables: made, listed, changed, deleted; a secret one is not shown', async () => {
  const { environment_variable: made } = await EnvironmentVariables.createEnvironmentVariable({
    requestBody: { key: 'OWL', value: 'hoot' },
  })
  const variableId = made.id
  const read = async () => (await EnvironmentVariables.getEnvironmentVariable({ variableId })).environment_variable
  assert.deepEqual([(await read()).key, (await read()).value], ['OWL', 'hoot'])
  await EnvironmentVariables.updateEnvironmentVariable({ variableId, requestBody: { value: 'ssh', is_secret: true } })
  assert.deepEqual([(await read()).value ?? null, (await read()).is_secret], [null, true])
  const { environment_variables: all } = await EnvironmentVariables.getEnvironmentVariables()
  assert.ok(column(all, 'id').includes(variableId))
  await EnvironmentVariables.deleteEnvironmentVariable({ variableId })
  assert.deepEqual(await refusal(EnvironmentVariables.getEnvironmentVariable({ variableId })), [
    404,
    'ENVIRONMENT_VARIABLE_NOT_FOUND',
  ])
})
