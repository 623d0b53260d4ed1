import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'
import { openClub, outcome } from '../../testing-members.ts'
import { walk } from '../../testing-walk.ts'

const usersOf = (code: string) => `/api/v1/organizations/${code}/users`

interface Item {
  id: string
  full_name: string
  email: string | null
}

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

test('filters by keys leave the members who have all these roles and all these permissions', async (t) => {
  const club = await openClub(await start(t))
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const [feed, clean] = [await club.permission('feed'), await club.permission('clean')]
  await club.role('keeper', { permissions: [feed, clean] })
  await club.role('feeder', { permissions: [feed] })
  await club.role('guide')
  const names = new Map<string, string>()
  const member = async (name: string, roles: string[], permissions: string[] = []) => {
    const id = await club.user(null)
    names.set(id, name)
    await club.join(code, { id, roles, permissions })
    // What it has elsewhere does not count here.
    await club.join(other, { id, roles: ['keeper', 'feeder', 'guide'], permissions: ['feed', 'clean'] })
  }
  await member('keeper', ['keeper'])
  await member('feeder', ['feeder'])
  await member('own', [], ['feed', 'clean'])
  await member('mixed', ['feeder', 'guide'], ['clean'])
  await member('guide', ['guide'])
  await member('none', [])
  const rows = [
    ['', ['keeper', 'feeder', 'own', 'mixed', 'guide', 'none']],
    ['roles=&permissions=,', ['keeper', 'feeder', 'own', 'mixed', 'guide', 'none']],
    ['roles=guide', ['mixed', 'guide']],
    ['roles=guide,feeder', ['mixed']],
    ['roles=keeper,guide', []],
    ['permissions=feed', ['keeper', 'feeder', 'own', 'mixed']],
    ['permissions=feed,%20clean', ['keeper', 'own', 'mixed']],
    ['permissions=clean&roles=feeder', ['mixed']],
    ['permissions=clean&roles=guide,guide', ['mixed']],
  ] as const
  for (const [query, expected] of rows) {
    for (const sort of ['', 'name_asc', 'email_desc']) {
      const { body } = await club.api.get(`${usersOf(code)}?sort=${sort}&${query}`)
      const found = body.organization_users.map(({ id }: Item) => names.get(id))
      assert.deepEqual(sort.endsWith('desc') ? found.reverse() : found, expected, `${query} ${sort}`)
    }
  }
  const refused = [
    ['roles=guide,Guide', 400, 'ROLE_NOT_FOUND', 'roles'],
    ['permissions=fee', 400, 'PERMISSION_NOT_FOUND', 'permissions'],
    [`roles=${Array.from({ length: 101 }, (_, index) => index)}`, 400, 'TOO_MANY_OBJECTS', 'roles'],
  ] as const
  for (const [query, ...expected] of refused) {
    assert.deepEqual(outcome(await club.api.get(`${usersOf(code)}?${query}`)), expected)
  }
  assert.deepEqual(outcome(await club.api.get(usersOf('org_none'))), [404, 'ORGANIZATION_NOT_FOUND'])
})

test('however the list is sorted, its pages show every member once, and in order', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const people = [
    ['olga', 'Owl', 'c@zoo.example'],
    ['Olga', 'owl', 'B@zoo.example'],
    ['Ada', undefined, undefined],
    [undefined, 'Zebra', 'a@zoo.example'],
    [undefined, undefined, undefined],
    [undefined, undefined, 'ö@zoo.example'],
    ['Émile', 'Élan', 'z@zoo.example'],
    ['ada', '', undefined],
    // No longer than an entry of an index, and equal as far as that goes.
    ['x'.repeat(250), 'b', 'y@zoo.example'],
    ['x'.repeat(250), 'a', 'x@zoo.example'],
    ['ﷺ'.repeat(256), 'ﷺ'.repeat(256), undefined],
  ] as const
  const expected: { id: string; name: string; email: string }[] = []
  for (const [first, last, email] of people) {
    const names = { ...(first && { first }), ...(last && { last }), ...(email && { email }) }
    const key = (text: string) => [...text.normalize('NFKC').toLowerCase()].slice(0, 200).join('')
    const name = key([first, last].filter(Boolean).join(' '))
    expected.push({ id: await club.user(code, names), name, email: key(email ?? '') })
    await club.user(other, { ...(first && { first }), email: `not-${expected.length}@zoo.example` })
  }
  const orders = {
    '': () => 0,
    name_asc: (a: (typeof expected)[0], b: (typeof expected)[0]) => compare(a.name, b.name),
    email_asc: (a: (typeof expected)[0], b: (typeof expected)[0]) => compare(a.email, b.email),
  }
  for (const [sort, order] of Object.entries(orders)) {
    // Who is equal stands in the order of making.
    const ids = expected.toSorted(order).map(({ id }) => id)
    for (const pageSize of [1, 2, 3, 10, 500]) {
      const list = `${usersOf(code)}?sort=${sort}`
      const seen = await walk<Item>(club.api, { list, member: 'organization_users', pageSize })
      assert.deepEqual(
        seen.map(({ id }) => id),
        ids,
        `${sort} by ${pageSize}`,
      )
      if (sort === '') continue
      const backwards = { list: list.replace('_asc', '_desc'), member: 'organization_users', pageSize }
      assert.deepEqual(
        (await walk<Item>(club.api, backwards)).map(({ id }) => id),
        ids.toReversed(),
        `${sort} backwards by ${pageSize}`,
      )
    }
  }
})

