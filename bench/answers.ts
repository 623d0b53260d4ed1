import assert from 'node:assert/strict'
import { tokenRequest } from './scenarios.ts'
import { userId } from './seed.ts'

/** What the scenarios need to know of a server, and the baseline of the size of its replies. */
export interface Shape {
  /** Under which the server's audience is known. */
  audienceUrl: string
  token: string
  userId: string
  tokenBytes: number
  user: Record<string, unknown>
  /** Opens the last page of ten. */
  lastPageToken: string
}

/**
 * Looks whether the server answers what it should before anything is measured: two tokens differ, a forged signature is
 * refused, pages hold the users that were laid out.
 * @throws {AssertionError} when an answer is wrong
 */
export async function checkAnswers(url: string, users: number): Promise<Shape> {
  const token = await tokenRequest(url)
  assert.notEqual(token, await tokenRequest(url), 'two tokens are the same')
  const get = async (path: string, bearer = token) => {
    const reply = await fetch(url + path, { headers: { authorization: `Bearer ${bearer}` } })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const forged = `${header}.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`
  assert.equal((await get('/api/v1/users', forged)).status, 401, 'a forged signature was taken')

  const one = await get(`/api/v1/user?id=${userId(7)}`)
  assert.equal(one.body.id, userId(7))
  const page = await get('/api/v1/users?page_size=50')
  const list = page.body.users as { id: string }[]
  assert.deepEqual(
    list.map(({ id }) => id),
    Array.from({ length: 50 }, (_, index) => userId(index)),
    'a page does not hold its users',
  )
  let lastPageToken = ''
  let seen = 0
  for (let next = ''; ; ) {
    // In steps of 500 to the end, then the last ten by ten.
    const size = users - seen > 510 ? 500 : 10
    const { body } = await get(`/api/v1/users?page_size=${size}&next_token=${next}`)
    seen += (body.users as unknown[]).length
    if (body.next_token === undefined) break
    lastPageToken = body.next_token as string
    next = lastPageToken
  }
  assert.equal(seen, users, 'walking all pages does not meet every user once')
  return {
    audienceUrl: url,
    token,
    userId: userId(7),
    tokenBytes: token.length,
    user: list[7]! as unknown as Record<string, unknown>,
    lastPageToken,
  }
}
