import { queryOptions } from '@tanstack/react-query'
import { call } from '../api.ts'

export interface Flag {
  key: string
  name: string
  description: string
  type: 'str' | 'int' | 'bool'
  allow_override_level: 'env' | 'org' | 'usr' | null
  default_value: string
  environment_value: string | null
  /** organizations with a value of their own, the first fifty */
  organizations: { code: string; name: string; value: string }[]
  organization_count: number
  user_count: number
}

export const flagsQuery = queryOptions({
  queryKey: ['flags'],
  queryFn: async () => (await call<{ feature_flags: Flag[] }>('GET /admin/api/feature_flags')).feature_flags,
})
