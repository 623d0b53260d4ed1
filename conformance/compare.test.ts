import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, keyOf } from './compare.ts'
import type { OpenApiDocument, Operation, Schema } from './document.ts'

const widget: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    color: { type: 'string', enum: ['red', 'blue'], nullable: true },
    parts: { type: 'array', items: { type: 'object', properties: { weight: { type: 'integer' } } } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
}

const json = (schema: Schema, contentType = 'application/json') => ({ [contentType]: { schema } })
const body = (schema: Schema) => ({ required: true, content: json(schema) })
const reply = (schema: Schema) => ({ 200: { content: json(schema) } })

const official = (operation: Operation = {}, components?: OpenApiDocument['components']): OpenApiDocument => ({
  paths: {
    '/widgets/{widget_id}': {
      parameters: [{ name: 'widget_id', in: 'path', required: true, schema: { type: 'string' } }],
      put: {
        operationId: 'putWidget',
        tags: ['Widgets'],
        description: 'Puts one. <div><code>update:widgets</code></div>',
        ...operation,
      },
    },
  },
  components,
})

/** The same document as ours would be: the scope in its extension, no texts. */
const ours = (operation: Operation = {}, components?: OpenApiDocument['components']): OpenApiDocument =>
  official({ description: undefined, 'x-required-scope': 'update:widgets', ...operation }, components)

const keys = (theirs: OpenApiDocument, own: OpenApiDocument) => compare(theirs, own).deviations.map(keyOf)

test('a document that says the same has no deviations', () => {
  const operation = { requestBody: body(widget), responses: reply(widget) }
  const { present, total, missing, extra, deviations, tags } = compare(official(operation), ours(operation))
  assert.deepEqual(
    { present, total, missing, extra, deviations },
    {
      present: ['putWidget'],
      total: 1,
      missing: [],
      extra: [],
      deviations: [],
    },
  )
  assert.deepEqual([...tags], [['Widgets', { present: 1, total: 1 }]])
})

test('an operation that ours lacks is counted as missing and is no deviation', () => {
  const { present, missing, deviations, tags } = compare(official(), { paths: {} })
  assert.deepEqual({ present, missing, deviations }, { present: [], missing: ['putWidget'], deviations: [] })
  assert.deepEqual([...tags], [['Widgets', { present: 0, total: 1 }]])
})

test('operationId, scope and tag are those of the official document', () => {
  const own = ours({ operationId: 'replaceWidget', tags: ['Gadgets'], 'x-required-scope': undefined })
  assert.deepEqual(keys(official(), own), [
    'putWidget operationId: putWidget -> replaceWidget',
    'putWidget scope: update:widgets -> none',
    'putWidget tag: Widgets -> Gadgets',
  ])
  assert.deepEqual(keys(official({ description: 'Open to all.' }), ours()), ['putWidget scope: none -> update:widgets'])
})

test('an operation on another method or path is found by its operationId and deviates there', () => {
  const moved: OpenApiDocument = { paths: { '/gadgets': { post: ours().paths['/widgets/{widget_id}']?.put } } }
  assert.deepEqual(keys(official(), moved), [
    'putWidget method: PUT -> POST',
    'putWidget path: /widgets/{widget_id} -> /gadgets',
    'putWidget parameter path widget_id: present -> absent',
  ])
})

test('the names of path parameters are compared', () => {
  const renamed: OpenApiDocument = { paths: { '/widgets/{id}': ours().paths['/widgets/{widget_id}'] ?? {} } }
  assert.deepEqual(keys(official(), renamed), ['putWidget path: /widgets/{widget_id} -> /widgets/{id}'])
})

test('operations of our own are listed, and deviate only on an official name or address', () => {
  const own = ours()
  own.paths['/gadgets'] = { get: { operationId: 'getGadgets' } }
  const harmless = compare(official(), own)
  assert.deepEqual([harmless.extra, harmless.deviations], [['GET /gadgets'], []])

  own.paths['/gadgets'] = { get: { operationId: 'putWidget' } }
  own.paths['/widgets/{widget_id}'] = { ...own.paths['/widgets/{widget_id}'], get: { operationId: 'getWidget' } }
  own.paths['/widgets/red'] = { put: { operationId: 'putRedWidget' } }
  assert.deepEqual(keys(official(), own).sort(), [
    'getWidget path: of putWidget -> GET /widgets/{widget_id}',
    'putRedWidget path: of putWidget -> PUT /widgets/red',
    'putWidget operationId: of /widgets/{widget_id} -> GET /gadgets',
  ])
})

test('parameters: absent, of another type, newly required and newly restricted ones are deviations', () => {
  const query = (name: string, schema: Schema, required = false) => ({ name, in: 'query', required, schema })
  const theirs = official({
    parameters: [
      query('page_size', { type: 'integer', nullable: true }),
      query('color', { type: 'string', enum: ['red', 'blue'] }),
      query('sort', { type: 'string' }),
      query('name', { type: 'string' }),
      query('since', { type: 'string', format: 'date-time' }),
    ],
  })
  const own = ours({
    parameters: [
      query('page_size', { type: 'string' }),
      query('color', { type: 'string', enum: ['red', 'green'] }),
      query('sort', { type: 'string', enum: ['asc'] }, true),
      query('since', { type: 'string' }),
      query('size', { type: 'string' }, true),
      query('shape', { type: 'string' }),
    ],
  })
  assert.deepEqual(keys(theirs, own), [
    'putWidget parameter query page_size: integer -> string',
    'putWidget parameter query color: takes "blue" -> refuses "blue"',
    'putWidget parameter query sort: any string -> listed values',
    'putWidget parameter query sort: optional -> required',
    'putWidget parameter query name: present -> absent',
    'putWidget parameter query size: absent -> required',
  ])
})

