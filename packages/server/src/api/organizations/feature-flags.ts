import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { keepFlag, longestFlagValue, removeOverrides, resolveFlags, setOverride } from '../../store/feature-flags.ts'
import { keepOrganization, requireOrganization } from '../../store/organizations.ts'
import { flagMap, flagsByKey } from '../feature-flags.ts'

export const getOrganizationFeatureFlags = operation({
  id: 'GetOrganizationFeatureFlags',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/feature_flags',
  scope: 'read:organization_feature_flags',
  tag: 'Organizations',
  summary: "List an organization's feature flags",
  description:
    "Every flag with the value that holds for the organization: its own, else the environment's, else the default.",
  responses: { 200: named('get_organization_feature_flags_response', Success({ feature_flags: flagMap })) },
  handler: async ({ params, db }) => {
    const { code } = await requireOrganization(db, params.org_code)
    return { ...ok, feature_flags: flagsByKey(await resolveFlags(db, { organizationCode: code })) }
  },
})

export const updateOrganizationFeatureFlag = operation({
  id: 'UpdateOrganizationFeatureFlagOverride',
  method: 'PATCH',
  path: '/api/v1/organizations/{org_code}/feature_flags/{feature_flag_key}',
  scope: 'update:organization_feature_flags',
  tag: 'Organizations',
  summary: 'Override a feature flag in an organization',
  description:
    'Sets what the flag is worth in the organization, for whoever has no value of their own. The value may come in a ' +
    'JSON body too.',
  queryOrBody: true,
  query: Type.Object({
    value: Type.String({ maxLength: longestFlagValue, description: 'A value of the type of the flag.' }),
  }),
  example: { query: { value: 'dark' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const flag = await keepFlag(db, params.feature_flag_key)
    const set = await setOverride(db, flag, { level: 'org', id: code }, query.value)
    if (set !== undefined) {
      const { value, before } = set
      const data = { organization: { code }, feature_flag: { key: flag.key, value } }
      record('organization.feature_flag_overridden', data, { before: { value: before }, after: { value } })
    }
    return ok
  },
})

export const deleteOrganizationFeatureFlag = operation({
  id: 'DeleteOrganizationFeatureFlagOverride',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/feature_flags/{feature_flag_key}',
  scope: 'delete:organization_feature_flags',
  tag: 'Organizations',
  summary: "Delete an organization's override of a feature flag",
  description: 'The flag has the value of the environment there again. What users have of their own stays.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const { id, key } = await keepFlag(db, params.feature_flag_key)
    const overrides = await removeOverrides(db, { level: 'org', id: code }, id)
    if (overrides > 0) {
      record('organization.feature_flags_reset', {
        organization: { code },
        feature_flag: { key },
        reach: { overrides },
      })
    }
    return ok
  },
})

export const deleteOrganizationFeatureFlags = operation({
  id: 'DeleteOrganizationFeatureFlagOverrides',
  method: 'DELETE',
  path: '/api/v1/organizations/{org_code}/feature_flags',
  scope: 'delete:organization_feature_flags',
  tag: 'Organizations',
  summary: "Delete an organization's overrides of feature flags",
  description: 'Every flag has the value of the environment there again. What users have of their own stays.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const overrides = await removeOverrides(db, { level: 'org', id: code })
    if (overrides > 0) record('organization.feature_flags_reset', { organization: { code }, reach: { overrides } })
    return ok
  },
})
