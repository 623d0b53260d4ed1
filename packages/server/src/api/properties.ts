import { Type } from '@sinclair/typebox'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { checkedKey, checkedName, longestDescription, longestKey, longestName } from '../store/definitions.ts'
import { cursorPage, pageSizeParameter } from '../store/page.ts'
import {
  createProperty as addProperty,
  holdOwnProperty,
  longestPropertyValue,
  type PropertyContext,
  propertyContexts,
  propertyTypes,
  deleteProperty as removeProperty,
  requireCategoryOf,
} from '../store/properties.ts'

/** The properties of a user, an organization or an application with their values. */
export const PropertyValuesReply = named(
  'get_property_values_response',
  Success({
    properties: Type.Optional(
      Type.Array(
        named(
          'property_value',
          Type.Object({
            id: Type.Optional(Type.String({ description: 'Id of the property.' })),
            name: Type.Optional(Type.String({ description: 'Name of the property.' })),
            description: Type.Optional(Nullable(Type.String({ description: 'What the property is for.' }))),
            key: Type.Optional(Type.String({ description: 'The property as code names it.' })),
            value: Type.Optional(
              Nullable(Type.String({ description: 'The value as text, such as `true`; null where none is set.' })),
            ),
          }),
        ),
      ),
    ),
    next_token: Type.Optional(Type.String({ description: 'Never sent: the properties come all at once.' })),
  }),
)

/** The value of one property, which comes in the query. */
export const valueParameter = Type.String({
  maxLength: longestPropertyValue,
  description: 'The value: text, of one line where the property has one; true or false for a boolean one.',
})

/** Values of several properties. */
export const valuesMember = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  description: 'Values by the keys of their properties, 100 at most; null takes a value away.',
})

const name = Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the property.' })
const description = Type.Optional(Type.String({ maxLength: longestDescription, description: 'What it is for.' }))
const isPrivate = Type.Boolean({ description: 'True keeps its values out of tokens.' })
const categoryId = Type.String({ description: 'Id of a category of the same context.' })

export const getProperties = operation({
  id: 'GetProperties',
  method: 'GET',
  path: '/api/v1/properties',
  scope: 'read:properties',
  tag: 'Properties',
  summary: 'List properties',
  description: 'The properties that can have values, your own and those that come with every environment.',
  organizationAware: true,
  query: Type.Object({
    page_size: pageSizeParameter,
    starting_after: Type.Optional(
      Nullable(Type.String({ description: 'Id of a property: the page begins after it.' })),
    ),
    ending_before: Type.Optional(Nullable(Type.String({ description: 'Id of a property: the page ends before it.' }))),
    context: Type.Optional(
      Nullable(Choice(['usr', 'org', 'app'], { description: 'Only those of users, organizations or applications.' })),
    ),
  }),
  responses: {
    200: named(
      'get_properties_response',
      Success({
        properties: Type.Optional(
          Type.Array(
            named(
              'property',
              Type.Object({
                id: Type.Optional(Type.String({ description: 'Id of the property.' })),
                key: Type.Optional(Type.String({ description: 'The property as code names it.' })),
                name: Type.Optional(Type.String({ description: 'Name of the property.' })),
                is_private: Type.Optional(Type.Boolean({ description: 'Whether its values stay out of tokens.' })),
                description: Type.Optional(Type.String({ description: 'What it is for.' })),
                is_kinde_property: Type.Optional(
                  Type.Boolean({ description: 'Whether it comes with every environment and cannot be changed.' }),
                ),
                // Kinde shows neither of these; without them a property cannot be made again elsewhere.
                context: Type.Optional(Choice(propertyContexts, { description: 'Whose property it is.' })),
                type: Type.Optional(Choice(propertyTypes, { description: 'Kind of its values.' })),
                category_id: Type.Optional(Nullable(Type.String({ description: 'Id of its category.' }))),
              }),
            ),
          ),
        ),
        has_more: Type.Optional(Type.Boolean({ description: 'Whether there are more in the direction of reading.' })),
      }),
    ),
  },
  handler: async ({ query, db }) => {
    let properties = db
      .selectFrom('properties')
      .select(['seq', 'id', 'key', 'name', 'is_private', 'description', 'is_kinde_property'])
      .select(['context', 'type', 'category_id'])
    if (query.context) properties = properties.where('context', '=', query.context)
    const { rows, hasMore } = await cursorPage(properties, query, {
      table: 'properties',
      seqOf: async (id) => (await properties.where('id', '=', id).executeTakeFirst())?.seq,
    })
    const list = rows.map(({ context, type, ...row }) => ({
      ...row,
      description: row.description ?? '',
      context: context as PropertyContext,
      type: type as (typeof propertyTypes)[number],
    }))
    return { ...ok, properties: list, has_more: hasMore }
  },
})

