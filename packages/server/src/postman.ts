import type { TSchema } from '@sinclair/typebox'
import { operations } from './api/index.ts'
import {
  bodyExample,
  pathDescription,
  pathExample,
  queryExample,
  queryOfExample,
  type Replacement,
  replyExample,
} from './examples.ts'
import type { Operation } from './operation.ts'
import { inRunningOrder } from './postman-order.ts'
import { afterRequest, beforeEveryRequest } from './postman-scripts.ts'
import { type Links, linksOf, variableAt } from './postman-variables.ts'

type Json = Record<string, unknown>

/** The id of the collection: importing a newer one replaces what an older one made. */
const collectionId = '6f1d3c52-8a0e-4b7c-9e57-1f0a2b6d4c38'
const environmentId = '0b9c7a1e-5d24-4f6b-8c13-7e2f9a4d6b05'
const collectionSchema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'

const about = `Every operation of the Management API, for Kindred and for Kinde's cloud.

1. Import the environment too, choose it, and set \`KINDE_DOMAIN\`, \`M2M_CLIENT_ID\` and \`M2M_CLIENT_SECRET\` in it.
2. Send any request. The access token is fetched and renewed by a script of the collection.

The collection can be run from top to bottom: it makes what it needs, and deletes that at the end. A request that needs
a variable without a value is left out, and the console says which.`

/**
 * The operations as a Postman collection, format v2.1. It holds no address and no credentials: these are variables of
 * the environment that {@link postmanEnvironment} makes.
 * @param list the operations that it tells of
 */
export function postmanCollection(list: readonly Operation[] = operations): Json {
  const { parts, links } = inRunningOrder(list)
  return {
    info: { _postman_id: collectionId, name: 'Kinde Management API', description: about, schema: collectionSchema },
    auth: clientCredentials,
    event: [{ listen: 'prerequest', script: { type: 'text/javascript', exec: beforeEveryRequest.split('\n') } }],
    variable: [{ key: 'access_token', value: '' }],
    item: parts.map(({ name, chapters }) => ({
      name,
      item: chapters.map(({ tag, operations }) => ({
        name: tag,
        item: operations.map((operation) => requestItem(operation, links.get(operation)!)),
      })),
    })),
  }
}

/** As Kinde's page has people fill in the Authorization tab, but for the token, which the script gets. RFC 6749 §4.4. */
const clientCredentials: Json = {
  type: 'oauth2',
  oauth2: Object.entries({
    tokenName: 'Kinde Management API',
    grant_type: 'client_credentials',
    accessTokenUrl: '{{KINDE_DOMAIN}}/oauth2/token',
    clientId: '{{M2M_CLIENT_ID}}',
    clientSecret: '{{M2M_CLIENT_SECRET}}',
    client_authentication: 'header',
    tokenRequestParams: [{ key: 'audience', value: '{{KINDE_DOMAIN}}/api', enabled: true, send_as: 'request_body' }],
    headerPrefix: 'Bearer',
    addTokenTo: 'header',
    accessToken: '{{access_token}}',
  }).map(([key, value]) => ({ key, value, type: typeof value === 'string' ? 'string' : 'any' })),
}

/** What no request of the collection makes, and how a person comes by it. */
const givenByPeople: Record<string, string> = {
  customer_id: 'Id of a billing customer.',
  event_id: 'Id of an event, as webhooks carry it.',
  factor_id: 'Id of one second factor that mfa_user_id has set up.',
  key_code_ref: 'Reference of a connected app.',
  mfa_org_code: 'Code of an organization for which mfa_user_id has set up a second factor.',
  mfa_org_factor_id: 'Id of one second factor that mfa_user_id has set up for mfa_org_code.',
  mfa_user_id: 'Id of a user with second factors.',
  plan_code: 'Code of a billing plan.',
  session_id: 'Session of a connected app at which a user has signed in.',
}

/**
 * A Postman environment for one server. The secret is left for the person to paste.
 * @param baseUrl the server, no slash at the end
 * @param options `clientId` of an M2M application that is authorised for the Management API
 */
export function postmanEnvironment(baseUrl: string, options: { clientId?: string } = {}): Json {
  const value = (key: string, text: string, type = 'default') => ({ key, value: text, type, enabled: true })
  return {
    id: environmentId,
    name: `Kindred at ${new URL(baseUrl).host}`,
    values: [
      value('KINDE_DOMAIN', baseUrl),
      value('M2M_CLIENT_ID', options.clientId ?? ''),
      value('M2M_CLIENT_SECRET', '', 'secret'),
      ...variablesOfPeople().map((name) => ({ ...value(name, ''), description: givenByPeople[name] })),
    ],
    _postman_variable_scope: 'environment',
  }
}

/** Variables that requests need and no request gives, sorted. */
export function variablesOfPeople(list: readonly Operation[] = operations): string[] {
  const links = [...linksOf(list).values()]
  const given = new Set(links.flatMap(({ gives }) => gives.map(({ variable }) => variable)))
  return [...new Set(links.flatMap(({ needs }) => [...needs]))].filter((name) => !given.has(name)).sort()
}

