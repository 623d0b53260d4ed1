import type { DatabaseSync } from 'node:sqlite'

/** What brings the index up to date, in this order. */
export const searchIndexSteps = [
  'delete from users_search where rowid in (select seq from users_search_queue where is_indexed)',
  `insert into users_search (rowid, text)
    select users.seq, users.search_text from users_search_queue join users on users.seq = users_search_queue.seq`,
  'delete from users_search_queue',
] as const

/**
 * Brings SQLite's search index up to date with the users that the transaction has changed. FTS5 writes a segment of its
 * index at each savepoint and each commit; done once before the commit, all users of a batch share one.
 * @returns a function to be called in the transaction, before its commit
 */
export function searchIndexUpdate(database: DatabaseSync): () => void {
  const queued = database.prepare('select 1 from users_search_queue limit 1')
  const update = searchIndexSteps.map((text) => database.prepare(text))
  // The index has row ids of its own, larger than a number can be; run() would return the last one.
  for (const step of update) step.setReadBigInts(true)
  return function updateSearchIndex() {
    if (queued.get() === undefined) return
    for (const step of update) step.run()
  }
}
