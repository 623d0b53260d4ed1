import type { Direction } from './compare-schemas.ts'
import type { Operation, Parameter, RequestBody, Response, Schema, SchemaObject } from './document.ts'

/** One change of an operation, and where the comparison has to see it. */
export interface Mutation {
  name: string
  /** The `what` of the deviation, and its pointer. */
  what: string
  pointer: string
  /** Makes the change. @returns what undoes it */
  apply: () => () => void
}

/** Everything that can be done to an operation so that it deviates from what it was; each is one deviation.
 *  References must have been replaced by what they stand for, or a change would show in several places.
 *  This walks the document on its own: it shares no reading of schemas with the comparison that it examines. */
export function* mutationsOf(operation: Operation): Generator<Mutation> {
  yield mutation('operationId', '', 'changed', operation, 'operationId', 'changed')
  yield mutation('scope', '', 'changed', operation, 'x-required-scope', 'read:nothing')
  yield mutation('tag', '', 'changed', operation, 'tags', ['Nothing'])

  const parameters = (operation.parameters ?? []).map((parameter) => plain<Parameter>(parameter))
  const added = { name: 'added', in: 'query', required: true, schema: { type: 'string' } }
  yield mutation('parameter', 'query added', 'required', operation, 'parameters', [...parameters, added])
  for (const parameter of parameters) {
    const pointer = `${parameter.in} ${parameter.name}`
    const others = parameters.filter((other) => other !== parameter)
    yield mutation('parameter', pointer, 'dropped', operation, 'parameters', others)
    if (!parameter.required) yield mutation('parameter', pointer, 'made required', parameter, 'required', true)
    yield* schemaMutations('parameter', pointer, plainSchema(parameter.schema), 'parameter')
  }

  const body = operation.requestBody && plain<RequestBody>(operation.requestBody)
  const required = { required: true, content: {} }
  if (!body) yield mutation('request body', '', 'added', operation, 'requestBody', required)
  else {
    yield mutation('request body', '', 'dropped', operation, 'requestBody')
    if (!body.required) yield mutation('request body', '', 'made required', body, 'required', true)
    yield* contentMutations('request body', body, 'request')
  }

  const { responses = {} } = operation
  yield mutation('response 299', '', 'added', responses, '299', {})
  for (const [status, response] of Object.entries(responses)) {
    if (!status.startsWith('2')) continue
    yield mutation(`response ${status}`, '', 'dropped', responses, status)
    yield* contentMutations(`response ${status}`, plain<Response>(response), 'reply')
  }
}

function* contentMutations(what: string, parent: RequestBody | Response, direction: Direction): Generator<Mutation> {
  for (const [type, { schema }] of Object.entries(parent.content ?? {})) {
    yield mutation(what, type, 'dropped', parent, 'content', {})
    const place = type === 'application/json' ? what : `${what} ${type}`
    yield* schemaMutations(place, '', plainSchema(schema), direction)
  }
}

function* schemaMutations(
  what: string,
  pointer: string,
  schema: SchemaObject,
  direction: Direction,
): Generator<Mutation> {
  const { oneOf, allOf, enum: values } = schema
  if (oneOf) {
    for (const [at, branch] of oneOf.entries()) {
      const place = member(pointer, `oneOf[${at}]`)
      yield mutation(what, place, 'retyped', plainSchema(branch), 'type', 'number')
      yield* memberMutations(what, place, plainSchema(branch), direction)
    }
    return
  }
  if (allOf) {
    for (const part of allOf) yield* memberMutations(what, pointer, plainSchema(part), direction)
    return
  }
  yield mutation(what, pointer, 'retyped', schema, 'type', 'number')
  if (direction === 'reply') {
    if (!schema.nullable) yield mutation(what, pointer, 'made nullable', schema, 'nullable', true)
    if (values) yield mutation(what, pointer, 'enum dropped', schema, 'enum')
    if (values) yield mutation(what, pointer, 'enum grown', schema, 'enum', [...values, 'added'])
  } else {
    if (schema.nullable && direction === 'request')
      yield mutation(what, pointer, 'nullable dropped', schema, 'nullable')
    if (values) yield mutation(what, pointer, 'enum shrunk', schema, 'enum', values.slice(1))
    if (!values && schema.type === 'string') yield mutation(what, pointer, 'enum added', schema, 'enum', ['added'])
  }
  yield* memberMutations(what, pointer, schema, direction)
}

function* memberMutations(
  what: string,
  pointer: string,
  schema: SchemaObject,
  direction: Direction,
): Generator<Mutation> {
  if (schema.items) yield* schemaMutations(what, `${pointer}[]`, plainSchema(schema.items), direction)
  if (schema.type !== 'object') return

  const { properties = {}, required = [], additionalProperties: rest } = schema
  for (const [name, of] of Object.entries(properties)) {
    const place = member(pointer, name)
    yield mutation(what, place, 'dropped', properties, name)
    yield* schemaMutations(what, place, plainSchema(of), direction)
    const isRequired = required.includes(name)
    if (direction === 'reply') {
      if (isRequired) yield mutation(what, place, 'made optional', schema, 'required')
    } else if (!isRequired) yield mutation(what, place, 'made required', schema, 'required', [...required, name])
  }
  const others = member(pointer, '*')
  if (typeof rest === 'object') {
    yield mutation(what, others, 'dropped', schema, 'additionalProperties')
    yield* schemaMutations(what, others, plainSchema(rest), direction)
  } else if (direction !== 'reply') {
    yield mutation(what, others, 'closed', schema, 'additionalProperties', false)
    yield mutation(what, member(pointer, 'added'), 'required', schema, 'required', [...required, 'added'])
  }
}

function member(pointer: string, name: string): string {
  return pointer ? `${pointer}.${name}` : name
}

function plainSchema(schema: Schema | undefined): SchemaObject {
  if (typeof schema !== 'object') throw new Error('A schema that can be changed is an object.')
  return plain<SchemaObject>(schema)
}

function plain<T extends object>(value: T | { $ref: string }): T {
  if ('$ref' in value) throw new Error('References are replaced before a document is changed.')
  return value
}

/** Sets one member of an object, or takes it away when there is no value. */
function mutation(what: string, pointer: string, name: string, parent: object, key: string, value?: unknown): Mutation {
  return {
    name,
    what,
    pointer,
    apply() {
      const before = Object.getOwnPropertyDescriptor(parent, key)
      if (value === undefined) Reflect.deleteProperty(parent, key)
      else Reflect.set(parent, key, value)
      return () => {
        if (before) Object.defineProperty(parent, key, before)
        else Reflect.deleteProperty(parent, key)
      }
    },
  }
}
