import { parse } from 'node:querystring'
import { OAuthError } from '../errors.ts'

/** RFC 6749 §5.2's meaning of `invalid_request`, in the words that Kinde's server uses; a hint follows it. */
export const invalidRequestText =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

/** 400 `invalid_request` with a sentence on what to change. */
export function invalidRequest(hint: string, status = 400): OAuthError {
  return new OAuthError(status, 'invalid_request', `${invalidRequestText} ${hint}`)
}

/** The parameters of a request to an OAuth endpoint: each one once, but for those that may repeat. */
export interface OAuthParameters {
  get(name: string): string | undefined
  /** Each value of a parameter that may be given several times. */
  all(name: string): string[]
}

/** Parameters that mean something here; RFC 6749 §3.2 has the others ignored. */
const knownParameters = new Set([
  'audience',
  'client_id',
  'client_secret',
  'grant_type',
  'resource',
  'scope',
  'token',
  'token_type_hint',
])

/** Parameters that RFC 8707 and Kinde's clients repeat. */
const repeatable = new Set(['audience', 'resource'])

/**
 * Reads a form (RFC 6749 §4.4.2), or JSON, which some guides of Kinde show. A parameter without a value counts as not
 * sent (RFC 6749 §3.2).
 * @param body the text of the body
 * @throws {OAuthError} `invalid_request` when the body is neither, empty, or repeats a parameter
 */
export function readParameters(contentType: string | undefined, body: string | undefined): OAuthParameters {
  if (body === undefined || body.trim() === '') {
    throw invalidRequest('The POST body can not be empty. Send the parameters as application/x-www-form-urlencoded.')
  }
  const kind = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (kind === 'application/x-www-form-urlencoded')
    return parameters(parse(body, undefined, undefined, { maxKeys: 100 }))
  if (kind === 'application/json') return parameters(parseJson(body))
  throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.')
}

function parameters(values: Record<string, unknown>): OAuthParameters {
  for (const [name, value] of Object.entries(values)) {
    if (!knownParameters.has(name)) continue
    if (Array.isArray(value) && !repeatable.has(name)) throw invalidRequest(`Send the parameter '${name}' once only.`)
    const isText = [value].flat().every((item) => typeof item === 'string')
    if (!isText) throw invalidRequest(`The parameter '${name}' must be text.`)
  }
  const all = (name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    const list = Array.isArray(value) ? value : [value]
    return list.filter((item): item is string => typeof item === 'string' && item !== '')
  }
  return { all, get: (name) => all(name)[0] }
}

function parseJson(body: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (cause) {
    throw new OAuthError(400, 'invalid_request', `${invalidRequestText} The body is not valid JSON: send one object.`, {
      cause,
    })
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidRequest('Send the parameters as the members of one JSON object.')
  }
  return value as Record<string, unknown>
}
