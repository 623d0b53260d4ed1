import { Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../errors.ts'
import { named, ok, operation, Success } from '../operation.ts'
import { requireApi } from '../store/apis.ts'
import { requireApplication } from '../store/applications.ts'
import { Moment, moment } from './shapes.ts'

/** Types of application that ask with their own credentials. */
const types = new Set(['m2m', 'reg'])
const anything = (description: string) => Type.Object({}, { description, additionalProperties: true })

export const createTestToken = operation({
  id: 'createTestToken',
  method: 'POST',
  path: '/admin/api/applications/{application_id}/test_token',
  // Not for applications: with it one could act as any other.
  scope: null,
  role: 'administrator',
  // Signing takes its turn with other tokens: no transaction waits for it.
  callsOut: true,
  tag: 'Applications',
  summary: 'Get a test token',
  description: 'A token as the application itself would get it for an API, and what stands in it.',
  body: Type.Object({
    api_id: Type.String({ description: 'Id of the API, for which the application is authorized.' }),
    scopes: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        description: 'Scopes to ask for; every one that is enabled when it is left out or empty.',
        maxItems: 500,
      }),
    ),
  }),
  bodyRequired: true,
  responses: {
    200: named(
      'test_token_response',
      Success({
        access_token: Type.String({ description: 'The token.' }),
        token_type: Type.String({ description: '`bearer`.' }),
        expires_in: Type.Integer({ description: 'Seconds that it lives.' }),
        expires_at: Moment('When it expires.'),
        audience: Type.String({ description: 'The API that it is for.' }),
        scopes: Type.Array(Type.String(), { description: 'The scopes that it carries.' }),
        header: anything('Its JOSE header.'),
        claims: anything('Its claims.'),
      }),
    ),
  },
  handler: async ({ params, body, db, environment, write }) => {
    const application = await requireApplication(db, params.application_id)
    const api = await requireApi(db, body.api_id)
    const client = await environment.clients.find(application.id)
    if (client === undefined || !types.has(client.type)) {
      throw new ApiError(
        400,
        'APPLICATION_TYPE_INVALID',
        `An application of the type ${application.type} gets no token by itself: use one of the type m2m.`,
      )
    }
    if (client.isSuspended) {
      throw new ApiError(
        400,
        'ORGANIZATION_SUSPENDED',
        'The organization of the application is suspended: it gets no tokens.',
      )
    }
    const grant = client.grants.get(api.audience)
    if (grant === undefined) {
      throw invalid(
        'api_id',
        'The application is not authorized for this API: authorize it under APIs first.',
        'API_NOT_AUTHORIZED',
      )
    }
    const requested = [...new Set(body.scopes ?? [])]
    const refused = requested.find((scope) => !grant.scopes.includes(scope))
    if (refused !== undefined) {
      throw invalid('scopes', `The scope ${shown(refused)} is not enabled for the application.`, 'SCOPE_NOT_ENABLED')
    }
    const granted = requested.length === 0 ? grant.scopes : requested
    const chosen = client.hasChosenClaims ? await environment.chosenClaims.of(client) : undefined
    const content = { audience: [api.audience], granted, requested, chosen }
    const token = await environment.accessTokens.issue(client, content)
    const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    const data = { application: { id: application.id }, api: { id: api.id }, scopes: granted, jti: claims.jti }
    await write(async (_db, record) => record('application.test_token_issued', data))
    return {
      ...ok,
      access_token: token,
      token_type: 'bearer',
      expires_in: claims.exp - claims.iat,
      expires_at: moment(claims.exp * 1000),
      audience: api.audience,
      scopes: [...granted],
      header,
      claims,
    }
  },
})
