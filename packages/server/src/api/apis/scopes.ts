import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../../errors.ts'
import { named, ok, operation, Success } from '../../operation.ts'
import { requireApi, requireOwnApi, requireScope } from '../../store/apis.ts'
import { violatedUnique } from '../../store/dialect.ts'
import { reachOf } from '../../store/reach.ts'

const scope = Type.Object({
  id: Type.Optional(Type.String({ description: 'Id of the scope.' })),
  key: Type.Optional(Type.String({ description: 'The scope as tokens carry it.' })),
  description: Type.Optional(Type.String({ description: 'What the scope opens, in words; may be empty.' })),
})

export const getApiScopes = operation({
  id: 'getAPIScopes',
  method: 'GET',
  path: '/api/v1/apis/{api_id}/scopes',
  scope: 'read:api_scopes',
  tag: 'APIs',
  summary: 'List the scopes of an API',
  description: 'All scopes that the API knows, in the order of their making.',
  responses: { 200: named('get_api_scopes_response', Success({ scopes: Type.Optional(Type.Array(scope)) })) },
  handler: async ({ params, db }) => {
    const api = await requireApi(db, params.api_id)
    const scopes = await db
      .selectFrom('api_scopes')
      .select(['id', 'key', 'description'])
      .where('api_id', '=', api.id)
      .orderBy('seq')
      .execute()
    return { ...ok, scopes }
  },
})

export const addApiScope = operation({
  id: 'addAPIScope',
  method: 'POST',
  path: '/api/v1/apis/{api_id}/scopes',
  scope: 'create:api_scopes',
  tag: 'APIs',
  summary: 'Add a scope to an API',
  description: 'No application has the new scope until it is enabled for one. The key cannot be changed later.',
  body: Type.Object({
    key: Type.String({
      description: 'The scope as tokens will carry it: 1 to 64 characters without white space, unique within the API.',
      minLength: 1,
      maxLength: 64,
    }),
    description: Type.Optional(Type.String({ description: 'What the scope opens, in words.' })),
  }),
  bodyRequired: true,
  example: { body: { key: 'read:owls', description: 'May look at the owls.' } },
  responses: {
    200: named(
      'create_api_scopes_response',
      Success({
        scope: Type.Optional(Type.Object({ id: Type.Optional(Type.String({ description: 'Id of the new scope.' })) })),
      }),
    ),
  },
  handler: async ({ params, body, db, now, environment, record }) => {
    const api = await requireOwnApi(db, params.api_id)
    if (/[\s\p{C}]/u.test(body.key)) {
      // A token request separates scopes by spaces: this one could never be asked for.
      throw invalid('key', 'The key of a scope holds no white space and no control character.', 'INVALID_SCOPE_KEY')
    }
    const added = { id: environment.ids.timed('api_scope', now), key: body.key, description: body.description ?? '' }
    try {
      await db
        .insertInto('api_scopes')
        .values({ ...added, api_id: api.id, created_at_ms: now })
        .execute()
    } catch (error) {
      if (violatedUnique(error) === null) throw error
      throw invalid('key', `The API has a scope with the key ${shown(body.key)} already.`, 'API_SCOPE_KEY_EXISTS')
    }
    record('api.scope_created', { api: { id: api.id }, scope: added })
    return { ...ok, scope: { id: added.id } }
  },
})

export const getApiScope = operation({
  id: 'getAPIScope',
  method: 'GET',
  path: '/api/v1/apis/{api_id}/scopes/{scope_id}',
  scope: 'read:api_scopes',
  tag: 'APIs',
  summary: 'Get a scope of an API',
  description: 'One scope with its key and description.',
  responses: { 200: named('get_api_scope_response', Success({ scope: Type.Optional(scope) })) },
  handler: async ({ params, db }) => {
    const api = await requireApi(db, params.api_id)
    return { ...ok, scope: await requireScope(db, api.id, params.scope_id) }
  },
})

export const updateApiScope = operation({
  id: 'updateAPIScope',
  method: 'PATCH',
  path: '/api/v1/apis/{api_id}/scopes/{scope_id}',
  scope: 'update:api_scopes',
  tag: 'APIs',
  summary: 'Describe a scope of an API anew',
  description: 'Only the description changes. A key that is sent is passed over: tokens carry it.',
  body: Type.Object({
    description: Type.Optional(Type.String({ description: 'What the scope opens, in words.' })),
  }),
  bodyRequired: true,
  example: { body: { description: 'May look at every owl.' } },
  responses: { 200: null },
  handler: async ({ params, body, db, record }) => {
    const api = await requireOwnApi(db, params.api_id)
    const { id, description: before } = await requireScope(db, api.id, params.scope_id)
    const after = body.description ?? before
    if (after === before) return ok
    await db.updateTable('api_scopes').set({ description: after }).where('id', '=', id).execute()
    const change = { before: { description: before }, after: { description: after } }
    record('api.scope_updated', { api: { id: api.id }, scope: { id } }, change)
    return ok
  },
})

export const deleteApiScope = operation({
  id: 'deleteAPIScope',
  method: 'DELETE',
  path: '/api/v1/apis/{api_id}/scopes/{scope_id}',
  scope: 'delete:apis_scopes',
  tag: 'APIs',
  summary: 'Delete a scope of an API',
  description:
    'Takes the scope from every application, role, user and API key that has it. Tokens that carry it keep it.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const api = await requireOwnApi(db, params.api_id)
    const { id, key } = await requireScope(db, api.id, params.scope_id)
    const reach = await reachOf(db, id, {
      applications: 'api_application_scopes.scope_id',
      users: { by: 'user_api_scopes.scope_id', of: 'user_id' },
      roles: 'role_scopes.scope_id',
      api_keys: 'api_key_scopes.scope_id',
    })
    await db.deleteFrom('api_scopes').where('id', '=', id).execute()
    record('api.scope_deleted', { api: { id: api.id }, scope: { id, key }, reach })
    return ok
  },
})
