import { Type } from '@sinclair/typebox'
import type { Caller } from '../auth.ts'
import { ApiError, invalid, shown } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import {
  type ApiKeyType,
  apiKeyTypes,
  countKeyUses,
  findKey,
  keyColumns,
  newKey,
  requireApiKey,
  scopeIds,
  scopesOf,
} from '../store/api-keys.ts'
import { cursorPage } from '../store/page.ts'
import { reachOf } from '../store/reach.ts'
import type { ApiKeyRow, Db } from '../store/tables.ts'
import { timestamp } from '../time.ts'

const statuses = ['active', 'inactive', 'revoked'] as const
const mostScopes = 200

const text = (description: string) => Type.Optional(Type.String({ description }))
const nullableText = (description: string) => Type.Optional(Nullable(Type.String({ description })))

const keyMembers = {
  id: text('Id of the key.'),
  name: text('Name of the key.'),
  type: text('Whose key it is: user, organization or environment.'),
  status: text('active, inactive or revoked.'),
  key_prefix: text('The first six characters of the key.'),
  key_suffix: nullableText('The last four characters of the key.'),
  created_on: Type.Optional(Type.String({ format: 'date-time', description: 'When it was made, RFC 3339.' })),
  last_verified_on: Type.Optional(
    Nullable(Type.String({ format: 'date-time', description: 'When it was last found good, RFC 3339.' })),
  ),
  last_verified_ip: nullableText('The address from which it was last verified.'),
  created_by: nullableText('Who made it: a person, or the application that did it through the API.'),
  api_ids: Type.Optional(Type.Array(Type.String(), { description: 'The API that the key opens.' })),
  scopes: Type.Optional(Type.Array(Type.String(), { description: 'Scopes of the key.' })),
}
const shownOnce = Type.Optional(
  Type.Object({ id: text('Id of the key.'), key: text('The key itself. This is the only time that it is shown.') }),
)

export const getApiKeys = operation({
  id: 'getApiKeys',
  method: 'GET',
  path: '/api/v1/api_keys',
  scope: 'read:api_keys',
  tag: 'API Keys',
  summary: 'List API keys',
  description: 'API keys in the order in which they were made, a page at a time. The keys themselves are never shown.',
  organizationIn: { query: 'org_code' },
  query: Type.Object({
    page_size: Type.Optional(
      Nullable(Type.Integer({ description: 'How many results a page holds; 50 when left out.' })),
    ),
    starting_after: Type.Optional(Nullable(Type.String({ description: 'Id of the last key of the page before.' }))),
    key_type: Type.Optional(Nullable(Choice(['organization', 'user'], { description: 'Only keys of this type.' }))),
    status: Type.Optional(Nullable(Choice(statuses, { description: 'Only keys with this status.' }))),
    user_id: Type.Optional(Nullable(Type.String({ description: 'Only keys of this user.' }))),
    org_code: Type.Optional(Nullable(Type.String({ description: 'Only keys of this organization.' }))),
  }),
  responses: {
    200: named(
      'get_api_keys_response',
      Success({
        has_more: Type.Optional(Type.Boolean({ description: 'Whether another page follows.' })),
        api_keys: Type.Optional(Type.Array(Type.Object(keyMembers))),
      }),
    ),
  },
  handler: async ({ query, db }) => {
    let keys = db.selectFrom('api_keys').selectAll()
    if (query.key_type) keys = keys.where('type', '=', query.key_type)
    if (query.status) keys = keys.where('status', '=', query.status)
    if (query.user_id) keys = keys.where('user_id', '=', query.user_id)
    if (query.org_code) keys = keys.where('organization_code', '=', query.org_code)
    const page = await cursorPage(
      keys,
      { ...query, page_size: query.page_size ?? 50 },
      { table: 'api_keys', seqOf: async (id) => (await findSeq(db, id))?.seq },
    )
    const scopes = await scopesOf(
      db,
      page.rows.map((row) => row.id),
    )
    return { ...ok, has_more: page.hasMore, api_keys: page.rows.map((row) => item(row, scopes.get(row.id)!)) }
  },
})

