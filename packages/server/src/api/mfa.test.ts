import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireOrganization } from '../store/organizations.ts'
import { environmentPolicies, mfaIn } from '../store/policies.ts'
import { start, type TestReply, type TestServer } from '../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]
const email = 'mfa:email'
const app = 'mfa:authenticator_app'

/** The second factors that hold for members of an organization. */
async function holding({ db }: TestServer, code: string) {
  return mfaIn(await requireOrganization(db, code), (await environmentPolicies(db)).mfa)
}

test("an organization's second factors go before the environment's, whose policy holds for all", async (t) => {
  const server = await start(t)
  const api = server.as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const url = `/api/v1/organizations/${code}/mfa`
  assert.deepEqual(await holding(server, code), {
    policy: 'off',
    enabled_factors: [],
    is_recovery_codes_enabled: true,
  })
  const change = { policy: 'optional', enabled_factors: [app, email, app] }
  assert.deepEqual(outcome(await server.as('update:mfa').put('/api/v1/mfa', change)), [200, 'OK'])
  await api.put('/api/v1/mfa', { ...change, enabled_factors: [email, app] })
  const optional = { policy: 'optional', enabled_factors: [email, app], is_recovery_codes_enabled: true }
  assert.deepEqual(await holding(server, code), optional)

  const own = { enabled_factors: [app], is_recovery_codes_enabled: false }
  assert.deepEqual(outcome(await server.as('update:organization_mfa').put(url, own)), [200, 'OK'])
  await api.put(url, own)
  assert.deepEqual(await holding(server, code), { policy: 'optional', ...own })
  await api.patch(`/api/v1/organization/${code}`, { is_enforce_mfa: true })
  assert.deepEqual(await holding(server, code), { policy: 'required', ...own })
  assert.deepEqual(
    (await server.events()).filter(({ type }) => type.endsWith('mfa_updated')).map(({ type, data }) => [type, data]),
    [
      ['environment.mfa_updated', { mfa: optional }],
      ['organization.mfa_updated', { organization: { code }, mfa: own }],
    ],
  )
})

test('where a second factor is required, no organization can do without one', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const url = `/api/v1/organizations/${code}/mfa`
  const none = { enabled_factors: [] }
  assert.deepEqual(outcome(await api.put(url, none)), [200, 'OK'])
  const without = await api.put('/api/v1/mfa', { policy: 'required', ...none })
  assert.deepEqual([...outcome(without), without.body.errors[0].field], [400, 'MFA_FACTOR_REQUIRED', 'enabled_factors'])
  await api.put('/api/v1/mfa', { policy: 'required', enabled_factors: [email] })
  // What it said before counts no longer.
  assert.deepEqual(await holding(server, code), {
    policy: 'required',
    enabled_factors: [email],
    is_recovery_codes_enabled: true,
  })
  assert.deepEqual(outcome(await api.put(url, none)), [400, 'MFA_FACTOR_REQUIRED'])
  assert.deepEqual(outcome(await api.put(url, { enabled_factors: ['mfa:passkey'] })), [400, 'INVALID_VALUE'])
  const nowhere = '/api/v1/organizations/org_none/mfa'
  assert.deepEqual(outcome(await api.put(nowhere, none)), [404, 'ORGANIZATION_NOT_FOUND'])
})
