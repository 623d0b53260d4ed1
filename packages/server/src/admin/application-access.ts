import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { requireApplication } from '../store/applications.ts'
import { tokenPage, tokenPageParameters } from '../store/page.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

const organization = Nullable(Type.String({ description: 'Code of the organization that it is held to, if to one.' }))

export const listApplications = operation({
  id: 'listApplications',
  method: 'GET',
  path: '/admin/api/applications',
  scope: 'read:applications',
  role: 'read_only',
  tag: 'Applications',
  summary: 'List applications with their organization and last token',
  description: 'Sorted by name, a page at a time; of one organization alone where its code is given.',
  query: Type.Object({
    org_code: Type.Optional(Nullable(Type.String({ description: 'Only applications held to this organization.' }))),
    ...tokenPageParameters,
  }),
  responses: {
    200: named(
      'application_overviews_response',
      Success({
        applications: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the application.' }),
            name: Type.String({ description: 'Name of the application.' }),
            type: Type.String({ description: 'Type of the application.' }),
            org_code: organization,
            organization_name: Nullable(Type.String({ description: 'Name of that organization.' })),
            created_at: Moment('When it was made.'),
            last_token_at: Nullable(Moment('When one of its secrets was last used.')),
          }),
        ),
        next_token: Nullable(Type.String({ description: 'Gives the next page; null on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { rows, nextToken } = await tokenPage(
      db
        .selectFrom('applications')
        .leftJoin('organizations', 'organizations.code', 'applications.org_code')
        .select([
          'applications.id',
          'applications.name',
          'applications.type',
          'applications.org_code',
          'organizations.name as organization_name',
          'applications.created_at_ms',
          'applications.seq',
          'applications.name_sort',
        ])
        .select((select) =>
          select
            .selectFrom('application_secrets as secret')
            .whereRef('secret.application_id', '=', 'applications.id')
            .select((inner) => inner.fn.max('secret.last_used_at_ms').as('last'))
            .as('last_token_at_ms'),
        )
        .$if(Boolean(query.org_code), (rows) => rows.where('applications.org_code', '=', query.org_code!)),
      { ...query, sort: 'name_asc' },
      {
        list: `applications of ${query.org_code || 'all'}`,
        tokens: environment.pageTokens,
        table: 'applications',
        sorts: { name_asc: { column: 'name_sort', direction: 'asc' } },
      },
    )
    return {
      ...ok,
      applications: rows.map(({ created_at_ms, last_token_at_ms, ...row }) => ({
        ...row,
        created_at: moment(created_at_ms),
        last_token_at: momentOrNull(last_token_at_ms === null ? null : Number(last_token_at_ms)),
      })),
      next_token: nextToken ?? null,
    }
  },
})

export const getApplicationAccess = operation({
  id: 'getApplicationAccess',
  method: 'GET',
  path: '/admin/api/applications/{application_id}/access',
  scope: 'read:applications',
  role: 'read_only',
  tag: 'Applications',
  summary: 'Get what an application may ask tokens for',
  description:
    'Every API, whether the application is authorized for it, and the scopes that are enabled; how long its tokens and ' +
    'sessions last, and what else PATCH of an application sets and no reply of the Management API shows.',
  responses: {
    200: named(
      'application_access_response',
      Success({
        org_code: organization,
        access_token_lifetime: Type.Integer({ description: 'How long an access token lasts, in seconds.' }),
        refresh_token_lifetime: Type.Integer({ description: 'How long a refresh token lasts, in seconds.' }),
        id_token_lifetime: Type.Integer({ description: 'How long an ID token lasts, in seconds.' }),
        authenticated_session_lifetime: Type.Integer({
          description: 'How long a session without activity lasts, in seconds.',
        }),
        is_hasura_mapping_enabled: Type.Boolean({ description: 'Whether tokens carry the claims that Hasura reads.' }),
        language_key: Type.String({ description: "Language of its sign-in pages; empty: the environment's." }),
        apis: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the API.' }),
            name: Type.String({ description: 'Name of the API.' }),
            audience: Type.String({ description: 'What token requests give as `audience`.' }),
            is_management_api: Type.Boolean({ description: 'Whether it is the Management API.' }),
            is_authorized: Type.Boolean({ description: 'Whether the application gets tokens for it.' }),
            scope_ids: Type.Array(Type.String(), { description: 'Ids of the scopes that its tokens carry.' }),
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const { id } = await requireApplication(db, params.application_id)
    const application = await db
      .selectFrom('applications')
      .select([
        'org_code',
        'access_token_lifetime_seconds as access_token_lifetime',
        'refresh_token_lifetime_seconds as refresh_token_lifetime',
        'id_token_lifetime_seconds as id_token_lifetime',
        'session_lifetime_seconds as authenticated_session_lifetime',
        'is_hasura_mapping_enabled',
        'language_key',
      ])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const apis = await db
      .selectFrom('apis')
      .leftJoin('api_applications as pair', (join) =>
        join.onRef('pair.api_id', '=', 'apis.id').on('pair.application_id', '=', id),
      )
      .select([
        'apis.id',
        'apis.name',
        'apis.audience',
        'apis.is_management_api',
        'pair.created_at_ms as authorized_at_ms',
      ])
      .orderBy('apis.is_management_api', 'desc')
      .orderBy('apis.name_sort')
      .orderBy('apis.seq')
      .execute()
    const enabled = await db
      .selectFrom('api_application_scopes')
      .select(['api_id', 'scope_id'])
      .where('application_id', '=', id)
      .execute()
    const byApi = Map.groupBy(enabled, ({ api_id }) => api_id)
    return {
      ...ok,
      ...application,
      apis: apis.map(({ authorized_at_ms, ...api }) => ({
        ...api,
        is_authorized: authorized_at_ms !== null,
        scope_ids: (byApi.get(api.id) ?? []).map(({ scope_id }) => scope_id),
      })),
    }
  },
})
