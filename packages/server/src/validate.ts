import type { TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { ApiError, invalid, shown } from './errors.ts'
import type { Operation } from './operation.ts'

/** The parts of a request, checked and with the types that the schemas say. */
export interface Input {
  query: Record<string, unknown>
  body: unknown
}

/** Texts of the query become numbers and booleans; a body must have the right types already. */
const common = {
  strict: false,
  strictNumbers: true,
  validateFormats: false,
  // The schemas are ours: compiling the schema of schemas first would double what the first request waits for.
  meta: false,
  validateSchema: false,
} as const
const forQuery = new Ajv({ ...common, coerceTypes: true })
const forBody = new Ajv({ ...common, coerceTypes: false })

/** Error codes of Kinde's for single parameters and members; others get INVALID_VALUE. */
const codesByParameter: Record<string, string> = {
  page_size: 'INVALID_PAGE_SIZE',
  provider_code: 'INVALID_PROVIDER',
}
/** Kinde's codes for members that are too long. */
const codesOfLength: Record<string, string> = {
  email: 'EMAIL_TOO_LONG',
  first_name: 'FIRST_NAME_TOO_LONG',
  last_name: 'LAST_NAME_TOO_LONG',
}

/**
 * Makes the check of an operation's query and body. The schemas are compiled when the first request comes: all of
 * them at start would cost about half a second.
 * @throws {ApiError} 400 with the member or parameter at fault (the returned function, when it is called)
 */
export function inputCheck(operation: Operation): (query: Record<string, unknown>, body: string | undefined) => Input {
  let checkQuery: ValidateFunction | undefined
  let checkBody: ValidateFunction | undefined
  const parameters = Object.entries(operation.query?.properties ?? {})
  const objectParameters = parameters.filter(([, schema]) => schema.type === 'object').map(([name]) => name)
  const wholeNumbers = parameters.filter(([, schema]) => schema.type === 'integer').map(([name]) => name)
  const emptiable = parameters
    .filter(([name, schema]) => schema.nullable && !operation.query!.required?.includes(name))
    .map(([name]) => name)

  return function checkInput(rawQuery, rawBody) {
    let query = rawQuery
    if (operation.query !== undefined) {
      checkQuery ??= forQuery.compile(exactly(operation.query))
      query = operation.queryOrBody ? { ...bodyMembers(rawBody), ...rawQuery } : { ...rawQuery }
      // `?sort=` is how a client spells that it asks for no sort.
      for (const name of emptiable) if (query[name] === '') query[name] = undefined
      for (const name of wholeNumbers) requireDigits(query[name], name)
      for (const name of objectParameters) gatherMembers(query, name)
      if (!checkQuery(query)) throw inputError(checkQuery.errors![0]!, query, 'query parameter')
    }
    if (operation.body === undefined) return { query, body: undefined }
    let body = parseBody(rawBody)
    if (body === undefined) {
      if (operation.bodyRequired) {
        throw new ApiError(400, 'BODY_REQUIRED', 'Send a JSON object as the body, with Content-Type: application/json.')
      }
      body = {}
    }
    checkBody ??= forBody.compile(exactly(operation.body))
    if (!checkBody(body)) throw inputError(checkBody.errors![0]!, body, 'member')
    return { query, body }
  }
}

/**
 * Makes the check of one member of a body whose schema depends on something else than the operation.
 * @throws {ApiError} 400 with the member at fault (the returned function, when it is called)
 */
export function memberCheck(name: string, schema: TSchema): (value: unknown) => void {
  let check: ValidateFunction | undefined
  return function checkMember(value) {
    check ??= forBody.compile(exactly({ type: 'object', properties: { [name]: schema } }))
    const body = { [name]: value }
    if (!check(body)) throw inputError(check.errors![0]!, body, 'member')
  }
}

/**
 * The schema as Ajv needs it, to mean what it says. Null is taken for a nullable member with listed values only where
 * the list holds it, which documents leave out. A whole number ends where numbers stop being exact.
 */
function exactly<Part>(schema: Part): Part {
  if (Array.isArray(schema)) return schema.map(exactly) as Part
  if (schema === null || typeof schema !== 'object') return schema
  const copy: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(schema)) copy[key] = exactly(part)
  if (copy.nullable === true && Array.isArray(copy.enum)) copy.enum = [...copy.enum, null]
  if (copy.type === 'integer') {
    copy.minimum ??= Number.MIN_SAFE_INTEGER
    copy.maximum ??= Number.MAX_SAFE_INTEGER
  }
  return copy as Part
}

