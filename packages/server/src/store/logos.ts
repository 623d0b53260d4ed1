import { createHash } from 'node:crypto'
import { invalid } from '../errors.ts'
import type { UploadedFile } from '../operation.ts'
import { type PictureType, pictureType } from './picture-type.ts'
import type { Db } from './tables.ts'

export const logoTypes = ['light', 'dark'] as const
export type LogoType = (typeof logoTypes)[number]

/** What a logo may weigh, in bytes. */
export const largestLogo = 2_097_152

/** The logo of an organization, or of the environment where the code is empty. */
export interface LogoPlace {
  organizationCode: string
  type: LogoType
}

/** @throws {ApiError} 400 INVALID_LOGO_TYPE */
export function requireLogoType(given: string): LogoType {
  const type = logoTypes.find((known) => known === given)
  if (type === undefined) throw invalid('type', 'The type of a logo is light or dark.', 'INVALID_LOGO_TYPE')
  return type
}

/** A stored logo as events tell of it. */
export interface Logo {
  type: LogoType
  file_name: string
  content_type: PictureType
  bytes: number
}

/**
 * Stores a logo in the place of the one that was there.
 * @returns undefined when it was just this one
 * @throws {ApiError} 400 INVALID_LOGO for a file that is no picture of a known kind
 */
export async function putLogo(
  db: Db,
  { organizationCode, type }: LogoPlace,
  file: UploadedFile,
  now: number,
): Promise<Logo | undefined> {
  const contentType = pictureType(file.bytes)
  if (contentType === undefined) {
    throw invalid('logo', 'The file must be a picture: PNG, JPEG, GIF, WebP or SVG.', 'INVALID_LOGO')
  }
  const row = {
    file_name: plainName(file.name) || `logo.${contentType.slice('image/'.length).replace('+xml', '')}`,
    content_type: contentType,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
  }
  const before = await db
    .selectFrom('logos')
    .select(['sha256', 'file_name'])
    .where('organization_code', '=', organizationCode)
    .where('type', '=', type)
    .executeTakeFirst()
  if (before?.sha256 === row.sha256 && before.file_name === row.file_name) return undefined
  const content = { ...row, content: file.bytes.toString('base64'), updated_at_ms: now }
  await db
    .insertInto('logos')
    .values({ organization_code: organizationCode, type, ...content })
    .onConflict((conflict) => conflict.columns(['organization_code', 'type']).doUpdateSet(content))
    .execute()
  return { type, file_name: row.file_name, content_type: contentType, bytes: file.bytes.length }
}

/** The name of a file without folders and control characters, 255 characters at most. */
function plainName(name: string): string {
  const base = name.split(/[/\\]/).at(-1)!
  return base.replaceAll(/\p{C}/gu, '').trim().slice(-255)
}

/** @returns whether there was one */
export async function removeLogo(db: Db, { organizationCode, type }: LogoPlace): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('logos')
    .where('organization_code', '=', organizationCode)
    .where('type', '=', type)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** @param organizationCode empty for the environment */
export async function listLogos(db: Db, organizationCode: string): Promise<{ type: LogoType; file_name: string }[]> {
  const rows = await db
    .selectFrom('logos')
    .select(['type', 'file_name'])
    .where('organization_code', '=', organizationCode)
    .orderBy('type', 'desc')
    .execute()
  return rows.map((row) => ({ ...row, type: row.type as LogoType }))
}

/** Where the logos of each kind are served. */
export const logoPaths: Record<LogoType, string> = { light: '/logo', dark: '/logo_dark' }

/** The URLs of an organization's logos, or of the environment's, as its members; null where there is none. */
export async function logoUrls(
  db: Db,
  baseUrl: string,
  organizationCode: string,
): Promise<{ logo: string | null; logo_dark: string | null }> {
  const rows = await db
    .selectFrom('logos')
    .select(['type', 'sha256'])
    .where('organization_code', '=', organizationCode)
    .execute()
  const url = (type: LogoType) => {
    const row = rows.find((logo) => logo.type === type)
    if (row === undefined) return null
    const owner = organizationCode === '' ? '' : `org_code=${organizationCode}&`
    // Another picture has another URL, so browsers may keep each one for good.
    return `${baseUrl}${logoPaths[type]}?${owner}cache=${cacheKey(row)}`
  }
  return { logo: url('light'), logo_dark: url('dark') }
}

/** The part of a logo's URL that changes with the picture. */
export function cacheKey({ sha256 }: { sha256: string }): string {
  return sha256.slice(0, 32)
}

/** Which picture is to be shown: an organization's own, else the environment's of this kind. */
export async function findLogo(
  db: Db,
  { organizationCode, type }: LogoPlace,
): Promise<{ organizationCode: string; contentType: string; sha256: string } | undefined> {
  return db
    .selectFrom('logos')
    .select(['organization_code as organizationCode', 'content_type as contentType', 'sha256'])
    .where('organization_code', 'in', [organizationCode, ''])
    .where('type', '=', type)
    .orderBy('organization_code', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The picture that {@link findLogo} has found; undefined when it has gone meanwhile. */
export async function logoContent(
  db: Db,
  { organizationCode, type, sha256 }: LogoPlace & { sha256: string },
): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('logos')
    .select('content')
    .where('organization_code', '=', organizationCode)
    .where('type', '=', type)
    .where('sha256', '=', sha256)
    .executeTakeFirst()
  return row && Buffer.from(row.content, 'base64')
}
