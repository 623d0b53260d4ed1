import type { TSchema } from '@sinclair/typebox'
import { singular } from './example-texts.ts'
import { bodyExample, queryOfExample } from './examples.ts'
import type { Operation } from './operation.ts'

/** A variable that a request sets: from a place in its reply, or from the body that it sent. */
export interface Giver {
  variable: string
  from: 'reply' | 'body'
  /** Names and indexes from the outside in. */
  path: readonly (string | number)[]
}

/** What a request uses and what it sets. */
export interface Links {
  needs: ReadonlySet<string>
  gives: readonly Giver[]
}

/** Names that mean the same thing, as Kinde's paths, queries and bodies spell it. */
const sameThing: Record<string, string> = {
  api_key_id: 'key_id',
  app_id: 'application_id',
  billing_plan_code: 'plan_code',
  customer_agreement_id: 'agreement_id',
  enabled_applications: 'application_id',
  enterprise_connection_id: 'connection_id',
  environment_variable_id: 'variable_id',
  organization_code: 'org_code',
  organization_id: 'org_code',
  permissions: 'permission_key',
  roles: 'role_key',
  scope_ids: 'scope_id',
}

/** Second factors come to be in a browser: whose they are has variables of its own. */
const ofFactors: Record<string, string> = { user_id: 'mfa_user_id', org_code: 'mfa_org_code' }

/**
 * What each operation needs of the others, by the names of its parameters and members: `role_id` in a path is the
 * `role.id` of the reply to the request that makes roles. A list gives the id of its first entry where nothing makes one.
 */
export function linksOf(operations: readonly Operation[]): Map<Operation, Links> {
  const places = new Map(operations.map((operation) => [operation, namedThings(operation)]))
  const wanted = new Set([...places.values()].flat())
  const made = new Map(operations.map((operation) => [operation, madeBy(operation, operations)]))
  const makeable = new Set([...made.values()].flat().map(({ variable }) => variable))
  const links = new Map<Operation, Links>()
  for (const operation of operations) {
    const gives = [
      ...made.get(operation)!,
      ...listedBy(operation).filter(({ variable }) => !makeable.has(variable)),
    ].filter(({ variable }) => wanted.has(variable))
    links.set(operation, { needs: new Set(places.get(operation)), gives })
  }
  return links
}

/**
 * The variable that stands for a parameter or member in the requests of an operation, if one does.
 * @param path names from the outside in, below the operation
 */
export function variableAt(operation: Operation, path: readonly string[]): string | undefined {
  const name = path.at(-1)!
  const isOfFactors = operation.path.includes('/{user_id}/mfa')
  const of = (variable: string) => {
    if (variable === 'factor_id' && operation.path.includes('{org_code}')) return 'mfa_org_factor_id'
    return (isOfFactors && ofFactors[variable]) || variable
  }
  if (name === 'property_key' && /^\/api\/v1\/(users|organizations)\//.test(operation.path)) return undefined
  if (path.length === 1 && operation.path.includes(`{${name}}`)) {
    return name === 'type' ? undefined : of(sameThing[name] ?? name)
  }
  if (name === 'id' || (name === 'code' && operation.method === 'GET')) {
    const owner = path.length > 1 ? singular(path.at(-2)!) : operation.path.split('/').at(-1)!
    return of(canonical(`${owner}_${name}`))
  }
  if (name === 'api_key' || Object.hasOwn(sameThing, name)) return of(canonical(name))
  if (/^(api|category|customer|permission|role|scope|session|user)_id$|^(org|plan)_code$|^key_code_ref$/.test(name)) {
    return of(name)
  }
  return undefined
}

function canonical(name: string): string {
  return sameThing[name] ?? name
}

/** The variables that the path, the needed query parameters and the example body of an operation name. */
function namedThings(operation: Operation): string[] {
  const { path } = operation
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => variableAt(operation, [name!]))
  const inQuery = queryOfExample(operation).map((name) => variableAt(operation, [name]))
  const body = bodyExample(operation)
  const inBody = (body === undefined ? [] : placesOf(body)).map((place) => variableAt(operation, place))
  return [...inPath, ...inQuery, ...inBody].filter((name) => name !== undefined)
}

/** The places of a value, names from the outside in; an entry of a list goes by the name of its list. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (Array.isArray(value)) return value.flatMap((entry) => placesOf(entry, path))
  if (value === null || typeof value !== 'object') return [[...path]]
  return Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name]))
}

function madeBy(operation: Operation, operations: readonly Operation[]): Giver[] {
  if (operation.method !== 'POST' && operation.method !== 'PUT') return []
  const reply = Object.values(operation.responses)[0]
  const gives: Giver[] = []
  for (const [name, member] of Object.entries<TSchema>(reply?.properties ?? {})) {
    if (name === 'id' && operation.method === 'POST') {
      gives.push({ variable: `${operation.path.split('/').at(-1)}_id`, from: 'reply', path: [name] })
    }
    for (const inner of Object.keys(member.properties ?? {})) {
      const path = [name, inner]
      if (inner === 'id' || inner === 'code')
        gives.push({ variable: canonical(`${name}_${inner}`), from: 'reply', path })
      if (inner === `${name}_id`) gives.push({ variable: inner, from: 'reply', path })
      if (inner === 'key' && name === 'api_key') gives.push({ variable: name, from: 'reply', path })
    }
  }
  if (operation.method === 'PUT') return gives.filter(({ variable }) => variable === 'api_key')
  // Flags and properties go by a key that the request chose.
  if (operation.body?.properties?.key !== undefined) {
    const below = operations.find(({ path }) => path.startsWith(`${operation.path}/{`))?.path
    const noun = /\{(\w+?)_(?:id|key)\}/.exec(below?.slice(operation.path.length) ?? '')?.[1]
    if (noun !== undefined) gives.push({ variable: `${noun}_key`, from: 'body', path: ['key'] })
  }
  return gives
}

/** The first entry of each list of everything; a list that belongs to something may be empty. */
function listedBy({ method, path, responses }: Operation): Giver[] {
  if (method !== 'GET' || path.includes('{')) return []
  const lists = Object.entries<TSchema>(Object.values(responses)[0]?.properties ?? {})
  return lists
    .filter(([, schema]) => schema.type === 'array' && schema.items?.properties?.id !== undefined)
    .map(([name]) => ({ variable: canonical(`${singular(name)}_id`), from: 'reply', path: [name, 0, 'id'] }))
}
