/** An OpenAPI 3.0 document as far as the comparison reads it. */
export interface OpenApiDocument {
  paths: Record<string, PathItem>
  components?: Record<string, Record<string, unknown>>
}

export interface Reference {
  $ref: string
}

export type PathItem = { [method in Method]?: Operation } & { parameters?: (Parameter | Reference)[] }

export interface Operation {
  operationId?: string
  description?: string
  tags?: string[]
  parameters?: (Parameter | Reference)[]
  requestBody?: RequestBody | Reference
  responses?: Record<string, Response | Reference>
  /** The scope a token needs; Kindred's document has it, Kinde's names it in the description. */
  'x-required-scope'?: string
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  style?: string
  explode?: boolean
  schema?: Schema
}

export interface RequestBody {
  required?: boolean
  content?: Content
}

export interface Response {
  description?: string
  content?: Content
}

export type Content = Record<string, { schema?: Schema }>

export interface SchemaObject {
  /** Not compared: many are missing in the official document. */
  format?: string
  type?: string | string[]
  nullable?: boolean
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema
  items?: Schema
  allOf?: Schema[]
  oneOf?: Schema[]
  anyOf?: Schema[]
}

/** `true` and `false` stand for "anything" and "nothing", as in JSON Schema. */
export type Schema = SchemaObject | Reference | boolean

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const
export type Method = (typeof methods)[number]

export interface LocatedOperation {
  method: Method
  path: string
  operation: Operation
  /** Those of the operation and those of its path, by `in` and name; references followed. */
  parameters: Map<string, Parameter>
}

/** Takes a parsed file for an OpenAPI document. Beyond `paths` nothing is checked here: a document that breaks the rules
 *  fails where the broken part is read.
 *  @throws {Error} naming the source, when there are no paths */
export function openApi(value: unknown, source: string): OpenApiDocument {
  const paths = typeof value === 'object' && value !== null && 'paths' in value ? value.paths : undefined
  if (typeof paths !== 'object' || paths === null) throw new Error(`${source} is no OpenAPI document: it has no paths.`)
  return value as OpenApiDocument
}

/** All operations, in the order of the document. */
export function listOperations(document: OpenApiDocument): LocatedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined) return []
      // The operation's own parameters come last: they replace those of the path. OpenAPI 3.0.3 §4.7.10.
      const listed = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
      const parameters = listed.map((parameter) => resolve(document, parameter))
      return [{ method, path, operation, parameters: new Map(parameters.map((one) => [`${one.in} ${one.name}`, one])) }]
    }),
  )
}

/** The scope that Kinde's document names: the first `<code>verb:noun</code>` of the description. */
export function officialScope(operation: Operation): string | undefined {
  return /<code>\s*([a-z]+:[a-z_]+)\s*<\/code>/.exec(operation.description ?? '')?.[1]
}

/** `Application/JSON; charset=utf-8` → `application/json`. */
export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

/** What a reference stands for, or the value itself when it is none.
 *  @throws {Error} when the reference leads nowhere, outside the document, or round in a circle */
export function resolve<T extends object | boolean>(document: OpenApiDocument, value: T | Reference): T {
  let found: unknown = value
  for (const seen = new Set<string>(); isReference(found); ) {
    const { $ref } = found
    if (seen.has($ref) || !$ref.startsWith('#/')) throw new Error(`The reference ${$ref} cannot be followed.`)
    seen.add($ref)
    found = $ref.slice(2).split('/').reduce(step, document)
    if (typeof found !== 'object' || found === null) throw new Error(`The reference ${$ref} leads nowhere.`)
  }
  // The place of a reference decides what it may stand for, and the document is trusted to keep to it.
  return found as T
}

function step(from: unknown, token: string): unknown {
  const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~') // RFC 6901 §4
  return typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[key] : undefined
}

function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && typeof (value as Reference).$ref === 'string'
}
