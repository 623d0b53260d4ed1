import { notFound } from '../errors.ts'
import { hashSecret } from '../oauth/secrets.ts'
import type { Cipher } from './cipher.ts'
import { nameSort } from './dialect.ts'
import type { Ids } from './ids.ts'
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
}

/**
 * Adds a secret to an application; the ones that it has stay valid. Kept twice: hashed for comparing, sealed because
 * Kinde's API shows it again.
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
  }: {
    applicationId: string
    secret: string
    label: string
    cipher: Cipher
    ids: Ids
    now: number
  },
): Promise<void> {
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
    })
    .execute()
}
