import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export interface User {
  id: string
  provided_id: string | null
  preferred_email: string | null
  phone: string | null
  username: string | null
  first_name: string | null
  last_name: string | null
  picture: string | null
  is_suspended: boolean
  total_sign_ins: number | null
  failed_sign_ins: number | null
  last_signed_in: string | null
  created_on: string | null
  organizations?: string[]
}

/** What a person is called, as far as that is known. */
export function nameOf(user: {
  id: string
  first_name?: string | null
  last_name?: string | null
  email?: string | null
  preferred_email?: string | null
  username?: string | null
}): string {
  const name = [user.first_name, user.last_name].filter(Boolean).join(' ')
  return name || user.email || user.preferred_email || user.username || user.id
}

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['user', id],
    queryFn: () => call<User>('GET /api/v1/user', { query: { id, expand: 'organizations' } }),
  })

export interface OrganizationName {
  code: string
  name: string
}

/** Up to 500 organizations by name: for choosing one, and for naming those that only a code stands for. */
export const organizationNamesQuery = queryOptions({
  queryKey: ['organizations', 'names'],
  queryFn: async () => {
    const { organizations } = await call<{ organizations?: OrganizationName[] }>('GET /api/v1/organizations', {
      query: { page_size: 500, sort: 'name_asc' },
    })
    return organizations ?? []
  },
})

export interface MemberScope {
  id: string
  key: string
  api_id: string
  api_name: string
}

/** The API scopes of a member of an organization. */
export const memberScopesQuery = (code: string, userId: string) =>
  queryOptions({
    queryKey: ['membership', userId, code, 'scopes'],
    queryFn: () =>
      call<{ direct: MemberScope[]; by_role: MemberScope[] }>(
        `GET /admin/api/organizations/${code}/users/${userId}/api_scopes`,
      ),
  })
