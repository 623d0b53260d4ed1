import { compareSchemas, type Difference, type Documents } from './compare-schemas.ts'
import {
  type Content,
  type LocatedOperation,
  listOperations,
  mediaType,
  type OpenApiDocument,
  officialScope,
  type Parameter,
  type RequestBody,
  type Response,
  resolve,
  type Schema,
} from './document.ts'
import { shapeOf } from './shape.ts'

/** One point in which our document says something else than the official one. */
export interface Deviation extends Difference {
  /** The official operationId; ours for an operation that Kinde does not have. */
  operation: string
  /** `operationId`, `method`, `path`, `scope`, `tag`, `parameter`, `request body`, `response 200`. */
  what: string
}

export interface Comparison {
  /** The official operations, by the first tag. */
  tags: Map<string, { present: number; total: number }>
  total: number
  /** Official operationIds that we have, found by method and path, otherwise by operationId. */
  present: string[]
  missing: string[]
  /** Operations that only we have, as `METHOD path`. */
  extra: string[]
  deviations: Deviation[]
}

/** The name of a deviation, on one line: `getUsers response 200 users[].email: string -> absent`. */
export function keyOf({ operation, what, pointer, official, ours }: Deviation): string {
  return `${[operation, what, pointer].filter(Boolean).join(' ')}: ${official} -> ${ours}`
}

/** Compares what we have with the official document. Ours may have more: optional members and parameters, replies
 *  outside 2xx, operations on paths of their own. */
export function compare(official: OpenApiDocument, ours: OpenApiDocument): Comparison {
  const documents = { official, ours }
  const officialOperations = listOperations(official)
  const unmatched = new Set(listOperations(ours))
  const pairs = pairOperations(officialOperations, unmatched)

  const deviations = officialOperations.flatMap((operation) => {
    const counterpart = pairs.get(operation)
    return counterpart ? compareOperations(documents, operation, counterpart) : []
  })
  deviations.push(...[...unmatched].flatMap((extra) => compareExtra(officialOperations, extra)))

  return {
    tags: countByTag(officialOperations, pairs),
    total: officialOperations.length,
    present: officialOperations.filter((operation) => pairs.has(operation)).map(nameOf),
    missing: officialOperations.filter((operation) => !pairs.has(operation)).map(nameOf),
    extra: [...unmatched].map(({ method, path }) => `${method.toUpperCase()} ${path}`),
    deviations: [...new Map(deviations.map((deviation) => [keyOf(deviation), deviation])).values()],
  }
}

type Pairs = Map<LocatedOperation, LocatedOperation>

/** Takes the operations it finds a counterpart for out of `unmatched`. */
function pairOperations(officialOperations: LocatedOperation[], unmatched: Set<LocatedOperation>): Pairs {
  const pairs: Pairs = new Map()
  const sameness = [
    (a: LocatedOperation, b: LocatedOperation) => a.method === b.method && a.path === b.path,
    (a: LocatedOperation, b: LocatedOperation) => a.method === b.method && nameless(a.path) === nameless(b.path),
    (a: LocatedOperation, b: LocatedOperation) => nameOf(a) === nameOf(b),
  ]
  for (const same of sameness) {
    for (const official of officialOperations) {
      const found = pairs.has(official) ? undefined : [...unmatched].find((ours) => same(official, ours))
      if (!found) continue
      pairs.set(official, found)
      unmatched.delete(found)
    }
  }
  return pairs
}

function compareOperations(documents: Documents, official: LocatedOperation, ours: LocatedOperation): Deviation[] {
  const operation = nameOf(official)
  const plain = [
    ['operationId', operation, nameOf(ours)],
    ['method', official.method.toUpperCase(), ours.method.toUpperCase()],
    ['path', official.path, ours.path],
    ['scope', officialScope(official.operation) ?? 'none', ours.operation['x-required-scope'] ?? 'none'],
    ['tag', tagOf(official), tagOf(ours)],
  ] as const
  return [
    ...plain.flatMap(([what, theirs, own]) =>
      theirs === own ? [] : [{ operation, what, pointer: '', official: theirs, ours: own }],
    ),
    ...compareParameters(documents, official, ours).map((found) => ({ operation, what: 'parameter', ...found })),
    ...compareBodies(documents, official, ours).map((found) => ({ operation, ...found })),
    ...compareReplies(documents, official, ours).map((found) => ({ operation, ...found })),
  ]
}

function compareParameters(documents: Documents, official: LocatedOperation, ours: LocatedOperation): Difference[] {
  const known = [...official.parameters].flatMap(([pointer, theirs]) => {
    const own = ours.parameters.get(pointer)
    if (!own) return [{ pointer, official: 'present', ours: 'absent' }]
    const differences = compareSchemas(documents, 'parameter', theirs.schema ?? true, own.schema ?? true, pointer)
    if (own.required && !theirs.required) differences.push({ pointer, official: 'optional', ours: 'required' })
    const [theirSpelling, ownSpelling] = [spellingOf(documents.official, theirs), spellingOf(documents.ours, own)]
    if (theirSpelling && ownSpelling && theirSpelling !== ownSpelling) {
      differences.push({ pointer, official: theirSpelling, ours: ownSpelling })
    }
    return differences
  })
  const added = [...ours.parameters].filter(([pointer, own]) => own.required && !official.parameters.has(pointer))
  return [...known, ...added.map(([pointer]) => ({ pointer, official: 'absent', ours: 'required' }))]
}

