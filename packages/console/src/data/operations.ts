import type { operations } from '@kindred/sdk/operations'
import { queryOptions } from '@tanstack/react-query'

export type Operation = (typeof operations)[number]

/** The SDK's table of all operations of the Management API; fetched when a page first needs it. */
export const operationsQuery = queryOptions({
  queryKey: ['operations'],
  queryFn: async () => (await import('@kindred/sdk/operations')).operations,
  staleTime: Number.POSITIVE_INFINITY,
})

/** The operations that each scope opens. */
export function byScope(operations: readonly Operation[]): Map<string, Operation[]> {
  return Map.groupBy(
    operations.filter((operation): operation is Operation & { scope: string } => operation.scope !== null),
    ({ scope }) => scope,
  )
}
