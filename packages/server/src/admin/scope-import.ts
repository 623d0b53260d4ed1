import { Type } from '@sinclair/typebox'
import { ApiError } from '../errors.ts'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { requireOwnApi } from '../store/apis.ts'

const largestDocument = 4 * 1_000_000
const mostScopes = 1000

const key = Type.String({ description: 'The scope as tokens carry it.' })

export const importApiScopes = operation({
  id: 'importApiScopes',
  method: 'POST',
  path: '/admin/api/apis/{api_id}/scopes/import',
  scope: 'create:api_scopes',
  role: 'administrator',
  tag: 'APIs',
  summary: 'Import scopes from an OpenAPI document',
  description:
    'Adds the scopes that a document declares for OAuth 2, and those that its operations ask for. Scopes that the API has stay as they are.',
  query: Type.Object({
    preview: Type.Optional(Nullable(Type.Boolean({ description: 'Only tell what would be added.' }))),
  }),
  upload: {
    field: 'file',
    largestBytes: largestDocument,
    description: 'An OpenAPI 3 or Swagger 2 document, JSON or YAML.',
  },
  responses: {
    200: named(
      'import_api_scopes_response',
      Success({
        added: Type.Array(Type.Object({ key, description: Type.String({ description: 'What it opens.' }) }), {
          description: 'Scopes that are new.',
        }),
        kept: Type.Array(key, { description: 'Scopes that the API had already.' }),
        skipped: Type.Array(Type.Object({ key, reason: Type.String({ description: 'Why it cannot be taken.' }) }), {
          description: 'Scopes of the document that cannot be one here.',
        }),
      }),
    ),
  },
  handler: async ({ params, query, file, db, now, environment, record }) => {
    const api = await requireOwnApi(db, params.api_id)
    const declared = scopesIn(await parseDocument(file.bytes.toString('utf8')))
    if (declared.size === 0) {
      throw new ApiError(
        400,
        'NO_SCOPES_FOUND',
        'The document names no OAuth 2 scopes: they stand in the flows of its security schemes, or in the security of its operations.',
        { field: 'file' },
      )
    }
    if (declared.size > mostScopes) {
      throw new ApiError(
        400,
        'TOO_MANY_SCOPES',
        `The document names ${declared.size} scopes; ${mostScopes} can be taken.`,
      )
    }
    const rows = await db.selectFrom('api_scopes').select('key').where('api_id', '=', api.id).execute()
    const existing = new Set(rows.map(({ key }) => key))
    const added: { key: string; description: string }[] = []
    const kept: string[] = []
    const skipped: { key: string; reason: string }[] = []
    for (const [key, description] of declared) {
      const fault = faultOf(key)
      if (existing.has(key)) kept.push(key)
      else if (fault !== undefined) skipped.push({ key: key.slice(0, 100), reason: fault })
      else added.push({ key, description })
    }
    if (!query.preview) {
      for (const scope of added) {
        const id = environment.ids.timed('api_scope', now)
        await db
          .insertInto('api_scopes')
          .values({ id, api_id: api.id, ...scope, created_at_ms: now })
          .execute()
        record('api.scope_created', { api: { id: api.id }, scope: { id, ...scope } })
      }
    }
    return { ...ok, added, kept, skipped }
  },
})

/** The same rule as for a scope that is added by hand. */
function faultOf(key: string): string | undefined {
  if (key === '' || key.length > 64) return 'A scope has 1 to 64 characters.'
  return /[\s\p{C}]/u.test(key) ? 'A scope holds no white space and no control character.' : undefined
}

type Json = Record<string, unknown>

/** @throws {ApiError} 400 OPENAPI_INVALID */
async function parseDocument(text: string): Promise<Json> {
  const refuse = (reason: string, cause?: unknown) =>
    new ApiError(400, 'OPENAPI_INVALID', `The file is no OpenAPI document: ${reason}`, { field: 'file', cause })
  let value: unknown
  try {
    if (/^\s*[{[]/.test(text)) value = JSON.parse(text)
    else {
      const { parse } = await import('../yaml.ts')
      // Aliases may not unfold to more than a document of this size could say itself.
      value = parse(text, { maxAliasCount: 100 })
    }
  } catch (cause) {
    throw refuse((cause as Error).message.split('\n', 1)[0]!, cause)
  }
  const document = object(value)
  const isKnown = typeof document.openapi === 'string' || document.swagger === '2.0' || document.swagger === 2
  if (!isKnown) throw refuse('it has neither `openapi` nor `swagger: "2.0"` at its beginning.')
  return document
}

/** Scope → what it opens: what flows declare, then what operations ask for of such a scheme. */
function scopesIn(document: Json): Map<string, string> {
  const scopes = new Map<string, string>()
  const schemes = { ...object(document.securityDefinitions), ...object(object(document.components).securitySchemes) }
  const withScopes = new Set<string>()
  for (const [name, value] of Object.entries(schemes)) {
    const scheme = object(value)
    if (scheme.type !== 'oauth2' && scheme.type !== 'openIdConnect') continue
    withScopes.add(name)
    for (const flow of [scheme, ...Object.values(object(scheme.flows))]) {
      for (const [key, description] of Object.entries(object(object(flow).scopes))) {
        scopes.set(key, typeof description === 'string' ? storable(description) : '')
      }
    }
  }
  const operations = Object.values(object(document.paths)).flatMap((path) => Object.values(object(path)))
  for (const operation of [document, ...operations]) {
    const { security } = object(operation)
    for (const requirement of Array.isArray(security) ? security : []) {
      for (const [name, needed] of Object.entries(object(requirement))) {
        if (!withScopes.has(name) || !Array.isArray(needed)) continue
        for (const key of needed) if (typeof key === 'string' && !scopes.has(key)) scopes.set(key, '')
      }
    }
  }
  return scopes
}

/** Text as every database takes it. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed().slice(0, 1000)
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}