type LocatedDifference = Difference & { what: string }

function compareBodies({ official, ours }: Documents, their: LocatedOperation, our: LocatedOperation) {
  const what = 'request body'
  const theirs = their.operation.requestBody && resolve<RequestBody>(official, their.operation.requestBody)
  const own = our.operation.requestBody && resolve<RequestBody>(ours, our.operation.requestBody)
  if (!own) return theirs ? [{ what, pointer: '', official: 'present', ours: 'absent' }] : []
  const differences: LocatedDifference[] = []
  if (own.required && !theirs?.required) {
    differences.push({ what, pointer: '', official: theirs ? 'optional' : 'absent', ours: 'required' })
  }
  return [...differences, ...compareContents({ official, ours }, 'request', what, theirs?.content, own.content)]
}

function compareReplies({ official, ours }: Documents, their: LocatedOperation, our: LocatedOperation) {
  const theirs = successReplies(official, their)
  const own = successReplies(ours, our)
  const differences: LocatedDifference[] = [...own.keys()]
    .filter((status) => !theirs.has(status))
    .map((status) => ({ what: `response ${status}`, pointer: '', official: 'absent', ours: 'present' }))
  for (const [status, reply] of theirs) {
    const what = `response ${status}`
    const ownReply = own.get(status)
    if (!ownReply) differences.push({ what, pointer: '', official: 'present', ours: 'absent' })
    else differences.push(...compareContents({ official, ours }, 'reply', what, reply.content, ownReply.content))
  }
  return differences
}

function compareContents(
  documents: Documents,
  direction: 'request' | 'reply',
  what: string,
  official: Content = {},
  ours: Content = {},
): LocatedDifference[] {
  const own = new Map<string, Schema>()
  for (const [type, { schema = true }] of Object.entries(ours)) own.set(mediaType(type), schema)
  // Kinde's document often lists one type twice, with and without a charset; each entry is compared.
  return Object.entries(official).flatMap(([contentType, { schema = true }]) => {
    const type = mediaType(contentType)
    const ownSchema = own.get(type)
    if (ownSchema === undefined) return [{ what, pointer: type, official: 'present', ours: 'absent' }]
    const place = type === 'application/json' ? what : `${what} ${type}`
    return compareSchemas(documents, direction, schema, ownSchema, '').map((found) => ({ what: place, ...found }))
  })
}

/** An operation of our own must leave the official names and addresses free. */
function compareExtra(officialOperations: LocatedOperation[], extra: LocatedOperation): Deviation[] {
  const operation = nameOf(extra)
  const ours = `${extra.method.toUpperCase()} ${extra.path}`
  const namesake = officialOperations.find((official) => nameOf(official) === operation)
  const neighbour = officialOperations.find((official) => patternOf(official.path).test(extra.path))
  return [
    ...(namesake ? [{ operation, what: 'operationId', pointer: '', official: `of ${namesake.path}`, ours }] : []),
    ...(neighbour ? [{ operation, what: 'path', pointer: '', official: `of ${nameOf(neighbour)}`, ours }] : []),
  ]
}

function countByTag(officialOperations: LocatedOperation[], pairs: Pairs): Comparison['tags'] {
  const tags: Comparison['tags'] = new Map()
  for (const official of officialOperations) {
    const count = tags.get(tagOf(official)) ?? { present: 0, total: 0 }
    tags.set(tagOf(official), count)
    count.total += 1
    if (pairs.has(official)) count.present += 1
  }
  return tags
}

function successReplies(document: OpenApiDocument, { operation }: LocatedOperation): Map<string, Response> {
  const replies = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith('2'))
  return new Map(replies.map(([status, reply]) => [status, resolve<Response>(document, reply)]))
}

/** How a list or an object is written into a URL; plain values have one spelling only. OpenAPI 3.0.3 §4.7.12. */
function spellingOf(document: OpenApiDocument, { in: place, style, explode, schema = true }: Parameter) {
  if (!shapeOf(document, schema).kinds.some(({ type }) => type === 'array' || type === 'object')) return undefined
  const actual = style ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple')
  return `${actual}, ${(explode ?? actual === 'form') ? 'exploded' : 'not exploded'}`
}

function nameOf({ method, path, operation }: LocatedOperation): string {
  return operation.operationId ?? `${method.toUpperCase()} ${path}`
}

function tagOf({ operation }: LocatedOperation): string {
  return operation.tags?.[0] ?? 'none'
}

function nameless(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '{}')
}

function patternOf(path: string): RegExp {
  const parts = path.split(/\{[^}]*\}/).map((part) => part.replaceAll(/[^\w/]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+')}$`)
}
