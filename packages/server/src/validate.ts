import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { ApiError, invalid, shown } from './errors.ts'
import type { Operation } from './operation.ts'

/** The parts of a request, checked and with the types that the schemas say. */
export interface Input {
  query: Record<string, unknown>
  body: unknown
}

/** Texts of the query become numbers and booleans; a body must have the right types already. */
const forQuery = new Ajv({ coerceTypes: true, strict: false, validateFormats: false })
const forBody = new Ajv({ coerceTypes: false, strict: false, validateFormats: false, discriminator: false })

/** Error codes of Kinde's for single parameters; others get INVALID_VALUE. */
const codesByParameter: Record<string, string> = { page_size: 'INVALID_PAGE_SIZE' }

/**
 * Makes the check of an operation's query and body. The schemas are compiled when the first request comes: all of
 * them at start would cost about half a second.
 * @throws {ApiError} 400 with the member or parameter at fault (the returned function, when it is called)
 */
export function inputCheck(operation: Operation): (query: Record<string, unknown>, body: string | undefined) => Input {
  let checkQuery: ValidateFunction | undefined
  let checkBody: ValidateFunction | undefined
  const objectParameters = Object.entries(operation.query?.properties ?? {})
    .filter(([, schema]) => schema.type === 'object')
    .map(([name]) => name)

  return function checkInput(rawQuery, rawBody) {
    let query = rawQuery
    if (operation.query !== undefined) {
      checkQuery ??= forQuery.compile(operation.query)
      query = { ...rawQuery }
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
    checkBody ??= forBody.compile(operation.body)
    if (!checkBody(body)) throw inputError(checkBody.errors![0]!, body, 'member')
    return { query, body }
  }
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
  const members: Record<string, unknown> = {}
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
  const given =
    value === undefined ? '' : `; ${shown(typeof value === 'string' ? value : JSON.stringify(value))} was sent`
  const rule =
    keyword === 'enum'
      ? `must be one of ${(params as { allowedValues: unknown[] }).allowedValues.join(', ')}`
      : error.message
  return invalid(field, `The ${kind} ${field} ${rule}${given}.`, codesByParameter[field])
}

function valueAt(input: unknown, pointer: string): unknown {
  let value = input
  for (const word of pointer.split('/').slice(1)) {
    if (value === null || typeof value !== 'object') return undefined
    value = (value as Record<string, unknown>)[word.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value
}
