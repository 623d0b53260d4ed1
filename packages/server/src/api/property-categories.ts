import { Type } from '@sinclair/typebox'
import { notFound } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { checkedName, longestName } from '../store/definitions.ts'
import { dialectOf } from '../store/dialect.ts'
import { cursorPage, pageSizeParameter } from '../store/page.ts'
import { type PropertyContext, propertyContexts } from '../store/properties.ts'

export const getCategories = operation({
  id: 'GetCategories',
  method: 'GET',
  path: '/api/v1/property_categories',
  scope: 'read:property_categories',
  tag: 'Property Categories',
  summary: 'List property categories',
  description: 'The groups that properties are in. Each is for properties of one context.',
  organizationAware: true,
  query: Type.Object({
    page_size: pageSizeParameter,
    starting_after: Type.Optional(
      Nullable(Type.String({ description: 'Id of a category: the page begins after it.' })),
    ),
    ending_before: Type.Optional(Nullable(Type.String({ description: 'Id of a category: the page ends before it.' }))),
    context: Type.Optional(
      Nullable(Choice(['usr', 'org'], { description: 'Only those for properties of users, or of organizations.' })),
    ),
  }),
  responses: {
    200: named(
      'get_categories_response',
      Success({
        categories: Type.Optional(
          Type.Array(
            named(
              'category',
              Type.Object({
                id: Type.Optional(Type.String({ description: 'Id of the category.' })),
                name: Type.Optional(Type.String({ description: 'Name of the category.' })),
                context: Type.Optional(
                  Choice(propertyContexts, { description: 'Whose properties it holds. Kinde does not tell.' }),
                ),
              }),
            ),
          ),
        ),
        has_more: Type.Optional(Type.Boolean({ description: 'Whether there are more in the direction of reading.' })),
      }),
    ),
  },
  handler: async ({ query, db }) => {
    let categories = db.selectFrom('property_categories').select(['seq', 'id', 'name', 'context'])
    if (query.context) categories = categories.where('context', '=', query.context)
    const { rows, hasMore } = await cursorPage(categories, query, {
      table: 'property_categories',
      seqOf: async (id) => (await categories.where('id', '=', id).executeTakeFirst())?.seq,
    })
    const list = rows.map(({ id, name, context }) => ({ id, name, context: context as PropertyContext }))
    return { ...ok, categories: list, has_more: hasMore }
  },
})

export const createCategory = operation({
  id: 'CreateCategory',
  method: 'POST',
  path: '/api/v1/property_categories',
  scope: 'create:property_categories',
  tag: 'Property Categories',
  summary: 'Create a property category',
  description: 'Makes a group for properties of one context.',
  body: Type.Object({
    name: Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the category.' }),
    context: Choice(propertyContexts, { description: 'Whether it is for organizations, users or applications.' }),
  }),
  bodyRequired: true,
  example: { body: { name: 'Nests', context: 'app' } },
  responses: {
    201: named(
      'create_category_response',
      Success({
        category: Type.Optional(
          Type.Object({ id: Type.Optional(Type.String({ description: 'Id of the new category.' })) }),
        ),
      }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const category = { id: environment.ids.timed('category', now), name: checkedName(body.name), context: body.context }
    await db
      .insertInto('property_categories')
      .values({ ...category, created_at_ms: now })
      .execute()
    record('property_category.created', { property_category: category })
    return { ...ok, category: { id: category.id } }
  },
})

export const updateCategory = operation({
  id: 'UpdateCategory',
  method: 'PUT',
  path: '/api/v1/property_categories/{category_id}',
  scope: 'update:property_categories',
  tag: 'Property Categories',
  summary: 'Update a property category',
  description: 'Gives the category another name. Its properties stay in it.',
  body: Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the category.' })),
  }),
  bodyRequired: true,
  example: { body: { name: 'Nesting places' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const row = await db
      .selectFrom('property_categories')
      .select(['id', 'name', 'context'])
      .where('id', '=', params.category_id)
      .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
      .executeTakeFirst()
    if (row === undefined) throw notFound('category', params.category_id)
    const name = body.name === undefined ? row.name : checkedName(body.name)
    if (name !== row.name) {
      await db.updateTable('property_categories').set({ name }).where('id', '=', row.id).execute()
      record('property_category.updated', { property_category: { ...row, name } }, { before: row, after: { name } })
    }
    return ok
  },
})
