import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestClient } from '../../testing.ts'
import { walk } from '../../testing-walk.ts'

interface Item {
  id: string
  key: string
  name: string
}

async function createRole(api: TestClient, key: string): Promise<string> {
  return (await api.post('/api/v1/roles', { name: key, key })).body.role.id
}

async function createPermission(api: TestClient, key: string, name = key): Promise<string> {
  return (await api.post('/api/v1/permissions', { name, key })).body.permission.id
}

function outcome({ status, body }: { status: number; body: { code?: string; errors?: { code: string }[] } }) {
  return [status, body.code ?? body.errors?.[0]?.code]
}

test('a role gets permissions and loses others in one request, and the reply names what changed', async (t) => {
  const { as, events } = await start(t)
  const role = await createRole(as(), 'keeper')
  const url = `/api/v1/roles/${role}/permissions`
  const [a, b, c] = [
    await createPermission(as(), 'a'),
    await createPermission(as(), 'b'),
    await createPermission(as(), 'c'),
  ]
  const first = await as('update:role_permissions').patch(url, { permissions: [{ id: b }, { id: a }] })
  assert.deepEqual(
    [first.status, first.body],
    [200, { code: 'OK', message: 'Success', permissions_added: [b, a], permissions_removed: [] }],
  )
  const second = await as().patch(url, {
    permissions: [{ id: a, operation: 'delete' }, { id: b, operation: '' }, { id: c }],
  })
  assert.deepEqual([second.body.permissions_added, second.body.permissions_removed], [[c], [a]])
  const { body } = await as('read:role_permissions').get(url)
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    permissions: [
      { id: b, key: 'b', name: 'b', description: '' },
      { id: c, key: 'c', name: 'c', description: '' },
    ],
  })
  const shown = { id: role, key: 'keeper', name: 'keeper', description: null, is_default_role: false }
  assert.deepEqual(
    (await events()).slice(-2).map(({ type, data }) => [type, data]),
    [
      ['role.updated', { role: shown, permissions_added: [b, a], permissions_removed: [] }],
      ['role.updated', { role: shown, permissions_added: [c], permissions_removed: [a] }],
    ],
  )
})

test('what the role has or lacks already is no change, and leaves no event', async (t) => {
  const { as, events } = await start(t)
  const url = `/api/v1/roles/${await createRole(as(), 'keeper')}/permissions`
  const [a, b] = [await createPermission(as(), 'a'), await createPermission(as(), 'b')]
  await as().patch(url, { permissions: [{ id: a }] })
  const before = (await events()).length
  for (const permissions of [
    [],
    [{ id: a }, { id: b, operation: 'delete' }],
    [{ id: b }, { id: b, operation: 'delete' }],
  ]) {
    const { status, body } = await as().patch(url, { permissions })
    assert.deepEqual([status, body.permissions_added, body.permissions_removed], [200, [], []])
  }
  assert.equal((await events()).length, before)
  assert.deepEqual(
    (await as().get(url)).body.permissions.map(({ id }: Item) => id),
    [a],
  )
})

test('a request that names an unknown permission changes nothing at all', async (t) => {
  const { as, events } = await start(t)
  const url = `/api/v1/roles/${await createRole(as(), 'keeper')}/permissions`
  const [a, b] = [await createPermission(as(), 'a'), await createPermission(as(), 'b')]
  await as().patch(url, { permissions: [{ id: a }] })
  const before = (await events()).length
  for (const operation of [undefined, 'delete']) {
    const reply = await as().patch(url, {
      permissions: [{ id: a, operation: 'delete' }, { id: b }, { id: 'none', operation }],
    })
    assert.deepEqual(
      [reply.status, reply.body.errors],
      [
        400,
        [
          {
            code: 'INVALID_PERMISSION_ID',
            message: 'There is no permission with the id "none".',
            field: 'permissions.2.id',
          },
        ],
      ],
    )
  }
  assert.deepEqual(
    (await as().get(url)).body.permissions.map(({ id }: Item) => id),
    [a],
  )
  assert.equal((await events()).length, before)
})

