import { Type } from '@sinclair/typebox'
import type { Caller } from '../../auth.ts'
import { type ApiError, invalid, notFound } from '../../errors.ts'
import { Choice, JsonText, Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { emailValue, phoneValue, usernameValue } from '../../store/identity-values.ts'
import { largestTokenPage, pageSize, tokenPage, tokenPageParameters } from '../../store/page.ts'
import { statement } from '../../store/statement.ts'
import type { Db } from '../../store/tables.ts'
import {
  createUser as addUser,
  updateUser as changeUser,
  type NewIdentity,
  organizationsOf,
  deleteUser as removeUser,
  requireUser,
  singleUserDocument,
  type UserChanges,
  userEventData,
} from '../../store/users.ts'

const longestName = 256
const longestUrl = 2048
const mostIdentities = 20

const profileMembers = {
  id: Type.Optional(Type.String({ description: 'Id of the user.' })),
  provided_id: Type.Optional(Type.String({ description: 'The id that your own system has for the user.' })),
  phone: Type.Optional(Type.String({ description: 'Primary phone number, E.164.' })),
  username: Type.Optional(Type.String({ description: 'Primary username.' })),
  last_name: Type.Optional(Type.String({ description: 'Family name.' })),
  first_name: Type.Optional(Type.String({ description: 'Given name.' })),
  is_suspended: Type.Optional(Type.Boolean({ description: 'Whether the user is kept from signing in.' })),
  picture: Type.Optional(Type.String({ description: "URL of the user's picture." })),
  total_sign_ins: Type.Optional(Nullable(Type.Integer({ description: 'How often the user has signed in.' }))),
  failed_sign_ins: Type.Optional(
    Nullable(Type.Integer({ description: 'Failed attempts since the last sign-in that succeeded.' })),
  ),
  last_signed_in: Type.Optional(
    Nullable(Type.String({ description: 'Last sign-in, RFC 3339; null before the first one.' })),
  ),
  created_on: Type.Optional(Nullable(Type.String({ description: 'When the user was made, RFC 3339.' }))),
  organizations: Type.Optional(
    Type.Array(Type.String(), { description: 'Codes of the organizations that the user belongs to.' }),
  ),
}
const billing = Type.Optional(
  Type.Object({ customer_id: Type.Optional(Type.String({ description: 'Id of the billing customer.' })) }),
)
const identityType = Type.Optional(Type.String({ description: 'Type of the identity, such as email.' }))
const identityValue = Type.Optional(Type.String({ description: 'The address, number or name itself.' }))
const expand = Type.Optional(
  Nullable(Type.String({ description: 'What to add, separated by commas: organizations, identities, billing.' })),
)
const commaSeparated = (what: string) =>
  Type.Optional(Nullable(Type.String({ description: `Only users with one of these ${what}, separated by commas.` })))

const listUsers = statement<[after: number, limit: number], { seq: number; document: string }>(
  () => 'select seq, document from users where seq > ? order by seq limit ?',
)

export const getUsers = operation({
  id: 'getUsers',
  method: 'GET',
  path: '/api/v1/users',
  scope: 'read:users',
  tag: 'Users',
  summary: 'List users',
  description: 'Users in the order in which they were made, a page at a time. Filters narrow each other.',
  organizationAware: true,
  query: Type.Object({
    ...tokenPageParameters,
    user_id: commaSeparated('ids'),
    email: commaSeparated('e-mail addresses'),
    username: commaSeparated('usernames'),
    phone: commaSeparated('phone numbers'),
    expand,
    has_organization: Type.Optional(
      Nullable(Type.Boolean({ description: 'Only users with at least one organization, or only those without.' })),
    ),
    active_since: Type.Optional(
      Nullable(
        Type.String({
          format: 'date-time',
          description: 'Only users who signed in at or after this moment, ISO 8601.',
        }),
      ),
    ),
  }),
  responses: {
    200: named(
      'users_response',
      Success({
        users: Type.Optional(
          Type.Array(
            Type.Object({
              ...profileMembers,
              email: Type.Optional(Type.String({ description: 'Primary e-mail address.' })),
              last_organization_sign_ins: Type.Optional(
                Nullable(
                  Type.Array(
                    Type.Object({
                      org_code: Type.Optional(Type.String({ description: 'Code of the organization.' })),
                      last_signed_in: Type.Optional(
                        Type.String({ format: 'date-time', description: 'Last sign-in to it, RFC 3339.' }),
                      ),
                    }),
                  ),
                ),
              ),
              identities: Type.Optional(
                Type.Array(
                  Type.Object({
                    type: identityType,
                    identity: identityValue,
                    connection_id: Type.Optional(
                      Nullable(Type.String({ description: 'The social or enterprise connection it came from.' })),
                    ),
                  }),
                ),
              ),
              billing,
            }),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, caller, environment }) => {
    const { pageTokens } = environment
    const filtered =
      caller.orgCode !== null ||
      [query.user_id, query.email, query.username, query.phone, query.has_organization, query.active_since].some(
        (filter) => filter !== undefined && filter !== null && filter !== '',
      )
    let rows: { seq: number; document: string }[]
    let nextToken: string | undefined
    if (filtered) {
      const page = await tokenPage(filterUsers(db, query, caller), query, {
        list: 'users',
        tokens: pageTokens,
        table: 'users',
        sorts: {},
      })
      rows = page.rows
      nextToken = page.nextToken
    } else {
      const size = pageSize(query.page_size, largestTokenPage)
      const after = query.next_token ? pageTokens.read('users', query.next_token).after.seq : 0
      rows = await listUsers(db, after, size + 1)
      if (rows.length > size) {
        rows.pop()
        nextToken = pageTokens.write('users', '', { seq: rows[size - 1]!.seq })
      }
    }
    const documents = await expandDocuments(
      db,
      rows.map((row) => row.document),
      query.expand,
      true,
    )
    const next = nextToken === undefined ? '' : `,"next_token":"${nextToken}"`
    return new JsonText(`{"code":"OK","message":"Success","users":[${documents.join(',')}]${next}}`)
  },
})

function filterUsers(
  db: Db,
  query: {
    user_id?: string | null
    email?: string | null
    username?: string | null
    phone?: string | null
    has_organization?: boolean | null
    active_since?: string | null
  },
  caller: Caller,
) {
  let users = db.selectFrom('users').select(['users.seq', 'users.document'])
  const ids = words(query.user_id)
  if (ids.length > 0) users = users.where('users.id', 'in', ids)
  const identities = [
    ['email', words(query.email).map((value) => value.toLowerCase())],
    ['username', words(query.username).map((value) => value.toLowerCase())],
    ['phone', words(query.phone).map((value) => value.replaceAll(/[\s()-]/g, ''))],
  ] as const
  for (const [type, keys] of identities) {
    if (keys.length === 0) continue
    users = users.where('users.id', 'in', (select) =>
      select.selectFrom('identities').select('user_id').where('type', '=', type).where('value_key', 'in', keys),
    )
  }
  if (query.has_organization !== undefined && query.has_organization !== null) {
    const wanted = query.has_organization
    users = users.where(({ exists, not, selectFrom }) => {
      const member = exists(
        selectFrom('organization_users')
          .select('organization_code')
          .whereRef('organization_users.user_id', '=', 'users.id'),
      )
      return wanted ? member : not(member)
    })
  }
  if (query.active_since) users = users.where('users.last_signed_in_at_ms', '>=', moment(query.active_since))
  if (caller.orgCode !== null) {
    // An application of one organization sees its members only.
    const { orgCode } = caller
    users = users.where('users.id', 'in', (select) =>
      select.selectFrom('organization_users').select('user_id').where('organization_code', '=', orgCode),
    )
  }
  return users
}

/** The words of a filter, separated by commas. */
function words(list: string | null | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** @returns milliseconds since the epoch */
function moment(text: string): number {
  // A plus that was not encoded arrives as a space.
  const ms = Date.parse(text.replace(/ (?=\d\d:?\d\d$)/, '+'))
  if (Number.isNaN(ms)) throw invalid('active_since', 'active_since must be a date and time in ISO 8601.')
  return ms
}

/** Adds what `expand` asks for to documents of users. */
async function expandDocuments(
  db: Db,
  documents: string[],
  asked: string | null | undefined,
  withConnections: boolean,
): Promise<string[]> {
  const wanted = words(asked)
  if (documents.length === 0 || !(wanted.includes('organizations') || wanted.includes('identities'))) return documents
  const ids = documents.map((document) => (JSON.parse(document) as { id: string }).id)
  const additions = ids.map(() => ({}) as Record<string, unknown>)
  if (wanted.includes('organizations')) {
    const rows = await db
      .selectFrom('organization_users')
      .select(['user_id', 'organization_code'])
      .where('user_id', 'in', ids)
      .orderBy('joined_at_ms')
      .orderBy('organization_code')
      .execute()
    const byUser = Map.groupBy(rows, (row) => row.user_id)
    for (const [index, id] of ids.entries()) {
      additions[index]!.organizations = (byUser.get(id) ?? []).map((row) => row.organization_code)
    }
  }
  if (wanted.includes('identities')) {
    const rows = await db
      .selectFrom('identities')
      .select(['user_id', 'type', 'value', 'connection_id'])
      .where('user_id', 'in', ids)
      .orderBy('seq')
      .execute()
    const byUser = Map.groupBy(rows, (row) => row.user_id)
    for (const [index, id] of ids.entries()) {
      additions[index]!.identities = (byUser.get(id) ?? []).map(({ type, value, connection_id: connection }) => ({
        type,
        identity: value,
        ...(withConnections ? { connection_id: connection || null } : {}),
      }))
    }
  }
  return documents.map((document, index) => `${document.slice(0, -1)},${JSON.stringify(additions[index]).slice(1)}`)
}

const findDocument = statement<[id: string], { document: string }>(() => 'select document from users where id = ?')

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
  responses: {
    200: named(
      'user',
      Type.Object({
        ...profileMembers,
        preferred_email: Type.Optional(Type.String({ description: 'Primary e-mail address.' })),
        identities: Type.Optional(Type.Array(Type.Object({ type: identityType, identity: identityValue }))),
        billing,
      }),
    ),
  },
  handler: async ({ query, db, caller }) => {
    if (caller.orgCode !== null) await requireMember(db, query.id, caller.orgCode)
    const [row] = await findDocument(db, query.id)
    if (row === undefined) throw notFound('user', query.id)
    const [document] = await expandDocuments(db, [singleUserDocument(row.document)], query.expand, false)
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
      Type.Object({
        given_name: Type.Optional(Nullable(Type.String({ maxLength: longestName, description: 'Given name.' }))),
        family_name: Type.Optional(Nullable(Type.String({ maxLength: longestName, description: 'Family name.' }))),
        picture: Type.Optional(Nullable(Type.String({ maxLength: longestUrl, description: 'URL of a picture.' }))),
      }),
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
        : await phoneValue(given, details.phone_country_id, field)
  return { ...value, type, isConfirmed: identity.is_verified ?? false, connectionId: '' }
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
    const before = await requireUser(db, query.id)
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
    if (changed.length > 0) record('user.updated', userEventData(user, await organizationsOf(db, user.id)))
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
      Type.Boolean({ description: 'True also removes the person from the list of subscribers.' }),
    ),
  }),
  responses: { 200: SuccessReply },
  handler: async ({ query, db, record }) => {
    const { id } = await requireUser(db, query.id)
    const reach = await removeUser(db, id)
    record('user.deleted', { user: { id }, reach })
    return ok
  },
})
