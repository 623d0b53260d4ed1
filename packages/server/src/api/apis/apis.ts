import { Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import { ApiError, invalid, shown } from '../../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../../operation.ts'
import { requireApi } from '../../store/apis.ts'
import { type ApplicationType, applicationTypeLabels } from '../../store/applications.ts'
import { nameSort, violatedUnique } from '../../store/dialect.ts'
import { reachOf } from '../../store/reach.ts'
import type { Db } from '../../store/tables.ts'

const id = Type.Optional(Type.String({ description: 'Id of the API.' }))
const name = Type.Optional(Type.String({ description: 'Name of the API.' }))
const audience = Type.Optional(
  Type.String({ description: 'What token requests give as `audience` to mean this API; often its URL.' }),
)
const isManagementApi = Type.Optional(Type.Boolean({ description: 'Whether it is the Management API itself.' }))
const scopes = Type.Optional(
  Type.Array(
    Type.Object({
      id: Type.Optional(Type.String({ description: 'Id of the scope.' })),
      key: Type.Optional(Type.String({ description: 'The scope as tokens carry it.' })),
    }),
    { description: 'The scopes that the API knows.' },
  ),
)

export const getApis = operation({
  id: 'getAPIs',
  method: 'GET',
  path: '/api/v1/apis',
  scope: 'read:apis',
  tag: 'APIs',
  summary: 'List APIs',
  description: 'All APIs of the environment, the Management API among them, sorted by name.',
  query: Type.Object({
    expand: Type.Optional(Nullable(Choice(['scopes'], { description: '`scopes` adds the scopes of each API.' }))),
  }),
  responses: {
    200: named(
      'get_apis_response',
      Success({
        next_token: Type.Optional(Type.String({ description: 'Never sent: the list comes whole.' })),
        apis: Type.Optional(
          Type.Array(Type.Object({ id, name, audience, is_management_api: isManagementApi, scopes })),
        ),
      }),
    ),
  },
  handler: async ({ query, db }) => {
    const apis = await db
      .selectFrom('apis')
      .select(['id', 'name', 'audience', 'is_management_api'])
      .orderBy('name_sort')
      .orderBy('seq')
      .execute()
    if (query.expand !== 'scopes') return { ...ok, apis }
    const rows = await db.selectFrom('api_scopes').select(['api_id', 'id', 'key']).orderBy('seq').execute()
    const byApi = Map.groupBy(rows, (row) => row.api_id)
    return { ...ok, apis: apis.map((api) => ({ ...api, scopes: byApi.get(api.id) ?? [] })) }
  },
})

export const addApi = operation({
  id: 'addAPIs',
  method: 'POST',
  path: '/api/v1/apis',
  scope: 'create:apis',
  tag: 'APIs',
  summary: 'Register an API',
  description:
    'Makes an API known, so that applications can be authorized for it. Name and audience cannot be changed later.',
  body: Type.Object({
    name: Type.String({ description: 'Name of the API, 1 to 64 characters.', minLength: 1, maxLength: 64 }),
    audience: Type.String({
      description: 'What token requests give as `audience` to mean this API, 1 to 64 characters; often its URL.',
      minLength: 1,
      maxLength: 64,
    }),
  }),
  bodyRequired: true,
  example: { body: { name: 'Zoo API', audience: 'https://api.zoo.example' } },
  responses: {
    200: named('create_apis_response', Success({ api: Type.Optional(Type.Object({ id })) })),
  },
  handler: async ({ body, db, now, environment, record }) => {
    if (/\s/.test(body.audience)) {
      // A token request separates several audiences by spaces: this one could never be asked for.
      throw invalid('audience', 'An audience holds no white space.', 'INVALID_AUDIENCE')
    }
    const api = { id: environment.ids.api(), name: body.name, audience: body.audience }
    try {
      await db
        .insertInto('apis')
        .values({ ...api, name_sort: nameSort(body.name), is_management_api: false, created_at_ms: now })
        .execute()
    } catch (error) {
      if (violatedUnique(error) === null) throw error
      throw invalid('audience', `Another API has the audience ${shown(body.audience)}.`, 'API_AUDIENCE_EXISTS')
    }
    record('api.created', { api })
    return { ...ok, api: { id: api.id } }
  },
})

export const getApi = operation({
  id: 'getAPI',
  method: 'GET',
  path: '/api/v1/apis/{api_id}',
  scope: 'read:apis',
  tag: 'APIs',
  summary: 'Get an API',
  description: 'One API with its scopes, and every application that can be authorized for it.',
  responses: {
    200: named(
      'get_api_response',
      Success({
        api: Type.Optional(
          Type.Object({
            id,
            name,
            audience,
            is_management_api: isManagementApi,
            scopes,
            applications: Type.Optional(
              Type.Array(
                Type.Object({
                  id: Type.Optional(Type.String({ description: 'Client id of the application.' })),
                  name: Type.Optional(Type.String({ description: 'Name of the application.' })),
                  type: Type.Optional(
                    Choice(Object.values(applicationTypeLabels), { description: 'Type of the application, in words.' }),
                  ),
                  is_active: Type.Optional(
                    Nullable(Type.Boolean({ description: 'Whether the application is authorized for the API.' })),
                  ),
                  scopes: Type.Optional(
                    Type.Array(Type.String(), {
                      description: 'Keys of the scopes that it can have. Kinde does not tell.',
                    }),
                  ),
                }),
              ),
            ),
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const api = await requireApi(db, params.api_id)
    const apiScopes = await db
      .selectFrom('api_scopes')
      .select(['id', 'key'])
      .where('api_id', '=', api.id)
      .orderBy('seq')
      .execute()
    const applications = await db
      .selectFrom('applications')
      .leftJoin('api_applications as pair', (join) =>
        join.onRef('pair.application_id', '=', 'applications.id').on('pair.api_id', '=', api.id),
      )
      .select(['applications.id', 'applications.name', 'applications.type', 'pair.created_at_ms as authorized_at_ms'])
      .orderBy('applications.seq')
      .execute()
    const enabled = await db
      .selectFrom('api_application_scopes')
      .innerJoin('api_scopes', 'api_scopes.id', 'api_application_scopes.scope_id')
      .select(['api_application_scopes.application_id', 'api_scopes.key'])
      .where('api_application_scopes.api_id', '=', api.id)
      .orderBy('api_scopes.seq')
      .execute()
    const keysOf = Map.groupBy(enabled, (scope) => scope.application_id)
    return {
      ...ok,
      api: {
        ...api,
        scopes: apiScopes,
        applications: applications.map((application) => ({
          id: application.id,
          name: application.name,
          type: applicationTypeLabels[application.type as ApplicationType],
          is_active: application.authorized_at_ms !== null,
          scopes: (keysOf.get(application.id) ?? []).map(({ key }) => key),
        })),
      },
    }
  },
})

export const deleteApi = operation({
  id: 'deleteAPI',
  method: 'DELETE',
  path: '/api/v1/apis/{api_id}',
  scope: 'delete:apis',
  tag: 'APIs',
  summary: 'Delete an API',
  description:
    'Removes the API with its scopes and keys, and takes the scopes from every application, role and user that has them.',
  responses: { 200: named('delete_api_response', Success({})) },
  handler: async ({ params, db, record }) => {
    const api = await requireApi(db, params.api_id)
    if (api.is_management_api) {
      throw new ApiError(400, 'MANAGEMENT_API_CANNOT_BE_DELETED', 'The Management API is part of the server.')
    }
    const reach = {
      ...(await reachOf(db, api.id, {
        scopes: 'api_scopes.api_id',
        applications: 'api_applications.api_id',
        api_keys: 'api_keys.api_id',
      })),
      ...(await holdersOfScopes(db, api.id)),
    }
    await db.deleteFrom('apis').where('id', '=', api.id).execute()
    record('api.deleted', { api: { id: api.id }, reach })
    return { code: 'API_DELETED', message: 'API successfully deleted' }
  },
})

/** How many roles, and how many users beside their roles, have a scope of the API. */
async function holdersOfScopes(db: Db, apiId: string): Promise<{ roles: number; users: number }> {
  const ofApi = sql`scope_id in (select id from api_scopes where api_id = ${apiId})`
  const { rows } = await sql<{ roles: number; users: number }>`select
    (select count(distinct role_id) from role_scopes where ${ofApi}) as roles,
    (select count(distinct user_id) from user_api_scopes where ${ofApi}) as users`.execute(db)
  return { roles: Number(rows[0]!.roles), users: Number(rows[0]!.users) }
}
