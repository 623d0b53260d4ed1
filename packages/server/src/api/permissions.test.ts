import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest, type TestClient } from '../testing.ts'
import { walk } from '../testing-walk.ts'

const url = '/api/v1/permissions'

interface Item {
  id: string
  key: string
  name: string
}

async function create(api: TestClient, key: string, name = key): Promise<string> {
  const { status, body } = await api.post(url, { name, key })
  assert.equal(status, 201, JSON.stringify(body))
  return body.permission.id
}

test('a new permission answers with its id, is listed as it was sent, and leaves an event', async (t) => {
  const { as, events } = await start(t)
  const made = await as('create:permissions').post(url, {
    name: 'Create invoices',
    key: 'create:invoices',
    description: 'Invoices of any customer',
  })
  assert.equal(made.status, 201)
  const { id } = made.body.permission
  assert.deepEqual(made.body, { code: 'OK', message: 'Success', permission: { id } })
  const milliseconds = startOfTest.toString(16).padStart(12, '0')
  assert.ok(id.startsWith(`${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-`), id)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  const permission = { id, key: 'create:invoices', name: 'Create invoices', description: 'Invoices of any customer' }
  const { body } = await as('read:permissions').get(url)
  assert.deepEqual(body, { code: 'OK', message: 'Success', permissions: [permission] })
  const [event] = await events()
  assert.deepEqual([event?.type, event?.data], ['permission.created', { permission }])
})

test('a permission without a description has an empty one', async (t) => {
  const { as } = await start(t)
  await create(as(), 'plain')
  await as().post(url, { name: 'Null', key: 'null', description: null })
  const { body } = await as().get(url)
  assert.deepEqual(
    body.permissions.map(({ description }: { description: string }) => description),
    ['', ''],
  )
})

test('name and key of a permission are needed, bounded, and not blank', async (t) => {
  const { as, events } = await start(t)
  const rows = [
    [{ key: 'k' }, 'NAME_REQUIRED', 'name'],
    [{ name: 'N' }, 'KEY_REQUIRED', 'key'],
    [undefined, 'NAME_REQUIRED', 'name'],
    [{ name: '', key: 'k' }, 'INVALID_VALUE', 'name'],
    [{ name: ' \u00a0\t', key: 'k' }, 'INVALID_VALUE', 'name'],
    [{ name: 'x'.repeat(256), key: 'k' }, 'INVALID_VALUE', 'name'],
    [{ name: 'N', key: '' }, 'INVALID_VALUE', 'key'],
    [{ name: 'N', key: 'a b' }, 'INVALID_KEY', 'key'],
    [{ name: 'N', key: 'a\u2003' }, 'INVALID_KEY', 'key'],
    [{ name: 'N', key: 'x'.repeat(256) }, 'INVALID_VALUE', 'key'],
    [{ name: 'N', key: 'k', description: 'x'.repeat(1025) }, 'INVALID_VALUE', 'description'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await as().post(url, body)
    assert.equal(reply.status, 400)
    assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field])
  }
  assert.deepEqual(await events(), [])
  // Characters are counted, not bytes.
  await create(as(), '🦉'.repeat(255), '🦉'.repeat(255))
})

test('two permissions cannot have one key; the same key in other letters is another one', async (t) => {
  const { as, events } = await start(t)
  await create(as(), 'read:zoo')
  const error = {
    code: 'PERMISSION_KEY_EXISTS',
    message: 'Another permission has the key "read:zoo".',
    field: 'key',
  }
  const second = await as().post(url, { name: 'Second', key: 'read:zoo' })
  assert.deepEqual([second.status, second.body.errors], [400, [error]])
  const other = await create(as(), 'Read:zoo')
  const renamed = await as().patch(`${url}/${other}`, { key: 'read:zoo', name: 'Lost' })
  assert.deepEqual([renamed.status, renamed.body.errors], [400, [error]])
  const { body } = await as().get(url)
  assert.deepEqual(
    body.permissions.map(({ key, name }: Item) => [key, name]),
    [
      ['read:zoo', 'read:zoo'],
      ['Read:zoo', 'Read:zoo'],
    ],
  )
  assert.deepEqual(
    (await events()).map(({ type }) => type),
    ['permission.created', 'permission.created'],
  )
})

test('an update of a permission changes what is sent, and what changes nothing leaves no event', async (t) => {
  const { as, events } = await start(t)
  const id = await create(as(), 'read:zoo', 'Zoo')
  const one = `${url}/${id}`
  assert.deepEqual(await as('update:permissions').patch(one, { description: 'All animals' }).then(outcome), [200, 'OK'])
  assert.deepEqual(await as().patch(one, { name: 'Zoo', key: 'read:zoo' }).then(outcome), [200, 'OK'])
  assert.deepEqual(await as().patch(one).then(outcome), [200, 'OK'])
  const expected = { id, key: 'read:zoo', name: 'Zoo', description: 'All animals' }
  assert.deepEqual((await as().get(url)).body.permissions, [expected])
  await as().patch(one, { name: 'Aviary', key: 'read:aviary', description: null })
  const after = { id, key: 'read:aviary', name: 'Aviary', description: '' }
  assert.deepEqual((await as().get(url)).body.permissions, [after])
  assert.deepEqual(
    (await events()).map(({ type, data }) => [type, data.permission]),
    [
      ['permission.created', { id, key: 'read:zoo', name: 'Zoo', description: '' }],
      ['permission.updated', expected],
      ['permission.updated', after],
    ],
  )
  assert.deepEqual(await as().patch(one, { name: ' ' }).then(outcome), [400, 'INVALID_VALUE'])
  assert.deepEqual(await as().patch(one, { key: ' ' }).then(outcome), [400, 'INVALID_KEY'])
})

