import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export interface Webhook {
  id: string
  name: string
  endpoint: string
  description: string | null
  event_types: string[]
  created_on: string
  is_enabled: boolean
}

export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: async () => (await call<{ webhooks?: Webhook[] }>('GET /api/v1/webhooks')).webhooks ?? [],
})

export interface EventType {
  code: string
  name: string
}

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: async () => (await call<{ event_types?: EventType[] }>('GET /api/v1/event_types')).event_types ?? [],
  staleTime: Number.POSITIVE_INFINITY,
})

export interface Delivery {
  id: string
  event_id: string
  event_type: string
  state: 'pending' | 'delivered' | 'failed'
  attempts: number
  created_at: string
  next_attempt_at: string | null
  last_attempt_at: string | null
  last_status: number | null
  last_error: string | null
  is_test: boolean
}

export interface Attempt {
  attempt: number
  started_at: string
  duration_ms: number
  request: { headers: Record<string, string>; body: string; claims: Record<string, unknown> | null }
  response: { status: number; headers: Record<string, string>; body: string } | null
  error: string | null
}