function findSeq(db: Db, id: string) {
  return db.selectFrom('api_keys').select('seq').where('id', '=', id).executeTakeFirst()
}

function item(row: ApiKeyRow, scopes: string[]) {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    status: row.status,
    key_prefix: row.key_prefix,
    key_suffix: row.key_suffix,
    created_on: timestamp(row.created_at_ms),
    last_verified_on: row.last_verified_at_ms === null ? null : timestamp(row.last_verified_at_ms),
    last_verified_ip: row.last_verified_ip,
    created_by: row.created_by,
    api_ids: [row.api_id],
    scopes,
  }
}

export const createApiKey = operation({
  id: 'createApiKey',
  method: 'POST',
  path: '/api/v1/api_keys',
  scope: 'create:api_keys',
  tag: 'API Keys',
  summary: 'Create an API key',
  description:
    'Makes a key for one API with fixed scopes. The reply is the only place where the key is ever shown. A key of the ' +
    'type environment for the Management API is a bearer token of it; its scopes are among those of the caller.',
  organizationIn: { body: 'org_code' },
  body: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the key.' }),
    type: Type.Optional(
      Choice(apiKeyTypes, {
        description: 'Whose key it is. When left out, it follows from user_id or org_code.',
      }),
    ),
    api_id: Type.String({ description: 'Id of the API that the key opens.' }),
    scope_ids: Type.Optional(
      Nullable(Type.Array(Type.String(), { maxItems: mostScopes, description: 'Scopes of the API, by id or by key.' })),
    ),
    user_id: Type.Optional(Nullable(Type.String({ description: 'The user, for a key of the type user.' }))),
    org_code: Type.Optional(
      Nullable(Type.String({ description: 'The organization, for a key of the type organization.' })),
    ),
  }),
  bodyRequired: true,
  example: {
    body: {
      name: 'Feeding machine',
      type: 'user',
      api_id: '838f208d006a482dbd8cdb79a9889f68',
      scope_ids: ['api_scope_019bc1b3d4a0f3a1c85e7d2b904f6c18'],
      user_id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18',
    },
  },
  responses: { 201: named('create_api_key_response', Success({ api_key: shownOnce })) },
  handler: async ({ body, db, now, caller, environment, record }) => {
    const api = await db
      .selectFrom('apis')
      .select(['id', 'is_management_api'])
      .where('id', '=', body.api_id)
      .executeTakeFirst()
    if (api === undefined)
      throw invalid('api_id', `There is no API with the id ${shown(body.api_id)}.`, 'API_NOT_FOUND')
    const type = await checkedType(db, body, api)
    const scopes = await scopeIds(db, api.id, body.scope_ids ?? [])
    if (api.is_management_api) await requireHeldScopes(db, scopes, caller)
    const creator = await db
      .selectFrom('applications')
      .select('name as creator')
      .where('id', '=', caller.applicationId)
      .unionAll(db.selectFrom('api_keys').select('name as creator').where('id', '=', caller.applicationId))
      .executeTakeFirst()
    const key = newKey(environment.ids)
    const id = environment.ids.timed('api_key', now)
    await db
      .insertInto('api_keys')
      .values({
        id,
        name: body.name,
        type,
        status: 'active',
        api_id: api.id,
        user_id: body.user_id || null,
        organization_code: body.org_code || null,
        ...keyColumns(key),
        created_by: caller.administrator?.name ?? creator?.creator ?? null,
        created_at_ms: now,
        verification_count: 0,
      })
      .execute()
    if (scopes.length > 0) {
      await db
        .insertInto('api_key_scopes')
        .values(scopes.map((scopeId) => ({ key_id: id, scope_id: scopeId })))
        .execute()
    }
    record('api_key.created', { api_key: { id, name: body.name, type, api_id: api.id } })
    return { code: 'API_KEY_CREATED', message: 'API key created', api_key: { id, key } }
  },
})