export const createProperty = operation({
  id: 'CreateProperty',
  method: 'POST',
  path: '/api/v1/properties',
  scope: 'create:properties',
  tag: 'Properties',
  summary: 'Create a property',
  description:
    'Defines something that can be kept about each user, organization or application. Key, type and context are final.',
  body: Type.Object({
    name,
    description,
    key: Type.String({
      minLength: 1,
      maxLength: longestKey,
      description: 'The property as code names it: 1 to 255 characters without white space, of no other property.',
    }),
    type: Choice(propertyTypes, { description: 'Text of one line, or of several.' }),
    context: Choice(propertyContexts, { description: 'Whether organizations, users or applications have it.' }),
    is_private: isPrivate,
    category_id: categoryId,
  }),
  bodyRequired: true,
  example: {
    body: {
      name: 'Nest',
      description: 'Where the nest of the shop is.',
      key: 'nest',
      type: 'single_line_text',
      context: 'app',
      is_private: false,
      category_id: 'category_019bc1b3d4a0f3a1c85e7d2b904f6c18',
    },
  },
  responses: {
    201: named(
      'create_property_response',
      Success({
        property: Type.Optional(
          Type.Object({ id: Type.Optional(Type.String({ description: 'Id of the new property.' })) }),
        ),
      }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    await requireCategoryOf(db, body.context, body.category_id)
    const property = {
      key: checkedKey(body.key),
      name: checkedName(body.name),
      description: body.description ?? null,
      context: body.context,
      type: body.type,
      is_private: body.is_private,
      category_id: body.category_id,
    }
    const id = await addProperty(db, property, { ids: environment.ids, now })
    record('property.created', { property: { id, ...property } })
    return { ...ok, property: { id } }
  },
})

export const updateProperty = operation({
  id: 'UpdateProperty',
  method: 'PUT',
  path: '/api/v1/properties/{property_id}',
  scope: 'update:properties',
  tag: 'Properties',
  summary: 'Update a property',
  description:
    'Sets what is sent; a description that is left out stays. Those that come with every environment are fixed.',
  body: Type.Object({ name, description, is_private: isPrivate, category_id: categoryId }),
  bodyRequired: true,
  example: {
    body: {
      name: 'Nesting place',
      description: 'Where the nest is.',
      is_private: true,
      category_id: 'category_019bc1b3d4a0f3a1c85e7d2b904f6c18',
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const property = await holdOwnProperty(db, params.property_id)
    await requireCategoryOf(db, property.context, body.category_id)
    const values = {
      name: checkedName(body.name),
      description: body.description ?? property.description,
      is_private: body.is_private,
      category_id: body.category_id,
    }
    const columns = Object.keys(values) as (keyof typeof values)[]
    if (columns.some((column) => values[column] !== property[column])) {
      await db.updateTable('properties').set(values).where('id', '=', property.id).execute()
      const { id, key, context, type } = property
      const data = { property: { id, key, context, type, ...values } }
      record('property.updated', data, { before: property, after: values })
    }
    return ok
  },
})

export const deleteProperty = operation({
  id: 'DeleteProperty',
  method: 'DELETE',
  path: '/api/v1/properties/{property_id}',
  scope: 'delete:properties',
  tag: 'Properties',
  summary: 'Delete a property',
  description: 'Removes the property with every value that it has. Those that come with every environment stay.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id, key } = await holdOwnProperty(db, params.property_id)
    const reach = await removeProperty(db, id)
    record('property.deleted', { property: { id, key }, reach })
    return ok
  },
})
