import { Type } from '@sinclair/typebox'
import { ok, operation, SuccessReply } from '../../operation.ts'
import { keepFlag, longestFlagValue, setOverride } from '../../store/feature-flags.ts'
import { holdUser } from '../../store/users.ts'

export const updateUserFeatureFlag = operation({
  id: 'UpdateUserFeatureFlagOverride',
  method: 'PATCH',
  path: '/api/v1/users/{user_id}/feature_flags/{feature_flag_key}',
  scope: 'update:user_feature_flags',
  tag: 'Users',
  summary: 'Override a feature flag for a user',
  description:
    'Sets what the flag is worth for the user, in every organization. The value may come in a JSON body too.',
  queryOrBody: true,
  query: Type.Object({
    value: Type.String({ maxLength: longestFlagValue, description: 'A value of the type of the flag.' }),
  }),
  example: { query: { value: 'dark' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const { id } = await holdUser(db, params.user_id)
    const flag = await keepFlag(db, params.feature_flag_key)
    const set = await setOverride(db, flag, { level: 'usr', id }, query.value)
    if (set !== undefined) {
      const { value, before } = set
      const data = { user: { id }, feature_flag: { key: flag.key, value } }
      record('user.feature_flag_overridden', data, { before: { value: before }, after: { value } })
    }
    return ok
  },
})
