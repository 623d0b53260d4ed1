import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import {
  keepFlag,
  longestFlagValue,
  removeOverrides,
  resolveFlags,
  setOverride,
  theEnvironment,
} from '../../store/feature-flags.ts'
import { definedFlagMap, definedFlagsByKey } from '../feature-flags.ts'

export const getEnvironmentFeatureFlags = operation({
  id: 'GetEnvironementFeatureFlags',
  method: 'GET',
  path: '/api/v1/environment/feature_flags',
  scope: 'read:environment_feature_flags',
  tag: 'Environments',
  summary: "List the environment's feature flags",
  description: 'Every flag with the value that the environment gives it: its override, else the default.',
  responses: {
    200: named(
      'get_environment_feature_flags_response',
      Success({
        feature_flags: definedFlagMap,
        next_token: Type.Optional(Type.String({ description: 'Never sent: the flags come all at once.' })),
      }),
    ),
  },
  handler: async ({ db }) => ({ ...ok, feature_flags: definedFlagsByKey(await resolveFlags(db)) }),
})

export const updateEnvironmentFeatureFlag = operation({
  id: 'UpdateEnvironementFeatureFlagOverride',
  method: 'PATCH',
  path: '/api/v1/environment/feature_flags/{feature_flag_key}',
  scope: 'update:environment_feature_flags',
  tag: 'Environments',
  summary: 'Override a feature flag in the environment',
  description: 'Sets what the flag is worth wherever neither an organization nor a user has a value of its own.',
  body: Type.Object({
    value: Type.Unsafe<string | number | boolean>({
      anyOf: [{ type: 'string', maxLength: longestFlagValue }, { type: 'number' }, { type: 'boolean' }],
      description: 'A value of the type of the flag, as text or as JSON has it.',
    }),
  }),
  bodyRequired: true,
  example: { body: { value: 'dark' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const flag = await keepFlag(db, params.feature_flag_key)
    const set = await setOverride(db, flag, theEnvironment, body.value)
    if (set !== undefined) {
      const { value, before } = set
      const data = { feature_flag: { key: flag.key, value } }
      record('environment.feature_flag_overridden', data, { before: { value: before }, after: { value } })
    }
    return ok
  },
})

export const deleteEnvironmentFeatureFlag = operation({
  id: 'DeleteEnvironementFeatureFlagOverride',
  method: 'DELETE',
  path: '/api/v1/environment/feature_flags/{feature_flag_key}',
  scope: 'delete:environment_feature_flags',
  tag: 'Environments',
  summary: "Delete the environment's override of a feature flag",
  description: 'The flag has its default value again. Overrides of organizations and users stay.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id, key } = await keepFlag(db, params.feature_flag_key)
    const overrides = await removeOverrides(db, theEnvironment, id)
    if (overrides > 0) record('environment.feature_flags_reset', { feature_flag: { key }, reach: { overrides } })
    return ok
  },
})

export const deleteEnvironmentFeatureFlags = operation({
  id: 'DeleteEnvironementFeatureFlagOverrides',
  method: 'DELETE',
  path: '/api/v1/environment/feature_flags',
  scope: 'delete:environment_feature_flags',
  tag: 'Environments',
  summary: "Delete the environment's overrides of feature flags",
  description: 'Every flag has its default value again. Overrides of organizations and users stay.',
  responses: { 200: SuccessReply },
  handler: async ({ db, record }) => {
    const overrides = await removeOverrides(db, theEnvironment)
    if (overrides > 0) record('environment.feature_flags_reset', { reach: { overrides } })
    return ok
  },
})
