import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export const brandColors = [
  'background_color',
  'link_color',
  'button_color',
  'button_text_color',
  'background_color_dark',
  'link_color_dark',
  'button_color_dark',
  'button_text_color_dark',
] as const
export type BrandColor = (typeof brandColors)[number]

export interface Organization extends Record<BrandColor, { raw: string } | null> {
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
  theme_code: string
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

/** What an organization has set for itself, beside what the environment has. */
export interface Policies {
  is_auto_join_domain_list: boolean
  is_enforce_mfa: boolean
  /** null: the environment's hold */
  mfa: { enabled_factors: string[]; is_recovery_codes_enabled: boolean } | null
  environment_mfa: { policy: string; enabled_factors: string[]; is_recovery_codes_enabled: boolean }
  /** null: the environment's holds */
  passkey_policy: string | null
  environment_passkey_policy: string
  sessions: SessionPolicy
}

export interface SessionPolicy {
  is_use_org_sso_session_policy: boolean
  sso_session_persistence_mode: string
  is_use_org_authenticated_session_lifetime: boolean
  /** in seconds */
  authenticated_session_lifetime: number | null
}

export const policiesQuery = (code: string) =>
  queryOptions({
    queryKey: ['organization', code, 'policies'],
    queryFn: () => call<Policies>(`GET /admin/api/organizations/${code}/policies`),
  })
