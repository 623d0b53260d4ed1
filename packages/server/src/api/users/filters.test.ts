import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { start, startOfTest, type TestServer } from '../../testing.ts'
import { walk } from '../../testing-walk.ts'

/** Makes a user with a given name and identities. @returns its id */
async function made(server: TestServer, name: string, identities: Record<string, string> = {}): Promise<string> {
  const reply = await server.as().post('/api/v1/user', {
    profile: { given_name: name },
    identities: Object.entries(identities).map(([type, value]) => ({ type, details: { [type]: value } })),
  })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body.id
}

/** Ada, Bob, Cy and Di: Cy and Di are in no organization; Ada and Di have signed in. */
async function people(t: TestContext) {
  const server = await start(t)
  const ids = {
    Ada: await made(server, 'Ada', { email: 'Ada+1@X.example', username: 'Countess', phone: '+61412345678' }),
    Bob: await made(server, 'Bob', { email: 'bob@x.example', phone: '+441632960123' }),
    Cy: await made(server, 'Cy', { username: 'cy' }),
    Di: await made(server, 'Di', { email: 'di@x.example' }),
  }
  await server.write(async (db) => {
    await db.deleteFrom('organization_users').where('user_id', 'in', [ids.Cy, ids.Di]).execute()
    for (const [id, days] of [
      [ids.Ada, 0],
      [ids.Di, 2],
    ] as const) {
      const moment = startOfTest - days * 86_400_000
      await db.updateTable('users').set({ last_signed_in_at_ms: moment }).where('id', '=', id).execute()
    }
  })
  const found = async (query: string) => {
    const { status, body } = await server.as().get(`/api/v1/users?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body.users.map((user: { first_name: string }) => user.first_name).join()
  }
  return { server, ids, found }
}

test('each filter keeps those whom it names, and filters narrow each other', async (t) => {
  const { ids, found } = await people(t)
  const rows = [
    ['', 'Ada,Bob,Cy,Di'],
    ['user_id=&email=&username=&phone=&has_organization=&active_since=', 'Ada,Bob,Cy,Di'],
    [`user_id=${ids.Bob}`, 'Bob'],
    [`user_id=${ids.Di},${ids.Ada},unknown`, 'Ada,Di'],
    [`user_id=${ids.Di}%2C%20${ids.Ada}`, 'Ada,Di'],
    ['user_id=unknown', ''],
    ['email=bob@x.example', 'Bob'],
    ['email=BOB@X.EXAMPLE,%20di@x.example', 'Bob,Di'],
    ['email=bob', ''],
    ['email=ada%2B1@x.example', 'Ada'],
    // A plus that was not encoded.
    ['email=ada+1@x.example', 'Ada'],
    ['username=COUNTESS', 'Ada'],
    ['username=cy,countess', 'Ada,Cy'],
    // An address of one type is none of another.
    ['username=bob@x.example', ''],
    ['phone=%2B61412345678', 'Ada'],
    ['phone=+61412345678', 'Ada'],
    ['phone=61412345678', 'Ada'],
    ['phone=0061412345678', 'Ada'],
    ['phone=%2B61%20412-345-678,%2B44%20(1632)%20960123', 'Ada,Bob'],
    ['has_organization=true', 'Ada,Bob'],
    ['has_organization=false', 'Cy,Di'],
    ['active_since=2026-01-01', 'Ada,Di'],
    ['email=ada%2B1@x.example,bob@x.example&phone=%2B441632960123', 'Bob'],
    ['email=bob@x.example&username=cy', ''],
    [`user_id=${ids.Ada},${ids.Bob}&has_organization=false`, ''],
    [`user_id=${ids.Ada},${ids.Di}&has_organization=false&active_since=2026-01-01&email=di@x.example`, 'Di'],
  ] as const
  for (const [query, expected] of rows) assert.equal(await found(query), expected, query)
})

test('a second identity of a type is found like the first one', async (t) => {
  const { server, ids, found } = await people(t)
  await server.as().post(`/api/v1/users/${ids.Bob}/identities`, { type: 'email', value: 'Robert@x.example' })
  assert.equal(await found('email=robert@x.example'), 'Bob')
  assert.equal(await found('email=robert@x.example,bob@x.example'), 'Bob')
})

test('active_since is a moment with or without an offset, and its second counts', async (t) => {
  const { found } = await people(t)
  // Ada signed in at 12:00 on the 15th, Di at 12:00 on the 13th, UTC.
  const rows = [
    ['2026-01-13T12:00:00Z', 'Ada,Di'],
    ['2026-01-13T12:00:00.001Z', 'Ada'],
    ['2026-01-13T12:00:00.000000%2B00:00', 'Ada,Di'],
    ['2026-01-13T12:00:01', 'Ada'],
    ['2026-01-13T12:00', 'Ada,Di'],
    ['2026-01-13', 'Ada,Di'],
    ['2026-01-14', 'Ada'],
    ['2026-01-13T23:00:00%2B11:00', 'Ada,Di'],
    ['2026-01-13T23:00:01%2B11:00', 'Ada'],
    ['2026-01-13T23:00:01+11:00', 'Ada'],
    ['2026-01-13T23:00:00%2B1100', 'Ada,Di'],
    ['2026-01-13T23:00:00%2B11', 'Ada,Di'],
    ['2026-01-13T23:00:01+11', 'Ada'],
    ['2026-01-13T07:00:00-05:00', 'Ada,Di'],
    ['2026-01-15T12:00:01Z', ''],
  ] as const
  for (const [moment, expected] of rows) assert.equal(await found(`active_since=${moment}`), expected, moment)
})

test('parameters that cannot be meant are refused', async (t) => {
  const { server } = await people(t)
  const rows: [query: string, code: string, field: string][] = [
    ...['yesterday', '2026', '2026-13-01', '2026-01-15T25:00:00Z', '15.01.2026', '1768478400000', 'T12:00'].map(
      (moment): [string, string, string] => [`active_since=${moment}`, 'INVALID_VALUE', 'active_since'],
    ),
    ['has_organization=maybe', 'INVALID_VALUE', 'has_organization'],
    ...['0', '-1', 'abc', '1e9', '2.5', '0x10', '9999999999999999'].map((size): [string, string, string] => [
      `page_size=${size}`,
      'INVALID_PAGE_SIZE',
      'page_size',
    ]),
    ['page_size=501', 'PAGE_SIZE_LIMIT_EXCEEDED', 'page_size'],
    ['page_size=1000000000', 'PAGE_SIZE_LIMIT_EXCEEDED', 'page_size'],
  ]
  for (const [query, code, field] of rows) {
    const { status, body } = await server.as().get(`/api/v1/users?${query}`)
    assert.equal(status, 400, query)
    assert.deepEqual([body.errors[0].code, body.errors[0].field], [code, field], query)
  }
})

test('next_token is there when more follows, and only then', async (t) => {
  const server = await start(t)
  for (let n = 0; n < 11; n += 1) await made(server, `user${n}`)
  for (const [query, length, goesOn] of [
    ['', 10, true],
    ['page_size=', 10, true],
    ['page_size=10', 10, true],
    ['page_size=11', 11, false],
    ['page_size=500', 11, false],
    ['page_size=10&has_organization=true', 10, true],
    ['page_size=11&has_organization=true', 11, false],
    ['has_organization=false', 0, false],
  ] as const) {
    const { body } = await server.as().get(`/api/v1/users?${query}`)
    assert.deepEqual([body.users.length, 'next_token' in body], [length, goesOn], query)
  }
})

for (const [filter, name] of [
  ['', 'all users'],
  ['?has_organization=true', 'filtered users'],
] as const) {
  test(`a walk through ${name} shows everyone who is there throughout once, whoever comes and goes`, async (t) => {
    const server = await start(t)
    const before: string[] = []
    for (let n = 0; n < 12; n += 1) before.push(await made(server, `user${n}`))
    const deleted = new Set<string>()
    const added: string[] = []
    const list = `/api/v1/users${filter}`
    const seen = await walk<{ id: string }>(
      server.as(),
      { list, member: 'users', pageSize: 3 },
      async (soFar, page) => {
        // One who was shown, the last one of all included, and one who was not.
        for (const id of [soFar.at(-1)!.id, before[before.length - page]!]) {
          if (deleted.has(id)) continue
          deleted.add(id)
          assert.equal((await server.as().delete(`/api/v1/user?id=${id}`)).status, 200)
        }
        added.push(await made(server, `late${page}`))
        server.clock.advance(86_400_000 / 24)
      },
    )
    const ids = seen.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length, 'someone was shown twice')
    const order = [...before, ...added]
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
    )
    for (const id of before) if (!deleted.has(id)) assert.ok(ids.includes(id), 'someone was left out')
    assert.ok(deleted.size > 3)
  })
}

test('a next_token works again and later, but only as it was given, and in its own list', async (t) => {
  const server = await start(t)
  for (let n = 0; n < 5; n += 1) await made(server, `user${n}`)
  for (const name of ['a', 'b', 'c']) await server.as().post('/api/v1/organization', { name })
  const page = async (token: string) => server.as().get(`/api/v1/users?page_size=2&next_token=${token}`)
  const first = await page('')
  const token: string = first.body.next_token
  const second = await page(token)
  assert.equal(second.body.users[0].first_name, 'user2')
  server.clock.advance(365 * 86_400_000)
  assert.deepEqual((await page(token)).body, second.body)

  const other = await server.as().get('/api/v1/organizations?page_size=1')
  const half = token.length / 2
  const flipped = token.slice(0, half) + (token[half] === 'A' ? 'B' : 'A') + token.slice(half + 1)
  const bad = [
    flipped,
    `${token}A`,
    token.slice(0, -2),
    other.body.next_token,
    'garbage',
    'MTo6OmlkX2FzYw==',
    '%F0%9F%A6%89',
  ]
  for (const text of bad) {
    const reply = await page(text)
    assert.deepEqual(
      [reply.status, reply.body.errors?.[0].code, reply.body.errors?.[0].field],
      [400, 'INVALID_NEXT_TOKEN', 'next_token'],
      text,
    )
  }
})
