import { Type } from '@sinclair/typebox'
import { ok, operation, SuccessReply } from '../../operation.ts'
import { holdApplication, requireApplication } from '../../store/applications.ts'
import { longestPropertyValue, propertyValues, setPropertyValue } from '../../store/properties.ts'
import { PropertyValuesReply } from '../properties.ts'

export const getApplicationProperties = operation({
  id: 'getApplicationPropertyValues',
  method: 'GET',
  path: '/api/v1/applications/{application_id}/properties',
  scope: 'read:application_properties',
  tag: 'Applications',
  summary: "List an application's property values",
  description: 'Every property that applications can have, with the value of this one.',
  responses: { 200: PropertyValuesReply },
  handler: async ({ params, db }) => {
    const { id } = await requireApplication(db, params.application_id)
    return { ...ok, properties: await propertyValues(db, { context: 'app', id }) }
  },
})

export const updateApplicationProperty = operation({
  id: 'updateApplicationsProperty',
  method: 'PUT',
  path: '/api/v1/applications/{application_id}/properties/{property_key}',
  scope: 'update:application_properties',
  tag: 'Applications',
  summary: "Set one of an application's property values",
  description: "Sets the value that one of the application's properties has.",
  body: Type.Object({
    value: Type.Union([Type.String({ maxLength: longestPropertyValue }), Type.Boolean()], {
      description: 'The value: text, of one line where the property has one, or true or false.',
    }),
  }),
  bodyRequired: true,
  example: { body: { value: 'Sydney' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const { id } = await holdApplication(db, params.application_id)
    const key = params.property_key
    const change = await setPropertyValue(db, { context: 'app', id }, key, body.value)
    if (change !== undefined) {
      const data = { application: { id }, properties: { [key]: String(body.value) } }
      record('application.properties_updated', data, change)
    }
    return ok
  },
})
