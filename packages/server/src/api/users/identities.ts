import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../../operation.ts'
import {
  emailValue,
  externalValue,
  type IdentityValue,
  isEnterprise,
  isSocial,
  phoneValue,
  usernameValue,
} from '../../store/identity-values.ts'
import { cursorPage, pageSizeParameter } from '../../store/page.ts'
import type { Db } from '../../store/tables.ts'
import { addIdentity, organizationsOf, requireUser, userEventData } from '../../store/users.ts'
import { Identity, identityReply, primaryValues } from '../identities.ts'

export const getUserIdentities = operation({
  id: 'GetUserIdentities',
  method: 'GET',
  path: '/api/v1/users/{user_id}/identities',
  scope: 'read:user_identities',
  tag: 'Users',
  summary: "List a user's identities",
  description: 'What a user can be recognised by, in the order in which it was added.',
  query: Type.Object({
    page_size: pageSizeParameter,
    starting_after: Type.Optional(
      Nullable(Type.String({ description: 'Id of an identity: the page begins after it.' })),
    ),
    ending_before: Type.Optional(Nullable(Type.String({ description: 'Id of an identity: the page ends before it.' }))),
  }),
  responses: {
    200: named(
      'get_identities_response',
      Success({
        identities: Type.Optional(Type.Array(Identity)),
        has_more: Type.Optional(Type.Boolean({ description: 'Whether there are more in the direction of reading.' })),
      }),
    ),
  },
  handler: async ({ params, query, db }) => {
    const { id } = await requireUser(db, params.user_id)
    const identities = db.selectFrom('identities').selectAll().where('user_id', '=', id)
    const { rows, hasMore } = await cursorPage(identities, query, {
      table: 'identities',
      seqOf: async (cursor) => (await identities.where('id', '=', cursor).executeTakeFirst())?.seq,
    })
    return { ...ok, identities: rows.map(identityReply), has_more: hasMore }
  },
})

const identityTypes = ['email', 'username', 'phone', 'enterprise', 'social'] as const

export const createUserIdentity = operation({
  id: 'CreateUserIdentity',
  method: 'POST',
  path: '/api/v1/users/{user_id}/identities',
  scope: 'create:user_identities',
  tag: 'Users',
  summary: "Add to a user's identities",
  description:
    'Gives a user one more address, number, name or account elsewhere. The first of its type is the primary one. A ' +
    'user with an enterprise identity has no other one.',
  body: Type.Object({
    type: Type.Optional(Choice(identityTypes, { description: 'Type of the identity. Needed.' })),
    value: Type.Optional(
      Type.String({ description: 'The address, number or username; the id that the connection has. Needed.' }),
    ),
    phone_country_id: Type.Optional(
      Nullable(Type.String({ description: 'For the type phone: the country of a national number, such as gb.' })),
    ),
    connection_id: Type.Optional(
      Nullable(Type.String({ description: 'For the types social and enterprise: the connection. Needed for them.' })),
    ),
  }),
  example: { body: { type: 'email', value: 'olivia@zoo.example' } },
  responses: {
    201: named(
      'create_identity_response',
      Success({
        identity: Type.Optional(
          Type.Object({ id: Type.Optional(Type.String({ description: 'Id of the new identity.' })) }),
        ),
      }),
    ),
  },
  handler: async ({ params, body, db, now, environment, record }) => {
    const { type, value } = body
    if (type === undefined) throw invalid('type', 'The member type is missing.', 'TYPE_REQUIRED')
    if (!value) throw invalid('value', 'The member value is missing.', 'VALUE_REQUIRED')
    const identity =
      type === 'social' || type === 'enterprise'
        ? await accountElsewhere(db, type, value, body.connection_id)
        : { type, connectionId: '', ...(await address(type, value, body.phone_country_id)) }
    const before = await requireUser(db, params.user_id)
    const { id, user } = await addIdentity(
      db,
      params.user_id,
      { ...identity, isConfirmed: false, field: 'value' },
      { ids: environment.ids, now },
    )
    const data = userEventData(user, await organizationsOf(db, user.id))
    record('user.updated', data, { before, after: primaryValues(user) })
    return { ...ok, identity: { id } }
  },
})

async function address(
  type: 'email' | 'username' | 'phone',
  value: string,
  countryId: string | null | undefined,
): Promise<IdentityValue> {
  if (type === 'email') return emailValue(value, 'value')
  if (type === 'username') return usernameValue(value, 'value')
  return phoneValue(value, countryId || undefined, 'value')
}

/** An account with a social or enterprise provider: its type is the strategy of the connection. */
async function accountElsewhere(
  db: Db,
  type: 'social' | 'enterprise',
  value: string,
  connectionId: string | null | undefined,
) {
  if (!connectionId) {
    throw invalid(
      'connection_id',
      `The member connection_id is missing: an identity of the type ${type} needs it.`,
      'CONNECTION_ID_REQUIRED',
    )
  }
  const connection = await db
    .selectFrom('connections')
    .select('strategy')
    .where('id', '=', connectionId)
    .executeTakeFirst()
  if (connection === undefined) {
    throw invalid('connection_id', `There is no connection with the id ${shown(connectionId)}.`, 'CONNECTION_NOT_FOUND')
  }
  const { strategy } = connection
  if (!(type === 'social' ? isSocial(strategy) : isEnterprise(strategy))) {
    throw invalid('type', `The connection has the strategy ${strategy}, which is not ${type}.`, 'INVALID_CONNECTION')
  }
  return { type: strategy, connectionId, ...externalValue(value, 'value') }
}