function requestItem(operation: Operation, { gives }: Links): Json {
  const { id, summary, responses } = operation
  const statuses = Object.keys(responses).map(Number)
  const schema = responses[statuses[0]!]
  return {
    name: summary,
    id,
    event: [
      {
        listen: 'test',
        script: {
          type: 'text/javascript',
          exec: afterRequest(statuses, schema ? replySchema(schema) : undefined, gives),
        },
      },
    ],
    request: requestOf(operation, true),
    response: statuses.map((status) => savedExample(operation, status)),
  }
}

/** @param isLive with variables of the collection; else with the values of an example */
function requestOf(operation: Operation, isLive: boolean): Json {
  const { method, path, description = '', scope, upload } = operation
  const replace: Replacement = isLive ? (place, example) => liveValue(operation, place, example) : () => undefined
  const body = bodyExample(operation, replace)
  const live = (place: readonly string[], example: unknown) => String(liveValue(operation, place, example) ?? example)
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const segments = path
    .slice(1)
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .split('/')
  const required = queryOfExample(operation)
  const query = Object.entries<TSchema>(operation.query?.properties ?? {}).flatMap(([name, schema]) =>
    parameters(name, queryExample(operation, name, replace)).map(([key, value]) => ({
      key,
      value,
      description: schema.description ?? '',
      ...(required.includes(name) ? {} : { disabled: true }),
    })),
  )
  const shown = query.filter((parameter) => !('disabled' in parameter))
  const search = shown.map(({ key, value }) => `${key}=${value}`).join('&')
  const scopeNote = scope === null ? 'Needs no scope.' : `Needs the scope \`${scope}\`.`
  return {
    method,
    description: [description, scopeNote].join('\n\n').trim(),
    header: [
      { key: 'Accept', value: 'application/json' },
      ...(body === undefined ? [] : [{ key: 'Content-Type', value: 'application/json' }]),
    ],
    ...(body === undefined ? {} : { body: rawBody(body) }),
    ...(upload === undefined ? {} : { body: uploadedPicture(upload) }),
    url: {
      raw: `{{KINDE_DOMAIN}}/${segments.join('/')}${search === '' ? '' : `?${search}`}`,
      host: ['{{KINDE_DOMAIN}}'],
      path: segments,
      ...(query.length === 0 ? {} : { query }),
      ...(names.length === 0
        ? {}
        : {
            variable: names.map((key) => {
              const example = pathExample(operation, key)
              return { key, value: isLive ? live([key], example) : example, description: pathDescription(key) }
            }),
          }),
    },
  }
}

/** Members that no two things may share: a run must not meet what an earlier one left. */
const unique = /^(key|handle|audience|external_id|provided_id|username)$/

/** The variable, or the example made unique for this request; undefined where the example may stay. */
function liveValue(operation: Operation, path: readonly string[], example: unknown): unknown {
  const variable = variableAt(operation, path)
  if (variable !== undefined) return `{{${variable}}}`
  if (operation.method === 'GET' || typeof example !== 'string') return undefined
  // Addresses, wherever they stand, belong to one user or subscriber.
  if (!unique.test(path.at(-1)!) && !example.includes('@')) return undefined
  if (example.includes('@')) return example.replace('@', '-{{unique}}@')
  return `${example}${/^[A-Z_]+$/.test(example) ? '_' : '-'}{{unique}}`
}

/** A list is repeated, an object written as `name[member]`. */
function parameters(name: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.map((one) => [name, String(one)])
  if (value === null || typeof value !== 'object') return [[name, String(value)]]
  return Object.entries(value).map(([member, one]) => [`${name}[${member}]`, String(one)])
}

function rawBody(body: unknown): Json {
  return { mode: 'raw', raw: JSON.stringify(body, null, 2), options: { raw: { language: 'json' } } }
}

const picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3"/></svg>'

/** A small picture that needs no file; choose File in its place to send one of yours. */
function uploadedPicture({ field, description }: NonNullable<Operation['upload']>): Json {
  return {
    mode: 'formdata',
    formdata: [
      { key: field, type: 'text', value: picture, fileName: 'owl.svg', contentType: 'image/svg+xml', description },
    ],
  }
}

const reasons: Record<number, string> = { 200: 'OK', 201: 'Created', 204: 'No Content' }

function savedExample(operation: Operation, status: number): Json {
  const body = replyExample(operation, status)
  return {
    name: `${status} ${reasons[status]}`,
    originalRequest: requestOf(operation, false),
    status: reasons[status],
    code: status,
    _postman_previewlanguage: 'json',
    header: body === undefined ? [] : [{ key: 'Content-Type', value: 'application/json; charset=utf-8' }],
    cookie: [],
    body: body === undefined ? '' : JSON.stringify(body, null, 2),
  }
}

/** What a reply is checked against: types, listed values, and the members that every reply has. */
function replySchema(schema: TSchema): unknown {
  if (schema.enum !== undefined) return { enum: schema.nullable ? [...schema.enum, null] : schema.enum }
  const choice: TSchema[] | undefined = schema.anyOf ?? schema.oneOf
  if (choice !== undefined) return { anyOf: choice.map(replySchema), ...(schema.nullable ? { nullable: true } : {}) }
  const { type, nullable } = schema
  const common = { ...(type === undefined ? {} : { type }), ...(nullable ? { nullable } : {}) }
  if (type === 'array') return { ...common, items: replySchema(schema.items) }
  if (type !== 'object') return common
  const members = Object.entries<TSchema>(schema.properties ?? {})
  return { ...common, properties: Object.fromEntries(members.map(([name, member]) => [name, replySchema(member)])) }
}
