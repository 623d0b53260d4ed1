import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import type { Store } from './store.ts'
import type { Db } from './tables.ts'

/** What brings the index up to date, in this order. */
const searchIndexSteps = [
  'delete from users_search where rowid in (select seq from users_search_queue where is_indexed)',
  `insert into users_search (rowid, text)
    select users.seq, users.search_text from users_search_queue join users on users.seq = users_search_queue.seq`,
  'delete from users_search_queue',
] as const

/** So many users may wait for the index; the next commit takes them in. */
const mostWaiting = 256

/**
 * Brings SQLite's search index up to date with the users that were changed. FTS5 writes a segment of its index at each
 * commit in which it is touched, and merges segments later, which took a sixth of the making of a user. So users wait in
 * a table until they are many, or until someone searches: see {@link completeSearchIndex}.
 * @returns a function to be called in each transaction, before its commit
 */
export function searchIndexUpdate(database: DatabaseSync): () => void {
  const waiting = database.prepare('select count(*) from users_search_queue')
  waiting.setReturnArrays(true)
  const update = searchIndexSteps.map((text) => database.prepare(text))
  // The index has row ids of its own, larger than a number can be; run() would return the last one.
  for (const step of update) step.setReadBigInts(true)
  return function updateSearchIndex() {
    const [count] = waiting.get() as unknown as [number]
    if (count < mostWaiting) return
    for (const step of update) step.run()
  }
}

/** To be called before a search: takes in the users who wait for the index. PostgreSQL's is always up to date. */
export async function completeSearchIndex(store: Store): Promise<void> {
  if (store.dialect === 'postgres') return
  const { rows } = await sql`select 1 from users_search_queue limit 1`.execute(store.read)
  if (rows.length > 0) await store.write(updateSearchIndex)
}

/** Takes in the users who wait for the index, in a transaction on SQLite. */
export async function updateSearchIndex(db: Db): Promise<void> {
  for (const step of searchIndexSteps) await sql.raw(step).execute(db)
}
