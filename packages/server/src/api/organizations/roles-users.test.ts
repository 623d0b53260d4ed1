import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteUserToken } from '../../store/user-token-times.ts'
import { start } from '../../testing.ts'
import { openClub, outcome } from '../../testing-members.ts'
import { walk } from '../../testing-walk.ts'

test('the members with a role are counted, and listed once each, whoever gets or loses it meanwhile', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const role = await club.role('keeper')
  await club.role('decoy')
  const holders: string[] = []
  for (let index = 0; index < 7; index += 1) {
    const id = await club.user(null)
    await club.join(code, { id, roles: index === 3 ? ['decoy'] : ['keeper', 'decoy'] })
    if (index !== 3) holders.push(id)
    if (index % 2 === 0) await club.join(other, { id, roles: ['keeper'] })
  }
  await club.join(other, { id: await club.user(null), roles: ['keeper'] })
  holders.sort()
  const list = `/api/v1/organizations/${code}/roles/${role}/users`
  for (const pageSize of [1, 2, 5, 6, 500]) {
    const seen = await walk(club.api, { list, member: 'users', pageSize })
    assert.deepEqual(
      seen,
      holders.map((id) => ({ id })),
    )
  }
  const reader = server.as('read:organization_user_roles')
  const { body } = await reader.get(list)
  assert.deepEqual(body, { code: 'OK', message: 'Success', users: holders.map((id) => ({ id })), next_token: null })
  assert.deepEqual((await reader.get(`${list}/count`)).body, { code: 'OK', message: 'Success', count: 6 })

  const lost = holders[4]!
  const seen = await walk<{ id: string }>(club.api, { list, member: 'users', pageSize: 2 }, async (_rows, page) => {
    if (page > 1) return
    await club.join(code, { id: await club.user(null), roles: ['keeper'] })
    await club.api.delete(`/api/v1/organizations/${code}/users/${lost}/roles/${role}`)
  })
  const throughout = holders.filter((id) => id !== lost)
  const ids = seen.map(({ id }) => id)
  assert.deepEqual(
    ids.filter((id) => holders.includes(id)),
    throughout,
  )
  const { next_token: token } = (await club.api.get(`${list}?page_size=1`)).body
  const elsewhere = await club.api.get(`${list.replace(code, other)}?next_token=${token}`)
  assert.deepEqual(outcome(elsewhere), [400, 'INVALID_NEXT_TOKEN', 'next_token'])
})

