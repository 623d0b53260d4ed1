import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestClient, type TestReply } from '../testing.ts'

const url = '/api/v1/properties'
const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

interface Item {
  id: string
  key: string
  is_kinde_property: boolean
}

async function makeCategory(api: TestClient, context: string): Promise<string> {
  return (await api.post('/api/v1/property_categories', { name: 'Nests', context })).body.category.id
}

/** Every property of a context, walked through in pages of the given size. */
async function all(api: TestClient, context: string, pageSize = 100): Promise<Item[]> {
  const seen: Item[] = []
  for (let after = ''; ; after = seen.at(-1)!.id) {
    const query = new URLSearchParams({ page_size: String(pageSize), context, starting_after: after })
    const { status, body } = await api.get(`${url}?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    seen.push(...body.properties)
    if (!body.has_more) return seen
    assert.equal(body.properties.length, pageSize)
  }
}

test('a new property is listed in its context, and leaves an event', async (t) => {
  const { as, events } = await start(t)
  const category = await makeCategory(as(), 'usr')
  const made = await as('create:properties').post(url, {
    name: 'Plumage',
    description: 'Its colour',
    key: 'plumage',
    type: 'single_line_text',
    context: 'usr',
    is_private: true,
    category_id: category,
  })
  assert.equal(made.status, 201)
  const { id } = made.body.property
  assert.match(id, /^prop_[0-9a-f]{32}$/)
  assert.deepEqual(made.body, { code: 'OK', message: 'Success', property: { id } })
  const own = (await all(as('read:properties'), 'usr')).filter((property) => !property.is_kinde_property)
  const expected = { id, key: 'plumage', name: 'Plumage', is_private: true, description: 'Its colour' }
  const fixed = { context: 'usr', type: 'single_line_text', category_id: category }
  assert.deepEqual(own, [{ ...expected, ...fixed, is_kinde_property: false }])
  assert.deepEqual(
    (await all(as(), 'org')).filter((property) => !property.is_kinde_property),
    [],
  )
  const { type, data } = (await events()).at(-1)!
  assert.deepEqual(
    [type, data],
    [
      'property.created',
      { property: { ...expected, context: 'usr', type: 'single_line_text', category_id: category } },
    ],
  )
})

test('every environment begins with the properties that Kinde provides, for users and organizations', async (t) => {
  const { as } = await start(t)
  for (const context of ['usr', 'org']) {
    const keys = (await all(as(), context)).map(({ key }) => key)
    for (const key of ['city', 'industry', 'utm_source', 'gclid', 'hsa_acc', 'ad_position', 'ttclid']) {
      assert.ok(keys.includes(`kp_${context}_${key}`), `${context} ${key}`)
    }
    assert.ok(keys.every((key) => key.startsWith(`kp_${context}_`)))
    assert.equal(new Set(keys).size, keys.length)
  }
  assert.deepEqual(await all(as(), 'app'), [])
})

test('properties that Kinde provides cannot be changed or deleted', async (t) => {
  const { as, events } = await start(t)
  const [property] = await all(as(), 'usr')
  const category = await makeCategory(as(), 'usr')
  const change = { name: 'Mine', is_private: true, category_id: category }
  const one = `${url}/${property!.id}`
  assert.deepEqual(outcome(await as().put(one, change)), [400, 'KINDE_PROPERTY_IS_FIXED'])
  assert.deepEqual(outcome(await as().delete(one)), [400, 'KINDE_PROPERTY_IS_FIXED'])
  assert.deepEqual((await all(as(), 'usr'))[0], property)
  assert.equal((await events()).length, 1)
})

test('pages of properties hold every property once, forwards and backwards', async (t) => {
  const { as } = await start(t)
  const whole = await all(as(), 'org')
  for (const size of [1, 7, whole.length - 1, whole.length]) assert.deepEqual(await all(as(), 'org', size), whole)
  const { body } = await as().get(`${url}?context=org&page_size=3&ending_before=${whole[10]!.id}`)
  assert.deepEqual([body.properties, body.has_more], [whole.slice(7, 10), true])
  // The id of a property of another context is no place in this list.
  const [other] = await all(as(), 'usr')
  const reply = await as().get(`${url}?context=org&starting_after=${other!.id}`)
  assert.deepEqual(outcome(reply), [400, 'INVALID_CURSOR'])
})

test('an update of a property leaves key, type and context, and a description that is not sent', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const [category, other, ofOrganizations] = [
    await makeCategory(api, 'usr'),
    await makeCategory(api, 'usr'),
    await makeCategory(api, 'org'),
  ]
  const values = { name: 'Plumage', is_private: false, category_id: category }
  const fixed = { key: 'plumage', type: 'multi_line_text', context: 'usr' }
  const { id } = (await api.post(url, { ...values, ...fixed, description: 'Its colour' })).body.property
  const one = `${url}/${id}`
  const change = { name: 'Feathers', is_private: true, category_id: other }
  assert.deepEqual(outcome(await as('update:properties').put(one, { ...change, key: 'feathers' })), [200, 'OK'])
  assert.deepEqual(outcome(await api.put(one, change)), [200, 'OK'])
  const { type, data } = (await events()).at(-1)!
  const after = { id, ...fixed, ...change, description: 'Its colour' }
  assert.deepEqual([type, data], ['property.updated', { property: after }])
  assert.equal((await events()).length, 5)
  const refused = await api.put(one, { ...change, category_id: ofOrganizations })
  assert.deepEqual([...outcome(refused), refused.body.errors[0].field], [400, 'INVALID_CATEGORY', 'category_id'])
  const listed = (await all(api, 'usr')).at(-1)
  assert.deepEqual(listed, { ...after, is_kinde_property: false })
})

test('a property needs a key of its own, without white space, and a category of its context', async (t) => {
  const { as } = await start(t)
  const api = as()
  const [ofUsers, ofOrganizations] = [await makeCategory(api, 'usr'), await makeCategory(api, 'org')]
  const body = {
    name: 'Plumage',
    key: 'plumage',
    type: 'single_line_text',
    context: 'usr',
    is_private: false,
    category_id: ofUsers,
  }
  assert.equal((await api.post(url, body)).status, 201)
  const rows = [
    [{}, 'PROPERTY_KEY_EXISTS'],
    [{ context: 'org', category_id: ofOrganizations }, 'PROPERTY_KEY_EXISTS'],
    [{ key: 'kp_usr_city' }, 'PROPERTY_KEY_EXISTS'],
    [{ key: 'a b' }, 'INVALID_KEY'],
    [{ key: 'other', name: ' ' }, 'INVALID_VALUE'],
    [{ key: 'other', category_id: ofOrganizations }, 'INVALID_CATEGORY'],
    [{ key: 'other', category_id: 'category_none' }, 'CATEGORY_NOT_FOUND'],
    [{ key: 'other', type: 'boolean' }, 'INVALID_VALUE'],
  ] as const
  for (const [change, code] of rows) {
    assert.deepEqual(outcome(await api.post(url, { ...body, ...change })), [400, code], JSON.stringify(change))
  }
})

test('a deleted property is gone with its values', async (t) => {
  const { as, db, events } = await start(t)
  const api = as()
  const body = { name: 'Plumage', key: 'plumage', type: 'single_line_text', context: 'usr', is_private: false }
  const { id } = (await api.post(url, { ...body, category_id: await makeCategory(api, 'usr') })).body.property
  for (const value of ['brown', 'white']) {
    const { id: userId } = (await api.post('/api/v1/user')).body
    await api.patch(`/api/v1/users/${userId}/properties`, { properties: { plumage: value, kp_usr_city: 'Sydney' } })
  }
  assert.deepEqual(outcome(await as('delete:properties').delete(`${url}/${id}`)), [200, 'OK'])
  const left = await db.selectFrom('property_values').select('value').execute()
  assert.deepEqual(
    left.map(({ value }) => value),
    ['Sydney', 'Sydney'],
  )
  const last = (await events()).at(-1)
  assert.deepEqual(
    [last?.type, last?.data],
    ['property.deleted', { property: { id, key: 'plumage' }, reach: { values: 2, applications: 0 } }],
  )
  assert.deepEqual(outcome(await api.delete(`${url}/${id}`)), [404, 'PROPERTY_NOT_FOUND'])
})
