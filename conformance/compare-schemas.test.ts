import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareSchemas, type Direction } from './compare-schemas.ts'
import type { OpenApiDocument, Schema, SchemaObject } from './document.ts'

const string: SchemaObject = { type: 'string' }
const integer: SchemaObject = { type: 'integer' }
const boolean: SchemaObject = { type: 'boolean' }
const listed = (...values: unknown[]): SchemaObject => ({ type: 'string', enum: values })
const nullable = (schema: SchemaObject): SchemaObject => ({ ...schema, nullable: true })
const list = (items: Schema): SchemaObject => ({ type: 'array', items })
const map = (additionalProperties: Schema): SchemaObject => ({ type: 'object', additionalProperties })
const object = (properties: Record<string, Schema>, required?: string[]): SchemaObject => ({
  type: 'object',
  properties,
  ...(required && { required }),
})

const differences = (direction: Direction, official: Schema, ours: Schema, components = {}) => {
  const document: OpenApiDocument = { paths: {}, components: { schemas: components } }
  const found = compareSchemas({ official: document, ours: document }, direction, official, ours, '')
  return found.map((one) => `${one.pointer}: ${one.official} -> ${one.ours}`)
}

interface Case {
  when: string
  official: Schema
  ours: Schema
  request: string[]
  reply: string[]
}

/** The same deviation in both directions. */
const always = (...both: string[]) => ({ request: both, reply: both })

const cases: Case[] = [
  { when: 'a member is absent', official: object({ id: string }), ours: object({}), ...always('id: string -> absent') },
  {
    when: 'a member has another type',
    official: object({ id: string }),
    ours: object({ id: integer }),
    ...always('id: string -> integer'),
  },
  {
    when: 'a member of a type may be anything',
    official: object({ id: string }),
    ours: object({ id: {} }),
    ...always('id: string -> any'),
  },
  {
    when: 'a member that may be anything gets a type',
    official: object({ id: {} }),
    ours: object({ id: string }),
    request: ['id: any -> string'],
    reply: [],
  },
  { when: 'an optional member is extra', official: object({}), ours: object({ id: string }), ...always() },
  {
    when: 'a required member is extra',
    official: object({}),
    ours: object({ id: string }, ['id']),
    request: ['id: absent -> required'],
    reply: [],
  },
  {
    when: 'a member becomes required',
    official: object({ id: string }),
    ours: object({ id: string }, ['id']),
    request: ['id: optional -> required'],
    reply: [],
  },
  {
    when: 'a member becomes optional',
    official: object({ id: string }, ['id']),
    ours: object({ id: string }),
    request: [],
    reply: ['id: required -> optional'],
  },
  {
    when: 'a member becomes nullable',
    official: object({ id: string }),
    ours: object({ id: nullable(string) }),
    request: [],
    reply: ['id: not nullable -> nullable'],
  },
  {
    when: 'a member stops being nullable',
    official: object({ id: nullable(string) }),
    ours: object({ id: string }),
    request: ['id: nullable -> not nullable'],
    reply: [],
  },
  {
    when: 'an enum loses values',
    official: listed('c', 'b', 'a'),
    ours: listed('b'),
    request: [': takes "a", "c" -> refuses "a", "c"'],
    reply: [],
  },
  {
    when: 'an enum gains a value',
    official: listed('a'),
    ours: listed('b', 'a'),
    request: [],
    reply: [': never "b" -> also "b"'],
  },
  {
    when: 'an enum is new',
    official: string,
    ours: listed('a'),
    request: [': any string -> listed values'],
    reply: [],
  },
  {
    when: 'an enum is gone',
    official: listed('a'),
    ours: string,
    request: [],
    reply: [': listed values -> any string'],
  },
  {
    when: 'the item of a list lacks a member',
    official: list(object({ id: string })),
    ours: list(object({})),
    ...always('[].id: string -> absent'),
  },
  { when: 'the items of a list are open', official: list(string), ours: list({}), ...always('[]: string -> any') },
  {
    when: 'an open object is closed',
    official: object({}),
    ours: map(false),
    request: ['*: any -> absent'],
    reply: [],
  },
  {
    when: 'an open object is a map',
    official: object({}),
    ours: map(string),
    request: ['*: any -> string'],
    reply: [],
  },
  { when: 'the values of a map differ', official: map(string), ours: map(boolean), ...always('*: string -> boolean') },
  { when: 'the values of a map are open', official: map(string), ours: object({}), ...always('*: string -> any') },
  { when: 'a map is closed', official: map(string), ours: map(false), ...always('*: string -> absent') },
  {
    when: 'a union lacks a branch',
    official: { oneOf: [string, boolean] },
    ours: string,
    request: ['oneOf[1]: boolean -> string'],
    reply: [],
  },
  {
    when: 'a union has a branch too many',
    official: string,
    ours: { anyOf: [string, boolean] },
    request: [],
    reply: ['oneOf[1]: string -> boolean'],
  },
  {
    when: 'the branches of a union change places',
    official: { oneOf: [string, boolean] },
    ours: { oneOf: [boolean, string] },
    ...always(),
  },
  {
    when: 'a branch lacks a member that another branch has',
    official: { oneOf: [object({ a: string }), object({ a: string, b: string })] },
    ours: { oneOf: [object({}), object({ a: string, b: string })] },
    request: ['oneOf[0].a: string -> absent'],
    reply: ['oneOf[0].a: string -> absent'],
  },
  {
    when: 'one object has the members of all branches',
    official: { oneOf: [object({ a: string }), object({ b: string })] },
    ours: object({ a: string, b: string }),
    ...always(),
  },
  {
    when: 'a part of an allOf is missing',
    official: { allOf: [object({ a: string }), object({ b: string })] },
    ours: { allOf: [object({ b: string })] },
    ...always('a: string -> absent'),
  },
]

