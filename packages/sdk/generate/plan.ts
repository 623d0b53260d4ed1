import type { TSchema } from '@sinclair/typebox'
import type { Operation } from '../../server/src/operation.ts'
import { descriptionOf, pascalCase } from './schema-type.ts'

/** An operation as a method: its name, where its parameters go, and what its list holds. */
export interface Method {
  operation: Operation
  /** `users.identities` */
  resource: string
  /** `create` */
  name: string
  parameters: Parameter[]
  body: 'json' | 'form' | undefined
  list: { items: string; itemSchema: TSchema; paging: 'token' | 'cursor' | 'none' } | undefined
  /** null where Kinde leaves the content of the reply open. */
  reply: TSchema | null
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'body' | 'form'
  isRequired: boolean
  description: string
  schema: TSchema
}

/** Resources are a tree: `users` has methods, and below it `users.identities`. */
export interface Resource {
  path: string
  className: string
  fileName: string
  methods: Method[]
  children: Resource[]
  /** What the server's documentation calls this part of the API. */
  tag: string
}

/**
 * Gives each operation its place.
 * @param names operation id → `resource.method`
 * @throws {Error} for an operation without a name, a name without an operation, or two operations with one name
 */
export function planMethods(operations: readonly Operation[], names: Record<string, string>): Method[] {
  const taken = new Map<string, string>()
  const methods = operations.map((operation) => {
    const full = names[operation.id]
    if (full === undefined) {
      throw new Error(
        `The operation ${operation.id} has no name: add "${operation.id}": "resource.method" to the end of packages/sdk/names.json.`,
      )
    }
    if (taken.has(full)) throw new Error(`${operation.id} and ${taken.get(full)} have the same name: ${full}.`)
    taken.set(full, operation.id)
    const dot = full.lastIndexOf('.')
    return methodOf(operation, full.slice(0, dot), full.slice(dot + 1))
  })
  const gone = Object.keys(names).find((id) => !operations.some((operation) => operation.id === id))
  if (gone !== undefined) throw new Error(`names.json names ${gone}, and there is no such operation.`)
  return methods
}

function methodOf(operation: Operation, resource: string, name: string): Method {
  const { path, query, body, upload, responses, method } = operation
  const parameters: Parameter[] = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, word]) => pathParameter(word!)),
    ...parametersOf(query, 'query'),
    ...parametersOf(body, 'body'),
    ...(upload === undefined ? [] : [fileParameter(upload)]),
  ]
  const twice = parameters.find((one, index) => parameters.findIndex((other) => other.name === one.name) !== index)
  if (twice !== undefined) throw new Error(`${operation.id} has two parameters with the name ${twice.name}.`)
  const reply = Object.values(responses)[0] ?? null
  const isList = method === 'GET' && (/^list/.test(name) || resource === 'search')
  return {
    operation,
    resource,
    name,
    parameters,
    body: upload !== undefined ? 'form' : body !== undefined ? 'json' : undefined,
    list: isList ? listOf(operation, reply) : undefined,
    reply,
  }
}

function listOf({ id, query }: Operation, reply: TSchema | null): Method['list'] {
  const members = Object.entries((reply?.properties ?? {}) as Record<string, TSchema>)
  const list = members.find(([, schema]) => schema.type === 'array')
  if (list === undefined) throw new Error(`${id} is called a list, and its reply has none.`)
  const parameters = query?.properties ?? {}
  const paging = 'next_token' in parameters ? 'token' : 'starting_after' in parameters ? 'cursor' : 'none'
  return { items: list[0], itemSchema: list[1].items as TSchema, paging }
}

function parametersOf(schema: TSchema | undefined, place: 'query' | 'body'): Parameter[] {
  if (schema === undefined) return []
  if (schema.type !== 'object') throw new Error(`A ${place} must be an object with named members.`)
  const required = (schema.required ?? []) as string[]
  return Object.entries((schema.properties ?? {}) as Record<string, TSchema>).map(([name, member]) => ({
    name,
    in: place,
    isRequired: required.includes(name),
    description: descriptionOf(member) || membersOf(member),
    schema: member,
  }))
}

/** What can be said of an object that the server does not describe: what it holds. */
function membersOf({ properties = {} }: TSchema): string {
  return `Holds ${Object.keys(properties).join(', ')}.`
}

/** What a path has names for, and no schema. */
function pathParameter(name: string): Parameter {
  const place = { name, in: 'path', isRequired: true } as const
  if (name === 'type') {
    const schema = { type: 'string', enum: ['dark', 'light'] } as unknown as TSchema
    return { ...place, schema, description: 'Which of the logos: for a light or for a dark background.' }
  }
  const [, thing, kind] = /^(.*)_(id|code|key)$/.exec(name) ?? []
  if (thing === undefined) throw new Error(`The path parameter ${name} has no description: give it one in plan.ts.`)
  const words = { app: 'application', org: 'organization' }[thing] ?? thing.replaceAll('_', ' ')
  const description = `${pascalCase(kind!)} of the ${words.replace(/^api/, 'API')}.`
  return { ...place, schema: { type: 'string' } as unknown as TSchema, description }
}

function fileParameter({ field, description }: NonNullable<Operation['upload']>): Parameter {
  const schema = { type: 'file' } as unknown as TSchema
  return { name: field, in: 'form', isRequired: true, description, schema }
}

/** The methods as a tree of resources, in the order of names. */
export function planResources(methods: Method[]): Resource[] {
  const all = new Map<string, Resource>()
  const top: Resource[] = []
  const resource = (path: string, tag: string): Resource => {
    const known = all.get(path)
    if (known !== undefined) return known
    const words = path.split('.')
    const made: Resource = {
      path,
      className: words.map((word, index) => pascalCase(index < words.length - 1 ? singular(word) : word)).join(''),
      fileName: path.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-'),
      methods: [],
      children: [],
      tag,
    }
    all.set(path, made)
    if (words.length === 1) top.push(made)
    else resource(words.slice(0, -1).join('.'), tag).children.push(made)
    return made
  }
  const sorted = methods.toSorted((left, right) =>
    order(`${left.resource}.${left.name}`, `${right.resource}.${right.name}`),
  )
  for (const method of sorted) resource(method.resource, method.operation.tag).methods.push(method)
  return top.sort((left, right) => order(left.path, right.path))
}

/** A resource and all below it. */
export function withChildren(resource: Resource): Resource[] {
  return [resource, ...resource.children.flatMap(withChildren)]
}

function singular(word: string): string {
  return word.replace(/s$/, '')
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
