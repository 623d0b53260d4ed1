import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export interface Api {
  id: string
  name: string
  audience: string
  is_management_api: boolean
  scopes?: { id: string; key: string }[]
  applications?: { id: string; name: string; type: string; is_active: boolean | null }[]
}

export const apisQuery = queryOptions({
  queryKey: ['apis'],
  queryFn: async () => (await call<{ apis: Api[] }>('GET /api/v1/apis', { query: { expand: 'scopes' } })).apis,
})

export const apiQuery = (id: string) =>
  queryOptions({
    queryKey: ['api', id],
    queryFn: async () => (await call<{ api: Api }>(`GET /api/v1/apis/${id}`)).api,
  })

/** The scopes of every API, for choosing some: those of the Management API come last. */
export const scopeGroupsQuery = queryOptions({
  ...apisQuery,
  select: (apis) =>
    apis
      .toSorted((a, b) => Number(a.is_management_api) - Number(b.is_management_api))
      .map(({ id, name, scopes = [] }) => ({ id, name, entries: scopes }))
      .filter(({ entries }) => entries.length > 0),
})
