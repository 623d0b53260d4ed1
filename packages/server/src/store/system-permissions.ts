import { nameSort } from './dialect.ts'
import { largestTokenPage, type PageTokens, pageSize } from './page.ts'

/** What a member may do in the self-serve portal of an organization. */
export interface SystemPermission {
  id: string
  key: string
  name: string
  description: string
}

/** All of them. The ids stand in the database, beside roles: they never change. */
export const systemPermissions: readonly SystemPermission[] = [
  {
    id: 'perm_019b76daa800a7325ad248660e12d8c0',
    key: 'org:read:profile',
    name: 'Read profile',
    description: 'See the name and the details of the organization',
  },
  {
    id: 'perm_019b76daa8003b56d2fb0aa7056ebfd0',
    key: 'org:write:profile',
    name: 'Write profile',
    description: 'Change the name and the details of the organization',
  },
  {
    id: 'perm_019b76daa800714c295cafe08edd3f61',
    key: 'org:read:billing',
    name: 'Read billing',
    description: 'See plan, invoices and payment method',
  },
  {
    id: 'perm_019b76daa8005f2282e29f02dad53515',
    key: 'org:write:billing',
    name: 'Write billing',
    description: 'Choose the plan and change the payment method',
  },
  {
    id: 'perm_019b76daa8002d9d8c71ba49f83df94e',
    key: 'org:read:members',
    name: 'Read members',
    description: 'See who belongs to the organization, and with which roles',
  },
  {
    id: 'perm_019b76daa800657828059eee5da01859',
    key: 'org:write:members',
    name: 'Write members',
    description: 'Invite and remove members, and change their roles',
  },
  {
    id: 'perm_019b76daa800f284e9ca0466a2e8c3bd',
    key: 'org:read:authentication',
    name: 'Read authentication',
    description: 'See how members sign in',
  },
  {
    id: 'perm_019b76daa8008691e40cdcef5d48921e',
    key: 'org:write:authentication',
    name: 'Write authentication',
    description: 'Change how members sign in',
  },
  {
    id: 'perm_019b76daa8004bea758a1a32ce47c056',
    key: 'org:read:api_keys',
    name: 'Read API keys',
    description: 'See which API keys the organization has',
  },
  {
    id: 'perm_019b76daa80011849f1f237f33413656',
    key: 'org:write:api_keys',
    name: 'Write API keys',
    description: 'Make and revoke API keys of the organization',
  },
]

const sortValues: Record<string, (permission: SystemPermission) => string> = {
  name: ({ name }) => nameSort(name),
  id: ({ id }) => id,
}

/** Every system permission in the order of a sort: `name_asc`, `name_desc`, `id_asc`, `id_desc`, or '' for the list's. */
function sorted(sort: string): readonly SystemPermission[] {
  const [member, direction] = sort.split('_')
  const value = sortValues[member!]
  if (value === undefined) return systemPermissions
  const ascending = systemPermissions.toSorted((left, right) => (value(left) < value(right) ? -1 : 1))
  return direction === 'desc' ? ascending.reverse() : ascending
}

/**
 * One page of system permissions, as `tokenPage` gives them of a table.
 * @param options `list` names the list; `isListed` tells which of them it holds
 * @throws {ApiError} 400 INVALID_NEXT_TOKEN; see `pageSize`
 */
export function systemPermissionPage(
  query: { page_size?: number | null; next_token?: string | null; sort?: string | null },
  options: { list: string; tokens: PageTokens; isListed: (permission: SystemPermission) => boolean },
): { rows: SystemPermission[]; nextToken: string | undefined } {
  const { list, tokens, isListed } = options
  const size = pageSize(query.page_size, largestTokenPage)
  const given = query.next_token ? tokens.read(list, query.next_token) : undefined
  const sort = given?.sort ?? query.sort ?? ''
  const all = sorted(sort)
  // The place is the one among all of them: the token holds although another one is taken from the list meanwhile.
  const rest = all.slice(given?.after.seq ?? 0).filter(isListed)
  if (rest.length <= size) return { rows: rest, nextToken: undefined }
  const rows = rest.slice(0, size)
  return { rows, nextToken: tokens.write(list, sort, { seq: all.indexOf(rows.at(-1)!) + 1 }) }
}
