import { Type } from '@sinclair/typebox'
import { type ApiError, invalid, notFound } from '../../errors.ts'
import { Choice, JsonText, Nullable, named, ok, operation, SuccessReply } from '../../operation.ts'
import { emailValue, phoneValue, usernameValue } from '../../store/identity-values.ts'
import { largestTokenPage, pageSize, tokenPageParameters } from '../../store/page.ts'
import { statement } from '../../store/statement.ts'
import type { Db } from '../../store/tables.ts'
import { singleUserDocument } from '../../store/user-document.ts'
import { findUsers } from '../../store/user-search.ts'
import {
  createUser as addUser,
  updateUser as changeUser,
  holdUser,
  type NewIdentity,
  organizationsOf,
  deleteUser as removeUser,
  type UserChanges,
  userEventData,
} from '../../store/users.ts'
import { completeDocuments } from './expansions.ts'
import { conditionsOf, filterParameters } from './filters.ts'
import { UserListReply, UserReply } from './replies.ts'

const longestName = 256
const longestUrl = 2048
const mostIdentities = 20

const expand = Type.Optional(
  Nullable(Type.String({ description: 'What to add, separated by commas: organizations, identities, billing.' })),
)

/** Joined in the database: a page is then one value to be fetched, whatever its size. Nulls when it is empty. */
const readPage = statement<
  [after: number, limit: number],
  [documents: string | null, last: number | null, hasMore: boolean | number]
>((dialect) => {
  // The rows come in their order, which PostgreSQL wants to be told; telling it to SQLite would have them sorted again.
  const order = dialect === 'postgres' ? ' order by seq' : ''
  return `select documents, last, exists (select 1 from users where seq > last) from (
    select string_agg(document, ','${order}) as documents, max(seq) as last from (
      select seq, document from users where seq > ? order by seq limit ?) as page) as joined`
})

export const getUsers = operation({
  id: 'getUsers',
  method: 'GET',
  path: '/api/v1/users',
  scope: 'read:users',
  tag: 'Users',
  summary: 'List users',
  description: 'Users in the order in which they were made, a page at a time. Filters narrow each other.',
  organizationAware: true,
  query: Type.Object({ ...tokenPageParameters, ...filterParameters, expand }),
  responses: { 200: UserListReply },
  handler: async ({ query, db, caller, environment }) => {
    const { pageTokens } = environment
    const size = pageSize(query.page_size, largestTokenPage)
    const from = query.next_token ? pageTokens.read('users', query.next_token).after.seq : 0
    const conditions = conditionsOf(db, query, caller.orgCode)
    const page = (documents: string, last: number | null) => {
      const next = last === null ? '' : `,"next_token":"${pageTokens.write('users', '', { seq: last })}"`
      return new JsonText(`{"code":"OK","message":"Success","users":[${documents}]${next}}`)
    }
    if (conditions.length === 0 && !query.expand) {
      const [row] = await readPage(db, from, size)
      const [documents, last, hasMore] = row!
      return page(documents ?? '', hasMore ? last : null)
    }
    // One more than is shown tells whether there is a next page.
    const rows = await findUsers(db, conditions, null, { from, backwards: false, limit: size + 1 })
    const shown = rows.slice(0, size)
    const context = { orgCode: caller.orgCode, withConnections: true }
    const documents = await completeDocuments(
      db,
      shown.map(({ document }) => document),
      query.expand,
      context,
    )
    return page(documents.join(','), rows.length > size ? shown.at(-1)!.seq : null)
  },
})

const findDocument = statement<[id: string], [document: string]>(() => 'select document from users where id = ?')