/**
 * A key of the Management API opens no more than whoever gets to know it may do: else it would be a way to more.
 * @throws {ApiError} 403 SCOPE_MISSING
 */
async function requireHeldScopes(db: Db, scopeIds: readonly string[], caller: Caller): Promise<void> {
  if (scopeIds.length === 0) return
  const rows = await db.selectFrom('api_scopes').select('key').where('id', 'in', scopeIds).orderBy('key').execute()
  const missing = rows.find(({ key }) => !caller.scopes.has(key))
  if (missing !== undefined) throw new ApiError(403, 'SCOPE_MISSING', `Scope is missing: ${missing.key}`)
}

async function checkedType(
  db: Db,
  body: { type?: ApiKeyType; user_id?: string | null; org_code?: string | null },
  api: { is_management_api: boolean },
): Promise<ApiKeyType> {
  const type = body.type ?? (body.user_id ? 'user' : body.org_code ? 'organization' : 'environment')
  if (type === 'user' && !body.user_id) throw invalid('user_id', 'A key of a user needs user_id.', 'USER_ID_REQUIRED')
  if (type === 'organization' && !body.org_code) {
    throw invalid('org_code', 'A key of an organization needs org_code.', 'ORG_CODE_REQUIRED')
  }
  if (type !== 'environment' && api.is_management_api) {
    throw invalid('api_id', 'Only keys of the type environment open the Management API.', 'INVALID_API')
  }
  if (body.user_id) {
    const user = await db.selectFrom('users').select('id').where('id', '=', body.user_id).executeTakeFirst()
    if (user === undefined) throw invalid('user_id', `There is no user ${shown(body.user_id)}.`, 'USER_NOT_FOUND')
  }
  if (body.org_code) {
    const organization = await db
      .selectFrom('organizations')
      .select('code')
      .where('code', '=', body.org_code)
      .executeTakeFirst()
    if (organization === undefined) {
      throw invalid('org_code', `There is no organization ${shown(body.org_code)}.`, 'ORGANIZATION_NOT_FOUND')
    }
  }
  return type
}

