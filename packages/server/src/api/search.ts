import { Type } from '@sinclair/typebox'
import { Nullable, ok, operation } from '../operation.ts'
import { oneOf } from '../store/one-of.ts'
import { type CursorQuery, cursorPosition, largestCursorPage, pageSize, pageSizeParameter } from '../store/page.ts'
import type { Db } from '../store/tables.ts'
import { memberOf, type UserCondition, withApiScope, withProperty } from '../store/user-conditions.ts'
import { findUsers } from '../store/user-search.ts'
import { completeSearchIndex } from '../store/user-search-index.ts'
import { expandUsers, wantedExpansions, wordsOf } from './users/expansions.ts'
import { SearchReply } from './users/replies.ts'

export const searchUsers = operation({
  id: 'searchUsers',
  method: 'GET',
  path: '/api/v1/search/users',
  scope: 'read:users',
  tag: 'Search',
  summary: 'Search users',
  description:
    'Users by name, address, property or API scope, in the order in which they were made. The last page is the one ' +
    'with fewer users than `page_size`.',
  organizationAware: true,
  query: Type.Object({
    page_size: pageSizeParameter,
    query: Type.Optional(
      Nullable(
        Type.String({
          description:
            'Part of a name or address, without regard to case; fewer than three characters find beginnings only. ' +
            '`*`, or nothing, means every user.',
        }),
      ),
    ),
    api_scopes: Type.Optional(
      Nullable(
        Type.String({
          description: 'Only users with one of these API scopes, of their own or by a role; by key, with commas.',
        }),
      ),
    ),
    properties: Type.Optional(
      Type.Unsafe<Record<string, string | string[]>>(
        Type.Object(
          {},
          {
            additionalProperties: Type.Union([Type.Array(Type.String()), Type.String()]),
            description:
              'Only users with these values: `properties[key]=value`. Several values, separated by commas, mean any ' +
              'of them; several keys mean all of them.',
          },
        ),
      ),
    ),
    starting_after: Type.Optional(Nullable(Type.String({ description: 'Id of a user: the page begins after it.' }))),
    ending_before: Type.Optional(Nullable(Type.String({ description: 'Id of a user: the page ends before it.' }))),
    expand: Type.Optional(
      Nullable(
        Type.String({
          description: 'What to add, separated by commas: organizations, identities, properties, api_scopes.',
        }),
      ),
    ),
  }),
  responses: { 200: SearchReply },
  handler: async ({ query, db, caller: { orgCode }, environment }) => {
    const size = pageSize(query.page_size, largestCursorPage)
    const { words, properties } = readQuery(query)
    const conditions = await conditionsOf(db, { properties, apiScopes: query.api_scopes, orgCode })
    const { seq, backwards } = await cursorPosition(query as CursorQuery, (id) => seqOf(db, id, orgCode))
    if (conditions === undefined) return { ...ok, results: [] }
    const stretch = { from: seq ?? 0, backwards, limit: size }
    if (words !== null) await completeSearchIndex(environment.store)
    const rows = await findUsers(db, conditions, words, stretch)
    const users = rows.map(({ document }) => JSON.parse(document) as FoundDocument)
    if (backwards) users.reverse()
    const additions = await expandUsers(
      db,
      users.map(({ id }) => id),
      wantedExpansions(query.expand, ['organizations', 'identities', 'properties', 'api_scopes']),
      { orgCode },
    )
    return { ...ok, results: users.map((user, index) => ({ ...result(user), ...additions[index] })) }
  },
})

/** The words that are searched for, null for none, and the values that properties must have, by key. */
function readQuery(query: { query?: string | null; properties?: Record<string, string | string[]> }) {
  const text = query.query?.trim() ?? ''
  const given = Object.entries(query.properties ?? {})
  // Kinde's documentation once had `query=properties[key]=value`, and programs were written after it.
  const [, key, value] = /^properties\[([^\]]+)\]=(.*)$/s.exec(text) ?? []
  if (key !== undefined) given.push([key, value!])
  const properties = given
    .map(([name, values]) => ({ key: name, values: [values].flat().flatMap((one) => wordsOf(one)) }))
    .filter(({ values }) => values.length > 0)
  return { words: key !== undefined || text === '' || text === '*' ? null : text, properties }
}

/** What users must meet to be found; undefined when nobody can. */
async function conditionsOf(
  db: Db,
  wanted: {
    properties: { key: string; values: string[] }[]
    apiScopes: string | null | undefined
    orgCode: string | null
  },
): Promise<UserCondition[] | undefined> {
  const { properties, orgCode } = wanted
  const conditions: UserCondition[] = []
  for (const { key, values } of properties) {
    const property = await db
      .selectFrom('properties')
      .select('id')
      .where('key', '=', key)
      .where('context', '=', 'usr')
      .executeTakeFirst()
    if (property === undefined) return undefined
    conditions.push(withProperty(db, property.id, values))
  }
  const keys = wordsOf(wanted.apiScopes)
  if (keys.length > 0) {
    const scopes = await db
      .selectFrom('api_scopes')
      .select('id')
      .where(oneOf(db, 'key', keys))
      .execute()
    if (scopes.length === 0) return undefined
    conditions.push(
      withApiScope(
        db,
        scopes.map(({ id }) => id),
        orgCode,
      ),
    )
  }
  if (orgCode !== null) conditions.push(memberOf(orgCode))
  return conditions
}

/** Where a user stands in the list of those that the caller may see. */
async function seqOf(db: Db, id: string, orgCode: string | null): Promise<number | undefined> {
  let user = db.selectFrom('users').select('seq').where('id', '=', id)
  if (orgCode !== null) user = user.where(memberOf(orgCode).holds)
  return (await user.executeTakeFirst())?.seq
}

/** A user's document, as far as it is shown. */
interface FoundDocument {
  id: string
  provided_id?: string
  email?: string
  username?: string
  last_name?: string
  first_name?: string
  is_suspended: boolean
  picture?: string
  total_sign_ins: number
  failed_sign_ins: number
  last_signed_in: string | null
  created_on: string
}

function result(user: FoundDocument) {
  return {
    id: user.id,
    provided_id: user.provided_id ?? null,
    email: user.email ?? null,
    username: user.username ?? null,
    last_name: user.last_name ?? '',
    first_name: user.first_name ?? '',
    is_suspended: user.is_suspended,
    picture: user.picture ?? null,
    total_sign_ins: user.total_sign_ins,
    failed_sign_ins: user.failed_sign_ins,
    last_signed_in: user.last_signed_in,
    created_on: user.created_on,
  }
}