export const getUser = operation({
  id: 'getUserData',
  method: 'GET',
  path: '/api/v1/user',
  scope: 'read:users',
  tag: 'Users',
  summary: 'Get a user',
  description: 'One user, by id. The reply is the user itself, without code and message.',
  organizationAware: true,
  query: Type.Object({ id: Type.String({ description: 'Id of the user.' }), expand }),
  example: { query: { id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18' } },
  responses: { 200: UserReply },
  handler: async ({ query, db, caller }) => {
    if (caller.orgCode !== null) await requireMember(db, query.id, caller.orgCode)
    const [row] = await findDocument(db, query.id)
    if (row === undefined) throw notFound('user', query.id)
    const [document] = await completeDocuments(db, [singleUserDocument(row[0])], query.expand, {
      orgCode: caller.orgCode,
    })
    return new JsonText(document!)
  },
})

/** Whoever is not of the organization is, to its application, not there. @throws {ApiError} 404 USER_NOT_FOUND */
async function requireMember(db: Db, userId: string, orgCode: string): Promise<void> {
  const member = await db
    .selectFrom('organization_users')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('organization_code', '=', orgCode)
    .executeTakeFirst()
  if (member === undefined) throw notFound('user', userId)
}

export const createUser = operation({
  id: 'createUser',
  method: 'POST',
  path: '/api/v1/user',
  scope: 'create:users',
  tag: 'Users',
  summary: 'Create a user',
  description:
    'Makes a user with any number of identities, as a member of the named organization or else of the default one. ' +
    'An address in `profile` makes no identity.',
  body: Type.Object({
    profile: Type.Optional(
      Type.Object(
        {
          given_name: Type.Optional(Nullable(Type.String({ maxLength: longestName, description: 'Given name.' }))),
          family_name: Type.Optional(Nullable(Type.String({ maxLength: longestName, description: 'Family name.' }))),
          picture: Type.Optional(Nullable(Type.String({ maxLength: longestUrl, description: 'URL of a picture.' }))),
        },
        { description: 'Names and picture.' },
      ),
    ),
    organization_code: Type.Optional(
      Nullable(Type.String({ description: 'Code of the organization that the user joins.' })),
    ),
    provided_id: Type.Optional(
      Nullable(Type.String({ maxLength: longestName, description: 'The id that your own system has for the user.' })),
    ),
    identities: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.Optional(Choice(['email', 'phone', 'username'], { description: 'Type of the identity.' })),
          is_verified: Type.Optional(
            Nullable(Type.Boolean({ description: 'Whether the address or number is known to be theirs.' })),
          ),
          details: Type.Optional(
            Type.Object({
              email: Type.Optional(Type.String({ description: 'For the type email: the address.' })),
              phone: Type.Optional(Type.String({ description: 'For the type phone: the number.' })),
              phone_country_id: Type.Optional(
                Type.String({ description: 'For the type phone: the country of a national number, such as gb.' }),
              ),
              username: Type.Optional(Type.String({ description: 'For the type username: the name.' })),
            }),
          ),
        }),
        { maxItems: mostIdentities, description: 'How the user can be recognised.' },
      ),
    ),
  }),
  example: {
    body: {
      profile: { given_name: 'Olivia', family_name: 'Owl', picture: 'https://zoo.example/olivia.png' },
      organization_code: 'org_1767f11ce62',
      provided_id: 'olivia_7',
      identities: [
        { type: 'email', is_verified: true, details: { email: 'olivia@zoo.example' } },
        { type: 'phone', is_verified: false, details: { phone: '+441632960123', phone_country_id: 'gb' } },
        { type: 'username', details: { username: 'olivia' } },
      ],
    },
  },
  responses: {
    200: named(
      'create_user_response',
      Type.Object({
        id: Type.Optional(Type.String({ description: 'Id of the new user.' })),
        created: Type.Optional(Type.Boolean({ description: 'Always true.' })),
        identities: Type.Optional(
          Type.Array(
            named(
              'user_identity',
              Type.Object({
                type: Type.Optional(Type.String({ description: 'Type of the identity.' })),
                result: Type.Optional(
                  Type.Object({ created: Type.Optional(Type.Boolean({ description: 'Always true.' })) }),
                ),
              }),
            ),
          ),
        ),
      }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const identities: NewIdentity[] = []
    for (const [index, identity] of (body.identities ?? []).entries()) {
      identities.push(await newIdentity(identity, `identities.${index}`))
    }
    const user = {
      firstName: body.profile?.given_name ?? null,
      lastName: body.profile?.family_name ?? null,
      picture: body.profile?.picture ?? null,
      providedId: body.provided_id ?? null,
      identities,
      organizationCode: body.organization_code || null,
    }
    const { row, organizations } = await addUser(db, user, { ids: environment.ids, now })
    record('user.created', userEventData(row, organizations))
    return {
      id: row.id,
      created: true,
      identities: identities.map(({ type }) => ({ type, result: { created: true } })),
    }
  },
})

async function newIdentity(
  identity: {
    type?: 'email' | 'phone' | 'username'
    is_verified?: boolean | null
    details?: { email?: string; phone?: string; phone_country_id?: string; username?: string }
  },
  place: string,
): Promise<NewIdentity> {
  const { type, details = {} } = identity
  if (type === undefined) throw missing('type', place)
  const given = details[type]
  if (given === undefined || given === '') throw missing(type, `${place}.details`)
  const field = `${place}.details.${type}`
  const value =
    type === 'email'
      ? emailValue(given, field)
      : type === 'username'
        ? usernameValue(given, field)
        : await phoneValue(given, details.phone_country_id || undefined, field)
  return { ...value, type, isConfirmed: identity.is_verified ?? false, connectionId: '', field }
}

