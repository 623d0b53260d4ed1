import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export type ApplicationType = 'm2m' | 'reg' | 'spa' | 'device'

export const typeNames: Record<ApplicationType, string> = {
  m2m: 'Machine to machine (M2M)',
  reg: 'Back-end web',
  spa: 'Front-end and mobile',
  device: 'Device and IoT',
}

/** Switches of the pages on which people sign in. */
export type PageSwitch =
  | 'is_allow_faceless_auth'
  | 'is_ask_for_name'
  | 'has_marketing_consent'
  | 'has_sign_in_link_on_sign_up_page'
  | 'has_register_link_on_sign_in_page'
  | 'has_sign_in_with_sso_button'
  | 'use_gravatar_fallback'

/** What M2M tokens carry beside what all of them have; flags and properties by their keys. */
export interface M2mToken {
  feature_flags: string[]
  properties: string[]
  has_permissions_claim: boolean
}

export interface Application extends Partial<Record<PageSwitch, boolean>> {
  id: string
  name: string
  type: ApplicationType
  client_id: string
  client_secret: string
  login_uri: string
  homepage_uri: string
  is_access_control_enabled?: boolean
  /** for types that get tokens with credentials of their own */
  m2m_token?: M2mToken
}

/** What an application may ask tokens for, whom it belongs to, and what no reply of the Management API shows of it. */
export interface Access {
  org_code: string | null
  /** seconds, as are the other lifetimes */
  access_token_lifetime: number
  refresh_token_lifetime: number
  id_token_lifetime: number
  authenticated_session_lifetime: number
  is_hasura_mapping_enabled: boolean
  /** empty: the environment's */
  language_key: string
  apis: ApiAccess[]
}

export interface ApiAccess {
  id: string
  name: string
  audience: string
  is_management_api: boolean
  is_authorized: boolean
  /** ids of the enabled scopes */
  scope_ids: string[]
}

export const applicationQuery = (id: string) =>
  queryOptions({
    queryKey: ['application', id],
    queryFn: async () => (await call<{ application: Application }>(`GET /api/v1/applications/${id}`)).application,
  })

export const accessQuery = (id: string) =>
  queryOptions({
    queryKey: ['access', id],
    queryFn: () => call<Access>(`GET /admin/api/applications/${id}/access`),
  })

export interface Scope {
  id: string
  key: string
  description: string
}

export const apiScopesQuery = (apiId: string) =>
  queryOptions({
    queryKey: ['scopes', apiId],
    queryFn: async () => (await call<{ scopes: Scope[] }>(`GET /api/v1/apis/${apiId}/scopes`)).scopes,
  })
