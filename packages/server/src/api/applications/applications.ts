import { type Static, Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../../errors.ts'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { replaceUrls, urlsMember } from '../../store/application-urls.ts'
import {
  type ApplicationType,
  createApplication as addApplication,
  applicationTypes,
  changeApplication,
  holdApplication,
  newestSecret,
  putSecret,
  deleteApplication as removeApplication,
  requireApplication,
} from '../../store/applications.ts'
import { addressFault } from '../../store/callback-url.ts'
import { tokenPage, tokenPageParameters } from '../../store/page.ts'
import type { Db } from '../../store/tables.ts'
import { chooseForTokens, m2mTokenTypes, mostTokenChoices, tokenChoices } from '../../store/token-choices.ts'

const id = Type.Optional(Type.String({ description: 'Id of the application; the same as its client id.' }))
const name = Type.Optional(Type.String({ description: 'Name of the application.' }))
const clientId = Type.Optional(Type.String({ description: 'Client id of the application.' }))
const clientSecret = Type.Optional(
  Type.String({
    description: 'Client secret, the newest where there are several; empty for the types spa and device.',
  }),
)
const isAccessControlEnabled = Type.Optional(
  Type.Boolean({ description: 'Whether only people with certain roles may sign in; never true for the type m2m.' }),
)
const loginUri = Type.Optional(
  Type.String({ description: 'Where a sign-in that got lost starts again; empty when it is not set.' }),
)
const homepageUri = Type.Optional(Type.String({ description: 'Home page; empty when it is not set.' }))
const typeMeanings =
  '`reg`: rendered on a server; `spa`: in the browser or on a phone; `m2m`: a machine; `device`: without a keyboard.'

/** What M2M tokens carry. Kinde has this in its console alone. */
const m2mTokenMembers = {
  feature_flags: Type.Optional(
    Type.Array(Type.String(), { maxItems: mostTokenChoices, description: 'Keys of feature flags.' }),
  ),
  properties: Type.Optional(
    Type.Array(Type.String(), {
      maxItems: mostTokenChoices,
      description: 'Keys of properties of applications that are not private.',
    }),
  ),
  has_permissions_claim: Type.Optional(
    Type.Boolean({ description: 'Whether the granted scopes are listed in `permissions` too.' }),
  ),
}

/** Switches of the pages on which people sign in. */
const switches = {
  is_allow_faceless_auth: Type.Optional(
    Type.Boolean({ description: "Whether the application's own pages stand in for those of the server." }),
  ),
  is_ask_for_name: Type.Optional(Type.Boolean({ description: 'Whether people are asked for their names at sign-up.' })),
  has_marketing_consent: Type.Optional(
    Type.Boolean({ description: 'Whether the sign-up page has a box to agree to marketing.' }),
  ),
  has_sign_in_link_on_sign_up_page: Type.Optional(
    Type.Boolean({ description: 'Whether the sign-up page leads to the sign-in page.' }),
  ),
  has_register_link_on_sign_in_page: Type.Optional(
    Type.Boolean({ description: 'Whether the sign-in page leads to the sign-up page.' }),
  ),
  has_sign_in_with_sso_button: Type.Optional(
    Type.Boolean({ description: 'Whether a button leads to single sign-on by the e-mail address of a company.' }),
  ),
  use_gravatar_fallback: Type.Optional(
    Type.Boolean({ description: 'Whether Gravatar gives the picture of people who have none.' }),
  ),
}

export const getApplications = operation({
  id: 'getApplications',
  method: 'GET',
  path: '/api/v1/applications',
  scope: 'read:applications',
  tag: 'Applications',
  summary: 'List applications',
  description: 'Applications in the order of their making, or sorted by name without regard to case, a page at a time.',
  query: Type.Object({
    sort: Type.Optional(Nullable(Choice(['name_asc', 'name_desc'], { description: 'By name, up or down.' }))),
    ...tokenPageParameters,
  }),
  responses: {
    200: named(
      'get_applications_response',
      Success({
        applications: Type.Optional(
          Type.Array(
            named(
              'applications',
              Type.Object({
                id,
                name,
                type: Type.Optional(Type.String({ description: `Type of the application. ${typeMeanings}` })),
              }),
            ),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { rows, nextToken } = await tokenPage(
      db.selectFrom('applications').select(['id', 'name', 'type', 'seq', 'name_sort']),
      query,
      {
        list: 'applications',
        tokens: environment.pageTokens,
        table: 'applications',
        sorts: {
          name_asc: { column: 'name_sort', direction: 'asc' },
          name_desc: { column: 'name_sort', direction: 'desc' },
        },
      },
    )
    return { ...ok, applications: rows, next_token: nextToken }
  },
})

export const createApplication = operation({
  id: 'createApplication',
  method: 'POST',
  path: '/api/v1/applications',
  scope: 'create:applications',
  tag: 'Applications',
  summary: 'Create an application',
  description:
    'The types reg and m2m get a client secret. The application can ask for tokens of an API once it is authorized for it.',
  body: Type.Object({
    name: Type.String({ description: 'Name of the application, 1 to 100 characters.', minLength: 1, maxLength: 100 }),
    type: Choice(applicationTypes, { description: `Type of the application, for good. ${typeMeanings}` }),
    org_code: Type.Optional(
      Nullable(
        Type.String({ description: 'Code of the organization to which an application of the type m2m is held.' }),
      ),
    ),
  }),
  bodyRequired: true,
  example: { body: { name: 'Zoo shop', type: 'reg' } },
  responses: {
    201: named(
      'create_application_response',
      Success({
        application: Type.Optional(Type.Object({ id, client_id: clientId, client_secret: clientSecret })),
      }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const { ids, cipher } = environment
    requireName(body.name)
    const orgCode = body.org_code || null
    if (orgCode !== null) await requireOrganization(db, orgCode, body.type)
    const application = { id: ids.application(), name: body.name, type: body.type }
    await addApplication(db, { ...application, orgCode, now })
    let secret = ''
    if (body.type === 'reg' || body.type === 'm2m') {
      secret = ids.secret()
      await putSecret(db, { applicationId: application.id, secret, label: 'First secret', cipher, ids, now })
    }
    record('application.created', { application: { ...application, org_code: orgCode } })
    return { ...ok, application: { id: application.id, client_id: application.id, client_secret: secret } }
  },
})

export const getApplication = operation({
  id: 'getApplication',
  method: 'GET',
  path: '/api/v1/applications/{application_id}',
  scope: 'read:applications',
  tag: 'Applications',
  summary: 'Get an application',
  description: 'One application with its client secret and the switches of its sign-in pages.',
  responses: {
    200: named(
      'get_application_response',
      Success({
        application: Type.Optional(
          Type.Object({
            id,
            name,
            type: Type.Optional(
              Choice(['m2m', 'reg', 'spa', 'device'], { description: `Type of the application. ${typeMeanings}` }),
            ),
            client_id: clientId,
            client_secret: clientSecret,
            login_uri: loginUri,
            homepage_uri: homepageUri,
            has_cancel_button: Type.Optional(
              Type.Boolean({ description: 'Whether people can leave the sign-in pages by a button.' }),
            ),
            is_access_control_enabled: isAccessControlEnabled,
            ...switches,
            org_code: Type.Optional(
              Nullable(
                Type.String({ description: 'Code of the organization to which it is held. Kinde does not tell.' }),
              ),
            ),
            access_token_lifetime: Type.Optional(
              Type.Integer({ description: 'How long an access token lasts, in seconds. Kinde does not tell.' }),
            ),
            m2m_token: Type.Optional(Type.Object(m2mTokenMembers)),
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db, caller, environment }) => {
    const application = await requireApplication(db, params.application_id)
    // With the secret a token could be had that may do everything the application may.
    const mayOnlyRead = caller.administrator?.role === 'read_only'
    const hasM2mTokens = m2mTokenTypes.has(application.type)
    return {
      ...ok,
      application: {
        ...application,
        type: application.type as ApplicationType,
        client_id: application.id,
        access_token_lifetime: application.access_token_lifetime_seconds,
        client_secret: mayOnlyRead ? '' : await newestSecret(db, application.id, environment.cipher),
        ...(hasM2mTokens ? { m2m_token: await tokenChoices(db, application) } : {}),
      },
    }
  },
})

const settings = {
  name: Type.Optional(
    Type.String({ description: 'Name of the application, 1 to 100 characters.', minLength: 1, maxLength: 100 }),
  ),
  language_key: Type.Optional(
    Type.String({
      description: 'Language of the sign-in pages, such as en or pt-BR; empty for the one of the environment.',
      maxLength: 35,
      pattern: '^[A-Za-z0-9_-]*$',
    }),
  ),
  login_uri: loginUri,
  homepage_uri: homepageUri,
  ...switches,
  is_access_control_enabled: Type.Optional(
    Type.Boolean({
      description:
        'Whether only people with certain roles may sign in. Such roles come first; not for applications of the type m2m.',
    }),
  ),
}

/** The members are columns of the same names. */
const settingNames = Object.keys(settings) as (keyof typeof settings)[]

export const updateApplication = operation({
  id: 'updateApplication',
  method: 'PATCH',
  path: '/api/v1/applications/{application_id}',
  scope: 'update:applications',
  tag: 'Applications',
  summary: 'Update an application',
  description: 'Changes the members that are sent and leaves the others as they are. A list replaces the one there is.',
  body: Type.Object({ ...settings, logout_uris: urlsMember('Logout'), redirect_uris: urlsMember('Redirect') }),
  example: {
    body: {
      name: 'Zoo shop',
      language_key: 'en',
      login_uri: 'https://zoo.example/login',
      homepage_uri: 'https://zoo.example',
      redirect_uris: ['https://zoo.example/back'],
      logout_uris: ['https://zoo.example/bye'],
    },
  },
  responses: { 200: null },
  handler: async ({ params, body, db, record }) => {
    const application = await holdApplication(db, params.application_id)
    requireSettings(body, application.type)
    if (body.is_access_control_enabled && !application.is_access_control_enabled) {
      await requireAccessRole(db, application.id)
    }
    const wanted = Object.fromEntries(settingNames.map((name) => [name, body[name]]))
    const change = await changeApplication(db, application, wanted)
    if (change !== undefined) record('application.updated', { application: { id: application.id } }, change)
    for (const [kind, urls] of [
      ['redirect', body.redirect_uris],
      ['logout', body.logout_uris],
    ] as const) {
      if (urls === undefined) continue
      const urlChange = await replaceUrls(db, application.id, { kind, urls, field: `${kind}_uris` })
      if (urlChange === undefined) continue
      record(`application.${kind}_urls_updated`, { application: { id: application.id }, ...urlChange })
    }
    return ok
  },
})

export const deleteApplication = operation({
  id: 'deleteApplication',
  method: 'DELETE',
  path: '/api/v1/applications/{application_id}',
  scope: 'delete:applications',
  tag: 'Applications',
  summary: 'Delete an application',
  description:
    'Removes the application with its secrets, URLs and authorizations. Here its tokens end at once; elsewhere they run out.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const application = await requireApplication(db, params.application_id)
    const reach = await removeApplication(db, application.id)
    record('application.deleted', { application: { id: application.id, name: application.name }, reach })
    return ok
  },
})

const lifetime = (what: string) =>
  Type.Optional(
    Type.Integer({
      description: `How long ${what} lasts, in seconds: 60 to 31536000 (a year).`,
      minimum: 60,
      maximum: 31_536_000,
    }),
  )

export const updateApplicationTokens = operation({
  id: 'updateApplicationTokens',
  method: 'PATCH',
  path: '/api/v1/applications/{application_id}/tokens',
  scope: 'update:application_tokens',
  tag: 'Applications',
  summary: 'Set how long the tokens of an application last',
  description:
    'Changes the members that are sent. A refresh token must outlast an access token. `m2m_token`, which Kinde has in ' +
    'its console alone, chooses what M2M tokens carry: feature flags in `feature_flags`, properties in ' +
    '`application_properties`, the scopes in `permissions`. A list takes the place of the one before.',
  body: Type.Object({
    access_token_lifetime: lifetime('an access token'),
    refresh_token_lifetime: lifetime('a refresh token'),
    id_token_lifetime: lifetime('an ID token'),
    authenticated_session_lifetime: lifetime('a session without activity'),
    is_hasura_mapping_enabled: Type.Optional(
      Type.Boolean({ description: 'Whether tokens carry the claims that Hasura reads.' }),
    ),
    m2m_token: Type.Optional(Type.Object(m2mTokenMembers)),
  }),
  bodyRequired: true,
  example: {
    body: {
      access_token_lifetime: 3600,
      refresh_token_lifetime: 86_400,
      id_token_lifetime: 3600,
      authenticated_session_lifetime: 86_400,
      is_hasura_mapping_enabled: false,
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const application = await holdApplication(db, params.application_id)
    const access = body.access_token_lifetime ?? application.access_token_lifetime_seconds
    const refresh = body.refresh_token_lifetime ?? application.refresh_token_lifetime_seconds
    if (refresh <= access) {
      throw invalid(
        body.refresh_token_lifetime === undefined ? 'access_token_lifetime' : 'refresh_token_lifetime',
        `A refresh token (${refresh} seconds) must last longer than an access token (${access} seconds). Set both.`,
        'INVALID_TOKEN_LIFETIME',
      )
    }
    const change = await changeApplication(db, application, {
      access_token_lifetime_seconds: body.access_token_lifetime,
      refresh_token_lifetime_seconds: body.refresh_token_lifetime,
      id_token_lifetime_seconds: body.id_token_lifetime,
      session_lifetime_seconds: body.authenticated_session_lifetime,
      is_hasura_mapping_enabled: body.is_hasura_mapping_enabled,
    })
    const choice = body.m2m_token && (await chooseForTokens(db, application, body.m2m_token))
    if (change !== undefined || choice !== undefined) {
      record(
        'application.tokens_updated',
        { application: { id: application.id } },
        {
          before: { ...change?.before, ...(choice && { m2m_token: choice.before }) },
          after: { ...change?.after, ...(choice && { m2m_token: choice.after }) },
        },
      )
    }
    return ok
  },
})

function requireName(name: string): void {
  if (name.trim() === '') throw invalid('name', 'The name of an application is more than white space.')
}

/** @throws {ApiError} 400 ORG_CODE_NOT_SUPPORTED for other types than m2m, ORGANIZATION_NOT_FOUND */
async function requireOrganization(db: Db, code: string, type: string): Promise<void> {
  if (type !== 'm2m') {
    const message = `Only an application of the type m2m can be held to an organization; ${type} was sent.`
    throw invalid('org_code', message, 'ORG_CODE_NOT_SUPPORTED')
  }
  const row = await db.selectFrom('organizations').select('code').where('code', '=', code).executeTakeFirst()
  if (row !== undefined) return
  throw invalid('org_code', `There is no organization with the code ${shown(code)}.`, 'ORGANIZATION_NOT_FOUND')
}

/** @throws {ApiError} 400 for a blank name, an address that is none, or access control of the type m2m */
function requireSettings(body: Static<ReturnType<typeof Type.Object<typeof settings>>>, type: string): void {
  if (body.name !== undefined) requireName(body.name)
  for (const field of ['login_uri', 'homepage_uri'] as const) {
    const fault = body[field] ? addressFault(body[field]) : undefined
    if (fault !== undefined) throw invalid(field, `The address ${shown(body[field]!)} ${fault}.`, 'INVALID_URL')
  }
  if (!body.is_access_control_enabled || type !== 'm2m') return
  throw new ApiError(
    400,
    'ACCESS_CONTROL_NOT_SUPPORTED',
    'Nobody signs in to an application of the type m2m, so it has no access control.',
    { field: 'is_access_control_enabled' },
  )
}

/** @throws {ApiError} 400 ACCESS_ROLES_REQUIRED */
async function requireAccessRole(db: Db, applicationId: string): Promise<void> {
  const role = await db
    .selectFrom('application_access_roles')
    .select('role_id')
    .where('application_id', '=', applicationId)
    .limit(1)
    .executeTakeFirst()
  if (role !== undefined) return
  throw new ApiError(
    400,
    'ACCESS_ROLES_REQUIRED',
    'Add at least one role that may sign in before access control is switched on: else nobody could.',
    { field: 'is_access_control_enabled' },
  )
}
