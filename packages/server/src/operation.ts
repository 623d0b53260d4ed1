import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { Caller, Role } from './auth.ts'
import type { Environment } from './environment.ts'
import type { recordInto } from './journal/record.ts'
import type { Db } from './store/tables.ts'

/** The words of the paths: `'/api/v1/roles/{role_id}'` gives `{ role_id: string }`. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [Key in Name]: string } & PathParams<Rest>
  : unknown

/** What a handler receives. Nothing in it is global: time, keys and data are those of one environment. */
export interface OperationRequest<Params = unknown, Query = unknown, Body = unknown> {
  params: Params
  query: Query
  body: Body
  /** Reads for GET; for every other method the request's transaction, opened and ended by `server.ts`. */
  db: Db
  /** The uploaded file of an operation with `upload`. */
  file: UploadedFile
  /** Milliseconds since the epoch; the same moment for the whole request. */
  now: number
  caller: Caller
  /** The address that the request came from. */
  remoteAddress: string
  /** What an operation of the console knows of the browser, and tells it; undefined for any other operation. */
  browser: Browser
  environment: Environment
  /** Notes what this request changes. The event is stored by the transaction that carries the change. */
  record: Recorder
  /** For operations with {@link Operation.callsOut} alone: runs `work` in a transaction, which carries its events too. */
  write: <Result>(work: (db: Db, record: Recorder) => Promise<Result>) => Promise<Result>
}

/** The browser behind a call of the console. */
export interface Browser {
  /** The address that it calls from, behind a proxy of this machine too. */
  address: string
  userAgent: string | null
  /** The value of its cookie, good or not. */
  cookie: string | undefined
  /** Whether it sees https. */
  isSecure: boolean
  /** A `Set-Cookie` for the reply, when the handler has one. */
  setCookie: string | undefined
  /** Who is said to have made the changes; the handler sets it where nobody was signed in before. */
  administrator: { id: string; name: string } | null
}

/**
 * Notes a change; see {@link OperationRequest.record}. Of an update it takes how things were before and after, too: what
 * differs is shown by the activity.
 */
export type Recorder = ReturnType<typeof recordInto>

/** One operation of the API, free of type parameters, so that types do not travel between files. */
export interface Operation {
  id: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  /** The scope that the token must carry; null where Kinde asks for none. */
  scope: string | null
  tag: string
  summary: string
  description?: string
  /**
   * A token of one organization may call it: it shows what all organizations share, or the handler keeps to
   * `caller.orgCode`. Where the path names an organization, or {@link organizationIn} says where the request does, the
   * check that it is the caller's own is made for it. Any other operation is refused with 403.
   */
  organizationAware?: boolean
  /** The query parameter or the member of the body that names the organization, when the path does not. */
  organizationIn?: { query: string } | { body: string }
  /** Its reply is a secret: administrators who may only read are refused. */
  givesSecret?: boolean
  /**
   * Makes it an operation of the console: the least role of a signed-in administrator. An application may call it too,
   * with a token that carries `scope`; where that is null, none may.
   */
  role?: Role
  /** May be called without a token; one that is sent must be good all the same. */
  anonymous?: boolean
  /** Parameters that Kinde takes in the query may come in a JSON body as well; the query goes first. */
  queryOrBody?: boolean
  /** The member of a multipart/form-data body that carries a file, and how many bytes it may have. */
  upload?: { field: string; largestBytes: number; description: string }
  /**
   * It calls other servers, for which no transaction may wait: its `db` reads, and what it has to store it stores in
   * transactions of its own, by {@link OperationRequest.write}.
   */
  callsOut?: boolean
  /** Kinde's document gives its 404 one `errors` object and not a list. */
  notFoundAsObject?: boolean
  query?: TObject
  body?: TSchema
  /** The document calls the body optional, or asks for one although each of its members is optional. */
  bodyRequired?: boolean
  /** A request that succeeds, where the examples of its members, or the needed parameters alone, would not make one. */
  example?: { query?: Record<string, unknown>; body?: unknown }
  /** Success status → schema; null for a reply whose content Kinde leaves open. */
  responses: Record<number, TSchema | null>
  handler: (request: OperationRequest<never, never, never>) => Promise<unknown>
}

type Reply<Responses> = {
  [Status in keyof Responses]: Responses[Status] extends TSchema ? Static<Responses[Status]> : Acknowledgement
}[keyof Responses]

/** A file that came in a multipart/form-data body. */
export interface UploadedFile {
  name: string
  /** As the sender says; look at the bytes before you believe it. */
  contentType: string
  bytes: Buffer
}

/** Returned by a handler whose operation also declares 204: nothing was there to act on. */
export const noContent = Symbol('no content')

/** `{ code, message }`, the least that every success says. */
export type Acknowledgement = { code: string; message: string }

/** A reply that the database has already put into JSON, sent as it is. */
export class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * Declares one operation: identity, literal path, scope, schemas, handler. Route, access check, validation,
 * serialization and documentation are derived from the value.
 * @example
 * export const getRole = operation({
 *   id: 'GetRole', method: 'GET', path: '/api/v1/roles/{role_id}', scope: 'read:roles',
 *   tag: 'Roles', summary: 'Get role', responses: { 200: RoleReply },
 *   handler: async ({ params, db }) => ({ ...ok, role: await requireRole(db, params.role_id) }),
 * })
 */
export function operation<
  Path extends string,
  Responses extends Record<number, TSchema | null>,
  Query extends TObject = TObject<Record<never, never>>,
  Body extends TSchema = TSchema,
>(
  definition: Omit<Operation, 'path' | 'query' | 'body' | 'example' | 'responses' | 'handler'> & {
    path: Path
    query?: Query
    body?: Body
    example?: { query?: Partial<Static<Query>>; body?: Static<Body> }
    responses: Responses
    handler: (
      request: OperationRequest<PathParams<Path>, Static<Query>, Static<Body>>,
    ) => Promise<Reply<Responses> | JsonText | typeof noContent>
  },
): Operation {
  return definition as Operation
}

/** The beginning of every success reply. */
export const ok = { code: 'OK', message: 'Success' } as const

/** A value that may be null, in OpenAPI 3.0's spelling (`nullable`), which serializes faster than a union. */
export function Nullable<Schema extends TSchema>(schema: Schema) {
  // Without the name: under it the document would show the schema that is not nullable.
  return Type.Unsafe<Static<Schema> | null>({ ...schema, nullable: true, [schemaName]: undefined })
}

/** One of a list of strings, as `enum`: OpenAPI 3.0 has no `const`. */
export function Choice<const Values extends readonly string[]>(values: Values, options: { description?: string } = {}) {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: values, ...options })
}

const schemaName = Symbol('schema name')

/**
 * Gives a schema the name under which the OpenAPI document shows it. The name lives under a symbol: an `$id`
 * would make the validator refuse a schema that appears twice in one body.
 */
export function named<Schema extends TSchema>(name: string, schema: Schema): Schema {
  return { ...schema, [schemaName]: name }
}

/** The name given by {@link named}, if any. */
export function nameOf(schema: TSchema): string | undefined {
  return (schema as TSchema & { [schemaName]?: string })[schemaName]
}

const code = Type.Optional(Type.String({ description: 'Short code of the outcome.' }))
const message = Type.Optional(Type.String({ description: 'The outcome in words.' }))

/** A success reply: `code` and `message`, then the given members. */
export function Success<Members extends Record<string, TSchema>>(members: Members) {
  return Type.Object({ code, message, ...members })
}

/** The reply of an operation that has nothing to show but that it succeeded. */
export const SuccessReply = named('success_response', Success({}))
