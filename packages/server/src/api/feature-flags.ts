import { Type } from '@sinclair/typebox'
import { invalid } from '../errors.ts'
import { Choice, Nullable, ok, operation, SuccessReply } from '../operation.ts'
import { checkedKey, checkedName, longestDescription, longestKey, longestName } from '../store/definitions.ts'
import {
  createFlag,
  deleteFlag,
  type FlagType,
  flagTypes,
  flagValue,
  holdFlag,
  longestFlagValue,
  type OverrideLevel,
  overrideLevels,
  type ResolvedFlag,
} from '../store/feature-flags.ts'

/** Flags by their keys, as the lists of the environment and of organizations show them. Values are always text. */
export const flagMap = Type.Optional(
  Type.Unsafe<Record<string, { type: FlagType; value: string }>>({
    type: 'object',
    additionalProperties: Type.Object({
      type: Type.Optional(Choice(flagTypes, { description: 'Type of the value.' })),
      value: Type.Optional(Type.String({ description: 'The value that holds, as text: `true`, `42`.' })),
    }),
    description: 'The flags, by their keys.',
  }),
)

interface DefinedFlag {
  type: FlagType
  value: string
  name: string
  description: string
  default_value: string
  allow_override_level: OverrideLevel | null
}

/** Like {@link flagMap}, and with how each flag was defined, which Kinde shows nowhere. */
export const definedFlagMap = Type.Optional(
  Type.Unsafe<Record<string, DefinedFlag>>({
    type: 'object',
    additionalProperties: Type.Object({
      type: Type.Optional(Choice(flagTypes, { description: 'Type of the value.' })),
      value: Type.Optional(Type.String({ description: 'The value that holds, as text: `true`, `42`.' })),
      name: Type.Optional(Type.String({ description: 'Name of the flag.' })),
      description: Type.Optional(Type.String({ description: 'What it is for.' })),
      default_value: Type.Optional(Type.String({ description: 'The value where nothing else is set, as text.' })),
      allow_override_level: Type.Optional(
        Nullable(Choice(overrideLevels, { description: 'Down to where it may be overridden; null: nowhere.' })),
      ),
    }),
    description: 'The flags, by their keys.',
  }),
)

/** Resolved flags in the form of {@link definedFlagMap}. */
export function definedFlagsByKey(flags: readonly ResolvedFlag[]) {
  return Object.fromEntries(
    flags.map(({ key, type, value, name, description, default_value, allow_override_level }) => [
      key,
      { type, value, name, description, default_value, allow_override_level },
    ]),
  )
}

/** Resolved flags in the form of {@link flagMap}. */
export function flagsByKey(flags: readonly ResolvedFlag[]) {
  return Object.fromEntries(flags.map(({ key, type, value }) => [key, { type, value }]))
}

export const createFeatureFlag = operation({
  id: 'CreateFeatureFlag',
  method: 'POST',
  path: '/api/v1/feature_flags',
  scope: 'create:feature_flags',
  tag: 'Feature Flags',
  summary: 'Create a feature flag',
  description:
    'Defines a flag with the value that it has wherever it is not overridden. Key, type and level are final. Without ' +
    'a level it cannot be overridden.',
  body: Type.Object({
    name: Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the flag.' }),
    description: Type.Optional(Type.String({ maxLength: longestDescription, description: 'What it is for.' })),
    key: Type.String({
      minLength: 1,
      maxLength: longestKey,
      description: 'The flag as code names it: 1 to 255 characters without white space, of no other flag.',
    }),
    type: Choice(flagTypes, { description: 'Type of its values: text, whole number of 32 bits, true or false.' }),
    allow_override_level: Type.Optional(
      Choice(overrideLevels, {
        description: 'Down to where it may be overridden: the environment, organizations, single users.',
      }),
    ),
    default_value: Type.Unsafe<string | number | boolean>({
      anyOf: [{ type: 'string', maxLength: longestFlagValue }, { type: 'number' }, { type: 'boolean' }],
      description: 'The value where nothing else is set, as text or as JSON has it.',
    }),
  }),
  bodyRequired: true,
  example: {
    body: {
      name: 'Night mode',
      description: 'How the pages look at night.',
      key: 'night_mode',
      type: 'str',
      allow_override_level: 'usr',
      default_value: 'light',
    },
  },
  responses: { 201: SuccessReply },
  handler: async ({ body, db, now, environment, record }) => {
    const flag = {
      key: checkedKey(body.key),
      name: checkedName(body.name),
      description: body.description ?? '',
      type: body.type,
      allow_override_level: body.allow_override_level ?? null,
      default_value: flagValue(body.type, body.default_value, 'default_value'),
    }
    await createFlag(db, flag, { ids: environment.ids, now })
    record('feature_flag.created', { feature_flag: flag })
    return { code: 'FEATURE_FLAG_CREATED', message: 'Feature flag created' }
  },
})

