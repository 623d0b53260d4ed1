import { invalid, notFound, shown } from '../errors.ts'
import { hashSecret } from '../oauth/secrets.ts'
import { parseRateLimit, rateLimitForms } from '../rate-limit.ts'
import type { Cipher } from './cipher.ts'
import { dialectOf, nameSort } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import type { ApplicationRow, Db } from './tables.ts'

/** Kinde's four types of application. */
export const applicationTypes = ['reg', 'spa', 'm2m', 'device'] as const
export type ApplicationType = (typeof applicationTypes)[number]

/** What Kinde's console calls the types; `GET /api/v1/apis/{api_id}` shows them so. */
export const applicationTypeLabels: Record<ApplicationType, string> = {
  m2m: 'Machine to machine (M2M)',
  reg: 'Back-end web',
  spa: 'Front-end and mobile',
  device: 'Device and IoT',
}

/** @throws {ApiError} 404 APPLICATION_NOT_FOUND */
export async function requireApplication(db: Db, id: string): Promise<ApplicationRow> {
  const row = await db.selectFrom('applications').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('application', id)
  return row
}

/**
 * The application, held until the transaction ends: another request that changes it waits. For a change that depends
 * on what is stored. SQLite has one writer, which is as good.
 * @throws {ApiError} 404 APPLICATION_NOT_FOUND
 */
export async function holdApplication(db: Db, id: string): Promise<ApplicationRow> {
  const row = await db
    .selectFrom('applications')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('application', id)
  return row
}

/** The connection that is switched on for a new application to which people sign in, as in a new business of Kinde's. */
const firstConnection = 'email:otp'

/** Adds an application with Kinde's defaults for everything that can be set later; it has no secret yet. */
export async function createApplication(
  db: Db,
  application: { id: string; name: string; type: ApplicationType; orgCode: string | null; now: number },
): Promise<void> {
  await db
    .insertInto('applications')
    .values({
      id: application.id,
      name: application.name,
      name_sort: nameSort(application.name),
      type: application.type,
      org_code: application.orgCode,
      created_at_ms: application.now,
    })
    .execute()
  if (application.type === 'm2m') return
  await db
    .insertInto('application_connections')
    .columns(['application_id', 'connection_id'])
    .expression((select) =>
      select
        .selectFrom('connections')
        .select((column) => [column.val(application.id).as('application_id'), 'id'])
        .where('strategy', '=', firstConnection),
    )
    .execute()
}

/**
 * Adds a secret to an application; the ones that it has stay valid. Kept twice: hashed for comparing, sealed because
 * Kinde's API shows it again.
 * @param options `expiresAtMs` null or left out: it does not expire
 * @returns its id
 */
export async function putSecret(
  db: Db,
  {
    applicationId,
    secret,
    label,
    cipher,
    ids,
    now,
    expiresAtMs = null,
  }: {
    applicationId: string
    secret: string
    label: string
    cipher: Cipher
    ids: Ids
    now: number
    expiresAtMs?: number | null
  },
): Promise<string> {
  const id = ids.timed('secret', now)
  await db
    .insertInto('application_secrets')
    .values({
      id,
      application_id: applicationId,
      label,
      sha256: hashSecret(secret).toString('hex'),
      sealed: cipher.seal(secret, `application_secrets:${id}`),
      created_at_ms: now,
      expires_at_ms: expiresAtMs,
    })
    .execute()
  return id
}

/** What can be changed of an application; `name_sort` follows the name. */
export type ApplicationChanges = Partial<
  Omit<ApplicationRow, 'seq' | 'id' | 'name_sort' | 'type' | 'org_code' | 'created_at_ms'>
>

/**
 * Writes what is set and differs from the row.
 * @returns the columns that changed, before and after; undefined when none did
 */
export async function changeApplication(
  db: Db,
  application: ApplicationRow,
  wanted: ApplicationChanges,
): Promise<{ before: ApplicationChanges; after: ApplicationChanges } | undefined> {
  const columns = (Object.keys(wanted) as (keyof ApplicationChanges)[]).filter(
    (column) => wanted[column] !== undefined && wanted[column] !== application[column],
  )
  if (columns.length === 0) return undefined
  const pick = (from: ApplicationChanges): ApplicationChanges =>
    Object.fromEntries(columns.map((column) => [column, from[column]]))
  const after = pick(wanted)
  await db
    .updateTable('applications')
    .set({ ...after, ...(after.name === undefined ? {} : { name_sort: nameSort(after.name) }) })
    .where('id', '=', application.id)
    .execute()
  return { before: pick(application), after }
}

/**
 * Sets the limit of an application's requests.
 * @param limit `off`, `kinde` or `<requests>/<seconds>`; null: the limit of the setting holds
 * @returns the limit before and after; undefined when it was just this
 * @throws {ApiError} 400 INVALID_RATE_LIMIT
 */
export async function setRateLimit(db: Db, application: ApplicationRow, limit: string | null) {
  if (limit !== null && parseRateLimit(limit) === undefined) {
    throw invalid('rate_limit', `${shown(limit)} is no limit. Use ${rateLimitForms}, or null.`, 'INVALID_RATE_LIMIT')
  }
  return changeApplication(db, application, { rate_limit: limit })
}

/** The secret of an application that was made last, opened; empty for one that has none. */
export async function newestSecret(db: Db, applicationId: string, cipher: Cipher): Promise<string> {
  const row = await db
    .selectFrom('application_secrets')
    .select(['id', 'sealed'])
    .where('application_id', '=', applicationId)
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row === undefined ? '' : cipher.open(row.sealed, `application_secrets:${row.id}`)
}

/**
 * Deletes an application. Secrets, URLs, authorizations with their scopes and counts go with it by their foreign keys;
 * property values have none, because their owner may be a user or an organization too.
 * @returns how far that reached
 */
export async function deleteApplication(db: Db, id: string) {
  const urls = await db.selectFrom('application_urls').select('kind').where('application_id', '=', id).execute()
  const redirectUrls = urls.filter(({ kind }) => kind === 'redirect').length
  const reach = await reachOf(db, id, {
    secrets: 'application_secrets.application_id',
    apis: 'api_applications.application_id',
    connections: 'application_connections.application_id',
    access_roles: 'application_access_roles.application_id',
    properties: 'property_values.owner_id',
    sessions: 'sessions.application_id',
  })
  await db.deleteFrom('property_values').where('owner_id', '=', id).execute()
  await db.deleteFrom('applications').where('id', '=', id).execute()
  return { ...reach, redirect_urls: redirectUrls, logout_urls: urls.length - redirectUrls }
}