for (const { when, official, ours, request, reply } of cases) {
  const inWords = (found: string[]) => (found.length > 0 ? 'a deviation' : 'harmless')
  test(`when ${when}, it is ${inWords(request)} in a request and ${inWords(reply)} in a reply`, () => {
    assert.deepEqual(differences('request', official, ours), request)
    assert.deepEqual(differences('reply', official, ours), reply)
    assert.deepEqual(differences('reply', official, official), [], 'the official schema fits itself')
    assert.deepEqual(differences('request', ours, ours), [], 'our schema fits itself')
  })
}

test('null does not exist in parameters', () => {
  assert.deepEqual(differences('parameter', list(nullable(string)), nullable(list(string))), [])
})

// Two spellings of the same thing, which must not differ in either direction.
const spellings: [string, Schema, Schema][] = [
  ['a type that follows from members', { properties: { id: string } }, object({ id: string })],
  ['a type that follows from items', { items: string }, list(string)],
  ['a type that follows from listed values', { enum: ['a', 'b'] }, listed('b', 'a', 'a')],
  ['an enum with and without the null that nullable allows', nullable(listed('a', null)), nullable(listed('a'))],
  ['null as a type and as a flag', { type: ['string', 'null'] }, nullable(string)],
  ['null as a branch and as a flag', { anyOf: [object({}), { type: 'null' }] }, nullable(object({}))],
  ['constants as branches and as an enum', { anyOf: [{ const: 'a' }, { const: 'b' }] }, listed('a', 'b')],
  [
    'an allOf and its sum',
    { allOf: [object({ a: string }, ['a']), object({ b: string })] },
    object({ a: string, b: string }, ['a']),
  ],
  [
    'members beside an allOf',
    { ...object({ a: string }), allOf: [object({ b: string })] },
    object({ a: string, b: string }),
  ],
  [
    'a reference made nullable',
    { nullable: true, allOf: [{ $ref: '#/components/schemas/part' }] },
    nullable(object({ id: string })),
  ],
  ['a map of anything and an open object', map({}), { type: 'object' }],
]

for (const [title, one, other] of spellings) {
  test(`two spellings of one schema: ${title}`, () => {
    for (const direction of ['request', 'reply'] as const) {
      assert.deepEqual(differences(direction, one, other, { part: object({ id: string }) }), [])
      assert.deepEqual(differences(direction, other, one, { part: object({ id: string }) }), [])
    }
  })
}

test('schemas that contain themselves are compared down to where they repeat', () => {
  const node = (value: Schema) => object({ value, next: { $ref: '#/components/schemas/next' } })
  const components = { next: node(string) }
  assert.deepEqual(differences('reply', { $ref: '#/components/schemas/next' }, node(integer), components), [
    'value: string -> integer',
  ])
})

test('a reference that leads round in a circle or out of the document is refused', () => {
  const circle = { a: { $ref: '#/components/schemas/b' }, b: { $ref: '#/components/schemas/a' } }
  assert.throws(() => differences('reply', { $ref: '#/components/schemas/a' }, string, circle), /cannot be followed/)
  assert.throws(() => differences('reply', { $ref: 'https://example.org/a' }, string), /cannot be followed/)
})
