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
