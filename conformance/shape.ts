import { type OpenApiDocument, resolve, type Schema, type SchemaObject } from './document.ts'

/** What a schema allows, however it was spelled: references followed, `allOf` merged, a union as a list of kinds. */
export interface Shape {
  nullable: boolean
  /** One for a plain schema, several for `oneOf`, `anyOf` or a list of types, none when only null is allowed. */
  kinds: Kind[]
}

export interface Kind {
  /** A JSON Schema type, `any`, or `never` when the parts of an `allOf` exclude each other. */
  type: string
  /** The JSON texts of the `enum`, null left out; undefined when there is no `enum`. */
  values: readonly string[] | undefined
  members: ReadonlyMap<string, Schema>
  required: readonly string[]
  items: Schema
  /** Members that are not listed: `additionalProperties`. */
  rest: Schema
}

/** Reads one level of a schema; members and items stay schemas, so that a schema may contain itself. */
export function shapeOf(document: OpenApiDocument, schema: Schema): Shape {
  const resolved = resolve(document, schema)
  if (typeof resolved === 'boolean') return { nullable: resolved, kinds: [kind(resolved ? 'any' : 'never', {})] }

  const { allOf = [], oneOf, anyOf, ...own } = resolved
  const parts = allOf.map((part) => shapeOf(document, part))
  for (const options of [oneOf, anyOf]) {
    if (options) parts.push(union(options.map((option) => shapeOf(document, option))))
  }
  const base = ownShape(own)
  return {
    // A `nullable` beside `allOf` counts without a `type` as well: that is how OpenAPI 3.0 documents
    // make a reference nullable, although its text asks for a type.
    nullable: own.nullable === true || (base.nullable && parts.every((part) => part.nullable)),
    kinds: parts.reduce(
      (kinds, part) => kinds.flatMap((left) => part.kinds.map((right) => both(left, right))),
      base.kinds,
    ),
  }
}

/** The types of a shape in words: `string`, `string or boolean`, `null`. */
export function typesOf(shape: Shape): string {
  return [...new Set(shape.kinds.map((one) => one.type))].join(' or ') || 'null'
}

function ownShape(schema: SchemaObject): Shape {
  const { enum: listed, const: constant } = schema
  const values = constant === undefined ? listed : [constant]
  const types = typesOfSchema(schema, values)
  return {
    // An `enum` without null beside `nullable: true` is meant to allow null: Kinde's document is full of them.
    nullable: schema.nullable === true || types.includes('null') || types.includes('any'),
    kinds: types.filter((type) => type !== 'null').map((type) => kind(type, schema, values)),
  }
}

function typesOfSchema(schema: SchemaObject, values: unknown[] | undefined): string[] {
  const nullInEnum = values?.includes(null) ? ['null'] : []
  if (schema.type !== undefined) return [...new Set([schema.type, nullInEnum].flat())]
  if (schema.properties || schema.required || schema.additionalProperties !== undefined) return ['object']
  if (schema.items !== undefined) return ['array']
  return values ? [...new Set(values.map(typeOfValue))] : ['any']
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function kind(type: string, schema: SchemaObject, values?: unknown[]): Kind {
  const others = values?.filter((value) => value !== null)
  return {
    type,
    values: others?.map((value) => JSON.stringify(value)),
    members: new Map(Object.entries(schema.properties ?? {})),
    required: Array.isArray(schema.required) ? schema.required : [],
    items: schema.items ?? true,
    rest: schema.additionalProperties ?? true,
  }
}

/** Kinds of the same plain type become one: `oneOf` two single-valued enums is an enum of two values. */
function union(shapes: Shape[]): Shape {
  const kinds: Kind[] = []
  for (const one of shapes.flatMap((shape) => shape.kinds)) {
    const plain = one.type !== 'object' && one.type !== 'array'
    const twin = plain ? kinds.find((other) => other.type === one.type) : undefined
    if (twin) twin.values = twin.values && one.values && [...twin.values, ...one.values]
    else kinds.push({ ...one })
  }
  return { nullable: shapes.some((shape) => shape.nullable), kinds }
}

/** What fits two kinds at once. */
function both(left: Kind, right: Kind): Kind {
  const members = new Map(left.members)
  for (const [name, schema] of right.members) {
    const twin = members.get(name)
    members.set(name, twin === undefined ? schema : bothSchemas(twin, schema))
  }
  return {
    type: bothTypes(left.type, right.type),
    values: left.values?.filter((value) => right.values?.includes(value) ?? true) ?? right.values,
    members,
    required: [...left.required, ...right.required],
    items: bothSchemas(left.items, right.items),
    rest: bothSchemas(left.rest, right.rest),
  }
}

function bothSchemas(left: Schema, right: Schema): Schema {
  if (left === true || left === right) return right
  if (right === true) return left
  return left === false || right === false ? false : { allOf: [left, right] }
}

function bothTypes(left: string, right: string): string {
  if (left === 'any' || left === right) return right
  if (right === 'any') return left
  const types = new Set([left, right])
  return types.has('integer') && types.has('number') ? 'integer' : 'never'
}
