import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireOrganization } from '../../store/organizations.ts'
import { sessionPolicyOf } from '../../store/policies.ts'
import { start, type TestReply } from '../../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test("an organization's session policy changes member by member", async (t) => {
  const { as, db, events } = await start(t)
  const api = as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const url = `/api/v1/organizations/${code}/sessions`
  const policy = async () => sessionPolicyOf(await requireOrganization(db, code))
  const inherited = {
    is_use_org_sso_session_policy: false,
    sso_session_persistence_mode: 'persistent',
    is_use_org_authenticated_session_lifetime: false,
    authenticated_session_lifetime: null,
  }
  assert.deepEqual(await policy(), inherited)
  const change = as('update:organizations')
  const single = { is_use_org_sso_session_policy: true, sso_session_persistence_mode: 'non_persistent' }
  assert.deepEqual(outcome(await change.patch(url, single)), [200, 'OK'])
  assert.deepEqual(await policy(), { ...inherited, ...single })
  const lifetime = { is_use_org_authenticated_session_lifetime: true }
  const lacking = await change.patch(url, lifetime)
  assert.deepEqual(outcome(lacking), [400, 'AUTHENTICATED_SESSION_LIFETIME_REQUIRED'])
  assert.deepEqual(outcome(await change.patch(url, { ...lifetime, authenticated_session_lifetime: 3600 })), [200, 'OK'])
  const after = { ...single, ...lifetime, authenticated_session_lifetime: 3600 }
  assert.deepEqual(await policy(), after)
  await change.patch(url, {})
  await change.patch(url, { authenticated_session_lifetime: 3600 })
  for (const seconds of [59, 31_536_001, 3600.5]) {
    assert.deepEqual(outcome(await change.patch(url, { authenticated_session_lifetime: seconds })), [
      400,
      'INVALID_VALUE',
    ])
  }
  assert.deepEqual(
    (await events()).slice(1).map(({ type, data }) => [type, data]),
    [{ ...inherited, ...single }, after].map((policy) => [
      'organization.session_policy_updated',
      { organization: { code }, session_policy: policy },
    ]),
  )
  const nowhere = '/api/v1/organizations/org_none/sessions'
  assert.deepEqual(outcome(await change.patch(nowhere, single)), [404, 'ORGANIZATION_NOT_FOUND'])
})
