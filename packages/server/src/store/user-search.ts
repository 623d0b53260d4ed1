import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { dialectOf } from './dialect.ts'
import { inSet } from './one-of.ts'
import type { Db } from './tables.ts'
import type { UserCondition } from './user-conditions.ts'

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

export interface FoundUser {
  seq: number
  /** The user as lists show it, JSON. */
  document: string
}

/** A part of the list of all users. */
export interface Stretch {
  /** It begins after this `seq`; read backwards, before it. */
  from: number
  /** The last `seq` that is looked at; the last one there is when left out. */
  to?: number
  backwards: boolean
  limit: number
}

/** Up to how many users are fetched and sorted, when reading all in order has not led to enough of them at once. */
const mostFetched = 100_000
/** How many users are looked at in one statement, in order; on SQLite others wait meanwhile. */
export const usersPerTurn = 20_000
/** The same for the words of a search on PostgreSQL, before its trigram index is asked, which cannot stop early. */
const usersBeforeIndex = 2_000

/**
 * Users of whom all conditions are true, in the order of `seq`; against it, when the stretch is read backwards.
 *
 * With a million users the wrong way to them takes seconds, and neither database can know beforehand which one is
 * wrong. So each statement says where to begin. When a condition is true of few, these are fetched and sorted. Else
 * some users are read in order, which is enough for conditions that are true of many; and only then what is left.
 * @param words name or address contains them: anywhere from three characters on, at the beginning of a field for
 *   fewer, since trigrams tell nothing of them; null for no search
 */
export async function findUsers(
  db: Db,
  conditions: readonly UserCondition[],
  words: string | null,
  stretch: Stretch,
): Promise<FoundUser[]> {
  const isSqlite = dialectOf(db) === 'sqlite'
  const all = conditions.map(({ holds }) => holds)
  const few = await narrowest(db, conditions, fewer(stretch.limit))
  if (few !== undefined) return fetch(db, few, conditions, words, stretch)
  if (words !== null && isSqlite && (await isRare(db, conditions, words, stretch.limit))) {
    return searchSqlite(db, all, words, stretch)
  }

  const scan = (part: Stretch) => {
    if (words === null) return read(db, sql`users`, all, part)
    return isSqlite ? searchSqlite(db, all, words, part) : scanPostgres(db, all, words, part)
  }
  const first = cut(stretch, words !== null && !isSqlite ? usersBeforeIndex : usersPerTurn)
  const found = await scan(first)
  if (found.length === stretch.limit) return found
  const from = await beyond(db, first)
  if (from === undefined) return found

  const bounded = await narrowest(db, conditions, mostFetched)
  if (bounded !== undefined) return fetch(db, bounded, conditions, words, stretch)
  if (words !== null && !isSqlite) return searchPostgres(db, all, words, stretch)
  return scanOn(db, scan, { ...stretch, from }, found)
}

/** The condition that is true of the fewest users, if these are not more than `most`. */
export async function narrowest(
  db: Db,
  conditions: readonly UserCondition[],
  most: number,
): Promise<UserCondition | undefined> {
  const named = conditions.find(({ isNarrow }) => isNarrow)
  if (named !== undefined) return named
  let best: UserCondition | undefined
  let least = most
  for (const condition of conditions) {
    if (condition.ids === undefined) continue
    const count = await countUpTo(db, condition.ids, least)
    if (count === undefined) continue
    best = condition
    least = count
  }
  return best
}

/**
 * Up to how many users it costs less to fetch and sort them than to read all in order until there are enough. Of a
 * million users, with n that are wanted, `limit * 1e6 / n` are read; reading costs about what fetching does.
 */
export function fewer(limit: number): number {
  return Math.ceil(Math.sqrt(limit * 1e6))
}

/** The number of a query's rows; undefined when there are more than `most`. */
async function countUpTo(db: Db, query: RawBuilder<unknown>, most: number): Promise<number | undefined> {
  const counting = sql<{ count: number }>`select count(*) as count from (${query} limit ${most + 1}) as counted`
  const { rows } = await counting.execute(db)
  const count = Number(rows[0]!.count)
  return count > most ? undefined : count
}

/** Reads the users of whom one condition is true, and leaves out those of whom another one is not. */
function fetch(
  db: Db,
  one: UserCondition,
  conditions: readonly UserCondition[],
  words: string | null,
  stretch: Stretch,
): Promise<FoundUser[]> {
  const rest = conditions.filter((condition) => condition !== one).map(({ holds }) => holds)
  if (words !== null) rest.push(contains(db, words))
  return read(db, sql`users`, [sql`users.id ${inSet(db, one.ids!)}`, ...rest], stretch)
}

