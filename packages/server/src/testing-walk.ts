import assert from 'node:assert/strict'
import type { TestClient } from './testing.ts'

/**
 * Reads a list of Kinde's first style to its end, by its tokens.
 * @param list the address, with sort and filters; `member` is the name of the list in the reply
 * @param between called after each page but the last one with what has been read so far: rows come and go meanwhile
 * @returns the rows in the order in which the pages showed them
 */
export async function walk<Row>(
  client: TestClient,
  { list, member, pageSize }: { list: string; member: string; pageSize: number },
  between: (seen: readonly Row[], page: number) => Promise<unknown> = async () => {},
): Promise<Row[]> {
  const seen: Row[] = []
  const separator = list.includes('?') ? '&' : '?'
  let token = ''
  for (let page = 1; ; page += 1) {
    assert.ok(page < 1000, `${list} does not end`)
    const { status, body } = await client.get(`${list}${separator}page_size=${pageSize}&next_token=${token}`)
    assert.equal(status, 200, JSON.stringify(body))
    seen.push(...body[member])
    // Neither style of the last page, null or nothing, is a token.
    if (typeof body.next_token !== 'string') {
      assert.ok(body[member].length <= pageSize)
      return seen
    }
    assert.equal(body[member].length, pageSize, `${list} has a page that is not full`)
    token = body.next_token
    await between(seen, page)
  }
}

/**
 * Reads a list of Kinde's second style to its end, by the ids of its rows.
 * @param direction `ending_before` reads towards the beginning, from the row `from`
 * @param between called after each page but the last one with what has been read so far
 * @returns the rows in the order of the list
 */
export async function walkCursors<Row extends object>(
  client: TestClient,
  options: {
    list: string
    member: string
    pageSize: number
    direction?: 'starting_after' | 'ending_before'
    from?: string
  },
  between: (seen: readonly Row[], page: number) => Promise<unknown> = async () => {},
): Promise<Row[]> {
  const { list, member, pageSize, direction = 'starting_after' } = options
  const isForward = direction === 'starting_after'
  const separator = list.includes('?') ? '&' : '?'
  let seen: Row[] = []
  let cursor = options.from
  for (let page = 1; ; page += 1) {
    assert.ok(page < 1000, `${list} does not end`)
    const after = cursor === undefined ? '' : `&${direction}=${encodeURIComponent(cursor)}`
    const { status, body } = await client.get(`${list}${separator}page_size=${pageSize}${after}`)
    assert.equal(status, 200, JSON.stringify(body))
    const rows: Row[] = body[member]
    seen = isForward ? [...seen, ...rows] : [...rows, ...seen]
    // The search of users does not tell whether there is more.
    const hasMore = body.has_more ?? rows.length === pageSize
    if (!hasMore) {
      assert.ok(rows.length <= pageSize)
      return seen
    }
    assert.equal(rows.length, pageSize, `${list} has a page that is not full`)
    cursor = (rows.at(isForward ? -1 : 0) as { id: string }).id
    await between(seen, page)
  }
}
