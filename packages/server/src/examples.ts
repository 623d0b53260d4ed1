import type { TSchema } from '@sinclair/typebox'
import { exampleMoment, exampleNumber, exampleText, singular } from './example-texts.ts'
import type { Operation } from './operation.ts'

/** Gives another value than the example of one place of a request; undefined where the example is to stay. */
export type Replacement = (path: readonly string[], example: unknown) => unknown

const nothing: Replacement = () => undefined

/** The example of a request's body: the operation's own, or one made from the schema; undefined without a body. */
export function bodyExample(operation: Operation, replace = nothing): unknown {
  const { body, example } = operation
  if (example?.body !== undefined) return replaced(example.body, [], replace)
  return body === undefined ? undefined : replaced(exampleOf(body, [ownerOf(operation)]), [], replace)
}

/** The example of one status's reply; an acknowledgement where the content is left open, undefined for 204. */
export function replyExample(operation: Operation, status: number): unknown {
  const schema = operation.responses[status]
  if (schema) return exampleOf(schema, [ownerOf(operation)])
  return status === 204 ? undefined : { code: 'OK', message: 'Success' }
}

/** The example of a query parameter. */
export function queryExample(operation: Operation, name: string, replace = nothing): unknown {
  const { query, example } = operation
  const value = example?.query?.[name] ?? exampleOf(query!.properties[name]!, [ownerOf(operation), name])
  return replaced(value, [name], replace)
}

/** The query parameters that the example of a request has: the needed ones, and those that the operation names. */
export function queryOfExample({ query, example }: Operation): string[] {
  const required: string[] = query?.required ?? []
  const names = Object.keys(query?.properties ?? {})
  return names.filter((name) => required.includes(name) || example?.query?.[name] !== undefined)
}

/** The example of a path parameter: it has no schema. */
export function pathExample(operation: Operation, name: string): string {
  const [, owner] = /^\/api\/v1\/(users|organizations)\/.*\/properties\/\{property_key\}$/.exec(operation.path) ?? []
  // Properties of these two are there from the start.
  if (owner !== undefined && name === 'property_key') return owner === 'users' ? 'kp_usr_city' : 'kp_org_city'
  return exampleText([name])
}

/** What a path parameter says, by its name. */
export function pathDescription(name: string): string {
  if (name === 'type') return 'Which logo: `light` or `dark`.'
  const [, thing = name, kind = 'name'] = /^(.+)_(id|code|key)$/.exec(name) ?? []
  const nouns: Record<string, string> = { org: 'organization', app: 'application', key: 'API key', api: 'API' }
  return `${kind[0]!.toUpperCase()}${kind.slice(1)} of the ${nouns[thing] ?? thing.replaceAll('_', ' ')}.`
}

/** What an operation is about: the last fixed part of its path, as one. */
function ownerOf({ path }: Operation): string {
  const fixed = path.split('/').filter((part) => part !== '' && !part.startsWith('{'))
  return singular(fixed.at(-1)!)
}

/** @param path names from the outside in; an entry of a list goes by the name of its list */
function exampleOf(schema: TSchema, path: readonly string[]): unknown {
  const name = path.at(-1) ?? ''
  if (schema.enum !== undefined) return schema.enum[0]
  const choice: TSchema[] | undefined = schema.anyOf ?? schema.oneOf
  if (choice !== undefined) return exampleOf(choice[0]!, path)
  switch (schema.type) {
    case 'object':
      return objectExample(schema, path)
    case 'array':
      return Array.from({ length: Math.max(schema.minItems ?? 1, 1) }, () => exampleOf(schema.items, path))
    case 'boolean':
      return !/(^|_)(suspended|requested|more|temporary|management_api|secret|private|default(_role)?)$/.test(name)
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema
      return Math.min(Math.max(exampleNumber(name), minimum), maximum)
    }
    default:
      if (schema.nullable && /^(suspended_on|expires_on|last_sync_error)$/.test(name)) return null
      if (name === 'expand') return /`(\w+)`/.exec(schema.description ?? '')?.[1] ?? name
      return schema.format === 'date-time' ? exampleMoment : exampleText(path)
  }
}

function objectExample(schema: TSchema, path: readonly string[]): unknown {
  const members = Object.entries<TSchema>(schema.properties ?? {})
  const example = Object.fromEntries(members.map(([name, member]) => [name, exampleOf(member, [...path, name])]))
  const { additionalProperties: others } = schema
  if (members.length > 0 || others === null || typeof others !== 'object') return example
  const key = path.at(-1) === 'feature_flags' ? 'night_mode' : 'kp_usr_city'
  return { [key]: exampleOf(others, [...path, 'value']) }
}

function replaced(example: unknown, path: readonly string[], replace: Replacement): unknown {
  if (Array.isArray(example)) return example.map((entry) => replaced(entry, path, replace))
  if (example !== null && typeof example === 'object') {
    const members = Object.entries(example)
    return Object.fromEntries(members.map(([name, member]) => [name, replaced(member, [...path, name], replace)]))
  }
  return replace(path, example) ?? example
}