test('a parameter in another place is absent, and one that is an object is spelled the same way', () => {
  const schema = { type: 'object', additionalProperties: { type: 'string' } }
  const theirs = official({ parameters: [{ name: 'labels', in: 'query', style: 'deepObject', schema }] })
  assert.deepEqual(keys(theirs, ours({ parameters: [{ name: 'labels', in: 'query', schema }] })), [
    'putWidget parameter query labels: deepObject, not exploded -> form, exploded',
  ])
  assert.deepEqual(keys(theirs, ours({ parameters: [{ name: 'labels', in: 'header', schema }] })), [
    'putWidget parameter query labels: present -> absent',
  ])
})

test('a request body may be absent, of another content type or newly required: deviations', () => {
  const optional = { requestBody: { content: json(widget) } }
  assert.deepEqual(keys(official(optional), ours()), ['putWidget request body: present -> absent'])
  assert.deepEqual(keys(official(optional), ours({ requestBody: body(widget) })), [
    'putWidget request body: optional -> required',
  ])
  assert.deepEqual(keys(official(), ours({ requestBody: body(widget) })), [
    'putWidget request body: absent -> required',
  ])
  const form = { requestBody: { content: json(widget, 'multipart/form-data') } }
  assert.deepEqual(keys(official(form), ours(optional)), [
    'putWidget request body multipart/form-data: present -> absent',
  ])
  assert.deepEqual(keys(official({ requestBody: body(widget) }), ours(optional)), [])
})

test('success replies: statuses and content types are those of the official document', () => {
  const theirs = official({ responses: { ...reply(widget), 404: { content: json(widget) } } })
  assert.deepEqual(keys(theirs, ours({ responses: { 201: {}, 400: { content: json(widget) } } })), [
    'putWidget response 201: absent -> present',
    'putWidget response 200: present -> absent',
  ])
  assert.deepEqual(keys(theirs, ours({ responses: { 200: {} } })), [
    'putWidget response 200 application/json: present -> absent',
  ])
})

test('a reply that the official document leaves without content may have one', () => {
  assert.deepEqual(keys(official({ responses: { 200: {} } }), ours({ responses: reply(widget) })), [])
})

test('a content type that is listed twice, with a charset, is one content type', () => {
  const [plain, charset] = ['application/json', 'Application/JSON; charset=utf-8']
  const theirs = official({ responses: { 200: { content: { ...json(widget, charset), ...json(widget, plain) } } } })
  assert.deepEqual(keys(theirs, ours({ responses: reply(widget) })), [])
  assert.deepEqual(keys(theirs, ours({ responses: { 200: { content: json(widget, charset) } } })), [])
  assert.deepEqual(keys(theirs, ours({ responses: reply({ type: 'object' }) })), [
    'putWidget response 200 id: string -> absent',
    'putWidget response 200 color: string -> absent',
    'putWidget response 200 parts: array -> absent',
    'putWidget response 200 labels: object -> absent',
  ])
})

test('members of other content types are told apart by the type', () => {
  const form = (schema: Schema) => ({ requestBody: { content: json(schema, 'multipart/form-data') } })
  assert.deepEqual(keys(official(form(widget)), ours(form({ ...widget, required: ['id'] }))), [
    'putWidget request body multipart/form-data id: optional -> required',
  ])
})

test('references are followed on both sides, for parameters, bodies, replies and schemas', () => {
  const components = {
    schemas: { widget },
    parameters: { page: { name: 'page', in: 'query', schema: { type: 'string' } } },
    requestBodies: { widget: body({ $ref: '#/components/schemas/widget' }) },
    responses: { widget: reply({ $ref: '#/components/schemas/widget' })[200] },
  }
  const referring = {
    parameters: [{ $ref: '#/components/parameters/page' }],
    requestBody: { $ref: '#/components/requestBodies/widget' },
    responses: { 200: { $ref: '#/components/responses/widget' } },
  }
  const plain = { parameters: [components.parameters.page], requestBody: body(widget), responses: reply(widget) }
  assert.deepEqual(keys(official(referring, components), ours(plain)), [])
  assert.deepEqual(keys(official(plain), ours(referring, components)), [])
  assert.deepEqual(
    keys(official(referring, components), ours({ ...plain, responses: reply({ type: 'object' }) })).length,
    4,
  )
  assert.throws(() => keys(official(referring), ours(plain)), /#\/components\/parameters\/page leads nowhere/)
})

test('texts, examples, formats and extra replies outside 2xx are not compared', () => {
  const described = {
    type: 'string',
    title: 'A title',
    description: 'A text',
    example: 'x',
    examples: [],
    format: 'uuid',
  }
  const theirs = official({ responses: reply({ type: 'object', properties: { id: described } }) })
  const own = ours({ responses: { ...reply({ type: 'object', properties: { id: { type: 'string' } } }), 429: {} } })
  assert.deepEqual(keys(theirs, own), [])
})
