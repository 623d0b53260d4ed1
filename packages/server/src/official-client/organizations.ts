import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireOrganization } from '../store/organizations.ts'
import { environmentPolicies, mfaIn, sessionPolicyOf } from '../store/policies.ts'
import { column, refusal, sdk, server } from './testing-sdk.ts'

const { Connections, Organizations } = sdk
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

async function newOrganization(name: string): Promise<string> {
  return (await Organizations.createOrganization({ requestBody: { name } })).organization.code
}

test('Organizations: made, listed, changed, its handle taken away, deleted', async () => {
  const requestBody = { name: 'Aviary', handle: 'aviary', external_id: 'a-1', theme_code: 'dark' }
  const { organization } = await Organizations.createOrganization({ requestBody })
  const orgCode = organization.code
  const read = () => Organizations.getOrganization({ code: orgCode, expand: 'billing' })
  const made = await read()
  assert.deepEqual([made.name, made.handle, made.external_id, made.theme_code], ['Aviary', 'aviary', 'a-1', 'dark'])
  await Organizations.updateOrganization({ orgCode, requestBody: { name: 'Big aviary', is_suspended: true } })
  const changed = await read()
  assert.deepEqual([changed.name, changed.is_suspended, changed.handle], ['Big aviary', true, 'aviary'])
  await Organizations.deleteOrganizationHandle({ orgCode })
  assert.equal((await read()).handle, null)
  const { organizations } = await Organizations.getOrganizations({ sort: 'name_asc', pageSize: 100 })
  assert.ok(column(organizations, 'code').includes(orgCode))
  await Organizations.deleteOrganization({ orgCode })
  assert.deepEqual(await refusal(read()), [404, 'ORGANIZATION_NOT_FOUND'])
})

test('Organizations: property values are set one by one and together', async () => {
  const orgCode = await newOrganization('Properties')
  const values = async () => {
    const { properties } = await Organizations.getOrganizationPropertyValues({ orgCode })
    return Object.fromEntries(properties.map(({ key, value }: { key: string; value: unknown }) => [key, value]))
  }
  await Organizations.updateOrganizationProperty({ orgCode, propertyKey: 'kp_org_city', value: 'Sydney' })
  assert.equal((await values()).kp_org_city, 'Sydney')
  const properties = { kp_org_city: 'Perth', kp_org_industry: 'Owls' }
  await Organizations.updateOrganizationProperties({ orgCode, requestBody: { properties } })
  assert.deepEqual([(await values()).kp_org_city, (await values()).kp_org_industry], ['Perth', 'Owls'])
})

test('Organizations: a logo is put in its place, listed and taken away', async () => {
  const orgCode = await newOrganization('Logos')
  const formData = { logo: new File([gif], 'owl.gif', { type: 'image/gif' }) }
  await Organizations.addOrganizationLogo({ orgCode, type: 'light', formData })
  assert.deepEqual(column((await Organizations.readOrganizationLogo({ orgCode })).logos, 'type'), ['light'])
  await Organizations.deleteOrganizationLogo({ orgCode, type: 'light' })
  assert.deepEqual((await Organizations.readOrganizationLogo({ orgCode })).logos, [])
})

test('Organizations: a connection is enabled for an organization and taken from it', async () => {
  const organizationCode = await newOrganization('Connections')
  const { connection } = await Connections.createConnection({ requestBody: { name: 'G', strategy: 'oauth2:google' } })
  const place = { organizationCode, connectionId: connection.id }
  const enabled = async () =>
    column((await Organizations.getOrganizationConnections({ organizationCode })).connections, 'id')
  await Organizations.enableOrgConnection(place)
  assert.deepEqual(await enabled(), [connection.id])
  await Organizations.removeOrgConnection(place)
  assert.deepEqual(await enabled(), [])
})

test('Organizations: second factors, passkeys and sessions have policies of their own', async () => {
  const orgCode = await newOrganization('Policies')
  await Organizations.updateOrganization({ orgCode, requestBody: { is_enable_advanced_orgs: true } })
  const requestBody = { policy: 'mandatory', is_override_environment_passkey_settings: true }
  await Organizations.updateOrganizationPasskey({ orgCode, requestBody })
  assert.equal((await Organizations.getOrganizationPasskey({ orgCode })).policy, 'mandatory')
  const factors = { enabled_factors: ['mfa:sms'], is_recovery_codes_enabled: false }
  await Organizations.replaceOrganizationMfa({ orgCode, requestBody: factors })
  const sessions = { is_use_org_authenticated_session_lifetime: true, authenticated_session_lifetime: 3600 }
  await Organizations.updateOrganizationSessions({ orgCode, requestBody: sessions })
  const row = await requireOrganization(server.db, orgCode)
  assert.deepEqual(mfaIn(row, (await environmentPolicies(server.db)).mfa).enabled_factors, ['mfa:sms'])
  assert.equal(sessionPolicyOf(row).authenticated_session_lifetime, 3600)
})
