import { Type } from '@sinclair/typebox'
import { ok, operation, SuccessReply } from '../../operation.ts'
import { keepOrganization, requireOrganization } from '../../store/organizations.ts'
import { propertyValues, setPropertyValue, setPropertyValues } from '../../store/properties.ts'
import { PropertyValuesReply, valueParameter, valuesMember } from '../properties.ts'

export const getOrganizationProperties = operation({
  id: 'GetOrganizationPropertyValues',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/properties',
  scope: 'read:organization_properties',
  tag: 'Organizations',
  summary: "List an organization's property values",
  description: 'Every property that organizations can have, with the value of this one.',
  responses: { 200: PropertyValuesReply },
  handler: async ({ params, db }) => {
    const { code } = await requireOrganization(db, params.org_code)
    return { ...ok, properties: await propertyValues(db, { context: 'org', id: code }) }
  },
})

export const updateOrganizationProperty = operation({
  id: 'UpdateOrganizationProperty',
  method: 'PUT',
  path: '/api/v1/organizations/{org_code}/properties/{property_key}',
  scope: 'update:organization_properties',
  tag: 'Organizations',
  summary: "Set one of an organization's property values",
  description: "Sets the value that one of the organization's properties has. It may come in a JSON body too.",
  queryOrBody: true,
  query: Type.Object({ value: valueParameter }),
  responses: { 200: SuccessReply },
  handler: async ({ params, query, db, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const key = params.property_key
    const change = await setPropertyValue(db, { context: 'org', id: code }, key, query.value)
    if (change !== undefined) {
      const data = { organization: { code }, properties: { [key]: query.value } }
      record('organization.properties_updated', data, change)
    }
    return ok
  },
})

export const updateOrganizationProperties = operation({
  id: 'UpdateOrganizationProperties',
  method: 'PATCH',
  path: '/api/v1/organizations/{org_code}/properties',
  scope: 'update:organization_properties',
  tag: 'Organizations',
  summary: "Set an organization's property values",
  description: "Sets the values that are sent, all or none. The organization's other values stay.",
  body: Type.Object({ properties: valuesMember }),
  bodyRequired: true,
  example: { body: { properties: { kp_org_city: 'Sydney' } } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const code = await keepOrganization(db, params.org_code)
    const change = await setPropertyValues(db, { context: 'org', id: code }, body.properties)
    if (change !== undefined) {
      const data = { organization: { code }, properties: body.properties }
      record('organization.properties_updated', data, change)
    }
    return ok
  },
})
