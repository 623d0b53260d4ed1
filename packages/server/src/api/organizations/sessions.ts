import { Type } from '@sinclair/typebox'
import { invalid } from '../../errors.ts'
import { Choice, ok, operation, SuccessReply } from '../../operation.ts'
import { holdOrganization } from '../../store/organizations.ts'
import { type SessionPolicy, sessionPolicyOf } from '../../store/policies.ts'

export const updateOrganizationSessions = operation({
  id: 'UpdateOrganizationSessions',
  method: 'PATCH',
  path: '/api/v1/organizations/{org_code}/sessions',
  scope: 'update:organizations',
  tag: 'Organizations',
  summary: "Update an organization's session policy",
  description:
    'Changes the members that are sent; the others stay. Each pair has a switch and what holds when it is on.',
  body: Type.Object({
    is_use_org_sso_session_policy: Type.Optional(
      Type.Boolean({ description: 'Whether sso_session_persistence_mode holds in the organization.' }),
    ),
    sso_session_persistence_mode: Type.Optional(
      Choice(['persistent', 'non_persistent'], { description: 'Whether a session outlives its browser.' }),
    ),
    is_use_org_authenticated_session_lifetime: Type.Optional(
      Type.Boolean({ description: 'Whether authenticated_session_lifetime holds in the organization.' }),
    ),
    authenticated_session_lifetime: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 31_536_000, description: 'How long a session lasts, in seconds.' }),
    ),
  }),
  bodyRequired: true,
  example: {
    body: {
      is_use_org_sso_session_policy: true,
      sso_session_persistence_mode: 'non_persistent',
      is_use_org_authenticated_session_lifetime: true,
      authenticated_session_lifetime: 3600,
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const organization = await holdOrganization(db, params.org_code)
    const before = sessionPolicyOf(organization)
    const after: SessionPolicy = {
      is_use_org_sso_session_policy: body.is_use_org_sso_session_policy ?? before.is_use_org_sso_session_policy,
      sso_session_persistence_mode: body.sso_session_persistence_mode ?? before.sso_session_persistence_mode,
      is_use_org_authenticated_session_lifetime:
        body.is_use_org_authenticated_session_lifetime ?? before.is_use_org_authenticated_session_lifetime,
      authenticated_session_lifetime: body.authenticated_session_lifetime ?? before.authenticated_session_lifetime,
    }
    if (after.is_use_org_authenticated_session_lifetime && after.authenticated_session_lifetime === null) {
      const message = 'A lifetime of its own needs the member authenticated_session_lifetime, in seconds.'
      throw invalid('authenticated_session_lifetime', message, 'AUTHENTICATED_SESSION_LIFETIME_REQUIRED')
    }
    const text = JSON.stringify(after)
    if (text !== JSON.stringify(before)) {
      const { code } = organization
      await db.updateTable('organizations').set({ session_policy: text }).where('code', '=', code).execute()
      const data = { organization: { code }, session_policy: after }
      record('organization.session_policy_updated', data, { before, after })
    }
    return ok
  },
})
