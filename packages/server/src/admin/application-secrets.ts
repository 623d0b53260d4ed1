import { Type } from '@sinclair/typebox'
import { ApiError, invalid, notFound } from '../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { holdApplication, putSecret, requireApplication } from '../store/applications.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

const mostSecrets = 20
/** Types of application that keep a secret. */
const confidentialTypes = new Set(['m2m', 'reg'])

const Secret = named(
  'application_secret',
  Type.Object({
    id: Type.String({ description: 'Id of the secret.' }),
    label: Type.String({ description: 'What it is for.' }),
    created_at: Moment('When it was made.'),
    expires_at: Nullable(Moment('When it expires; null for never.')),
    is_expired: Type.Boolean({ description: 'Whether it has expired.' }),
    last_used_at: Nullable(Moment('When a token was last got with it.')),
    last_used_address: Nullable(Type.String({ description: 'From which address that was.' })),
  }),
)

export const getApplicationSecrets = operation({
  id: 'getApplicationSecrets',
  method: 'GET',
  path: '/admin/api/applications/{application_id}/secrets',
  scope: 'read:applications',
  role: 'read_only',
  tag: 'Application secrets',
  summary: 'List secrets of an application',
  description:
    'All secrets of an application, newest first, with their last use; the secrets themselves are not shown.',
  responses: { 200: named('application_secrets_response', Success({ secrets: Type.Array(Secret) })) },
  handler: async ({ params, db, now, environment }) => {
    const { id } = await requireApplication(db, params.application_id)
    await environment.tokenUse.flush()
    const rows = await db
      .selectFrom('application_secrets')
      .selectAll()
      .where('application_id', '=', id)
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return { ...ok, secrets: rows.map((row) => shownSecret(row, now)) }
  },
})

export const addApplicationSecret = operation({
  id: 'addApplicationSecret',
  method: 'POST',
  path: '/admin/api/applications/{application_id}/secrets',
  scope: 'update:applications',
  role: 'administrator',
  tag: 'Application secrets',
  summary: 'Add a secret to an application',
  description: 'Makes a further secret; those that there are stay valid until they are retired.',
  body: Type.Object({
    label: Type.String({ description: 'What it is for.', minLength: 1, maxLength: 100 }),
    expires_at: Type.Optional(Nullable(Type.String({ description: 'When it expires, ISO 8601; left out: never.' }))),
  }),
  bodyRequired: true,
  responses: {
    200: named(
      'add_application_secret_response',
      Success({ secret: Secret, client_secret: Type.String({ description: 'The secret itself.' }) }),
    ),
  },
  handler: async ({ params, body, db, now, environment, record }) => {
    const { ids, cipher } = environment
    const application = await holdApplication(db, params.application_id)
    if (!confidentialTypes.has(application.type)) {
      throw new ApiError(
        400,
        'APPLICATION_TYPE_INVALID',
        `An application of the type ${application.type} keeps no secret.`,
      )
    }
    const expiresAtMs = body.expires_at ? Date.parse(body.expires_at) : null
    if (expiresAtMs !== null && !(expiresAtMs > now)) {
      throw invalid('expires_at', 'expires_at must be a moment to come, such as 2030-01-31T00:00:00Z.')
    }
    const existing = await db
      .selectFrom('application_secrets')
      .select('id')
      .where('application_id', '=', application.id)
      .execute()
    if (existing.length >= mostSecrets) {
      throw new ApiError(
        409,
        'TOO_MANY_SECRETS',
        `An application has ${mostSecrets} secrets at most: retire one first.`,
      )
    }
    const secret = ids.secret()
    const label = body.label.trim()
    const id = await putSecret(db, { applicationId: application.id, secret, label, cipher, ids, now, expiresAtMs })
    const row = {
      id,
      label,
      created_at_ms: now,
      expires_at_ms: expiresAtMs,
      last_used_at_ms: null,
      last_used_address: null,
    }
    record('application.secret_added', {
      application: { id: application.id },
      secret: { id, label, expires_at: momentOrNull(expiresAtMs) },
    })
    return { ...ok, secret: shownSecret(row, now), client_secret: secret }
  },
})

export const removeApplicationSecret = operation({
  id: 'removeApplicationSecret',
  method: 'DELETE',
  path: '/admin/api/applications/{application_id}/secrets/{secret_id}',
  scope: 'update:applications',
  role: 'administrator',
  tag: 'Application secrets',
  summary: 'Retire a secret of an application',
  description: 'No token is given for the secret from now on. Tokens that were got with it live on until they expire.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await requireApplication(db, params.application_id)
    const removed = await db
      .deleteFrom('application_secrets')
      .where('id', '=', params.secret_id)
      .where('application_id', '=', id)
      .returning(['id', 'label'])
      .executeTakeFirst()
    if (removed === undefined) throw notFound('secret', params.secret_id)
    record('application.secret_removed', { application: { id }, secret: removed })
    return ok
  },
})

function shownSecret(
  row: {
    id: string
    label: string
    created_at_ms: number
    expires_at_ms: number | null
    last_used_at_ms: number | null
    last_used_address: string | null
  },
  now: number,
) {
  return {
    id: row.id,
    label: row.label,
    created_at: moment(row.created_at_ms),
    expires_at: momentOrNull(row.expires_at_ms),
    is_expired: row.expires_at_ms !== null && row.expires_at_ms <= now,
    last_used_at: momentOrNull(row.last_used_at_ms),
    last_used_address: row.last_used_address || null,
  }
}
