import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { ownerBrowser } from './testing-console.ts'

test("an organization's policies are shown as they were set, beside those of the environment", async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { code } = (await owner.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const url = `/admin/api/organizations/${code}/policies`
  const ofEnvironment = { enabled_factors: ['mfa:email'], is_recovery_codes_enabled: false }
  assert.equal((await owner.put('/api/v1/mfa', { policy: 'optional', ...ofEnvironment })).status, 200)
  assert.equal((await owner.put('/api/v1/passkey', { policy: 'optional' })).status, 200)
  const initial = {
    code: 'OK',
    message: 'Success',
    is_auto_join_domain_list: false,
    is_enforce_mfa: false,
    mfa: null,
    environment_mfa: { policy: 'optional', ...ofEnvironment },
    passkey_policy: null,
    environment_passkey_policy: 'optional',
    sessions: {
      is_use_org_sso_session_policy: false,
      sso_session_persistence_mode: 'persistent',
      is_use_org_authenticated_session_lifetime: false,
      authenticated_session_lifetime: null,
    },
  }
  assert.deepEqual((await owner.get(url)).body, initial)

  const mfa = { enabled_factors: ['mfa:sms', 'mfa:authenticator_app'], is_recovery_codes_enabled: true }
  const sessions = { is_use_org_authenticated_session_lifetime: true, authenticated_session_lifetime: 3600 }
  const at = `/api/v1/organizations/${code}`
  for (const reply of [
    await owner.patch(`/api/v1/organization/${code}`, { is_auto_join_domain_list: true, is_enforce_mfa: true }),
    await owner.put(`${at}/mfa`, mfa),
    await owner.put(`${at}/passkey`, { policy: 'mandatory' }),
    await owner.patch(`${at}/sessions`, sessions),
  ]) {
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
  }
  assert.deepEqual((await owner.get(url)).body, {
    ...initial,
    is_auto_join_domain_list: true,
    is_enforce_mfa: true,
    mfa,
    passkey_policy: 'mandatory',
    sessions: { ...initial.sessions, ...sessions },
  })
  assert.equal((await owner.get('/admin/api/organizations/unknown/policies')).status, 404)
})
