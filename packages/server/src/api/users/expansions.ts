import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { oneOf } from '../../store/one-of.ts'
import type { Db } from '../../store/tables.ts'

/** What lists of users add when `expand` names it. */
export type Expansion = 'organizations' | 'identities' | 'billing' | 'properties' | 'api_scopes'

/** What `expand` names, in the order of `possible`; other words say nothing. */
export function wantedExpansions(
  expand: string | null | undefined,
  possible: readonly Expansion[],
): readonly Expansion[] {
  const words = wordsOf(expand)
  return words.length === 0 ? [] : possible.filter((expansion) => words.includes(expansion))
}

/** The words of a parameter, separated by commas. */
export function wordsOf(list: string | null | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/**
 * Documents of users, with what `expand` names: organizations, identities, billing. An application of one organization
 * does not see what users have of other ones.
 */
export async function completeDocuments(
  db: Db,
  documents: string[],
  expand: string | null | undefined,
  scope: ExpansionScope,
): Promise<string[]> {
  const wanted = wantedExpansions(expand, ['organizations', 'identities', 'billing'])
  if (documents.length === 0 || (wanted.length === 0 && scope.orgCode === null)) return documents
  const users = documents.map((document) => JSON.parse(document) as UserDocument)
  const ids = users.map(({ id }) => id)
  const additions = await expandUsers(db, ids, wanted, scope)
  return users.map((user, index) => {
    if (scope.orgCode !== null && user.last_organization_sign_ins) {
      user.last_organization_sign_ins = user.last_organization_sign_ins.filter(
        (signIn) => signIn.org_code === scope.orgCode,
      )
    }
    return JSON.stringify({ ...user, ...additions[index] })
  })
}

/** What is read of a document. */
interface UserDocument {
  id: string
  last_organization_sign_ins?: { org_code: string }[] | null
}

/**
 * What users have beside themselves, by the names of the API.
 * @param userIds as many as a page has at most
 * @returns one object for each id, in their order
 */
export async function expandUsers(
  db: Db,
  userIds: readonly string[],
  wanted: readonly Expansion[],
  scope: ExpansionScope,
): Promise<Record<string, unknown>[]> {
  const additions = userIds.map(() => ({}) as Record<string, unknown>)
  for (const expansion of wanted) {
    const read = await readers[expansion](db, userIds, scope)
    for (const [index, id] of userIds.entries()) additions[index]![expansion] = read(id)
  }
  return additions
}

interface ExpansionScope {
  /** Only what concerns this organization; null: all. */
  orgCode: string | null
  /** Identities say to which connection they belong. */
  withConnections?: boolean
}

/** Reads one expansion of some users. @returns what a user has of it; undefined leaves the member out */
type Reader = (db: Db, userIds: readonly string[], scope: ExpansionScope) => Promise<(userId: string) => unknown>

const readers: Record<Expansion, Reader> = {
  async organizations(db, userIds, { orgCode }) {
    const rows = await db
      .selectFrom('organization_users')
      .select(['user_id', 'organization_code'])
      .where(oneOf(db, 'user_id', userIds))
      .where(inOrganization('organization_code', orgCode))
      .orderBy('joined_at_ms')
      .orderBy('organization_code')
      .execute()
    const byUser = Map.groupBy(rows, (row) => row.user_id)
    return (id) => (byUser.get(id) ?? []).map((row) => row.organization_code)
  },

  async identities(db, userIds, { withConnections }) {
    const rows = await db
      .selectFrom('identities')
      .select(['user_id', 'type', 'value', 'connection_id'])
      .where(oneOf(db, 'user_id', userIds))
      .orderBy('seq')
      .execute()
    const byUser = Map.groupBy(rows, (row) => row.user_id)
    return (id) =>
      (byUser.get(id) ?? []).map(({ type, value, connection_id: connection }) => ({
        type,
        identity: value,
        ...(withConnections ? { connection_id: connection || null } : {}),
      }))
  },

  async billing(db, userIds) {
    const rows = await db
      .selectFrom('billing_customers')
      .select(['user_id', 'id'])
      .where(oneOf(db, 'user_id', userIds))
      .execute()
    const customers = new Map(rows.map((row) => [row.user_id, { customer_id: row.id }]))
    return (id) => customers.get(id)
  },

  async properties(db, userIds) {
    const rows = await db
      .selectFrom('property_values')
      .innerJoin('properties', 'properties.id', 'property_values.property_id')
      .select(['owner_id', 'key', 'value'])
      .where(oneOf(db, 'owner_id', userIds))
      .orderBy('properties.seq')
      .execute()
    const byUser = Map.groupBy(rows, (row) => row.owner_id)
    return (id) => Object.fromEntries((byUser.get(id) ?? []).map(({ key, value }) => [key, value]))
  },

  async api_scopes(db, userIds, { orgCode }) {
    const whose = sql`${oneOf(db, 'user_id', userIds)} and ${inOrganization('organization_code', orgCode)}`
    // A scope that a member has in several ways is one scope.
    const { rows } = await sql<{ user_id: string; organization_code: string; key: string; api_id: string }>`
      select user_id, organization_code, api_scopes.key, api_scopes.api_id
      from (
        select user_id, organization_code, scope_id from user_api_scopes where ${whose}
        union
        select user_id, organization_code, scope_id from organization_user_roles
          join role_scopes on role_scopes.role_id = organization_user_roles.role_id where ${whose}
      ) as held join api_scopes on api_scopes.id = held.scope_id
      order by organization_code, api_scopes.seq`.execute(db)
    const byUser = Map.groupBy(rows, (row) => row.user_id)
    return (id) =>
      (byUser.get(id) ?? []).map(({ organization_code: code, key, api_id: api }) => ({
        org_code: code,
        scope: key,
        api_id: api,
      }))
  },
}

function inOrganization(column: string, orgCode: string | null): Expression<SqlBool> {
  const any: RawBuilder<boolean> = sql<boolean>`1 = 1`
  return orgCode === null ? any : sql<boolean>`${sql.ref(column)} = ${orgCode}`
}
