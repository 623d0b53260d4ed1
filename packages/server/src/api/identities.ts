import { Type } from '@sinclair/typebox'
import { invalid } from '../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import type { IdentityRow, UserRow } from '../store/tables.ts'
import {
  holdIdentity,
  makePrimary,
  organizationsOf,
  removeIdentity,
  requireIdentity,
  requireUser,
  userEventData,
} from '../store/users.ts'
import { timestamp } from '../time.ts'

const identityMembers = {
  id: Type.Optional(Type.String({ description: 'Id of the identity.' })),
  type: Type.Optional(
    Type.String({ description: 'email, phone, username, or the strategy of the connection, such as oauth2:google.' }),
  ),
  is_confirmed: Type.Optional(Type.Boolean({ description: 'Whether it is known to be theirs.' })),
  created_on: Type.Optional(Type.String({ description: 'When it was added, RFC 3339.' })),
  last_login_on: Type.Optional(
    Type.String({ description: 'Last sign-in with it, RFC 3339; left out before the first one.' }),
  ),
  total_logins: Type.Optional(Type.Integer({ description: 'How often it was used to sign in.' })),
  name: Type.Optional(Type.String({ description: 'The address, number (E.164), username or id itself.' })),
  email: Type.Optional(Type.String({ description: 'The address, of identities of the type email.' })),
  connection_id: Type.Optional(
    Nullable(Type.String({ description: 'The social or enterprise connection that it belongs to, if any.' })),
  ),
  is_primary: Type.Optional(Nullable(Type.Boolean({ description: 'Whether it is the primary one of its type.' }))),
}

/** An identity as the API shows it. */
export const Identity = named('identity', Type.Object(identityMembers))

export function identityReply(row: IdentityRow) {
  return {
    id: row.id,
    type: row.type,
    is_confirmed: row.is_confirmed,
    created_on: timestamp(row.created_at_ms),
    last_login_on: row.last_login_at_ms === null ? undefined : timestamp(row.last_login_at_ms),
    total_logins: row.total_logins,
    name: row.value,
    email: row.type === 'email' ? row.value : undefined,
    connection_id: row.connection_id || null,
    is_primary: row.is_primary,
  }
}

export const getIdentity = operation({
  id: 'GetIdentity',
  method: 'GET',
  path: '/api/v1/identities/{identity_id}',
  scope: 'read:identities',
  tag: 'Identities',
  summary: 'Get an identity',
  description:
    'One identity, by id. Its members stand in the reply itself, and once more under `identity`, where other replies ' +
    'have them.',
  responses: { 200: Success({ ...identityMembers, identity: Type.Optional(Identity) }) },
  handler: async ({ params, db }) => {
    const identity = identityReply(await requireIdentity(db, params.identity_id))
    return { ...ok, ...identity, identity }
  },
})

export const updateIdentity = operation({
  id: 'UpdateIdentity',
  method: 'PATCH',
  path: '/api/v1/identities/{identity_id}',
  scope: 'update:identities',
  tag: 'Identities',
  summary: 'Update an identity',
  description:
    'Makes an identity the primary one of its type; the one that was primary before no longer is. The value cannot be ' +
    'changed: add a new identity and delete the old one.',
  body: Type.Object({
    is_primary: Type.Optional(
      Type.Boolean({ description: 'True makes it the primary one. To end that, make another one primary.' }),
    ),
  }),
  bodyRequired: true,
  example: { body: { is_primary: true } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const identity = await holdIdentity(db, params.identity_id)
    if (body.is_primary === undefined || body.is_primary === identity.is_primary) return ok
    if (!body.is_primary) {
      throw invalid(
        'is_primary',
        'One identity of each type is the primary one. Make another one primary instead.',
        'PRIMARY_IDENTITY_REQUIRED',
      )
    }
    const before = await requireUser(db, identity.user_id)
    const user = await makePrimary(db, identity)
    const data = userEventData(user, await organizationsOf(db, user.id))
    record('user.updated', data, { before, after: primaryValues(user) })
    return ok
  },
})

export const deleteIdentity = operation({
  id: 'DeleteIdentity',
  method: 'DELETE',
  path: '/api/v1/identities/{identity_id}',
  scope: 'delete:identities',
  tag: 'Identities',
  summary: 'Delete an identity',
  description:
    'Takes an identity from its user; another user may have it then. When it was the primary one, the oldest other of ' +
    'its type becomes it. The last one can be deleted, too.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const identity = await holdIdentity(db, params.identity_id)
    const before = await requireUser(db, identity.user_id)
    const user = await removeIdentity(db, identity)
    const data = userEventData(user, await organizationsOf(db, user.id))
    record('user.updated', data, { before, after: primaryValues(user) })
    return ok
  },
})

/** What a user has from its primary identities. */
export function primaryValues({ email, phone, username }: UserRow): Pick<UserRow, 'email' | 'phone' | 'username'> {
  return { email, phone, username }
}