test('a list of changes is needed, has at most 100 entries, and each has an id and no operation but delete', async (t) => {
  const { as } = await start(t)
  const url = `/api/v1/roles/${await createRole(as(), 'keeper')}/permissions`
  const id = await createPermission(as(), 'a')
  const rows = [
    [{}, 'PERMISSIONS_REQUIRED', 'permissions'],
    [{ permissions: Array(101).fill({ id }) }, 'TOO_MANY_OBJECTS', 'permissions'],
    [{ permissions: [{ id }, {}] }, 'ID_REQUIRED', 'permissions.1.id'],
    [{ permissions: [{ id, operation: 'remove' }] }, 'INVALID_VALUE', 'permissions.0.operation'],
    [{ permissions: [{ id: 5 }] }, 'INVALID_VALUE', 'permissions.0.id'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await as().patch(url, body)
    assert.deepEqual([reply.status, reply.body.errors[0].code, reply.body.errors[0].field], [400, code, field])
  }
  assert.deepEqual((await as().get(url)).body.permissions, [])
  const hundred = await Promise.all(Array.from({ length: 100 }, (_, index) => createPermission(as(), `p${index}`)))
  const reply = await as().patch(url, { permissions: hundred.map((one) => ({ id: one })) })
  assert.deepEqual(reply.body.permissions_added, hundred)
})

test('one permission is removed from a role, once', async (t) => {
  const { as, events } = await start(t)
  const role = await createRole(as(), 'keeper')
  const url = `/api/v1/roles/${role}/permissions`
  const id = await createPermission(as(), 'a')
  await as().patch(url, { permissions: [{ id }] })
  const reply = await as('delete:role_permissions').delete(`${url}/${id}`)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual((await as().get(url)).body.permissions, [])
  const { data } = (await events()).at(-1)!
  assert.deepEqual([data.permissions_added, data.permissions_removed], [[], [id]])

  const again = await as().delete(`${url}/${id}`)
  assert.deepEqual(
    [again.status, again.body.errors],
    [
      400,
      [
        {
          code: 'INVALID_PERMISSION_ID_ROLE',
          message: `The role "keeper" does not have the permission "${id}".`,
          field: 'permission_id',
        },
      ],
    ],
  )
  assert.deepEqual(outcome(await as().delete(`${url}/none`)), [400, 'INVALID_PERMISSION_ID'])
  assert.deepEqual(outcome(await as().delete(`/api/v1/roles/none/permissions/${id}`)), [404, 'ROLE_NOT_FOUND'])
  assert.deepEqual(outcome(await as().patch('/api/v1/roles/none/permissions', { permissions: [] })), [
    404,
    'ROLE_NOT_FOUND',
  ])
})

test('every sort of the permissions of a role walks to its end while others come and go', async (t) => {
  const { as } = await start(t)
  const api = as()
  const role = await createRole(api, 'keeper')
  const url = `/api/v1/roles/${role}/permissions`
  const names = ['beta', 'Same', 'same', 'alpha', 'SAME', 'Zeta', 'same', 'gamma']
  const stable: Item[] = []
  const passing: string[] = []
  for (const [index, name] of names.entries()) {
    const key = `stable:${index}`
    stable.push({ id: await createPermission(api, key, name), key, name })
    for (const near of ['aaa', 'same', 'zzz']) passing.push(await createPermission(api, `${near}:${index}`, near))
  }
  // The role gets them in another order than the one in which they were made.
  await api.patch(url, { permissions: stable.toReversed().map(({ id }) => ({ id })) })
  const byName = stable.toSorted((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()))
  const byId = stable.toSorted((a, b) => compare(a.id, b.id))
  const orders = [
    ['', stable],
    ['name_asc', byName],
    ['name_desc', byName.toReversed()],
    ['id_asc', byId],
    ['id_desc', byId.toReversed()],
  ] as const
  for (const [sort, order] of orders) {
    for (const pageSize of [1, 2, 3, 8]) {
      await api.patch(url, { permissions: passing.slice(0, 12).map((id) => ({ id })) })
      const list = { list: `${url}?sort=${sort}`, member: 'permissions', pageSize }
      const seen = await walk<Item>(api, list, async (_rows, page) => {
        if (page > 8) return
        const [gone, come] = [passing[page - 1]!, passing[page + 12]!]
        await api.patch(url, { permissions: [{ id: gone, operation: 'delete' }, { id: come }] })
      })
      const ids = seen.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length, `${sort} by ${pageSize}: one came twice`)
      assert.deepEqual(
        seen.filter(({ key }) => key.startsWith('stable:')).map(({ key }) => key),
        order.map(({ key }) => key),
        `${sort} by ${pageSize}`,
      )
      await api.patch(url, { permissions: passing.map((id) => ({ id, operation: 'delete' })) })
    }
  }
})

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

test('a page token is good for the permissions of one role only', async (t) => {
  const { as } = await start(t)
  const [one, two] = [await createRole(as(), 'one'), await createRole(as(), 'two')]
  const permissions = [{ id: await createPermission(as(), 'a') }, { id: await createPermission(as(), 'b') }]
  await as().patch(`/api/v1/roles/${one}/permissions`, { permissions })
  const { body } = await as().get(`/api/v1/roles/${one}/permissions?page_size=1`)
  const foreign = await as().get(`/api/v1/roles/${two}/permissions?next_token=${body.next_token}`)
  assert.deepEqual(outcome(foreign), [400, 'INVALID_NEXT_TOKEN'])
})

test('changes of one role that meet are all done, and none is lost', async (t) => {
  const { as } = await start(t)
  const api = as()
  const url = `/api/v1/roles/${await createRole(api, 'keeper')}/permissions`
  const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => createPermission(api, `p${index}`)))
  const bodies = ids.map((id, index) => ({ permissions: [{ id }, { id: ids[(index + 1) % ids.length] }] }))
  const replies = await Promise.all(bodies.map((body) => api.patch(url, body)))
  for (const reply of replies) assert.deepEqual(outcome(reply), [200, 'OK'])
  const added = replies.flatMap(({ body }) => body.permissions_added)
  assert.deepEqual(added.toSorted(), ids.toSorted())
  assert.equal((await api.get(url)).body.permissions.length, ids.length)
})

test('a permission that is deleted while a role gets it is refused or gone, and nothing fails', async (t) => {
  const { as, db } = await start(t)
  const api = as()
  const url = `/api/v1/roles/${await createRole(api, 'keeper')}/permissions`
  for (let round = 0; round < 5; round += 1) {
    const id = await createPermission(api, `p${round}`)
    const [given, deleted] = await Promise.all([
      api.patch(url, { permissions: [{ id }] }),
      api.delete(`/api/v1/permissions/${id}`),
    ])
    assert.ok(['OK', 'INVALID_PERMISSION_ID'].includes(String(outcome(given)[1])), JSON.stringify(given.body))
    assert.deepEqual(outcome(deleted), [200, 'OK'])
  }
  assert.equal((await db.selectFrom('role_permissions').selectAll().execute()).length, 0)
})
