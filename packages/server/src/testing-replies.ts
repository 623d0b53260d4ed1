import assert from 'node:assert/strict'
import type { TSchema } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { openApiDocument } from './openapi.ts'
import type { Operation } from './operation.ts'
import type { TestReply } from './testing.ts'

/** The reply is a refusal in the envelope: `{"errors":[{"code","message","field"?}]}`. @returns its first error */
export function refused(reply: TestReply, statuses: readonly number[], what: string) {
  assert.ok(statuses.includes(reply.status), `${what}: ${reply.status} ${JSON.stringify(reply.body)}`)
  assert.match(String(reply.headers['content-type']), /^application\/json/, what)
  assert.ok(reply.headers['x-request-id'], what)
  assert.deepEqual(Object.keys(reply.body), ['errors'], what)
  // Where the entity is not found, some documents show one error and no list.
  const isList = Array.isArray(reply.body.errors)
  if (!isList) assert.equal(reply.status, 404, what)
  const errors: Record<string, unknown>[] = isList ? reply.body.errors : [reply.body.errors]
  assert.ok(errors.length > 0, what)
  for (const { code, message, field, ...rest } of errors) {
    assert.match(String(code), /^[A-Z][A-Z0-9_]*$/, what)
    assert.ok(typeof message === 'string' && message !== '', what)
    assert.ok(field === undefined || typeof field === 'string', what)
    assert.deepEqual(rest, {}, what)
  }
  return errors[0]! as { code: string; message: string; field?: string }
}

const document = openApiDocument('https://id.example') as {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: TSchema }> }> }>
  >
  components: object
}
const forReplies = new Ajv({ strict: false, allErrors: true })
forReplies.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
/** By id and status. */
const replyChecks = new Map<string, ReturnType<Ajv['compile']>>()

/** The body is what the document says, and has no member that it does not tell of. */
export function fits(operation: Operation, { status, headers, body }: TestReply): void {
  if (operation.responses[status] === null) {
    if (status !== 204) assert.deepEqual(Object.keys(body), ['code', 'message'])
    return
  }
  assert.equal(headers['content-type'], 'application/json; charset=utf-8')
  const key = `${operation.id} ${status}`
  let check = replyChecks.get(key)
  if (check === undefined) {
    const described = document.paths[operation.path]![operation.method.toLowerCase()]!.responses[status]!
    const { schema } = described.content!['application/json']!
    check = forReplies.compile({ ...closed(schema), components: closed(document.components) })
    replyChecks.set(key, check)
  }
  assert.ok(check(body), `${JSON.stringify(check.errors, null, 1)}\n${JSON.stringify(body)}`)
}

/** A copy of a schema in which every object refuses members that it does not tell of. */
function closed<Part>(schema: Part): Part {
  if (Array.isArray(schema)) return schema.map(closed) as Part
  if (schema === null || typeof schema !== 'object') return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]))
  if (copy.type === 'object') copy.additionalProperties ??= false
  return withNullInLists(copy) as Part
}

/** Ajv takes null for a nullable schema with listed values only where the list holds it. */
export function withNullInLists<Schema extends object>(schema: Schema): Schema {
  const { nullable, enum: listed } = schema as { nullable?: boolean; enum?: unknown[] }
  return nullable && listed ? { ...schema, enum: [...listed, null] } : schema
}