/** @param users the table, or something in its place that goes by its name */
async function read(
  db: Db,
  users: RawBuilder<unknown>,
  conditions: readonly RawBuilder<unknown>[],
  stretch: Stretch,
  seq = sql`users.seq`,
): Promise<FoundUser[]> {
  const where = sql.join([...conditions, ...within(db, seq, stretch)], sql` and `)
  const selecting = sql<FoundUser>`select users.seq, users.document from ${users} where ${where}
    order by ${seq} ${direction(stretch)} limit ${stretch.limit}`
  const { rows } = await selecting.execute(db)
  return rows
}

function within(db: Db, seq: RawBuilder<unknown>, { from, to, backwards }: Stretch): RawBuilder<unknown>[] {
  const begin = sql`${seq} ${backwards ? sql`<` : sql`>`} ${integer(db, from)}`
  if (to === undefined) return [begin]
  return [begin, sql`${seq} ${backwards ? sql`>=` : sql`<=`} ${integer(db, to)}`]
}

function direction({ backwards }: { backwards: boolean }) {
  return backwards ? sql`desc` : sql`asc`
}

/**
 * A number that SQLite takes for an integer: JavaScript's arrive there as floating point, which the trigram index does
 * not look at. It would then go through everything from the first row on, and not begin at the wanted one.
 */
function integer(db: Db, value: number): RawBuilder<unknown> {
  return dialectOf(db) === 'sqlite' ? sql`cast(${value} as integer)` : sql`${value}`
}

/** The first part of a stretch. */
function cut(stretch: Stretch, users: number): Stretch & { to: number } {
  return { ...stretch, to: stretch.backwards ? stretch.from - users : stretch.from + users }
}

/** Where the next user beyond the end of a part is found; undefined when there is none. */
async function beyond(db: Db, part: { to: number; backwards: boolean }): Promise<number | undefined> {
  const [begin] = within(db, sql`seq`, { from: part.to, backwards: part.backwards, limit: 1 })
  const next = sql<{ seq: number }>`select seq from users where ${begin} order by seq ${direction(part)} limit 1`
  const [row] = (await next.execute(db)).rows
  return row && (part.backwards ? row.seq + 1 : row.seq - 1)
}

/** Reads on until there are enough, with a pause after each turn: SQLite answers on the thread that serves everyone. */
async function scanOn(
  db: Db,
  scan: (part: Stretch) => Promise<FoundUser[]>,
  stretch: Stretch,
  found: FoundUser[],
): Promise<FoundUser[]> {
  let from: number | undefined = stretch.from
  while (from !== undefined && found.length < stretch.limit) {
    const part = cut({ ...stretch, from, limit: stretch.limit - found.length }, usersPerTurn)
    found.push(...(await scan(part)))
    await nextTurn()
    from = await beyond(db, part)
  }
  return found
}

/** The trigram index gives rows in the order of `seq`, and begins where it is told. */
function searchSqlite(
  db: Db,
  conditions: readonly RawBuilder<unknown>[],
  words: string,
  stretch: Stretch,
): Promise<FoundUser[]> {
  // In this order: `cross join` is SQLite's way to say so.
  const source = sql`users_search cross join users on users.seq = users_search.rowid`
  return read(db, source, [matches(words), ...conditions], stretch, sql`users_search.rowid`)
}

/** Whether the index alone leads to the wanted users quickly: no condition passes over many of those that it finds. */
async function isRare(db: Db, conditions: readonly UserCondition[], words: string, limit: number): Promise<boolean> {
  if (conditions.length === 0) return true
  return (await countUpTo(db, sql`select rowid from users_search where ${matches(words)}`, fewer(limit))) !== undefined
}

function matches(words: string): RawBuilder<boolean> {
  const phrase = `"${wordsInText(words).replaceAll('"', '""')}"`
  return sql<boolean>`users_search match ${phrase}`
}

/**
 * What decides about the index is not left to the planner, which no longer looks at the words once a statement has been
 * run five times: `offset` fences off the part that it must do first.
 */
function scanPostgres(
  db: Db,
  conditions: readonly RawBuilder<unknown>[],
  words: string,
  part: Stretch,
): Promise<FoundUser[]> {
  const range = sql.join(within(db, sql`users.seq`, part), sql` and `)
  const source = sql`(select * from users where ${range} offset 0) as users`
  return read(db, source, [contains(db, words), ...conditions], part)
}

function searchPostgres(
  db: Db,
  conditions: readonly RawBuilder<unknown>[],
  words: string,
  stretch: Stretch,
): Promise<FoundUser[]> {
  return read(db, sql`(select * from users where ${contains(db, words)} offset 0) as users`, conditions, stretch)
}

function contains(db: Db, words: string): RawBuilder<boolean> {
  const text = wordsInText(words)
  if (dialectOf(db) === 'sqlite') return sql<boolean>`instr(users.search_text, ${text}) > 0`
  return sql<boolean>`users.search_text like ${`%${text.replaceAll(/[\\%_]/g, '\\$&')}%`}`
}

function wordsInText(words: string): string {
  const text = searchable(words)
  return [...text].length < 3 ? fieldStart + text : text
}

function searchable(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
