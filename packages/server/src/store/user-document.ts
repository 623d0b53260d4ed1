import { sql } from 'kysely'
import { timestamp } from '../time.ts'
import { dialectOf } from './dialect.ts'
import { oneOf } from './one-of.ts'
import { fullName } from './subscribers.ts'
import type { Db, UserRow } from './tables.ts'
import { searchText } from './user-search.ts'

/** The users who have signed in to an organization, held until the transaction ends, in an order that all keep. */
export async function usersSignedInTo(db: Db, organizationCode: string): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('id', 'in', (select) =>
      select
        .selectFrom('organization_users')
        .select('user_id')
        .where('organization_code', '=', organizationCode)
        .where('last_signed_in_at_ms', 'is not', null),
    )
    .orderBy('id')
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .execute()
  return rows.map(({ id }) => id)
}

/** How many users are rendered at a time. */
const renderedAtOnce = 1000

/**
 * To be called once an organization is gone to which these users, held by {@link usersSignedInTo}, have signed in: lists
 * do not show that any more, and claims that were made from it are not used for another token.
 */
export async function afterSignInsAreGone(db: Db, userIds: readonly string[], now: number): Promise<void> {
  for (let from = 0; from < userIds.length; from += renderedAtOnce) {
    const ids = userIds.slice(from, from + renderedAtOnce)
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where(oneOf(db, 'id', ids))
      .execute()
    const signIns = await organizationSignIns(db, ids)
    const documents = rows.map((row) => [row.id, userDocument(row, signIns.get(row.id) ?? [])])
    const list = JSON.stringify(documents)
    const rendered =
      dialectOf(db) === 'sqlite'
        ? sql`select value ->> 0 as id, value ->> 1 as document from json_each(${list})`
        : sql`select value ->> 0 as id, value ->> 1 as document from json_array_elements(${list}::text::json) as value`
    await sql`update users set document = rendered.document, claims_refreshed_at_ms = ${now}
      from (${rendered}) as rendered where users.id = rendered.id`.execute(db)
  }
}

export function userSearchText(
  { first_name: first, last_name: last }: Pick<UserRow, 'first_name' | 'last_name'>,
  identities: readonly { type: string; value: string }[],
): string {
  return searchText([fullName(first, last), first ? last : null, ...identities.map(({ value }) => value)])
}

/** When users have signed in to their organizations, by the user's id. */
export async function organizationSignIns(db: Db, userIds: readonly string[]) {
  const rows = await db
    .selectFrom('organization_users')
    .select(['user_id', 'organization_code', 'last_signed_in_at_ms'])
    .where(oneOf(db, 'user_id', userIds))
    .where('last_signed_in_at_ms', 'is not', null)
    .orderBy('organization_code')
    .execute()
  const signIns = new Map<string, { org_code: string; last_signed_in: string }[]>()
  for (const { user_id: userId, organization_code: code, last_signed_in_at_ms: ms } of rows) {
    const signIn = { org_code: code, last_signed_in: timestamp(ms!) }
    signIns.set(userId, [...(signIns.get(userId) ?? []), signIn])
  }
  return signIns
}

/**
 * The user as lists show it. Rendered when it changes and not when it is read: a page is then the joining of texts,
 * five times cheaper than making it from columns. Members that Kinde's document does not let be null are left out
 * when they have no value.
 */
export function userDocument(
  row: Omit<UserRow, 'seq' | 'name_sort' | 'email_sort'>,
  signIns: { org_code: string; last_signed_in: string }[] | null,
): string {
  return JSON.stringify({
    id: row.id,
    email: row.email ?? undefined,
    provided_id: row.provided_id ?? undefined,
    phone: row.phone ?? undefined,
    username: row.username ?? undefined,
    last_name: row.last_name ?? undefined,
    first_name: row.first_name ?? undefined,
    is_suspended: row.is_suspended,
    picture: row.picture ?? undefined,
    total_sign_ins: row.total_sign_ins,
    failed_sign_ins: row.failed_sign_ins,
    last_signed_in: row.last_signed_in_at_ms === null ? null : timestamp(row.last_signed_in_at_ms),
    created_on: timestamp(row.created_at_ms),
    last_organization_sign_ins: signIns,
  })
}

/**
 * The document of a user as `GET /api/v1/user` shows it: there the address is called `preferred_email`, and sign-ins to
 * organizations are left out.
 */
export function singleUserDocument(document: string): string {
  // They are the last member; inside a value the quotes would be escaped.
  const withoutSignIns = `${document.slice(0, document.lastIndexOf(',"last_organization_sign_ins":'))}}`
  // The first place with these characters is the member itself: only the id stands before it.
  return withoutSignIns.replace('"email":', '"preferred_email":')
}
