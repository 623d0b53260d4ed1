import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'

export interface Plan {
  code: string
  name: string
  group_id: string | null
  is_default: boolean
  features: Feature[]
}

/** What a plan gives, and on which terms; amounts in cents. */
export interface Feature {
  code: string
  name: string
  price_name: string | null
  fixed_charge: number | null
  unit_amount: number | null
  limit_max: number | null
  limit_min: number | null
}

export interface CustomerRow {
  id: string
  user_id: string | null
  org_code: string | null
  name: string
  email: string
  plan_codes: string[]
  created_at: string
}

export interface Customer extends Omit<CustomerRow, 'name' | 'plan_codes'> {
  agreements: Agreement[]
}

export interface Agreement {
  id: string
  plan_code: string
  started_at: string
  /** null while it holds */
  ended_at: string | null
  /** in its last month */
  usage: { feature_code: string; used: string }[]
}

/** Who is a customer. */
export type Owner = { org_code: string } | { user_id: string }

export const plansQuery = queryOptions({
  queryKey: ['plans'],
  queryFn: async () => (await call<{ plans: Plan[] }>('GET /admin/api/billing/plans')).plans,
})

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: ['customer', id],
    queryFn: async () => (await call<{ customer: Customer }>(`GET /admin/api/billing/customers/${id}`)).customer,
  })

/** A page of customers, of everybody or of one user or organization. */
export async function readCustomers(cursor: string | undefined, owner?: Owner) {
  const { customers, next_token } = await call<{ customers: CustomerRow[]; next_token: string | null }>(
    'GET /admin/api/billing/customers',
    { query: { page_size: 50, next_token: cursor, ...owner } },
  )
  return { rows: customers, next: next_token }
}