function missing(name: string, place: string): ApiError {
  return invalid(`${place}.${name}`, `The member ${place}.${name} is missing.`, `${name.toUpperCase()}_REQUIRED`)
}

export const updateUser = operation({
  id: 'updateUser',
  method: 'PATCH',
  path: '/api/v1/user',
  scope: 'update:users',
  tag: 'Users',
  summary: 'Update a user',
  description: 'Changes the members that are sent; the others stay as they are.',
  query: Type.Object({ id: Type.String({ description: 'Id of the user.' }) }),
  body: Type.Object({
    given_name: Type.Optional(Nullable(Type.String({ maxLength: longestName, description: 'Given name.' }))),
    family_name: Type.Optional(Nullable(Type.String({ maxLength: longestName, description: 'Family name.' }))),
    picture: Type.Optional(Nullable(Type.String({ maxLength: longestUrl, description: 'URL of a picture.' }))),
    is_suspended: Type.Optional(Type.Boolean({ description: 'True keeps the user from signing in.' })),
    is_password_reset_requested: Type.Optional(
      Type.Boolean({ description: 'True asks for a new password at the next sign-in.' }),
    ),
    provided_id: Type.Optional(
      Nullable(Type.String({ maxLength: longestName, description: 'The id that your own system has for the user.' })),
    ),
  }),
  bodyRequired: true,
  example: {
    query: { id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18' },
    body: { given_name: 'Olive', family_name: 'Owl', picture: 'https://zoo.example/olive.png' },
  },
  responses: {
    200: named(
      'update_user_response',
      Type.Object({
        id: Type.Optional(Type.String({ description: 'Id of the user.' })),
        given_name: Type.Optional(Type.String({ description: 'Given name.' })),
        family_name: Type.Optional(Type.String({ description: 'Family name.' })),
        email: Type.Optional(Type.String({ description: 'Primary e-mail address.' })),
        is_suspended: Type.Optional(Type.Boolean({ description: 'Whether the user is kept from signing in.' })),
        is_password_reset_requested: Type.Optional(
          Type.Boolean({ description: 'Whether a new password is asked for at the next sign-in.' }),
        ),
        picture: Type.Optional(Nullable(Type.String({ description: 'URL of the picture.' }))),
      }),
    ),
  },
  handler: async ({ query, body, db, record }) => {
    const before = await holdUser(db, query.id)
    const asked: UserChanges = {
      first_name: body.given_name,
      last_name: body.family_name,
      picture: body.picture,
      is_suspended: body.is_suspended,
      is_password_reset_requested: body.is_password_reset_requested,
      provided_id: body.provided_id,
    }
    const changed = Object.entries(asked).filter(
      ([column, value]) => value !== undefined && value !== before[column as keyof UserChanges],
    )
    const user = changed.length === 0 ? before : await changeUser(db, before.id, Object.fromEntries(changed))
    if (changed.length > 0) {
      const data = userEventData(user, await organizationsOf(db, user.id))
      record('user.updated', data, { before, after: asked })
    }
    return {
      id: user.id,
      given_name: user.first_name ?? undefined,
      family_name: user.last_name ?? undefined,
      email: user.email ?? undefined,
      is_suspended: user.is_suspended,
      is_password_reset_requested: user.is_password_reset_requested,
      picture: user.picture,
    }
  },
})

export const deleteUser = operation({
  id: 'deleteUser',
  method: 'DELETE',
  path: '/api/v1/user',
  scope: 'delete:users',
  tag: 'Users',
  summary: 'Delete a user',
  description: 'Removes the user with its identities, memberships, password and property values.',
  query: Type.Object({
    id: Type.String({ description: 'Id of the user.' }),
    is_delete_profile: Type.Optional(
      Type.Boolean({ description: "True also takes the user's e-mail addresses from the list of subscribers." }),
    ),
  }),
  example: { query: { id: 'kp_019bc1b3d4a0f3a1c85e7d2b904f6c18', is_delete_profile: true } },
  responses: { 200: SuccessReply },
  handler: async ({ query, db, record }) => {
    const { id } = await holdUser(db, query.id)
    const reach = await removeUser(db, id, { withSubscription: query.is_delete_profile ?? false })
    record('user.deleted', { user: { id }, reach })
    return ok
  },
})
