import { type Static, Type } from '@sinclair/typebox'
import { callbackPath } from '../connected-app-sessions.ts'
import { invalid } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import {
  deleteSessionsOf,
  deleteConnectedApp as removeConnectedApp,
  requireConnectedApp,
  putConnectedApp as setUpConnectedApp,
} from '../store/connected-apps.ts'
import { dialectOf } from '../store/dialect.ts'
import type { ConnectedAppRow } from '../store/tables.ts'

const url = (description: string) => Type.String({ minLength: 1, maxLength: 2048, description })

const settings = {
  name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the app.' }),
  authorize_url: url('Where people authorize it; what its query holds stays in it.'),
  token_url: url('Where tokens are fetched.'),
  revoke_url: Type.Optional(Nullable(url('Where tokens are revoked (RFC 7009); null where there is no such address.'))),
  client_id: Type.String({ minLength: 1, maxLength: 512, description: 'The id that the provider has given to you.' }),
  client_authentication: Type.Optional(
    Choice(['post', 'basic'], { description: 'Where the secret is sent: in the body (when left out), or by Basic.' }),
  ),
  scopes: Type.Optional(
    Type.Array(Type.String({ maxLength: 256 }), { maxItems: 100, description: 'The scopes that are asked for.' }),
  ),
  callback_url: Type.Optional(Nullable(url('Where people come back to; null for a page of this server.'))),
}

const AppShape = named(
  'connected_app',
  Type.Object({
    key_code_ref: Type.String({ description: 'What callers of the API name it by.' }),
    ...settings,
    has_client_secret: Type.Boolean({ description: 'Whether a secret is kept. It is never shown.' }),
    redirect_uri: Type.String({ description: 'What the provider must know as the address to come back to.' }),
  }),
)

export const getConnectedApps = operation({
  id: 'getConnectedApps',
  method: 'GET',
  path: '/admin/api/connected_apps',
  scope: 'read:environments',
  role: 'read_only',
  tag: 'Connected apps',
  summary: 'List connected apps',
  description: 'The providers of OAuth 2.0 that are set up, in the order of their making, without their secrets.',
  responses: { 200: named('connected_apps_response', Success({ connected_apps: Type.Array(AppShape) })) },
  handler: async ({ db, environment: { baseUrl } }) => {
    const rows = await db.selectFrom('connected_apps').selectAll().orderBy('seq').execute()
    return { ...ok, connected_apps: rows.map((row) => shownApp(row, baseUrl)) }
  },
})

export const putConnectedApp = operation({
  id: 'putConnectedApp',
  method: 'PUT',
  path: '/admin/api/connected_apps/{key_code_ref}',
  scope: 'update:environments',
  role: 'administrator',
  tag: 'Connected apps',
  summary: 'Set up a connected app',
  description:
    'Makes the app, or puts these settings in the place of its own. A secret that is left out stays; it must be sent ' +
    'again when tokens are fetched or revoked at another host, where the sessions that there are end.',
  body: Type.Object({
    ...settings,
    client_secret: Type.Optional(
      Nullable(
        Type.String({ minLength: 1, maxLength: 4096, description: 'The secret that goes with it; null for none.' }),
      ),
    ),
  }),
  bodyRequired: true,
  responses: { 200: named('connected_app_response', Success({ connected_app: AppShape })) },
  handler: async ({ params, body, db, now, environment, record }) => {
    const before = await db
      .selectFrom('connected_apps')
      .selectAll()
      .where('key_code_ref', '=', params.key_code_ref)
      .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
      .executeTakeFirst()
    const isElsewhere = before !== undefined && !originsOf(body).isSubsetOf(originsOf(before))
    if (isElsewhere && before.client_secret_sealed !== null && body.client_secret === undefined) {
      // Whoever may change an address is not to learn by it a secret that was given for another one.
      const message = 'The secret is for another host: send client_secret along with the new addresses.'
      throw invalid('client_secret', message, 'CLIENT_SECRET_REQUIRED')
    }
    await setUpConnectedApp(
      db,
      {
        keyCodeRef: params.key_code_ref,
        name: body.name,
        authorizeUrl: body.authorize_url,
        tokenUrl: body.token_url,
        revokeUrl: body.revoke_url ?? null,
        clientId: body.client_id,
        ...(body.client_secret === undefined ? {} : { clientSecret: body.client_secret }),
        clientAuthentication: body.client_authentication ?? 'post',
        scopes: body.scopes ?? [],
        callbackUrl: body.callback_url ?? null,
      },
      { ...environment, now },
    )
    const { baseUrl } = environment
    const sessions = isElsewhere ? await deleteSessionsOf(db, before.id) : 0
    const after = await requireConnectedApp(db, params.key_code_ref)
    const app = shownApp(after, baseUrl)
    const data = { connected_app: { key_code_ref: after.key_code_ref, name: after.name } }
    if (before === undefined) record('connected_app.created', data)
    else if (differs(before, after) || body.client_secret !== undefined) {
      const reach = sessions === 0 ? {} : { reach: { sessions } }
      record('connected_app.updated', { ...data, ...reach }, { before: shownApp(before, baseUrl), after: app })
    }
    return { ...ok, connected_app: app }
  },
})

export const deleteConnectedApp = operation({
  id: 'deleteConnectedApp',
  method: 'DELETE',
  path: '/admin/api/connected_apps/{key_code_ref}',
  scope: 'update:environments',
  role: 'administrator',
  tag: 'Connected apps',
  summary: 'Delete a connected app',
  description: 'Removes the app and ends its sessions here. Tokens that the provider has given run out there.',
  responses: { 200: named('delete_connected_app_response', Success({})) },
  handler: async ({ params, db, record }) => {
    const { id, key_code_ref, name } = await requireConnectedApp(db, params.key_code_ref)
    const reach = await removeConnectedApp(db, id)
    record('connected_app.deleted', { connected_app: { key_code_ref, name }, reach })
    return ok
  },
})

/** Where the secret and the tokens of an app are sent. */
function originsOf({ token_url, revoke_url }: { token_url: string; revoke_url?: string | null }): Set<string> {
  const addresses = [token_url, revoke_url ?? '']
  return new Set(addresses.filter((address) => URL.canParse(address)).map((address) => new URL(address).origin))
}

function differs(before: ConnectedAppRow, after: ConnectedAppRow): boolean {
  const { client_secret_sealed: _before, ...one } = before
  const { client_secret_sealed: _after, ...other } = after
  return JSON.stringify(one) !== JSON.stringify(other)
}

function shownApp(row: ConnectedAppRow, baseUrl: string): Static<typeof AppShape> {
  return {
    key_code_ref: row.key_code_ref,
    name: row.name,
    authorize_url: row.authorize_url,
    token_url: row.token_url,
    revoke_url: row.revoke_url,
    client_id: row.client_id,
    client_authentication: row.client_authentication === 'basic' ? 'basic' : 'post',
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    callback_url: row.callback_url,
    has_client_secret: row.client_secret_sealed !== null,
    redirect_uri: `${baseUrl}${callbackPath}`,
  }
}
