import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type TSchema, Type } from '@sinclair/typebox'
import { operations } from './api/index.ts'
import { managementScopes } from './management-api.ts'
import { openApiDocument } from './openapi.ts'
import { Nullable, named, ok, operation } from './operation.ts'
import { start } from './testing.ts'

type Json = Record<string, unknown>
interface Described extends Json {
  operationId: string
  'x-required-scope'?: string
  parameters?: { name: string; in: string; required: boolean; schema: Json }[]
  requestBody?: { required: boolean }
  responses: Record<string, Json>
}

const document = openApiDocument('https://id.example')
const paths = document.paths as Record<string, Record<string, Described>>

/** Every object within a value, the value itself first. */
function* parts(value: unknown): Generator<Json> {
  if (value === null || typeof value !== 'object') return
  yield value as Json
  for (const member of Object.values(value)) yield* parts(member)
}

test('the document is valid OpenAPI 3.0', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  assert.ok(valid, JSON.stringify(errors, null, 1))
  assert.equal(validator.version, '3.0')
})

test('the server gives the document to anyone, on any origin', async (t) => {
  const { send } = await start(t, { baseUrl: 'https://id.example' })
  const { status, headers, body } = await send({ method: 'GET', url: '/openapi.json' })
  assert.equal(status, 200)
  assert.equal(headers['access-control-allow-origin'], '*')
  assert.deepEqual(body, document)
  assert.deepEqual(body.servers, [{ url: 'https://id.example' }])
})

test('the document lists exactly the operations of the server, each with its scope', () => {
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, 'x-required-scope': scope }]) =>
      [method.toUpperCase(), path, operationId, scope ?? null].join(' '),
    ),
  )
  const known = operations.map(({ method, path, id, scope }) => [method, path, id, scope].join(' '))
  assert.ok(known.length > 0)
  assert.deepEqual(described.sort(), known.sort())
  const scopes = new Set(managementScopes.map(({ key }) => key))
  for (const { scope } of operations) assert.ok(scope === null || scopes.has(scope), `${scope}`)
})

test('each operation has its parameters, its body, its success and every refusal', () => {
  for (const operation of operations) {
    const described = paths[operation.path]![operation.method.toLowerCase()]!
    const named = (place: string) =>
      (described.parameters ?? []).filter((parameter) => parameter.in === place).map(({ name }) => name)
    const placeholders = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    assert.deepEqual(named('path'), placeholders, operation.id)
    assert.deepEqual(named('query'), Object.keys(operation.query?.properties ?? {}), operation.id)
    const takesBody = operation.body !== undefined || operation.upload !== undefined
    assert.equal(described.requestBody !== undefined, takesBody, operation.id)
    const statuses = [...Object.keys(operation.responses), '400', '401', '403', '404', '429']
    assert.deepEqual(new Set(Object.keys(described.responses)), new Set(statuses), operation.id)
  }
})

test('every reference leads somewhere, and every component is referred to', () => {
  const schemas = (document.components as { schemas: Json }).schemas
  const references = new Set<string>()
  for (const { $ref } of parts(document)) {
    if ($ref === undefined) continue
    const name = /^#\/components\/schemas\/(\w+)$/.exec(String($ref))?.[1]
    assert.ok(name !== undefined && Object.hasOwn(schemas, name), `${$ref} leads nowhere`)
    references.add(name)
  }
  assert.deepEqual([...references].sort(), Object.keys(schemas))
})

test('nothing beside a reference is lost: OpenAPI 3.0 ignores what stands there', () => {
  for (const part of parts(document)) if ('$ref' in part) assert.deepEqual(Object.keys(part), ['$ref'])
})

/** The document of one operation that answers with these members. */
function documentOf(members: Record<string, TSchema>) {
  const { paths, components } = openApiDocument('https://id.example', [
    operation({
      id: 'getOwls',
      method: 'GET',
      path: '/api/v1/owls',
      scope: null,
      tag: 'Owls',
      summary: 'List owls',
      responses: { 200: Type.Object(members) },
      handler: async () => ok,
    }),
  ]) as unknown as {
    paths: { '/api/v1/owls': { get: { responses: { 200: { content: Record<string, { schema: Json }> } } } } }
    components: { schemas: Json }
  }
  const { schema } = paths['/api/v1/owls'].get.responses[200].content['application/json']!
  return { members: schema.properties, owl: components.schemas.owl }
}

const owl = named('owl', Type.Object({ name: Type.String() }))
const plainOwl = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }

test('a named schema is written once, and in its place where it may also be null', () => {
  const { members, owl: component } = documentOf({ first: owl, second: Type.Optional(owl), mate: Nullable(owl) })
  assert.deepEqual(component, plainOwl)
  const reference = { $ref: '#/components/schemas/owl' }
  assert.deepEqual(members, { first: reference, second: reference, mate: { ...plainOwl, nullable: true } })
})

test('one name cannot mean two schemas', () => {
  const other = named('owl', Type.Object({ wings: Type.Integer() }))
  assert.throws(() => documentOf({ owl, other }), /Two schemas have the name owl/)
})

test('the document holds what JSON holds: no symbol, no undefined, no function', () => {
  for (const part of parts(document)) assert.deepEqual(Object.getOwnPropertySymbols(part), [])
  assert.deepEqual(JSON.parse(JSON.stringify(document)), document)
})

test('schemas use the words of OpenAPI 3.0 only', () => {
  // Words of later JSON Schema, which a type builder may put in, and which generators for 3.0 trip over.
  const foreign = ['const', '$id', '$schema', '$defs', 'patternProperties', 'examples', 'if', 'prefixItems']
  const schemas = [...parts(document)].filter((part) => typeof part.type === 'string' || 'enum' in part)
  assert.ok(schemas.length > 50)
  for (const schema of schemas) {
    for (const word of foreign) assert.equal(word in schema, false, `${word} in ${JSON.stringify(schema)}`)
    assert.notEqual(schema.type, 'null')
  }
})

test('every member of a body and every query parameter is described', () => {
  for (const operation of operations) {
    for (const [name, schema] of Object.entries(operation.query?.properties ?? {})) {
      assert.ok(schema.description, `${operation.id}: the query parameter ${name} has no description`)
    }
    for (const [name, schema] of Object.entries(operation.body?.properties ?? {})) {
      const { description, type } = schema as { description?: string; type?: string }
      assert.ok(description || type === 'object', `${operation.id}: the member ${name} has no description`)
    }
  }
})
