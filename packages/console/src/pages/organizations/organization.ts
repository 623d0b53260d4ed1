import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export interface Organization {
  code: string
  name: string
  handle: string | null
  external_id: string | null
  is_default: boolean
  is_auto_membership_enabled: boolean
  is_allow_registrations: boolean | null
  is_suspended: boolean
  allowed_domains: string[]
  sender_name: string | null
  sender_email: string | null
  logo: string | null
  logo_dark: string | null
  created_on: string
}

export const organizationQuery = (code: string) =>
  queryOptions({
    queryKey: ['organization', code],
    queryFn: async () => ({
      ...(await call<Omit<Organization, 'code'>>('GET /api/v1/organization', { query: { code } })),
      code,
    }),
  })
