import type { TSchema } from '@sinclair/typebox'
import { operations } from './api/index.ts'
import { bodyExample, pathDescription, pathExample, queryExample, queryOfExample, replyExample } from './examples.ts'
import { nameOf, type Operation } from './operation.ts'

type Json = Record<string, unknown>

/** Refusals that every operation can give; said once here and not 183 times. */
const refusals: Record<string, string> = {
  400: 'The request cannot be taken as it was sent.',
  401: 'The access token is missing, expired or not valid here.',
  403: 'The access token lacks the scope, or was issued for another audience or organization.',
  404: 'What the request names does not exist.',
  429: 'Too many requests; try again after the seconds that RateLimit-Reset tells.',
}

/**
 * The OpenAPI 3.0 document of the Management API, made from the list of operations.
 * `x-required-scope` names the scope that an operation needs.
 * @param baseUrl the server that the document names, no slash at the end
 * @param list the operations that it tells of
 */
export function openApiDocument(baseUrl: string, list: readonly Operation[] = operations): Json {
  const schemas: Record<string, Json> = {
    error_response: {
      type: 'object',
      properties: {
        errors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              code: { type: 'string', description: 'Short code of the fault.' },
              message: { type: 'string', description: 'What is wrong, and what to do.' },
              field: { type: 'string', description: 'The member or parameter at fault.' },
            },
          },
        },
      },
    },
  }
  const paths: Record<string, Json> = {}
  for (const operation of list) {
    paths[operation.path] ??= {}
    paths[operation.path]![operation.method.toLowerCase()] = describe(operation, schemas)
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Kindred Management API',
      version: '1',
      description: "Manages an environment's applications, APIs and users. Compatible with the Kinde Management API.",
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: baseUrl }],
    tags: [...new Set(list.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `An access token for the audience ${baseUrl}/api, from POST ${baseUrl}/oauth2/token.`,
        },
      },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([left], [right]) => (left < right ? -1 : 1))),
    },
  }
}

function describe(operation: Operation, schemas: Record<string, Json>): Json {
  const { id, tag, summary, description, scope, body, bodyRequired, responses } = operation
  const replies: Record<string, Json> = {}
  for (const [status, schema] of Object.entries(responses)) {
    const example = replyExample(operation, Number(status))
    replies[status] = { description: 'Done.', ...(schema === null ? {} : content(schema, schemas, example)) }
  }
  for (const [status, meaning] of Object.entries(refusals)) {
    replies[status] = {
      description: meaning,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/error_response' } } },
    }
  }
  const parameters = [...pathParameters(operation), ...queryParameters(operation, schemas)]
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(scope === null ? {} : { 'x-required-scope': scope }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: bodyRequired ?? false, ...content(body, schemas, bodyExample(operation)) } }),
    ...(operation.upload === undefined ? {} : { requestBody: uploadBody(operation.upload) }),
    ...(operation.anonymous ? { security: [{}, { bearer: [] }] } : {}),
    responses: replies,
  }
}

function uploadBody({ field, description }: NonNullable<Operation['upload']>): Json {
  const schema = {
    type: 'object',
    properties: { [field]: { type: 'string', format: 'binary', description } },
    required: [field],
  }
  return { required: true, content: { 'multipart/form-data': { schema } } }
}

function content(schema: TSchema, schemas: Record<string, Json>, example: unknown): Json {
  return { content: { 'application/json': { schema: reference(schema, schemas), example } } }
}

function pathParameters(operation: Operation): Json[] {
  return [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: pathDescription(name!),
    schema: { type: 'string' },
    example: pathExample(operation, name!),
  }))
}

function queryParameters(operation: Operation, schemas: Record<string, Json>): Json[] {
  const { query } = operation
  const shown = queryOfExample(operation)
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...rest } = plain(schema, schemas) as Json & { description?: string }
    return {
      name,
      in: 'query',
      required: query!.required?.includes(name) ?? false,
      ...(description === undefined ? {} : { description }),
      ...(rest.type === 'object' ? { style: 'deepObject', explode: true } : {}),
      schema: rest,
      // Documentation that tries requests out would send the examples of optional parameters, too.
      ...(shown.includes(name) ? { example: queryExample(operation, name) } : {}),
    }
  })
}

/**
 * A named schema becomes a component and a reference to it; any other is written in its place. So is a named one that
 * may be null (`Nullable` drops the name): the component is shared, and OpenAPI 3.0 takes no `nullable` beside a reference.
 * @throws {Error} when two different schemas have one name
 */
function reference(schema: TSchema, schemas: Record<string, Json>): Json {
  const name = nameOf(schema)
  const made = plain(schema, schemas)
  if (name === undefined) return made
  schemas[name] ??= made
  if (JSON.stringify(schemas[name]) !== JSON.stringify(made)) throw new Error(`Two schemas have the name ${name}.`)
  return { $ref: `#/components/schemas/${name}` }
}

/** A schema without the symbols that the type builder and we keep in it. */
function plain(schema: TSchema, schemas: Record<string, Json>): Json {
  const result: Json = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') {
      const members = Object.entries(value as Record<string, TSchema>)
      result[key] = Object.fromEntries(members.map(([name, member]) => [name, reference(member, schemas)]))
    } else if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object')) {
      result[key] = reference(value as TSchema, schemas)
    } else if (key === 'anyOf' || key === 'oneOf' || key === 'allOf') {
      result[key] = (value as TSchema[]).map((member) => reference(member, schemas))
    } else {
      result[key] = value
    }
  }
  return result
}