test('members who come and go while a list is read neither hide nor repeat the others', async (t) => {
  const club = await openClub(await start(t))
  const code = await club.organization('Zoo')
  const stable: string[] = []
  for (const [index, first] of ['b', 'd', 'f', 'h', 'k', 'm', 'p'].entries()) {
    stable.push(await club.user(code, { first, email: `${first}${index}@zoo.example` }))
  }
  let count = 0
  for (const sort of ['', 'name_asc', 'name_desc', 'email_asc', 'email_desc']) {
    for (const pageSize of [1, 2, 3]) {
      const passing: string[] = []
      const list = `${usersOf(code)}?sort=${sort}`
      const seen = await walk<Item>(club.api, { list, member: 'organization_users', pageSize }, async (_rows, page) => {
        if (page > 3) return
        for (const first of ['a', 'g', 'z']) {
          count += 1
          passing.push(await club.user(code, { first, email: `${first}-passing-${count}@zoo.example` }))
        }
        const [gone] = passing.splice(1, 1)
        await club.api.delete(`${usersOf(code)}/${gone}`)
      })
      const ids = seen.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length, `${sort} by ${pageSize}: one came twice`)
      const kept = ids.filter((id) => stable.includes(id))
      assert.deepEqual(sort.endsWith('desc') ? kept.reverse() : kept, stable, `${sort} by ${pageSize}`)
      for (const id of passing) await club.api.delete(`/api/v1/user?id=${id}`)
    }
  }
})

test('a member stands where the present name and address put it', async (t) => {
  const club = await openClub(await start(t))
  const code = await club.organization('Zoo')
  const moved = await club.user(code, { first: 'Ada', email: 'a@zoo.example' })
  const other = await club.user(code, { first: 'Bob', email: 'b@zoo.example' })
  const order = async (sort: string) =>
    (await club.api.get(`${usersOf(code)}?sort=${sort}`)).body.organization_users.map(({ id }: Item) => id)
  assert.deepEqual(
    [await order('name_asc'), await order('email_asc')],
    [
      [moved, other],
      [moved, other],
    ],
  )
  await club.api.patch(`/api/v1/user?id=${moved}`, { given_name: 'Cleo' })
  assert.deepEqual(
    [await order('name_asc'), await order('email_asc')],
    [
      [other, moved],
      [moved, other],
    ],
  )
  const identity = { type: 'email', value: 'c@zoo.example' }
  const { body } = await club.api.post(`/api/v1/users/${moved}/identities`, identity)
  await club.api.patch(`/api/v1/identities/${body.identity.id}`, { is_primary: true })
  assert.deepEqual(await order('email_asc'), [other, moved])
})

test('a page token belongs to one organization, and its sort wins', async (t) => {
  const club = await openClub(await start(t))
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  for (const first of ['b', 'a', 'c']) await club.user(code, { first })
  const { next_token: token } = (await club.api.get(`${usersOf(code)}?page_size=1&sort=name_desc`)).body
  const next = await club.api.get(`${usersOf(code)}?page_size=1&sort=email_asc&next_token=${token}`)
  assert.equal(next.body.organization_users[0].full_name, 'b')
  const wrong = await club.api.get(`${usersOf(other)}?next_token=${token}`)
  assert.deepEqual(outcome(wrong), [400, 'INVALID_NEXT_TOKEN', 'next_token'])
  const tooLarge = await club.api.get(`${usersOf(code)}?page_size=501`)
  assert.deepEqual(outcome(tooLarge), [400, 'PAGE_SIZE_LIMIT_EXCEEDED', 'page_size'])
})