/** Ajv would take `0x10`, `1e3` and, as Infinity, `1e999`. */
function requireDigits(value: unknown, name: string): void {
  if (typeof value !== 'string' || /^-?\d{1,15}$/.test(value)) return
  const message = `The query parameter ${name} must be a whole number; ${shown(value)} was sent.`
  throw invalid(name, message, codesByParameter[name])
}

/** The members of a JSON body that stand in for parameters of the query. */
function bodyMembers(text: string | undefined): Record<string, unknown> {
  const body = parseBody(text)
  return body !== null && typeof body === 'object' && !Array.isArray(body) ? (body as Record<string, unknown>) : {}
}

function parseBody(text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ApiError(400, 'INVALID_JSON', `The body is not valid JSON: ${(cause as Error).message}`, { cause })
  }
  // What no database can store, or not the way it was sent. Looked for in the text first: it is rare.
  if (/\\u0000|\\u[dD][89a-fA-F]/.test(text)) requireStorableText(value, '')
  return value
}

function requireStorableText(value: unknown, path: string): void {
  const stack: [unknown, string][] = [[value, path]]
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const [item, at] = entry
    if (typeof item === 'string') {
      if (item.includes('\0') || !item.isWellFormed()) {
        throw invalid(at || 'body', `${at || 'The body'} holds a NUL character or half of a surrogate pair: remove it.`)
      }
    } else if (item !== null && typeof item === 'object') {
      for (const [key, member] of Object.entries(item)) {
        stack.push([key, at])
        stack.push([member, at === '' ? key : `${at}.${key}`])
      }
    }
  }
}

/** Gathers `name[key]=value` parameters (OpenAPI's deepObject) into one member. */
function gatherMembers(query: Record<string, unknown>, name: string): void {
  // Without a prototype, so that a member may have any name.
  const members: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(query)) {
    if (key.startsWith(`${name}[`) && key.endsWith(']')) members[key.slice(name.length + 1, -1)] = query[key]
  }
  if (Object.keys(members).length > 0) query[name] = members
}

function inputError(error: ErrorObject, input: unknown, kind: string): ApiError {
  const { keyword, params } = error
  const place = error.instancePath.slice(1).replaceAll('/', '.')
  if (keyword === 'required') {
    const name = (params as { missingProperty: string }).missingProperty
    const field = place === '' ? name : `${place}.${name}`
    const code = `${name.replaceAll(/[^A-Za-z0-9]+/g, '_').toUpperCase()}_REQUIRED`
    return new ApiError(400, code, `The ${kind} ${field} is missing.`, { field })
  }
  const field = place || 'body'
  const value = valueAt(input, error.instancePath)
  const given = value === undefined ? '' : `; ${described(value)} was sent`
  const rule =
    keyword === 'enum'
      ? `must be one of ${(params as { allowedValues: unknown[] }).allowedValues.filter((one) => one !== null).join(', ')}`
      : error.message
  if (keyword === 'maxItems') {
    const { limit } = params as { limit: number }
    const message = `${field} takes ${limit} entries at most; ${(value as unknown[]).length} were sent.`
    return invalid(field, message, 'TOO_MANY_OBJECTS')
  }
  const code = keyword === 'maxLength' ? codesOfLength[field] : undefined
  return invalid(field, `The ${kind} ${field} ${rule}${given}.`, code ?? codesByParameter[field])
}

/** A value for use in a message. What holds others can be of any size and depth: its kind is told. */
function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value !== null && typeof value === 'object') return 'an object'
  return typeof value === 'string' ? shown(value) : String(value)
}

function valueAt(input: unknown, pointer: string): unknown {
  let value = input
  for (const word of pointer.split('/').slice(1)) {
    if (value === null || typeof value !== 'object') return undefined
    value = (value as Record<string, unknown>)[word.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value
}
