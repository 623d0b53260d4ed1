import { call } from '../api.ts'

/**
 * All entries of a list that is short by nature (roles, permissions, properties), page after page.
 * @param items the member of the reply that holds them
 */
export async function everything<Row extends { id: string }>(
  path: `/${string}`,
  items: string,
  query: Record<string, unknown> = {},
): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: Record<string, unknown> = {}
  for (;;) {
    const reply = await call<Record<string, unknown>>(`GET ${path}`, { query: { page_size: 100, ...query, ...cursor } })
    const page = (reply[items] ?? []) as Row[]
    rows.push(...page)
    if (typeof reply.next_token === 'string' && reply.next_token !== '') cursor = { next_token: reply.next_token }
    else if (reply.has_more === true && page.length > 0) cursor = { starting_after: page.at(-1)!.id }
    else return rows
  }
}