test('a renamed permission is sorted by its new name', async (t) => {
  const { as } = await start(t)
  await create(as(), 'b')
  await as().patch(`${url}/${await create(as(), 'a')}`, { name: 'C' })
  const { body } = await as().get(`${url}?sort=name_asc`)
  assert.deepEqual(
    body.permissions.map(({ name }: Item) => name),
    ['b', 'C'],
  )
})

function outcome({ status, body }: { status: number; body: { code?: string; errors?: { code: string }[] } }) {
  return [status, body.code ?? body.errors?.[0]?.code]
}

test('a deleted permission is gone from roles and users, and the event tells how far that reached', async (t) => {
  const { as, events, write, db } = await start(t)
  const id = await create(as(), 'read:zoo')
  const kept = await create(as(), 'read:aviary')
  const { body: guarded } = await as().post('/api/v1/roles', {
    name: 'Keeper',
    key: 'keeper',
    assignment_permission_id: id,
  })
  const role = `/api/v1/roles/${guarded.role.id}/permissions`
  await as().patch(role, { permissions: [{ id }, { id: kept }] })
  const { id: userId } = (await as().post('/api/v1/user', { profile: {} })).body
  const { code } = await db.selectFrom('organizations').select('code').executeTakeFirstOrThrow()
  await write(async (tables) => {
    for (const permission of [id, kept]) {
      const values = { organization_code: code, user_id: userId, permission_id: permission }
      await tables.insertInto('organization_user_permissions').values(values).execute()
    }
  })

  const reply = await as('delete:permissions').delete(`${url}/${id}`)
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.deepEqual(
    (await as().get(role)).body.permissions.map((permission: Item) => permission.id),
    [kept],
  )
  const left = await db.selectFrom('organization_user_permissions').select('permission_id').execute()
  assert.deepEqual(
    left.map((row) => row.permission_id),
    [kept],
  )
  const { assignment_permission_id: assignment } = await db.selectFrom('roles').selectAll().executeTakeFirstOrThrow()
  assert.equal(assignment, null)
  const event = (await events()).at(-1)
  assert.deepEqual(
    [event?.type, event?.data],
    ['permission.deleted', { permission: { id }, reach: { users: 1, roles: 1, assignments: 1 } }],
  )
  for (const again of [as().delete(`${url}/${id}`), as().patch(`${url}/${id}`, {})]) {
    assert.deepEqual(await again.then(outcome), [404, 'PERMISSION_NOT_FOUND'])
  }
})

test('every sort of permissions walks to its end while others come and go, each once and in order', async (t) => {
  const { as, clock } = await start(t)
  const api = as()
  const names = ['beta', 'Same', 'same', 'alpha', 'SAME', 'Zeta', 'same', 'gamma', 'same', 'älg', 'Delta']
  const stable: Item[] = []
  for (const [index, name] of names.entries()) {
    const key = `stable:${index}`
    stable.push({ id: await create(api, key, name), key, name })
    // Some are made at one moment: their ids are in no order.
    if (index % 4 === 0) clock.advance(1)
  }
  const byName = stable.toSorted((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()))
  const byId = stable.toSorted((a, b) => compare(a.id, b.id))
  const orders = [
    ['', stable],
    ['name_asc', byName],
    ['name_desc', byName.toReversed()],
    ['id_asc', byId],
    ['id_desc', byId.toReversed()],
  ] as const

  let count = 0
  for (const [sort, order] of orders) {
    for (const pageSize of [1, 2, 3, 10]) {
      const passing = new Set<string>()
      const goneUnseen = new Set<string>()
      const list = { list: `${url}?sort=${sort}`, member: 'permissions', pageSize }
      const seen = await walk<Item>(api, list, async (rows, page) => {
        if (page > 6) return
        // They come at both ends and among the equals, and go read or unread.
        for (const name of ['aaa', 'same', 'zzz']) {
          count += 1
          passing.add(await create(api, `passing:${count}`, name))
        }
        const gone = [...passing][count % passing.size]!
        await api.delete(`${url}/${gone}`)
        passing.delete(gone)
        if (!rows.some(({ id }) => id === gone)) goneUnseen.add(gone)
      })
      const ids = seen.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length, `${sort} by ${pageSize}: one came twice`)
      assert.deepEqual(
        seen.filter(({ key }) => key.startsWith('stable:')).map(({ key }) => key),
        order.map(({ key }) => key),
        `${sort} by ${pageSize}`,
      )
      assert.equal(
        ids.some((id) => goneUnseen.has(id)),
        false,
        `${sort} by ${pageSize}: one came after it had gone`,
      )
      for (const id of passing) await api.delete(`${url}/${id}`)
    }
  }
})

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

test('a page token of permissions keeps its sort, and is good for no other list', async (t) => {
  const { as } = await start(t)
  for (const key of ['b', 'c', 'a']) await create(as(), key)
  const first = await as().get(`${url}?sort=name_desc&page_size=1`)
  const second = await as().get(`${url}?sort=id_asc&page_size=1&next_token=${first.body.next_token}`)
  assert.equal(second.body.permissions[0].key, 'b')
  const foreign = await as().get(`/api/v1/roles?next_token=${first.body.next_token}`)
  assert.deepEqual(outcome(foreign), [400, 'INVALID_NEXT_TOKEN'])
  assert.deepEqual(outcome(await as().get(`${url}?page_size=501`)), [400, 'PAGE_SIZE_LIMIT_EXCEEDED'])
})
