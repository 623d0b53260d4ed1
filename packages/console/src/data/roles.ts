import { queryOptions } from '@tanstack/react-query'
import { everything } from './everything.ts'

export interface Role {
  id: string
  key: string
  name: string
  description: string | null
  is_default_role: boolean
}

export interface Permission {
  id: string
  key: string
  name: string
  description: string | null
}

export const rolesQuery = queryOptions({
  queryKey: ['roles', 'all'],
  queryFn: () => everything<Role>('/api/v1/roles', 'roles', { sort: 'name_asc' }),
})

export const permissionsQuery = queryOptions({
  queryKey: ['permissions', 'all'],
  queryFn: () => everything<Permission>('/api/v1/permissions', 'permissions', { sort: 'name_asc' }),
})