test('active is who has the role now and got a token in the window, both its ends included', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const role = await club.role('keeper')
  const member = async (roles: string[], ...tokens: string[]) => {
    const id = await club.user(null)
    await club.join(code, { id, roles })
    for (const token of tokens) await server.write((db) => noteUserToken(db, id, Date.parse(token)))
    return id
  }
  await member(['keeper'], '2026-07-01T00:00:00.000Z')
  await member(['keeper'], '2026-07-02T10:00:00.999Z', '2026-07-02T10:00:00.100Z', '2026-07-02T11:00:00Z')
  const leaver = await member(['keeper'], '2026-07-03T23:59:59.999Z')
  await member(['keeper'], '2026-06-30T23:59:59.999Z', '2026-07-04T00:00:00.000Z')
  await member(['keeper'])
  await member([], '2026-07-02T10:00:00Z')
  const outside = await club.user(null)
  await club.join(other, { id: outside, roles: ['keeper'] })
  await server.write((db) => noteUserToken(db, outside, Date.parse('2026-07-02T10:00:00Z')))

  const url = `/api/v1/organizations/${code}/roles/${role}/active_users/count`
  const reader = server.as('read:organization_user_roles')
  const count = async (from: string, to: string) => {
    const { status, body } = await reader.get(`${url}?date_time_from=${from}&date_time_to=${to}`)
    assert.equal(status, 200, JSON.stringify(body))
    return [body.active_users_count, body.date_time_from, body.date_time_to]
  }
  const [from, to] = ['2026-07-01T00:00:00Z', '2026-07-03T23:59:59Z']
  const whole = await reader.get(`${url}?date_time_from=${from}&date_time_to=${to}`)
  const bounds = { date_time_from: from, date_time_to: to }
  assert.deepEqual(whole.body, { code: 'OK', message: 'Success', active_users_count: 3, ...bounds })
  const rows: [string, string, number, string?, string?][] = [
    ['2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z', 1],
    ['2026-07-01T00:00:01Z', '2026-07-03T23:59:58Z', 1],
    ['2026-06-30T23:59:59Z', '2026-07-01T00:00:00Z', 2],
    ['2026-07-03T23:59:59Z', '2026-07-04T00:00:00Z', 2],
    ['2026-07-02T10:00:01Z', '2026-07-02T10:59:59Z', 0],
    // Down at the beginning, up at the end; a fraction of nothing stays.
    ['2026-07-01T00:00:00.999Z', '2026-07-01T00:00:00.000Z', 1, '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['2026-07-01T00:00:01.5Z', '2026-07-03T23:59:58.001Z', 2, '2026-07-01T00:00:01Z', '2026-07-03T23:59:59Z'],
    // Other ways to write a moment.
    ['2026-07-01T02:00:00%2B02:00', '2026-06-30T22:30:00-0130', 1, '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['2026-07-01T02:00:00+02:00', '2026-07-01%2000:00:00', 1, '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z'],
  ]
  for (const [from, to, expected, shownFrom = from, shownTo = to] of rows) {
    assert.deepEqual(await count(from, to), [expected, shownFrom, shownTo], `${from} to ${to}`)
  }
  await club.api.delete(`/api/v1/organizations/${code}/users/${leaver}/roles/${role}`)
  assert.deepEqual((await count(from, to))[0], 2)
})

test('a window that is no window, or longer than three days, is refused', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const role = await club.role('keeper')
  const url = `/api/v1/organizations/${code}/roles/${role}/active_users/count`
  const start1 = '2026-07-01T00:00:00Z'
  const rows = [
    [start1, '2026-07-04T00:00:00Z', 'DATE_TIME_RANGE_TOO_LARGE', 'date_time_to'],
    // Rounding comes first.
    [start1, '2026-07-03T23:59:59.1Z', 'DATE_TIME_RANGE_TOO_LARGE', 'date_time_to'],
    [start1, '2026-06-30T23:59:59Z', 'INVALID_DATE_TIME_RANGE', 'date_time_to'],
    ['yesterday', start1, 'INVALID_VALUE', 'date_time_from'],
    ['2026-02-30T00:00:00Z', start1, 'INVALID_VALUE', 'date_time_from'],
    ['2026-07-01', start1, 'INVALID_VALUE', 'date_time_from'],
    ['2026-07-01T24:00:00Z', start1, 'INVALID_VALUE', 'date_time_from'],
    [start1, '2026-07-01T00:00:00%2B99:00', 'INVALID_VALUE', 'date_time_to'],
    [start1, '1782864000', 'INVALID_VALUE', 'date_time_to'],
  ] as const
  for (const [from, to, error, field] of rows) {
    const reply = await club.api.get(`${url}?date_time_from=${from}&date_time_to=${to}`)
    assert.deepEqual(outcome(reply), [400, error, field], `${from} to ${to}`)
  }
  const half = await club.api.get(`${url}?date_time_from=${start1}`)
  assert.deepEqual(outcome(half), [400, 'DATE_TIME_TO_REQUIRED', 'date_time_to'])
})

test('a role or organization that nobody has made has no holders', async (t) => {
  const club = await openClub(await start(t))
  const code = await club.organization('Zoo')
  const role = await club.role('keeper')
  const window = '?date_time_from=2026-07-01T00:00:00Z&date_time_to=2026-07-02T00:00:00Z'
  for (const path of ['users', 'users/count', `active_users/count${window}`]) {
    const rows = [
      [`/api/v1/organizations/org_none/roles/${role}/${path}`, 'ORGANIZATION_NOT_FOUND'],
      [`/api/v1/organizations/${code}/roles/none/${path}`, 'ROLE_NOT_FOUND'],
    ] as const
    for (const [url, error] of rows) assert.deepEqual(outcome(await club.api.get(url)), [404, error])
  }
})

test('when a user got tokens is forgotten after 400 days, and with the user', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [user, other] = [await club.user(null), await club.user(null)]
  const day = 86_400_000
  const moments = [day, day, 2 * day, 402 * day]
  for (const now of moments) await server.write((db) => noteUserToken(db, user, now))
  await server.write((db) => noteUserToken(db, other, day))
  const noted = async () =>
    (await server.db.selectFrom('user_token_times').selectAll().orderBy('issued_at_seconds').execute()).map((row) => [
      row.user_id,
      row.issued_at_seconds,
    ])
  assert.deepEqual(await noted(), [
    [other, 86_400],
    [user, 2 * 86_400],
    [user, 402 * 86_400],
  ])
  await club.api.delete(`/api/v1/user?id=${user}`)
  assert.deepEqual(await noted(), [[other, 86_400]])
})
