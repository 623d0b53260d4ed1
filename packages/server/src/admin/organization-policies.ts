import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { requireOrganization } from '../store/organizations.ts'
import { environmentPolicies, type MfaFactors, sessionPolicyOf } from '../store/policies.ts'

const factors = {
  enabled_factors: Type.Array(Type.String(), { description: 'The factors that people may set up.' }),
  is_recovery_codes_enabled: Type.Boolean({ description: 'Whether people get codes for when a factor is lost.' }),
}

export const getOrganizationPolicies = operation({
  id: 'getOrganizationPolicies',
  method: 'GET',
  path: '/admin/api/organizations/{org_code}/policies',
  scope: 'read:organizations',
  role: 'read_only',
  tag: 'Organizations',
  summary: "Get an organization's own policies",
  description:
    'What an organization has set for itself about joining, second factors, passkeys and sessions, beside what the ' +
    'environment has. The Management API sets all of it and shows some.',
  responses: {
    200: named(
      'organization_policies_response',
      Success({
        is_auto_join_domain_list: Type.Boolean({
          description: 'Whether whoever signs up with an address of an allowed domain joins.',
        }),
        is_enforce_mfa: Type.Boolean({ description: 'Whether members must use a second factor.' }),
        mfa: Nullable(Type.Object(factors, { description: "Its own second factors; null: the environment's." })),
        environment_mfa: Type.Object({
          policy: Type.String({ description: '`required`, `optional` or `off`.' }),
          ...factors,
        }),
        passkey_policy: Nullable(
          Type.String({ description: "Its own: `off`, `optional` or `mandatory`; null: the environment's." }),
        ),
        environment_passkey_policy: Type.String({ description: 'What holds where it has none of its own.' }),
        sessions: Type.Object({
          is_use_org_sso_session_policy: Type.Boolean({ description: 'Whether sso_session_persistence_mode holds.' }),
          sso_session_persistence_mode: Type.String({ description: '`persistent` or `non_persistent`.' }),
          is_use_org_authenticated_session_lifetime: Type.Boolean({
            description: 'Whether authenticated_session_lifetime holds.',
          }),
          authenticated_session_lifetime: Nullable(Type.Integer({ description: 'In seconds; null until it is set.' })),
        }),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const organization = await requireOrganization(db, params.org_code)
    const { mfa, passkeyPolicy } = await environmentPolicies(db)
    return {
      ...ok,
      is_auto_join_domain_list: organization.is_auto_join_domain_list,
      is_enforce_mfa: organization.is_enforce_mfa,
      mfa: organization.mfa === null ? null : (JSON.parse(organization.mfa) as MfaFactors),
      environment_mfa: mfa,
      passkey_policy: organization.passkey_policy,
      environment_passkey_policy: passkeyPolicy,
      sessions: sessionPolicyOf(organization),
    }
  },
})
