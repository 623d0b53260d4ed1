import type { Kindred, UsersListItem } from '@kindred/sdk'
import { eachOf } from '../each-of.ts'
import { csvRow } from './csv.ts'
import type { Format } from './rows.ts'

// Runs in the console's page too: nothing of Node may be imported here.

const columns = [
  ...['email', 'email_verified', 'id', 'first_name', 'last_name', 'username', 'phone', 'phone_verified', 'picture'],
  ...['roles', 'permissions', 'external_organization_id'],
]
const pageSize = 100
const detailsAtOnce = 8

/** The first line of a file of users: CSV has one. */
export function headOf(format: Format): string {
  return format === 'csv' ? csvRow(columns) : ''
}

/** The users of one page, as text that goes to the end of the file. */
export interface ExportedPage {
  text: string
  /** how many users that is */
  count: number
  /** where the next page begins; undefined after the last */
  cursor: string | undefined
}

/**
 * Every user in the form that Kinde imports, a page at a time; the next page is asked for when it is wanted.
 * @param options `isFull` adds what takes requests for each user: which identities are verified, property values, roles
 *   and permissions; `from` is the cursor at which an earlier run ended
 */
export async function* exportedPages(
  kindred: Kindred,
  { format, isFull, from }: { format: Format; isFull: boolean; from?: string | undefined },
): AsyncGenerator<ExportedPage> {
  const organizations = await externalIds(kindred)
  const list = kindred.users.list({ page_size: pageSize, expand: 'organizations,identities' })
  for await (const { items, cursor } of (from === undefined ? list : list.from(from)).pages()) {
    const users = await eachOf(items, detailsAtOnce, (item) =>
      isFull ? fullUser(kindred, item, organizations) : plainUser(item, organizations),
    )
    const text = users.map((user) => (format === 'csv' ? csvOf(user) : `${JSON.stringify(user)}\n`)).join('')
    yield { text, count: users.length, cursor }
  }
}

/** A user in the form that Kinde imports, one a line. */
interface ExportedUser {
  id: string | undefined
  first_name: string | undefined
  last_name: string | undefined
  picture: string | undefined
  is_suspended: boolean | undefined
  identities: { type: string; identity: string; is_verified?: boolean }[]
  properties?: { key: string; value: string }[]
  organizations: { external_id: string; roles?: string[]; permissions?: string[] }[]
}

/** The id of the own system; where there is none, Kinde's. */
async function plainUser(item: UsersListItem, organizations: Map<string, string>): Promise<ExportedUser> {
  return {
    ...{ id: item.provided_id || item.id, first_name: item.first_name, last_name: item.last_name },
    ...{ picture: item.picture, is_suspended: item.is_suspended },
    identities: (item.identities ?? []).map(({ type, identity }) => ({ type: type!, identity: identity! })),
    organizations: (item.organizations ?? []).map((code) => ({ external_id: organizations.get(code) ?? code })),
  }
}

async function fullUser(
  kindred: Kindred,
  item: UsersListItem,
  organizations: Map<string, string>,
): Promise<ExportedUser> {
  const userId = item.id!
  const [identities, properties] = await Promise.all([
    kindred.users.identities.list({ user_id: userId }).all(),
    kindred.users.properties.list({ user_id: userId }).all(),
  ])
  const members: ExportedUser['organizations'] = []
  for (const code of item.organizations ?? []) {
    const place = { org_code: code, user_id: userId }
    const [roles, permissions] = await Promise.all([
      kindred.organizations.users.roles.list(place).all(),
      kindred.organizations.users.permissions.list({ ...place, expand: 'roles' }).all(),
    ])
    members.push({
      external_id: organizations.get(code) ?? code,
      roles: roles.map(({ key }) => key!),
      // Those that come with a role come with it again.
      permissions: permissions.filter((each) => (each.roles ?? []).length === 0).map(({ key }) => key!),
    })
  }
  return {
    ...(await plainUser(item, organizations)),
    identities: identities.map(({ type, name, email, is_confirmed: isVerified }) => ({
      ...{ type: type!, identity: name ?? email ?? '' },
      ...(isVerified === undefined ? {} : { is_verified: isVerified }),
    })),
    properties: properties.flatMap(({ key, value }) =>
      value === null || value === undefined ? [] : [{ key: key!, value }],
    ),
    organizations: members,
  }
}

/** Kinde's CSV has a line for each organization, since roles differ between them. */
function csvOf(user: ExportedUser): string {
  const first = (type: string) => user.identities.find((each) => each.type === type)
  const verified = (type: string) =>
    first(type)?.is_verified === undefined ? '' : String(first(type)!.is_verified).toUpperCase()
  const line = ({ external_id, roles = [], permissions = [] }: Partial<ExportedUser['organizations'][number]>) =>
    csvRow([
      ...[
        first('email')?.identity ?? '',
        verified('email'),
        user.id ?? '',
        user.first_name ?? '',
        user.last_name ?? '',
      ],
      ...[first('username')?.identity ?? '', first('phone')?.identity ?? '', verified('phone'), user.picture ?? ''],
      ...[roles.join(','), permissions.join(','), external_id ?? ''],
    ])
  return (user.organizations.length === 0 ? [{}] : user.organizations).map(line).join('')
}

async function externalIds(kindred: Kindred): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for await (const { code, external_id: externalId } of kindred.organizations.list())
    ids.set(code!, externalId || code!)
  return ids
}