export const updateFeatureFlag = operation({
  id: 'UpdateFeatureFlag',
  method: 'PUT',
  path: '/api/v1/feature_flags/{feature_flag_key}',
  scope: 'update:feature_flags',
  tag: 'Feature Flags',
  summary: 'Update a feature flag',
  description:
    'Sets name, description and default value; a JSON body with the same members does as well. Type and level are said ' +
    'again and must be those that the flag has. A flag that users, or nobody, may override has a level for which the ' +
    'parameter has no word: it is not looked at then, and stays.',
  queryOrBody: true,
  query: Type.Object({
    name: Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the flag.' }),
    description: Type.String({ maxLength: longestDescription, description: 'What it is for.' }),
    type: Choice(flagTypes, { description: 'The type that the flag has.' }),
    allow_override_level: Choice(['env', 'org'], { description: 'The level that the flag has.' }),
    default_value: Type.String({ maxLength: longestFlagValue, description: 'The value where nothing else is set.' }),
  }),
  example: {
    query: {
      name: 'Night mode',
      description: 'How the pages look after sunset.',
      type: 'str',
      allow_override_level: 'org',
      default_value: 'dim',
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const flag = await holdFlag(db, params.feature_flag_key)
    if (query.type !== flag.type) {
      const message = `The type of a feature flag is final; this one is ${flag.type}. Delete it and make another one.`
      throw invalid('type', message, 'FEATURE_FLAG_TYPE_IS_FINAL')
    }
    const level = flag.allow_override_level
    if ((level === 'env' || level === 'org') && query.allow_override_level !== level) {
      const message = `The level of a feature flag is final; this one has ${level}. Delete it and make another one.`
      throw invalid('allow_override_level', message, 'FEATURE_FLAG_LEVEL_IS_FINAL')
    }
    const values = {
      name: checkedName(query.name),
      description: query.description,
      default_value: flagValue(query.type, query.default_value, 'default_value'),
    }
    const hasChanged = Object.entries(values).some(([column, value]) => flag[column as keyof typeof values] !== value)
    if (hasChanged) {
      await db.updateTable('feature_flags').set(values).where('id', '=', flag.id).execute()
      const { key, type } = flag
      const data = { feature_flag: { key, type, allow_override_level: level, ...values } }
      record('feature_flag.updated', data, { before: flag, after: values })
    }
    return ok
  },
})

export const deleteFeatureFlag = operation({
  id: 'DeleteFeatureFlag',
  method: 'DELETE',
  path: '/api/v1/feature_flags/{feature_flag_key}',
  scope: 'delete:feature_flags',
  tag: 'Feature Flags',
  summary: 'Delete a feature flag',
  description: 'Removes the flag, with what the environment, organizations and users have set for it.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id, key } = await holdFlag(db, params.feature_flag_key)
    const reach = await deleteFlag(db, id)
    record('feature_flag.deleted', { feature_flag: { key }, reach })
    return ok
  },
})
