import { Type } from '@sinclair/typebox'
import { ok, operation, SuccessReply } from '../../operation.ts'
import { holdOrganization } from '../../store/organizations.ts'
import { environmentPolicies, mfaIn } from '../../store/policies.ts'
import { factorMembers, factorsOf } from '../mfa.ts'

export const replaceOrganizationMfa = operation({
  id: 'ReplaceOrganizationMFA',
  method: 'PUT',
  path: '/api/v1/organizations/{org_code}/mfa',
  scope: 'update:organization_mfa',
  tag: 'Organizations',
  summary: "Set an organization's second factors",
  description:
    "Members use these factors in place of the environment's. Whether they need one is for the environment, or for " +
    '`is_enforce_mfa` of the organization, to say.',
  body: Type.Object(factorMembers),
  bodyRequired: true,
  example: { body: { enabled_factors: ['mfa:email', 'mfa:authenticator_app'], is_recovery_codes_enabled: true } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const organization = await holdOrganization(db, params.org_code)
    const { policy } = mfaIn(organization, (await environmentPolicies(db)).mfa)
    const mfa = factorsOf(body, policy === 'required')
    const text = JSON.stringify(mfa)
    const { code } = organization
    if (text !== organization.mfa) {
      await db.updateTable('organizations').set({ mfa: text }).where('code', '=', code).execute()
      const before = organization.mfa === null ? {} : JSON.parse(organization.mfa)
      record('organization.mfa_updated', { organization: { code }, mfa }, { before, after: mfa })
    }
    return ok
  },
})
