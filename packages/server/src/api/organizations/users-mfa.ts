import { ok, operation, SuccessReply } from '../../operation.ts'
import { requireFactor, resetFactors } from '../../store/mfa.ts'
import { requireMembership } from '../../store/organizations.ts'
import type { Db } from '../../store/tables.ts'
import { FactorReply } from '../users/mfa.ts'

export const getOrganizationUserMfa = operation({
  id: 'GetOrgUserMFA',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/mfa',
  scope: 'read:organization_user_mfa',
  tag: 'Organizations',
  summary: "Get a member's second factor",
  description: 'Of the factors that the organization asked the member for, the one that was used last.',
  notFoundAsObject: true,
  responses: { 200: FactorReply },
  handler: async ({ params, db }) => ({ ...ok, mfa: await requireFactor(db, await requireOwner(db, params)) }),
})

export const resetOrganizationUserMfa = operation({
  id: 'ResetOrgUserMFAAll',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/mfa',
  scope: 'delete:organization_user_mfa',
  tag: 'Organizations',
  summary: "Reset a member's second factors",
  description:
    'Removes every factor that the organization asked the member for, so that they are set up again at the next ' +
    'sign-in to it. Factors of the environment and of other organizations stay.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const owner = await requireOwner(db, params)
    const factors = await resetFactors(db, owner, null)
    record('user.mfa_reset', {
      user: { id: owner.userId },
      organization: { code: owner.organizationCode },
      reach: { factors },
    })
    return ok
  },
})

export const resetOrganizationUserMfaFactor = operation({
  id: 'ResetOrgUserMFA',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/users/{user_id}/mfa/{factor_id}',
  scope: 'delete:organization_user_mfa',
  tag: 'Organizations',
  summary: "Reset one of a member's second factors",
  description: 'Removes one factor that the organization asked the member for, so that it is set up again.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const owner = await requireOwner(db, params)
    const factors = await resetFactors(db, owner, params.factor_id)
    record('user.mfa_reset', {
      user: { id: owner.userId },
      organization: { code: owner.organizationCode },
      reach: { factors },
    })
    return ok
  },
})

/** @throws {ApiError} 404 ORGANIZATION_NOT_FOUND, USER_NOT_FOUND; 400 USER_NOT_IN_ORGANIZATION */
async function requireOwner(db: Db, { org_code: code, user_id: userId }: { org_code: string; user_id: string }) {
  await requireMembership(db, code, userId)
  return { userId, organizationCode: code }
}
