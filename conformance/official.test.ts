import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { compare, keyOf } from './compare.ts'
import {
  listOperations,
  mediaType,
  type OpenApiDocument,
  type Operation,
  officialScope,
  type Schema,
  type SchemaObject,
} from './document.ts'
import { mutationsOf } from './mutations.ts'
import { absence, readOfficialDocument } from './official.ts'

/** Kinde's document, or a word to the reader of the test run and undefined. */
function officialDocument(t: TestContext): OpenApiDocument | undefined {
  const document = readOfficialDocument()
  if (document === undefined) t.diagnostic(absence)
  return document
}

/** A document with one operation of the official one twice: as it stands, and written as ours are. */
function* twins(document: OpenApiDocument) {
  for (const { method, path, operation } of listOperations(document)) {
    const item = document.paths[path]
    const copy = inlined(document, { ...operation, description: undefined }) as Operation
    copy.parameters = inlined(document, [...(item?.parameters ?? []), ...(operation.parameters ?? [])]) as []
    copy['x-required-scope'] = officialScope(operation)
    for (const part of [copy.requestBody, ...Object.values(copy.responses ?? {})]) {
      if (!part || !('content' in part) || !part.content) continue
      part.content = Object.fromEntries(Object.entries(part.content).map(([type, media]) => [mediaType(type), media]))
    }
    const official = { ...document, paths: { [path]: { parameters: item?.parameters, [method]: operation } } }
    const ours: OpenApiDocument = { paths: { [path]: { [method]: copy } } }
    yield { official, ours, operation: copy }
  }
}

/** A deep copy in which references are replaced by what they stand for. */
function inlined(document: OpenApiDocument, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(document, item))
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value && typeof value.$ref === 'string') {
    const [, , group = '', name = ''] = value.$ref.split('/')
    return inlined(document, document.components?.[group]?.[name])
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inlined(document, member)]))
}

test("the document's 183 operations all have a name, and a scope except one that is open", (t) => {
  const document = officialDocument(t)
  if (!document) return
  const operations = listOperations(document).map(({ operation }) => operation)
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, 183)
  const open = operations.filter((operation) => officialScope(operation) === undefined)
  assert.deepEqual(
    open.map(({ operationId }) => operationId),
    ['verifyApiKey'],
  )
  for (const operation of operations) {
    const stated = (operation as { 'x-scope'?: string })['x-scope']
    if (stated !== undefined) assert.equal(officialScope(operation), stated)
  }
})

test("Kinde's document does not deviate from itself", (t) => {
  const document = officialDocument(t)
  if (!document) return
  const copy = structuredClone(document)
  for (const { operation } of listOperations(copy)) operation['x-required-scope'] = officialScope(operation)
  const { present, missing, extra, deviations, total } = compare(document, copy)
  assert.deepEqual([total, present.length, missing, extra, deviations], [183, 183, [], [], []])
})

test("Kinde's document does not deviate from itself without references, charsets and texts", (t) => {
  const document = officialDocument(t)
  if (!document) return
  for (const { official, ours } of twins(document)) assert.deepEqual(compare(official, ours).deviations, [])
})

test("every change of Kinde's document that a client could notice is found, as one deviation at its place", (t) => {
  const document = officialDocument(t)
  if (!document) return
  let count = 0
  const overlooked: string[] = []
  for (const { official, ours, operation } of twins(document)) {
    const name = operation.operationId
    for (const { what, pointer, name: change, apply } of mutationsOf(operation)) {
      const undo = apply()
      const found = compare(official, ours).deviations
      undo()
      count += 1
      const exact = found.length === 1 && found[0]?.what === what && found[0].pointer === pointer
      if (!exact) overlooked.push(`${name} ${what} ${pointer} ${change}: found [${found.map(keyOf).join('; ')}]`)
    }
    assert.deepEqual(compare(official, ours).deviations, [], 'all changes have been undone')
  }
  t.diagnostic(`${count} changes`)
  assert.deepEqual(overlooked, [])
  assert.ok(count > 5000, `only ${count} changes were tried`)
})

test("more than Kinde's document asks for, and less variety than it allows in replies, is no deviation", (t) => {
  const document = officialDocument(t)
  if (!document) return
  for (const { official, ours, operation } of twins(document)) {
    operation.parameters?.push({ name: 'added', in: 'query', schema: { type: 'string' } })
    const bodies = operation.requestBody && 'content' in operation.requestBody ? operation.requestBody.content : {}
    for (const { schema } of Object.values(bodies ?? {})) changeAll(schema, generous)
    for (const reply of Object.values(operation.responses ?? {})) {
      const content = 'content' in reply ? reply.content : {}
      for (const { schema } of Object.values(content ?? {})) changeAll(schema, exacting)
    }
    operation.responses = { ...operation.responses, 418: { content: { 'text/plain': {} } } }
    const found = compare(official, ours).deviations
    assert.deepEqual(found.map(keyOf), [])
  }
})

/** Takes more than before. */
function generous(schema: SchemaObject) {
  delete schema.required
  schema.nullable = true
  schema.enum?.push('added')
  if (schema.properties) schema.properties.added = { type: 'string' }
}

/** Sends the same with less variety, and something more. */
function exacting(schema: SchemaObject) {
  delete schema.nullable
  schema.enum?.pop()
  if (!schema.properties) return
  schema.properties.added = { type: 'string' }
  schema.required = Object.keys(schema.properties)
  schema.additionalProperties = false
}

function changeAll(schema: Schema | undefined, change: (schema: SchemaObject) => void): void {
  if (typeof schema !== 'object' || '$ref' in schema) return
  const { properties = {}, items, additionalProperties, oneOf = [], allOf = [] } = schema
  for (const part of [...Object.values(properties), items, additionalProperties, ...oneOf, ...allOf]) {
    changeAll(part, change)
  }
  change(schema)
}
