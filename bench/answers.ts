import assert from 'node:assert/strict'
import { createPublicKey, verify, type webcrypto } from 'node:crypto'
import { personId } from './people.ts'
import type { BaselineRecords, Server } from './processes.ts'
import { fetchToken, type Target } from './scenarios.ts'

/** How many different users are asked for. */
const askedUsers = 500

export interface Answers {
  target: Target
  /** Replies for the baseline to give. */
  records: BaselineRecords
  /** Path of the last page of ten. */
  lastPage: string
}

/**
 * Looks whether a server answers what it should, before anything is measured: two tokens differ and have a good
 * signature, a forged one is refused, users are found, and the pages hold each of them once, in order.
 * @param people how many users were laid out
 * @throws {AssertionError} when an answer is wrong
 */
export async function checkAnswers(server: Server, people: number): Promise<Answers> {
  const token = await fetchToken(server.url)
  assert.notEqual(await fetchToken(server.url), token, 'two tokens are the same')
  await checkSignature(server.url, token)
  const userIds = Array.from({ length: Math.min(askedUsers, people) }, (_, index) =>
    personId(Math.floor((index * people) / Math.min(askedUsers, people))),
  )
  const target = { ...server, token, audience: `${server.url}/api`, userIds }

  const users: { id: string }[] = []
  for (const id of userIds) {
    const user = (await get(target, `/api/v1/user?id=${id}`)) as { id: string }
    assert.equal(user.id, id, 'another user was given than the one asked for')
    users.push(user)
  }
  const page = (await get(target, '/api/v1/users?page_size=50')) as unknown as Page
  const search = await get(target, `/api/v1/search/users?query=${emailOf(users[7]!)}`)
  assert.deepEqual(idsOf(search.results), [userIds[7]], 'search does not find a user by its address')
  return {
    target,
    records: { tokenBytes: token.length, nextToken: page.next_token!, page: page.users, users },
    lastPage: await walk(target, people),
  }
}

interface Page {
  users: { id: string }[]
  next_token?: string
}

async function get({ url, token }: { url: string; token: string }, path: string): Promise<Record<string, unknown>> {
  const reply = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(reply.status, 200, `GET ${path} was answered with ${reply.status}`)
  return (await reply.json()) as Record<string, unknown>
}

function emailOf(user: object): string {
  return encodeURIComponent((user as { preferred_email: string }).preferred_email)
}

function idsOf(users: unknown): string[] {
  return (users as { id: string }[]).map(({ id }) => id)
}

/** The signature fits a published key; one that is changed is refused. */
async function checkSignature(url: string, token: string): Promise<void> {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    keys: (webcrypto.JsonWebKey & { kid: string })[]
  }
  const jwk = jwks.keys.find((key) => key.kid === kid)
  assert.ok(jwk, "the token's key is not published")
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const bytes = Buffer.from(signature, 'base64url')
  assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), key, bytes), 'the signature of a token is wrong')

  bytes[0]! ^= 1
  const forged = `${header}.${payload}.${bytes.toString('base64url')}`
  const { status } = await fetch(`${url}/api/v1/users`, { headers: { authorization: `Bearer ${forged}` } })
  assert.equal(status, 401, 'a forged signature was taken')
}

/** Reads all pages, the last ones by ten. @returns the path of the last one */
async function walk(target: Target, people: number): Promise<string> {
  let seen = 0
  for (let token = ''; ; ) {
    const size = people - seen > 510 ? 500 : 10
    const path = `/api/v1/users?page_size=${size}${token === '' ? '' : `&next_token=${token}`}`
    const page = (await get(target, path)) as unknown as Page
    const expected = Array.from({ length: Math.min(size, people - seen) }, (_, index) => personId(seen + index))
    assert.deepEqual(idsOf(page.users), expected, 'a page does not hold its users')
    seen += page.users.length
    if (page.next_token === undefined) {
      assert.equal(seen, people, 'the pages do not hold every user')
      return path
    }
    token = page.next_token
  }
}
