import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../testing.ts'

const url = '/api/v1/property_categories'
const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

const names = ({ body }: TestReply) => body.categories.map(({ name }: { name: string }) => name)

test('every environment begins with categories for the properties that Kinde provides', async (t) => {
  const { as } = await start(t)
  const provided = ['General', 'Marketing', 'UTM tags', 'Google Ads smart campaign tracking']
  for (const context of ['usr', 'org']) {
    const reply = await as('read:property_categories').get(`${url}?context=${context}`)
    assert.deepEqual(names(reply), provided)
    assert.equal(reply.body.has_more, false)
    for (const { id } of reply.body.categories) assert.match(id, /^category_[0-9a-f]{32}$/)
  }
  assert.deepEqual(names(await as().get(url)).length, 9)
})

test('a category is made and renamed, and leaves events', async (t) => {
  const { as, events } = await start(t)
  const made = await as('create:property_categories').post(url, { name: 'Nests', context: 'org' })
  assert.equal(made.status, 201)
  const { id } = made.body.category
  assert.deepEqual(made.body, { code: 'OK', message: 'Success', category: { id } })
  const one = `${url}/${id}`
  for (const body of [{ name: 'Burrows' }, { name: 'Burrows' }, {}]) {
    assert.deepEqual(outcome(await as('update:property_categories').put(one, body)), [200, 'OK'])
  }
  assert.deepEqual((await as().get(`${url}?context=org`)).body.categories.at(-1), {
    id,
    name: 'Burrows',
    context: 'org',
  })
  assert.equal(names(await as().get(`${url}?context=usr`)).includes('Burrows'), false)
  assert.deepEqual(outcome(await as().put(one, { name: ' ' })), [400, 'INVALID_VALUE'])
  assert.deepEqual(outcome(await as().put(`${url}/category_none`, { name: 'N' })), [404, 'CATEGORY_NOT_FOUND'])
  assert.deepEqual(
    (await events()).map(({ type, data }) => [type, data.property_category]),
    [
      ['property_category.created', { id, name: 'Nests', context: 'org' }],
      ['property_category.updated', { id, name: 'Burrows', context: 'org' }],
    ],
  )
})