export const getApiKey = operation({
  id: 'getApiKey',
  method: 'GET',
  path: '/api/v1/api_keys/{key_id}',
  scope: 'read:api_keys',
  tag: 'API Keys',
  summary: 'Get an API key',
  description: 'One API key with how often it has been verified. The key itself is never shown again.',
  notFoundAsObject: true,
  responses: {
    200: named(
      'get_api_key_response',
      Success({
        api_key: Type.Optional(
          Type.Object({
            ...keyMembers,
            verification_count: Type.Optional(
              Nullable(Type.Integer({ description: 'How often the key was found good.' })),
            ),
            organization_id: nullableText('Code of the organization that the key belongs to.'),
            user_id: nullableText('Id of the user that the key belongs to.'),
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const row = await requireApiKey(db, params.key_id)
    const scopes = await scopesOf(db, [row.id])
    return {
      ...ok,
      api_key: {
        ...item(row, scopes.get(row.id)!),
        verification_count: row.verification_count,
        organization_id: row.organization_code,
        user_id: row.user_id,
      },
    }
  },
})

export const rotateApiKey = operation({
  id: 'rotateApiKey',
  method: 'PUT',
  path: '/api/v1/api_keys/{key_id}',
  scope: 'update:api_keys',
  tag: 'API Keys',
  summary: 'Rotate an API key',
  description: 'Gives the key a new secret under the same id. The old one fails at once.',
  notFoundAsObject: true,
  responses: { 201: named('rotate_api_key_response', Success({ api_key: shownOnce })) },
  handler: async ({ params, db, caller, environment, record }) => {
    const row = await requireApiKey(db, params.key_id)
    const api = await db.selectFrom('apis').select('is_management_api').where('id', '=', row.api_id).executeTakeFirst()
    if (api?.is_management_api) {
      const held = await db.selectFrom('api_key_scopes').select('scope_id').where('key_id', '=', row.id).execute()
      await requireHeldScopes(
        db,
        held.map(({ scope_id }) => scope_id),
        caller,
      )
    }
    if (row.status !== 'active') {
      throw new ApiError(400, 'API_KEY_NOT_ACTIVE', `The key is ${row.status}. Only an active key can be rotated.`)
    }
    const key = newKey(environment.ids)
    await db.updateTable('api_keys').set(keyColumns(key)).where('id', '=', row.id).execute()
    record('api_key.rotated', { api_key: { id: row.id } })
    return { code: 'API_KEY_ROTATED', message: 'API key rotated successfully', api_key: { id: row.id, key } }
  },
})

export const deleteApiKey = operation({
  id: 'deleteApiKey',
  method: 'DELETE',
  path: '/api/v1/api_keys/{key_id}',
  scope: 'delete:api_keys',
  tag: 'API Keys',
  summary: 'Delete an API key',
  description: 'Removes the key. It fails from now on.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const row = await requireApiKey(db, params.key_id)
    const reach = await reachOf(db, row.id, { scopes: 'api_key_scopes.key_id' })
    await db.deleteFrom('api_keys').where('id', '=', row.id).execute()
    record('api_key.deleted', { api_key: { id: row.id }, reach })
    return ok
  },
})

export const verifyApiKey = operation({
  id: 'verifyApiKey',
  method: 'POST',
  path: '/api/v1/api_keys/verify',
  scope: null,
  anonymous: true,
  organizationAware: true,
  tag: 'API Keys',
  summary: 'Verify an API key',
  description: 'Says whether a key is good, and what it opens. No token is needed: whoever asks has the key.',
  body: Type.Object({ api_key: Type.String({ maxLength: 512, description: 'The key.' }) }),
  bodyRequired: true,
  responses: {
    200: named(
      'verify_api_key_response',
      Success({
        is_valid: Type.Optional(
          Type.Boolean({ description: 'Whether the key is known and active, and its owner not suspended.' }),
        ),
        key_id: text('Id of the key; left out for an unknown one.'),
        status: text('active, inactive or revoked.'),
        scopes: Type.Optional(Type.Array(Type.String(), { description: 'Scopes of the key.' })),
        org_code: nullableText('Code of the organization that the key belongs to.'),
        user_id: nullableText('Id of the user that the key belongs to.'),
        last_verified_on: Type.Optional(
          Nullable(Type.String({ format: 'date-time', description: 'The verification before this one, RFC 3339.' })),
        ),
        verification_count: Type.Optional(Type.Integer({ description: 'How often the key was found good.' })),
      }),
    ),
  },
  handler: async ({ body, db, now, remoteAddress }) => {
    const row = await findKey(db, body.api_key)
    if (row === undefined) {
      return { code: 'API_KEY_INVALID', message: 'The API key is not known', is_valid: false, scopes: [] }
    }
    const isActive = row.status === 'active'
    const isValid = isActive && !row.isSuspended
    // Counting is not a change that anyone would look for in the journal.
    if (isValid) await countKeyUses(db, row.id, { uses: 1, lastMs: now, address: remoteAddress })
    const scopes = await scopesOf(db, [row.id])
    return {
      code: isValid ? 'API_KEY_VERIFIED' : 'API_KEY_INVALID',
      message: isValid
        ? 'API key verified'
        : isActive
          ? 'The owner of the API key is suspended'
          : `The API key is ${row.status}`,
      is_valid: isValid,
      key_id: row.id,
      // Who looks at the status alone is not to let a suspended owner in.
      status: isActive && !isValid ? 'inactive' : row.status,
      scopes: scopes.get(row.id)!,
      org_code: row.organization_code,
      user_id: row.user_id,
      last_verified_on: row.last_verified_at_ms === null ? null : timestamp(row.last_verified_at_ms),
      verification_count: row.verification_count + (isValid ? 1 : 0),
    }
  },
})
