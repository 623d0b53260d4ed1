import { Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../errors.ts'
import { type CallbackKind, callbackUrlFault } from './callback-url.ts'
import type { Db } from './tables.ts'

/** How many URLs one request may send, and how many one list may hold. */
const mostSent = 100
const mostKept = 1000

/** The member of a body that lists URLs. @param what the kind, with a capital letter: it begins the description */
export const urlsMember = (what: string) =>
  Type.Optional(
    Type.Array(Type.String(), { description: `${what} URLs, at most ${mostSent} of at most 2048 bytes each.` }),
  )

/** The parameter that names callback URLs which are to go. */
export const urlsQuery = Type.Object({
  urls: Type.Union([Type.String(), Type.Array(Type.String())], {
    description:
      'URLs to delete, encoded and separated by commas; the parameter may be repeated. Unknown ones are passed over.',
  }),
})

/** What became of a list of callback URLs. Both are empty when only the order changed. */
export interface UrlChange {
  added: string[]
  removed: string[]
}

/** The callback URLs of an application, in the order in which they were given. */
export async function listUrls(db: Db, applicationId: string, kind: CallbackKind): Promise<string[]> {
  const rows = await db
    .selectFrom('application_urls')
    .select('url')
    .where('application_id', '=', applicationId)
    .where('kind', '=', kind)
    .orderBy('seq')
    .execute()
  return rows.map(({ url }) => url)
}

/**
 * Adds callback URLs at the end of an application's list, each once. The caller holds the application (`holdApplication`).
 * @param field the member that holds them, for errors
 * @returns undefined when all of them were there already
 * @throws {ApiError} 400 URLS_REQUIRED, TOO_MANY_OBJECTS, INVALID_CALLBACK_URL
 */
export async function addUrls(
  db: Db,
  applicationId: string,
  { kind, urls, field = 'urls' }: { kind: CallbackKind; urls: string[] | undefined; field?: string },
): Promise<UrlChange | undefined> {
  const checked = requireUrls(urls, kind, field)
  const current = await listUrls(db, applicationId, kind)
  return writeUrls(db, applicationId, { kind, field, current, wanted: [...new Set([...current, ...checked])] })
}

/** Puts other callback URLs in the place of an application's list; like {@link addUrls} otherwise. */
export async function replaceUrls(
  db: Db,
  applicationId: string,
  { kind, urls, field = 'urls' }: { kind: CallbackKind; urls: string[] | undefined; field?: string },
): Promise<UrlChange | undefined> {
  const checked = requireUrls(urls, kind, field)
  const current = await listUrls(db, applicationId, kind)
  return writeUrls(db, applicationId, { kind, field, current, wanted: [...new Set(checked)] })
}

/**
 * Takes callback URLs from an application's list; like {@link addUrls} otherwise.
 * @param values URLs, or several with commas between them. One that is in the list as a whole is never split: a URL may
 *   hold a comma itself.
 */
export async function removeUrls(
  db: Db,
  applicationId: string,
  { kind, values }: { kind: CallbackKind; values: string | string[] },
): Promise<UrlChange | undefined> {
  const field = 'urls'
  const current = await listUrls(db, applicationId, kind)
  const known = new Set(current)
  const named = [values].flat().flatMap((value) => (known.has(value) ? [value] : value.split(',')))
  const leaving = new Set(named.map((url) => url.trim()).filter((url) => url !== ''))
  if (leaving.size === 0) throw invalid(field, 'Name at least one URL in the parameter urls.', 'URLS_REQUIRED')
  return writeUrls(db, applicationId, { kind, field, current, wanted: current.filter((url) => !leaving.has(url)) })
}

function requireUrls(urls: string[] | undefined, kind: CallbackKind, field: string): string[] {
  if (urls === undefined) throw invalid(field, `The member ${field} is missing.`, 'URLS_REQUIRED')
  if (urls.length > mostSent) {
    throw new ApiError(400, 'TOO_MANY_OBJECTS', `At most ${mostSent} URLs can be sent at once; ${urls.length} were.`, {
      field,
    })
  }
  for (const [index, url] of urls.entries()) {
    const fault = callbackUrlFault(url, kind)
    if (fault !== undefined) {
      throw invalid(`${field}.${index}`, `The callback URL ${shown(url)} ${fault}.`, 'INVALID_CALLBACK_URL')
    }
  }
  return urls
}

async function writeUrls(
  db: Db,
  applicationId: string,
  { kind, field, current, wanted }: { kind: CallbackKind; field: string; current: string[]; wanted: string[] },
): Promise<UrlChange | undefined> {
  const added = wanted.filter((url) => !current.includes(url))
  const removed = current.filter((url) => !wanted.includes(url))
  // Rows are listed in the order of their making: where what stays changes places, all of them are made again.
  const stays = [...current.filter((url) => !removed.includes(url)), ...added]
  const moves = stays.some((url, position) => url !== wanted[position])
  if (added.length === 0 && removed.length === 0 && !moves) return undefined
  if (wanted.length > mostKept && added.length > 0) {
    throw invalid(field, `An application holds at most ${mostKept} URLs of a kind: delete some.`, 'TOO_MANY_OBJECTS')
  }
  const leaving = moves ? current : removed
  if (leaving.length > 0) {
    await db
      .deleteFrom('application_urls')
      .where('application_id', '=', applicationId)
      .where('kind', '=', kind)
      .where('url', 'in', leaving)
      .execute()
  }
  const coming = moves ? wanted : added
  if (coming.length > 0) {
    const rows = coming.map((url) => ({ application_id: applicationId, kind, url }))
    await db.insertInto('application_urls').values(rows).execute()
  }
  return { added, removed }
}
