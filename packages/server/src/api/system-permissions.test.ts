import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { walk } from '../testing-walk.ts'

const url = '/api/v1/system_permissions'

interface Item {
  id: string
  key: string
  name: string
  description: string
}

test('the system permissions are reading and writing of five things, each with an id of its own', async (t) => {
  const { as } = await start(t)
  const { status, body } = await as('read:system_permissions').get(url)
  assert.equal(status, 200)
  assert.equal(body.next_token, null)
  const items: Item[] = body.system_permissions
  assert.deepEqual(
    items.map(({ key }) => key),
    ['profile', 'billing', 'members', 'authentication', 'api_keys'].flatMap((thing) => [
      `org:read:${thing}`,
      `org:write:${thing}`,
    ]),
  )
  for (const { id, name, description } of items) {
    assert.match(id, /^perm_[0-9a-f]{32}$/)
    assert.ok(name !== '' && description !== '')
  }
  assert.equal(new Set(items.map(({ id }) => id)).size, items.length)
})

test('a system permission has the same id in every environment and version, because roles keep it', async (t) => {
  const { as } = await start(t)
  const { body } = await as().get(url)
  assert.deepEqual(Object.fromEntries(body.system_permissions.map(({ key, id }: Item) => [key, id])), {
    'org:read:profile': 'perm_019b76daa800a7325ad248660e12d8c0',
    'org:write:profile': 'perm_019b76daa8003b56d2fb0aa7056ebfd0',
    'org:read:billing': 'perm_019b76daa800714c295cafe08edd3f61',
    'org:write:billing': 'perm_019b76daa8005f2282e29f02dad53515',
    'org:read:members': 'perm_019b76daa8002d9d8c71ba49f83df94e',
    'org:write:members': 'perm_019b76daa800657828059eee5da01859',
    'org:read:authentication': 'perm_019b76daa800f284e9ca0466a2e8c3bd',
    'org:write:authentication': 'perm_019b76daa8008691e40cdcef5d48921e',
    'org:read:api_keys': 'perm_019b76daa8004bea758a1a32ce47c056',
    'org:write:api_keys': 'perm_019b76daa80011849f1f237f33413656',
  })
})

test('every sort of system permissions walks to its end, both ways', async (t) => {
  const { as } = await start(t)
  const { body } = await as().get(url)
  const all: Item[] = body.system_permissions
  const byName = all.toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const byId = all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const orders = [
    ['', all],
    ['name_asc', byName],
    ['name_desc', byName.toReversed()],
    ['id_asc', byId],
    ['id_desc', byId.toReversed()],
  ] as const
  for (const [sort, order] of orders) {
    for (const pageSize of [1, 3, 5, 10, 500]) {
      const seen = await walk<Item>(as(), { list: `${url}?sort=${sort}`, member: 'system_permissions', pageSize })
      assert.deepEqual(seen, order, `${sort} by ${pageSize}`)
    }
  }
})

test('a page of system permissions is bounded, and its token is good for no other list', async (t) => {
  const { as } = await start(t)
  const { body } = await as().get(`${url}?page_size=1&sort=id_desc`)
  const rows = [
    [`${url}?page_size=501`, 'PAGE_SIZE_LIMIT_EXCEEDED'],
    [`${url}?page_size=0`, 'INVALID_PAGE_SIZE'],
    [`${url}?next_token=MTo6OmlkX2FzYw==`, 'INVALID_NEXT_TOKEN'],
    [`/api/v1/permissions?next_token=${body.next_token}`, 'INVALID_NEXT_TOKEN'],
  ] as const
  for (const [address, code] of rows) {
    const reply = await as().get(address)
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, code])
  }
})
