import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { hashSecret } from '../oauth/secrets.ts'
import type { Cipher } from './cipher.ts'
import { enterpriseConnectionsOf } from './connections.ts'
import { dialectOf } from './dialect.ts'
import type { Ids } from './ids.ts'
import type { Db, DirectoryRow } from './tables.ts'

/** The providers that a directory can be fed by. */
export const directoryProviders = [
  'entra_id_azure_ad',
  'okta',
  'google_workspace',
  'custom_scim_v2',
  'cyberark',
  'jumpcloud',
  'onelogin',
  'pingfederate',
  'rippling',
] as const

/** How far the provider has got with a directory. */
export const directoryStatuses = ['Pending', 'Validating', 'Active', 'Inactive', 'Error'] as const

/** @throws {ApiError} 404 DIRECTORY_NOT_FOUND */
export async function requireDirectory(db: Db, id: string): Promise<DirectoryRow> {
  const row = await db.selectFrom('directories').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('directory', id)
  return row
}

/** What a provider authenticates with. @returns the secret of a directory, opened */
export function directorySecret({ id, secret_sealed: sealed }: DirectoryRow, cipher: Cipher): string {
  return cipher.open(sealed, placeOf(id))
}

/**
 * Adds the directory of an organization, whose users sign in by one of its enterprise connections.
 * @returns the row, and the secret that its provider authenticates with
 * @throws {ApiError} 400 ORGANIZATION_NOT_FOUND, NO_ENTERPRISE_CONNECTIONS, ENTERPRISE_CONNECTION_REQUIRED,
 *   INVALID_ENTERPRISE_CONNECTION; 409 DIRECTORY_EXISTS
 */
export async function createDirectory(
  db: Db,
  directory: { organizationCode: string; name: string; providerCode: string; connectionId: string | undefined },
  { cipher, ids, now }: { cipher: Cipher; ids: Ids; now: number },
): Promise<{ row: DirectoryRow; secret: string }> {
  const code = await holdOrganization(db, directory.organizationCode)
  const existing = await db
    .selectFrom('directories')
    .select('id')
    .where('organization_code', '=', code)
    .executeTakeFirst()
  if (existing !== undefined) {
    const message = `The organization has a directory already: ${existing.id}. It can have one.`
    throw new ApiError(409, 'DIRECTORY_EXISTS', message, { field: 'org_code' })
  }
  const connectionId = await connectionFor(db, code, directory.connectionId)
  const id = ids.timed('directory', now)
  const secret = ids.timed('kstkn', now)
  const row = await db
    .insertInto('directories')
    .values({
      id,
      organization_code: code,
      name: directory.name,
      provider_code: directory.providerCode,
      endpoint_id: ids.timed('ksde', now),
      secret_sealed: cipher.seal(secret, placeOf(id)),
      secret_sha256: hashSecret(secret).toString('hex'),
      status: 'Pending',
      connection_id: connectionId,
      created_at_ms: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { row, secret }
}

/** Held, so that of two requests for a directory the second one sees that of the first. */
async function holdOrganization(db: Db, code: string): Promise<string> {
  const row = await db
    .selectFrom('organizations')
    .select('code')
    .where('code', '=', code)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row !== undefined) return row.code
  throw invalid('org_code', `There is no organization with the code ${shown(code)}.`, 'ORGANIZATION_NOT_FOUND')
}

/** The connection of a new directory: the one that is named, or the only one that there is. */
async function connectionFor(db: Db, code: string, named: string | undefined): Promise<string> {
  const connections = await enterpriseConnectionsOf(db, code)
  if (connections.length === 0) {
    const message = 'The organization has no enterprise connection: switch one on for it first.'
    throw invalid('org_code', message, 'NO_ENTERPRISE_CONNECTIONS')
  }
  const field = 'enterprise_connection_id'
  if (named === undefined) {
    if (connections.length === 1) return connections[0]!.id
    const message = `The organization has ${connections.length} enterprise connections: say which one is meant.`
    throw invalid(field, message, 'ENTERPRISE_CONNECTION_REQUIRED')
  }
  if (connections.some(({ id }) => id === named)) return named
  const message = `${shown(named)} is no enterprise connection that is switched on for the organization.`
  throw invalid(field, message, 'INVALID_ENTERPRISE_CONNECTION')
}

function placeOf(id: string): string {
  return `directories:${id}`
}
