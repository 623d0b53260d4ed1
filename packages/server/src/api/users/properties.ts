import { Type } from '@sinclair/typebox'
import { ok, operation, SuccessReply } from '../../operation.ts'
import { propertyValues, setPropertyValue, setPropertyValues } from '../../store/properties.ts'
import { holdUser, organizationsOf, requireUser, userEventData } from '../../store/users.ts'
import { PropertyValuesReply, valueParameter, valuesMember } from '../properties.ts'

export const getUserProperties = operation({
  id: 'GetUserPropertyValues',
  method: 'GET',
  path: '/api/v1/users/{user_id}/properties',
  scope: 'read:user_properties',
  tag: 'Users',
  summary: "List a user's property values",
  description: 'Every property that users can have, with the value of this one.',
  responses: { 200: PropertyValuesReply },
  handler: async ({ params, db }) => {
    const { id } = await requireUser(db, params.user_id)
    return { ...ok, properties: await propertyValues(db, { context: 'usr', id }) }
  },
})

export const updateUserProperty = operation({
  id: 'UpdateUserProperty',
  method: 'PUT',
  path: '/api/v1/users/{user_id}/properties/{property_key}',
  scope: 'update:user_properties',
  tag: 'Users',
  summary: "Set one of a user's property values",
  description: "Sets the value that one of the user's properties has. It may come in a JSON body too.",
  queryOrBody: true,
  query: Type.Object({ value: valueParameter }),
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const user = await holdUser(db, params.user_id)
    const owner = { context: 'usr', id: user.id } as const
    const change = await setPropertyValue(db, owner, params.property_key, query.value)
    if (change !== undefined) {
      record('user.updated', userEventData(user, await organizationsOf(db, user.id)), change)
    }
    return ok
  },
})

export const updateUserProperties = operation({
  id: 'UpdateUserProperties',
  method: 'PATCH',
  path: '/api/v1/users/{user_id}/properties',
  scope: 'update:user_properties',
  tag: 'Users',
  summary: "Set a user's property values",
  description: "Sets the values that are sent, all or none. The user's other values stay.",
  body: Type.Object({ properties: valuesMember }),
  bodyRequired: true,
  example: { body: { properties: { kp_usr_city: 'Sydney' } } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const user = await holdUser(db, params.user_id)
    const change = await setPropertyValues(db, { context: 'usr', id: user.id }, body.properties)
    if (change !== undefined) {
      record('user.updated', userEventData(user, await organizationsOf(db, user.id)), change)
    }
    return ok
  },
})
