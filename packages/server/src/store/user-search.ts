import { sql } from 'kysely'
import { dialectOf } from './dialect.ts'
import type { Db } from './tables.ts'

/** Two characters that begin each field of the searched text, so that trigrams can find the beginning of a field. */
const fieldStart = '  '

/**
 * The text in which search looks for a user: full name, last name, addresses, in lower case.
 * @param fields null and empty ones are left out
 */
export function searchText(fields: readonly (string | null)[]): string {
  return fields
    .filter((field) => field !== null && field !== '')
    .map((field) => fieldStart + searchable(field!))
    .join('')
}

/**
 * The condition that a user's name or address contains the words: anywhere from three characters on, at the beginning
 * of a field for fewer, since trigrams tell nothing of them. Both databases answer it from an index.
 */
export function matchesSearch(db: Db, words: string) {
  const wanted = searchable(words)
  const text = [...wanted].length < 3 ? fieldStart + wanted : wanted
  if (dialectOf(db as never) === 'sqlite') {
    const phrase = `"${text.replaceAll('"', '""')}"`
    return sql<boolean>`users.seq in (select rowid from users_search where users_search match ${phrase})`
  }
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`users.search_text like ${pattern}`
}

function searchable(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
