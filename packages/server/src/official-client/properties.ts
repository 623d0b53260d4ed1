import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, sdk } from './testing-sdk.ts'

const { Properties, PropertyCategories } = sdk

test('Properties: a category and its property are made, listed, changed, deleted', async () => {
  const requestBody = { name: 'Nests', context: 'org' }
  const { category } = await PropertyCategories.createCategory({ requestBody })
  await PropertyCategories.updateCategory({ categoryId: category.id, requestBody: { name: 'All nests' } })
  const { categories } = await PropertyCategories.getCategories({ context: 'org', pageSize: 100 })
  assert.equal(categories.find(({ id }: { id: string }) => id === category.id).name, 'All nests')

  const { property } = await Properties.createProperty({
    requestBody: {
      name: 'Nest',
      key: 'nest',
      type: 'single_line_text',
      context: 'org',
      is_private: false,
      category_id: category.id,
    },
  })
  const listed = async () => {
    const { properties } = await Properties.getProperties({ context: 'org', pageSize: 100 })
    return properties.find(({ id }: { id: string }) => id === property.id)
  }
  assert.equal((await listed()).key, 'nest')
  await Properties.updateProperty({
    propertyId: property.id,
    requestBody: { name: 'Nest box', is_private: true, category_id: category.id },
  })
  assert.deepEqual([(await listed()).name, (await listed()).is_private], ['Nest box', true])
  await Properties.deleteProperty({ propertyId: property.id })
  assert.equal(await listed(), undefined)
  assert.ok(column((await Properties.getProperties({ pageSize: 100 })).properties, 'key').includes('kp_usr_city'))
})
