import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { optionsOf, requireConnection } from '../store/connections.ts'
import { environmentPolicies } from '../store/policies.ts'

export const getPropertyOverview = operation({
  id: 'getPropertyOverview',
  method: 'GET',
  path: '/admin/api/properties',
  scope: 'read:properties',
  role: 'read_only',
  tag: 'Properties',
  summary: 'List properties with type and category',
  description: 'Every property with what the Management API leaves out: whom it belongs to, its type and its category.',
  responses: {
    200: named(
      'property_overview_response',
      Success({
        properties: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the property.' }),
            key: Type.String({ description: 'The property as code names it.' }),
            name: Type.String({ description: 'Name of the property.' }),
            description: Nullable(Type.String({ description: 'What it is for.' })),
            context: Type.String({ description: 'Whom it belongs to: `usr`, `org` or `app`.' }),
            type: Type.String({ description: 'What its values look like.' }),
            is_private: Type.Boolean({ description: 'Whether its values stay out of tokens.' }),
            is_kinde_property: Type.Boolean({ description: 'Whether it is part of the server.' }),
            category_id: Nullable(Type.String({ description: 'Id of its category.' })),
            category_name: Nullable(Type.String({ description: 'Name of its category.' })),
          }),
        ),
      }),
    ),
  },
  handler: async ({ db }) => {
    const properties = await db
      .selectFrom('properties')
      .leftJoin('property_categories as category', 'category.id', 'properties.category_id')
      .select(['properties.id', 'properties.key', 'properties.name', 'properties.description', 'properties.context'])
      .select(['properties.type', 'properties.is_private', 'properties.is_kinde_property', 'properties.category_id'])
      .select('category.name as category_name')
      .orderBy('properties.seq')
      .execute()
    return { ...ok, properties }
  },
})

export const getMfaPolicy = operation({
  id: 'getMfaPolicy',
  method: 'GET',
  path: '/admin/api/mfa',
  scope: 'read:environments',
  role: 'read_only',
  tag: 'Environment',
  summary: "Get the environment's policy for second factors",
  description: 'What PUT /api/v1/mfa has set.',
  responses: {
    200: named(
      'mfa_policy_response',
      Success({
        policy: Type.String({ description: '`required`, `optional` or `off`.' }),
        enabled_factors: Type.Array(Type.String(), { description: 'The factors that people may set up.' }),
        is_recovery_codes_enabled: Type.Boolean({ description: 'Whether people get codes for when a factor is lost.' }),
      }),
    ),
  },
  handler: async ({ db }) => ({ ...ok, ...(await environmentPolicies(db)).mfa }),
})

/** Options of a connection that are kept to the server, though the others are shown. */
const secretOptions = ['client_secret', 'saml_signing_private_key']

export const getConnectionOverview = operation({
  id: 'getConnectionOverview',
  method: 'GET',
  path: '/admin/api/connections/{connection_id}',
  scope: 'read:connections',
  role: 'read_only',
  tag: 'Connections',
  summary: 'Get a connection with its options',
  description:
    'One connection with the options that are no secret, and the applications and organizations that offer it.',
  responses: {
    200: named(
      'connection_overview_response',
      Success({
        connection: Type.Object({
          id: Type.String({ description: 'Id of the connection.' }),
          name: Type.String({ description: 'Name of the connection.' }),
          display_name: Type.String({ description: 'What people see on the button.' }),
          strategy: Type.String({ description: 'Protocol and provider.' }),
          organization_code: Nullable(Type.String({ description: 'The organization that it belongs to, if to one.' })),
          options: Type.Unsafe<Record<string, unknown>>({
            type: 'object',
            additionalProperties: true,
            description: 'What the provider needs, without secrets.',
          }),
          secrets_set: Type.Array(Type.String(), { description: 'Names of the secret options that have a value.' }),
          application_ids: Type.Array(Type.String(), { description: 'Applications that offer it.' }),
        }),
      }),
    ),
  },
  handler: async ({ params, db, environment }) => {
    const connection = await requireConnection(db, params.connection_id)
    const options = Object.entries(optionsOf(connection, environment.cipher))
    const applications = await db
      .selectFrom('application_connections')
      .select('application_id')
      .where('connection_id', '=', connection.id)
      .execute()
    const { id, name, display_name, strategy, organization_code } = connection
    return {
      ...ok,
      connection: {
        id,
        name,
        display_name,
        strategy,
        organization_code,
        options: Object.fromEntries(options.filter(([key]) => !secretOptions.includes(key))),
        secrets_set: options.filter(([key, value]) => secretOptions.includes(key) && value).map(([key]) => key),
        application_ids: applications.map(({ application_id }) => application_id),
      },
    }
  },
})
