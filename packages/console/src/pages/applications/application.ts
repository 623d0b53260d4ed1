import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export type ApplicationType = 'm2m' | 'reg' | 'spa' | 'device'

export const typeNames: Record<ApplicationType, string> = {
  m2m: 'Machine to machine (M2M)',
  reg: 'Back-end web',
  spa: 'Front-end and mobile',
  device: 'Device and IoT',
}

export interface Application {
  id: string
  name: string
  type: ApplicationType
  client_id: string
  client_secret: string
  login_uri: string
  homepage_uri: string
}

/** What an application may ask tokens for, and whom it belongs to. */
export interface Access {
  org_code: string | null
  access_token_lifetime: number
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
