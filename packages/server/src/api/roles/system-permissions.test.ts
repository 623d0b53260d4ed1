import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestClient } from '../../testing.ts'
import { walk } from '../../testing-walk.ts'

interface Item {
  id: string
  key: string
  name: string
}

async function scene(api: TestClient) {
  const { role } = (await api.post('/api/v1/roles', { name: 'Owner', key: 'owner' })).body
  const { system_permissions: all } = (await api.get('/api/v1/system_permissions')).body
  return { role, all: all as Item[], url: `/api/v1/roles/${role.id}/system_permissions` }
}

test('a role gets system permissions and loses others, and the reply names what changed', async (t) => {
  const { as, events } = await start(t)
  const { role, all, url } = await scene(as())
  const [a, b, c] = all as [Item, Item, Item]
  const first = await as('update:role_system_permissions').patch(url, {
    system_permissions: [{ id: b.id }, { id: a.id }],
  })
  assert.deepEqual(
    [first.status, first.body],
    [200, { code: 'OK', message: 'Success', system_permissions_added: [b.id, a.id], system_permissions_removed: [] }],
  )
  const second = await as().patch(url, {
    system_permissions: [{ id: a.id, operation: 'delete' }, { id: b.id }, { id: c.id }],
  })
  assert.deepEqual([second.body.system_permissions_added, second.body.system_permissions_removed], [[c.id], [a.id]])
  const before = (await events()).length
  await as().patch(url, { system_permissions: [{ id: b.id }] })
  assert.equal((await events()).length, before)
  const listed = await as('read:role_system_permissions').get(url)
  assert.deepEqual(listed.body, { code: 'OK', message: 'Success', system_permissions: [b, c], next_token: null })
  const shown = { id: role.id, key: 'owner', name: 'Owner', description: null, is_default_role: false }
  assert.deepEqual((await events()).at(-1)?.data, {
    role: shown,
    system_permissions_added: [c.id],
    system_permissions_removed: [a.id],
  })
})

test('a request that names an unknown system permission changes nothing at all', async (t) => {
  const { as, events } = await start(t)
  const { all, url } = await scene(as())
  const before = (await events()).length
  const reply = await as().patch(url, { system_permissions: [{ id: all[0]!.id }, { id: 'perm_none' }] })
  assert.deepEqual(
    [reply.status, reply.body.errors],
    [
      400,
      [
        {
          code: 'INVALID_SYSTEM_PERMISSION_ID',
          message: 'There is no system permission with the id "perm_none". GET /api/v1/system_permissions lists them.',
          field: 'system_permissions.1.id',
        },
      ],
    ],
  )
  const rows = [
    [{}, 'SYSTEM_PERMISSIONS_REQUIRED', 'system_permissions'],
    [{ system_permissions: Array(101).fill({ id: all[0]!.id }) }, 'TOO_MANY_OBJECTS', 'system_permissions'],
    [{ system_permissions: [{}] }, 'ID_REQUIRED', 'system_permissions.0.id'],
  ] as const
  for (const [body, code, field] of rows) {
    const { status, body: refusal } = await as().patch(url, body)
    assert.deepEqual([status, refusal.errors[0].code, refusal.errors[0].field], [400, code, field])
  }
  assert.deepEqual((await as().get(url)).body.system_permissions, [])
  assert.equal((await events()).length, before)
})

test('the system permissions of an unknown role are not found', async (t) => {
  const { as } = await start(t)
  const url = '/api/v1/roles/none/system_permissions'
  for (const { status, body } of [await as().get(url), await as().patch(url, { system_permissions: [] })]) {
    assert.deepEqual([status, body.errors[0].code], [404, 'ROLE_NOT_FOUND'])
  }
})

test('every sort of the system permissions of a role walks to its end while others come and go', async (t) => {
  const { as } = await start(t)
  const api = as()
  const { all, url } = await scene(api)
  const stable = all.filter((_, index) => index % 2 === 0)
  const passing = all.filter((_, index) => index % 2 === 1)
  const byName = stable.toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const byId = stable.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const orders = [
    ['', stable],
    ['name_asc', byName],
    ['name_desc', byName.toReversed()],
    ['id_asc', byId],
    ['id_desc', byId.toReversed()],
  ] as const
  for (const [sort, order] of orders) {
    for (const pageSize of [1, 2, 3]) {
      await api.patch(url, { system_permissions: [...stable, ...passing.slice(0, 3)].map(({ id }) => ({ id })) })
      const list = { list: `${url}?sort=${sort}`, member: 'system_permissions', pageSize }
      const seen = await walk<Item>(api, list, async (rows, page) => {
        // The last one that was read goes too: its token is good although it points at nothing.
        const last = rows.at(-1)!
        const gone = passing.some(({ id }) => id === last.id) ? last : passing[page % 5]!
        const come = passing[(page + 2) % 5]!
        const changes = [{ id: gone.id, operation: 'delete' }, { id: come.id }]
        await api.patch(url, { system_permissions: changes })
      })
      const ids = seen.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length, `${sort} by ${pageSize}: one came twice`)
      assert.deepEqual(
        seen.filter(({ id }) => stable.some((one) => one.id === id)),
        order,
        `${sort} by ${pageSize}`,
      )
      await api.patch(url, { system_permissions: passing.map(({ id }) => ({ id, operation: 'delete' })) })
    }
  }
})
