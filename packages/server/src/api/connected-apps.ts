import { Type } from '@sinclair/typebox'
import { beginSession, currentTokens, requireSession, revokeSession } from '../connected-app-sessions.ts'
import { invalid, shown } from '../errors.ts'
import { named, ok, operation, SuccessReply } from '../operation.ts'
import { requireConnectedApp, requireReturnUrl } from '../store/connected-apps.ts'
import type { Db } from '../store/tables.ts'
import { timestamp } from '../time.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))
const sessionId = Type.String({ description: 'Id of the session, as auth_url gave it.', maxLength: 128 })

export const getConnectedAppAuthUrl = operation({
  id: 'GetConnectedAppAuthUrl',
  method: 'GET',
  path: '/api/v1/connected_apps/auth_url',
  scope: 'read:connected_apps',
  tag: 'Connected Apps',
  summary: 'Get the address at which an app is authorized',
  description:
    'Begins a session with a connected app, for a user, an organization, or a user in an organization. Send the person ' +
    'to the address within an hour; they come back to the callback URL with `session_id`, and with `error` when it came ' +
    'to nothing.',
  organizationIn: { query: 'org_code' },
  query: Type.Object({
    key_code_ref: Type.String({ description: 'Reference of the connected app.', maxLength: 128 }),
    user_id: Type.Optional(Type.String({ description: 'The user for whom it is authorized.', maxLength: 128 })),
    org_code: Type.Optional(
      Type.String({ description: 'The organization for which it is authorized.', maxLength: 128 }),
    ),
    override_callback_url: Type.Optional(
      Type.String({
        description: "Where the person comes back to, in place of the app's own callback URL.",
        maxLength: 1024,
      }),
    ),
  }),
  example: { query: { key_code_ref: 'owls_elsewhere', user_id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18' } },
  responses: {
    200: named(
      'connected_apps_auth_url',
      Type.Object({
        url: text('The address at which somebody authorizes the app.'),
        session_id: text('Id of the session: by it the access token is fetched afterwards.'),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const app = await requireConnectedApp(db, query.key_code_ref)
    const userId = query.user_id || null
    const organizationCode = query.org_code || null
    const callbackUrl = query.override_callback_url || null
    await requireOwner(db, userId, organizationCode)
    if (callbackUrl !== null) requireReturnUrl('override_callback_url', callbackUrl)
    const begun = beginSession(app, { userId, organizationCode, callbackUrl }, environment)
    return { url: begun.url, session_id: begun.sessionId }
  },
})

/** @throws {ApiError} 400 USER_REQUIRED, USER_NOT_FOUND, ORGANIZATION_NOT_FOUND, USER_NOT_IN_ORGANIZATION */
async function requireOwner(db: Db, userId: string | null, organizationCode: string | null): Promise<void> {
  if (userId === null && organizationCode === null) {
    throw invalid('user_id', 'Say for whom the app is authorized: user_id or org_code.', 'USER_REQUIRED')
  }
  if (userId !== null) {
    const user = await db.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst()
    if (user === undefined) throw invalid('user_id', `There is no user with the id ${shown(userId)}.`, 'USER_NOT_FOUND')
  }
  if (organizationCode === null) return
  const organization = await db
    .selectFrom('organizations')
    .select('code')
    .where('code', '=', organizationCode)
    .executeTakeFirst()
  if (organization === undefined) {
    const message = `There is no organization with the code ${shown(organizationCode)}.`
    throw invalid('org_code', message, 'ORGANIZATION_NOT_FOUND')
  }
  if (userId === null) return
  const member = await db
    .selectFrom('organization_users')
    .select('user_id')
    .where('organization_code', '=', organizationCode)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (member === undefined) {
    const message = `The user ${userId} is not a member of the organization ${organizationCode}.`
    throw invalid('user_id', message, 'USER_NOT_IN_ORGANIZATION')
  }
}

export const getConnectedAppToken = operation({
  id: 'GetConnectedAppToken',
  method: 'GET',
  path: '/api/v1/connected_apps/token',
  scope: 'read:connected_apps',
  givesSecret: true,
  tag: 'Connected Apps',
  summary: 'Get an access token of a connected app',
  description:
    "An access token with which the provider's own API can be called. One that has expired, or is about to, is " +
    'replaced first; without `access_token_expiry`, the provider does not say how long it lasts.',
  organizationAware: true,
  callsOut: true,
  query: Type.Object({ session_id: sessionId }),
  responses: {
    200: named(
      'connected_apps_access_token',
      Type.Object({
        access_token: text("The provider's access token."),
        access_token_expiry: text('When it expires, RFC 3339.'),
      }),
    ),
  },
  handler: async ({ query, db, caller, environment, write }) => {
    const session = await requireSession(db, query.session_id, caller)
    const { accessToken, expiresAtMs } = await currentTokens(session, environment, write)
    return {
      access_token: accessToken,
      ...(expiresAtMs === null ? {} : { access_token_expiry: timestamp(expiresAtMs) }),
    }
  },
})

export const revokeConnectedAppToken = operation({
  id: 'RevokeConnectedAppToken',
  method: 'POST',
  path: '/api/v1/connected_apps/revoke',
  scope: 'create:connected_apps',
  tag: 'Connected Apps',
  summary: 'Revoke the tokens of a connected app',
  description:
    'Ends a session: its tokens at the provider, where it has an address for that, and then here. While the provider ' +
    'cannot be reached, or refuses, the session stays as it is.',
  organizationAware: true,
  callsOut: true,
  queryOrBody: true,
  query: Type.Object({ session_id: sessionId }),
  responses: { 200: SuccessReply },
  handler: async ({ query, db, caller, environment, write }) => {
    await revokeSession(await requireSession(db, query.session_id, caller), environment, write)
    return ok
  },
})
