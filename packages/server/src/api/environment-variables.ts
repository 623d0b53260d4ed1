import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import {
  changeVariable,
  createVariable,
  holdVariable,
  longestVariableKey,
  longestVariableValue,
  requireVariable,
  type VariableRow,
  variableValue,
} from '../store/environment-variables.ts'
import { timestamp } from '../time.ts'

const variable = named(
  'environment_variable',
  Type.Object({
    id: Type.Optional(Type.String({ description: 'Id of the variable.' })),
    key: Type.Optional(Type.String({ description: 'Name of the variable.' })),
    value: Type.Optional(Nullable(Type.String({ description: 'Its value; null for a secret one.' }))),
    is_secret: Type.Optional(Type.Boolean({ description: 'Whether its value is never shown.' })),
    created_on: Type.Optional(Type.String({ description: 'When it was made, RFC 3339.' })),
  }),
)

function shownVariable({ id, key, value, is_secret, created_at_ms }: VariableRow) {
  return { id, key, value: is_secret ? null : value, is_secret, created_on: timestamp(created_at_ms) }
}

const key = Type.String({
  minLength: 1,
  maxLength: longestVariableKey,
  description:
    'Name of the variable, such as API_TOKEN: letters, digits, _, . and -, 128 at most; of no other variable.',
})
const value = Type.String({ maxLength: longestVariableValue, description: 'The value, 2048 characters at most.' })
const isSecret = Type.Boolean({ description: 'True keeps the value from ever being shown.' })

export const getEnvironmentVariables = operation({
  id: 'getEnvironmentVariables',
  method: 'GET',
  path: '/api/v1/environment_variables',
  scope: 'read:environment_variables',
  tag: 'Environment variables',
  summary: 'List environment variables',
  description: 'All variables, in the order in which they were made.',
  responses: {
    200: named(
      'get_environment_variables_response',
      Success({
        has_more: Type.Optional(Type.Boolean({ description: 'Always false: the list comes whole.' })),
        environment_variables: Type.Optional(Type.Array(variable)),
      }),
    ),
  },
  handler: async ({ db }) => {
    const rows = await db.selectFrom('environment_variables').selectAll().orderBy('seq').execute()
    return { ...ok, has_more: false, environment_variables: rows.map(shownVariable) }
  },
})

export const createEnvironmentVariable = operation({
  id: 'createEnvironmentVariable',
  method: 'POST',
  path: '/api/v1/environment_variables',
  scope: 'create:environment_variables',
  tag: 'Environment variables',
  summary: 'Create an environment variable',
  description: 'Keeps a value under a name. A secret one is stored encrypted and cannot be read back.',
  body: Type.Object({ key, value, is_secret: Type.Optional(isSecret) }),
  bodyRequired: true,
  example: { body: { key: 'OWL_FOOD', value: 'mice', is_secret: false } },
  responses: {
    201: named(
      'create_environment_variable_response',
      Success({
        environment_variable: Type.Optional(
          Type.Object({ id: Type.Optional(Type.String({ description: 'Id of the new variable.' })) }),
        ),
      }),
    ),
  },
  handler: async ({ body, db, now, environment: { ids, cipher }, record }) => {
    const isSecret = body.is_secret ?? false
    const id = await createVariable(db, { key: body.key, value: body.value, isSecret }, { ids, now, cipher })
    record('environment_variable.created', { environment_variable: { id, key: body.key, is_secret: isSecret } })
    return { code: 'VARIABLE_CREATED', message: 'Environment variable created', environment_variable: { id } }
  },
})

export const getEnvironmentVariable = operation({
  id: 'getEnvironmentVariable',
  method: 'GET',
  path: '/api/v1/environment_variables/{variable_id}',
  scope: 'read:environment_variables',
  tag: 'Environment variables',
  summary: 'Get an environment variable',
  description: 'One variable, by id. The value of a secret one is null.',
  responses: {
    200: named('get_environment_variable_response', Success({ environment_variable: Type.Optional(variable) })),
  },
  handler: async ({ params, db }) => {
    return { ...ok, environment_variable: shownVariable(await requireVariable(db, params.variable_id)) }
  },
})

export const updateEnvironmentVariable = operation({
  id: 'updateEnvironmentVariable',
  method: 'PATCH',
  path: '/api/v1/environment_variables/{variable_id}',
  scope: 'update:environment_variables',
  tag: 'Environment variables',
  summary: 'Update an environment variable',
  description: 'Changes the members that are sent. A secret variable becomes readable only together with a new value.',
  body: Type.Object({ key: Type.Optional(key), value: Type.Optional(value), is_secret: Type.Optional(isSecret) }),
  bodyRequired: true,
  example: { body: { value: 'seeds', is_secret: false } },
  responses: { 200: named('update_environment_variable_response', Success({})) },
  handler: async ({ params, body, db, environment: { cipher }, record }) => {
    const before = await holdVariable(db, params.variable_id)
    const wanted = { key: body.key, value: body.value, isSecret: body.is_secret }
    const changed = await changeVariable(db, before, wanted, cipher)
    if (changed.length > 0) {
      const after = { id: before.id, key: body.key ?? before.key, is_secret: body.is_secret ?? before.is_secret }
      record(
        'environment_variable.updated',
        { environment_variable: after, changed },
        { before: { ...before, value: variableValue(before, cipher) }, after: { ...after, value: body.value } },
      )
    }
    return { code: 'ENVIRONMENT_VARIABLE_UPDATED', message: 'Environment variable updated' }
  },
})

export const deleteEnvironmentVariable = operation({
  id: 'deleteEnvironmentVariable',
  method: 'DELETE',
  path: '/api/v1/environment_variables/{variable_id}',
  scope: 'delete:environment_variables',
  tag: 'Environment variables',
  summary: 'Delete an environment variable',
  description: 'Removes the variable and its value.',
  responses: { 200: named('delete_environment_variable_response', Success({})) },
  handler: async ({ params, db, record }) => {
    const { id, key } = await holdVariable(db, params.variable_id)
    await db.deleteFrom('environment_variables').where('id', '=', id).execute()
    record('environment_variable.deleted', { environment_variable: { id, key } })
    return { code: 'ENVIRONMENT_VARIABLE_DELETED', message: 'Environment variable deleted' }
  },
})
