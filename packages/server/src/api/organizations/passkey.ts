import { Type } from '@sinclair/typebox'
import { ApiError, invalid } from '../../errors.ts'
import { Choice, ok, operation, Success } from '../../operation.ts'
import { holdOrganization, requireOrganization } from '../../store/organizations.ts'
import { environmentPolicies, type PasskeyPolicy, passkeyPolicies, passkeyPolicyIn } from '../../store/policies.ts'
import type { OrganizationRow } from '../../store/tables.ts'

const settingMembers = {
  enabled: Type.Optional(Type.Boolean({ description: 'Whether members can use passkeys: the policy is not off.' })),
  policy: Type.Optional(Choice(passkeyPolicies, { description: 'The policy that holds in the organization.' })),
  is_override_environment_passkey_settings: Type.Optional(
    Type.Boolean({ description: "Whether the policy is the organization's own." }),
  ),
}

function settingsOf(organization: Pick<OrganizationRow, 'passkey_policy'>, ofEnvironment: PasskeyPolicy) {
  const policy = passkeyPolicyIn(organization, ofEnvironment)
  const isOwn = organization.passkey_policy !== null
  return { enabled: policy !== 'off', policy, is_override_environment_passkey_settings: isOwn }
}

export const getOrganizationPasskey = operation({
  id: 'GetOrganizationPasskey',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/passkey',
  scope: 'read:organization_passkey',
  tag: 'Organizations',
  summary: "Get an organization's passkey policy",
  description: "Whether members may, or must, have passkeys, and what the environment's policy is.",
  responses: {
    200: Success({
      ...settingMembers,
      environment_policy: Type.Optional(Choice(passkeyPolicies, { description: 'The policy of the environment.' })),
    }),
  },
  handler: async ({ params, db }) => {
    const organization = await requireOrganization(db, params.org_code)
    const { passkeyPolicy } = await environmentPolicies(db)
    return { ...ok, ...settingsOf(organization, passkeyPolicy), environment_policy: passkeyPolicy }
  },
})

export const updateOrganizationPasskey = operation({
  id: 'UpdateOrganizationPasskey',
  method: 'PUT',
  path: '/api/v1/organizations/{org_code}/passkey',
  scope: 'update:organization_passkey',
  tag: 'Organizations',
  summary: "Set an organization's passkey policy",
  description:
    'A policy makes it its own, unless `is_override_environment_passkey_settings` is false: then the policy of the ' +
    'environment holds again, and no other is needed.',
  body: Type.Object({
    policy: Type.Optional(
      Choice(passkeyPolicies, { description: 'off, optional (members may skip it) or mandatory.' }),
    ),
    is_override_environment_passkey_settings: Type.Optional(
      Type.Boolean({ description: 'False gives up the policy of its own; true, or nothing, sets it.' }),
    ),
  }),
  bodyRequired: true,
  example: { body: { policy: 'optional', is_override_environment_passkey_settings: true } },
  responses: { 200: Success(settingMembers) },
  handler: async ({ params, body, db, record }) => {
    const organization = await holdOrganization(db, params.org_code)
    const { code, passkey_policy: before } = organization
    const own = ownPolicy(body, before)
    if (own !== before) {
      await db.updateTable('organizations').set({ passkey_policy: own }).where('code', '=', code).execute()
      const data = { organization: { code }, passkey: { policy: own } }
      const change = { before: { policy: before }, after: { policy: own } }
      record('organization.passkey_policy_updated', data, change)
    }
    const { passkeyPolicy } = await environmentPolicies(db)
    return { ...ok, ...settingsOf({ passkey_policy: own }, passkeyPolicy) }
  },
})

/** The policy of its own that an organization shall have; null: none. */
function ownPolicy(
  body: { policy?: PasskeyPolicy; is_override_environment_passkey_settings?: boolean },
  before: string | null,
): string | null {
  const { policy, is_override_environment_passkey_settings: isOwn } = body
  if (isOwn === undefined && policy === undefined) {
    const message = 'Send policy, or is_override_environment_passkey_settings.'
    throw new ApiError(400, 'NO_FIELDS_TO_UPDATE', message)
  }
  if (isOwn === false) return null
  const own = policy ?? before
  if (own === null) throw invalid('policy', 'A policy of its own needs the member policy.', 'POLICY_REQUIRED')
  return own
}
