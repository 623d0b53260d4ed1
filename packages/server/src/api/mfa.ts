import { Type } from '@sinclair/typebox'
import { invalid } from '../errors.ts'
import { Choice, ok, operation, SuccessReply } from '../operation.ts'
import { holdEnvironmentPolicies, type Mfa, type MfaFactors, mfaFactors, mfaPolicies } from '../store/policies.ts'

/** Which second factors can be used: members of the bodies for the environment and for an organization. */
export const factorMembers = {
  enabled_factors: Type.Array(Choice(mfaFactors), {
    maxItems: 20,
    description: 'The second factors that can be used: code by e-mail, code by SMS, authenticator app.',
  }),
  is_recovery_codes_enabled: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Whether users get recovery codes with their factor. True when left out.',
    }),
  ),
}

/**
 * What a body says of factors, each once and in one order.
 * @throws {ApiError} 400 MFA_FACTOR_REQUIRED when there is none although one is to be used
 */
export function factorsOf(
  body: { enabled_factors: MfaFactors['enabled_factors']; is_recovery_codes_enabled?: boolean },
  isRequired: boolean,
): MfaFactors {
  const enabled = mfaFactors.filter((factor) => body.enabled_factors.includes(factor))
  if (isRequired && enabled.length === 0) {
    const message = 'A second factor is required, so one at least must be enabled.'
    throw invalid('enabled_factors', message, 'MFA_FACTOR_REQUIRED')
  }
  return { enabled_factors: enabled, is_recovery_codes_enabled: body.is_recovery_codes_enabled ?? true }
}

export const replaceMfa = operation({
  id: 'ReplaceMFA',
  method: 'PUT',
  path: '/api/v1/mfa',
  scope: 'update:mfa',
  tag: 'MFA',
  summary: 'Set the policy for second factors',
  description:
    'Whether users need a second factor, and which ones there are. Organizations may choose other factors; they cannot ' +
    'do without where one is required here.',
  body: Type.Object({
    policy: Choice(mfaPolicies, { description: 'required, optional (users may skip it) or off.' }),
    ...factorMembers,
  }),
  bodyRequired: true,
  example: {
    body: {
      policy: 'optional',
      enabled_factors: ['mfa:email', 'mfa:authenticator_app'],
      is_recovery_codes_enabled: true,
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ body, db, record }) => {
    const { mfa: before } = await holdEnvironmentPolicies(db)
    const mfa: Mfa = { policy: body.policy, ...factorsOf(body, body.policy === 'required') }
    const text = JSON.stringify(mfa)
    if (text !== JSON.stringify(before)) {
      await db.updateTable('environment').set({ mfa: text }).execute()
      record('environment.mfa_updated', { mfa }, { before, after: mfa })
    }
    return ok
  },
})
