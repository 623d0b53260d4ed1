import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { List } from './list.ts'
import { operations } from './operations.ts'
import { startScene } from './testing-scene.ts'

const { proxy, client } = await startScene({ after })
const { kindred } = client({ maxConcurrent: 8 })
const userIds: string[] = []
const propertyKeys = Array.from({ length: 23 }, (_, index) => `key_${index}`)

before(async () => {
  for (let index = 0; index < 23; index += 1) {
    const { id } = await kindred.users.create({ profile: { given_name: `Nightingale ${index}` } })
    userIds.push(id!)
  }
  const { category } = await kindred.propertyCategories.create({ name: 'Extra', context: 'usr' })
  for (const key of propertyKeys) {
    await kindred.properties.create({
      name: key,
      key,
      type: 'single_line_text',
      context: 'usr',
      is_private: false,
      category_id: category!.id!,
    })
  }
})
beforeEach(() => proxy.forget())

const ids = (users: { id?: string }[]) => users.map(({ id }) => id)
const requests = (path: string) => proxy.lines().filter((line) => line.startsWith(`GET ${path}`)).length

test('a list paged by next_token is read to its end, page by page', async () => {
  const seen: string[] = []
  for await (const user of kindred.users.list({ page_size: 10 })) {
    seen.push(user.id!)
    if (seen.length === 10) assert.equal(requests('/api/v1/users'), 1, 'a page is read when it is needed')
  }
  assert.deepEqual(seen, userIds)
  assert.equal(requests('/api/v1/users'), 3)
})

test('a list paged by ids is read to its end, page by page', async () => {
  const entries = await kindred.properties.list({ page_size: 10, context: 'usr' }).all()
  const own = entries.map(({ key }) => key!).filter((key) => propertyKeys.includes(key))
  assert.deepEqual(own, propertyKeys)
  assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length)
  assert.equal(requests('/api/v1/properties'), Math.ceil(entries.length / 10))
})

test('a list that does not say whether more follows is read to its end', async () => {
  const pageSizes: number[] = []
  const found: string[] = []
  for await (const { items } of kindred.search.users({ query: 'nightingale', page_size: 5 }).pages()) {
    pageSizes.push(items.length)
    found.push(...items.map(({ id }) => id!))
  }
  assert.deepEqual(found.sort(), [...userIds].sort())
  assert.deepEqual(pageSizes, [5, 5, 5, 5, 3])
})

test('entries that hold what they list one level deeper are paged all the same', async () => {
  const names: string[] = []
  for (let index = 0; index < 5; index += 1) {
    await kindred.connections.create({
      name: `c${index}`,
      display_name: `C${index}`,
      strategy: 'oauth2:google',
      options: {},
    })
  }
  for await (const { connection } of kindred.connections.list({ page_size: 2 })) names.push(connection!.name!)
  assert.deepEqual(
    names.filter((name) => /^c\d$/.test(name)),
    ['c0', 'c1', 'c2', 'c3', 'c4'],
  )
})

test('pages are of 100 unless it is said otherwise; a single page is as the server has it', async () => {
  await kindred.users.list().all()
  await kindred.users.list()
  assert.deepEqual(
    proxy.lines().filter((line) => line.includes('users')),
    ['GET /api/v1/users?page_size=100', 'GET /api/v1/users'],
  )
})

test('a cursor of a page begins where it ended, in a later process as well', async () => {
  for await (const { cursor, items, reply } of kindred.users.list({ page_size: 9 }).pages()) {
    assert.deepEqual(ids(items), ids(reply.users!))
    assert.deepEqual(ids(await client().kindred.users.list().from(cursor!).all()), userIds.slice(9))
    break
  }
  const all = await kindred.properties.list({ context: 'usr' }).all()
  const first = (await kindred.properties.list({ context: 'usr', page_size: 4 }).pages().next()).value!
  assert.equal(first.cursor, all[3]!.id)
  assert.deepEqual(await kindred.properties.list({ context: 'usr' }).from(first.cursor!).all(), all.slice(4))
  assert.deepEqual(await kindred.properties.list({ context: 'usr', starting_after: all[3]!.id }).all(), all.slice(4))
})

test('ending_before goes back to the beginning, the nearest entry first', async () => {
  const all = await kindred.properties.list({ context: 'usr' }).all()
  const back = kindred.properties.list({ context: 'usr', ending_before: all[7]!.id, page_size: 3 })
  assert.deepEqual(await back.all(), all.slice(0, 7).reverse())
})

test('the last page has no cursor', async () => {
  const pages = []
  for await (const page of kindred.users.list({ page_size: 12 }).pages())
    pages.push([page.items.length, typeof page.cursor])
  assert.deepEqual(pages, [
    [12, 'string'],
    [11, 'undefined'],
  ])
})

test('all() takes a limit, and reads no page too much', async () => {
  assert.deepEqual(ids(await kindred.users.list({ page_size: 5 }).all({ limit: 10 })), userIds.slice(0, 10))
  assert.equal(requests('/api/v1/users'), 2)
  assert.deepEqual(await kindred.users.list().all({ limit: 0 }), [])
})

test('a list is requested when it is used, once for all that await it', async () => {
  const list = kindred.users.list({ page_size: 1 })
  assert.ok(list instanceof List)
  assert.deepEqual(proxy.lines(), [])
  const [one, two] = await Promise.all([list, list])
  assert.equal(one, two)
  assert.equal(requests('/api/v1/users'), 1)
})

test('a server that gives the same page again and again is not followed for ever', async () => {
  const page = { status: 200, body: { users: [{ id: 'kp_1' }], next_token: 'same' } }
  proxy.spoil('/api/v1/users', page, page, page)
  await assert.rejects(kindred.users.list().all(), { code: 'LIST_REPEATS' })
  assert.equal(requests('/api/v1/users'), 2)
})

test('every list of the API that has pages can be read to its end', async () => {
  const paged = operations.filter(({ parameters }) => parameters.some(({ name }) => name === 'page_size'))
  const { organization } = await kindred.organizations.create({
    name: 'Zoo',
    is_create_billing_customer: true,
    billing_email: 'zoo@example.com',
  })
  const known: Record<string, unknown> = {
    user_id: userIds[0],
    org_code: organization!.code,
    customer_id: organization!.billing_customer_id,
    role_id: (await kindred.roles.create({ name: 'Keeper', key: 'keeper' })).role!.id,
    application_id: (await kindred.applications.create({ name: 'Shop', type: 'reg' })).application!.id,
  }
  for (const operation of paged) {
    const needed = operation.parameters.filter(({ isRequired }) => isRequired).map(({ name }) => [name, known[name]])
    const input = { ...Object.fromEntries(needed), page_size: 1 }
    const { items, paging } = operation
    assert.ok(items !== undefined && (paging === 'token' || paging === 'cursor'), operation.id)
    proxy.forget()
    const all = await kindred.list({ ...operation, items, paging }, input).all({ limit: 30 })
    assert.ok(proxy.lines().length >= Math.max(1, all.length), `${operation.id}: a page of one entry each`)
  }
  assert.ok(paged.length > 20)
})
