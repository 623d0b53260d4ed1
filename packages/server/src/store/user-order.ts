import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { nameSort } from './dialect.ts'
import { inSet } from './one-of.ts'
import type { Position } from './page.ts'
import { fullName } from './subscribers.ts'
import type { Db, UserRow } from './tables.ts'
import type { UserCondition } from './user-conditions.ts'
import { type FoundUser, fewer, narrowest, usersPerTurn } from './user-search.ts'

/** How many characters of a text take part in sorting. An entry of an index has a largest size. */
const longestSortKey = 200

/** What users sort by: full name and address without regard to case. Empty ones come first. */
export function userSortKeys(user: Pick<UserRow, 'first_name' | 'last_name' | 'email'>) {
  return { name_sort: sortKey(fullName(user.first_name, user.last_name)), email_sort: sortKey(user.email ?? '') }
}

function sortKey(text: string): string {
  const key = nameSort(text)
  return key.length <= longestSortKey ? key : [...key].slice(0, longestSortKey).join('')
}

export interface UserOrder {
  column: 'name_sort' | 'email_sort'
  direction: 'asc' | 'desc'
}

/** A user, and its place in the order. */
export type OrderedUser = FoundUser & { value: string }

/** How many users are looked at before it is asked whether there is a shorter way to the wanted ones. */
const usersAtFirst = 2_000

/**
 * Users of whom all conditions are true, sorted. The way to them is chosen as in `findUsers`: when a condition is true of
 * few, these are fetched and sorted; else the users are read in order, in turns, until there are enough.
 * @param conditions at least one
 * @param after the place behind which the list begins; undefined: at its beginning
 */
export async function findUsersInOrder(
  db: Db,
  conditions: readonly UserCondition[],
  order: UserOrder,
  { after, limit }: { after: Position | undefined; limit: number },
): Promise<OrderedUser[]> {
  const few = await narrowest(db, conditions, fewer(limit))
  if (few !== undefined) return fetch(db, few, conditions, order, { after, limit })

  const found: OrderedUser[] = []
  let bounded: UserCondition | undefined
  let from = after
  for (let users = usersAtFirst; ; users = usersPerTurn) {
    const to = await placeAhead(db, order, from, users)
    found.push(...(await scan(db, conditions, order, { from, to, limit: limit - found.length })))
    if (found.length === limit || to === undefined) return found
    from = to
    if (users === usersAtFirst) bounded = await narrowest(db, conditions, usersPerTurn)
    if (bounded !== undefined) return fetch(db, bounded, conditions, order, { after, limit })
    // SQLite answers on the thread that serves everyone.
    await nextTurn()
  }
}

/** Reads the users of whom one condition is true, leaves out those of whom another one is not, and sorts the rest. */
function fetch(
  db: Db,
  one: UserCondition,
  conditions: readonly UserCondition[],
  order: UserOrder,
  { after, limit }: { after: Position | undefined; limit: number },
): Promise<OrderedUser[]> {
  const rest = conditions.filter((condition) => condition !== one).map(({ holds }) => holds)
  const { value, after: beyond } = words(order)
  const place = after && sql`(${value}, users.seq) ${beyond} (${after.value}, ${after.seq})`
  // PostgreSQL might read the users in order after all, until it has met enough of these: it must take them first.
  const first = sql`with named as materialized (select * from users where users.id ${inSet(db, one.ids!)})`
  return read(db, [...rest, ...(place ? [place] : [])], order, limit, { first, from: sql`named as users` })
}

/** Reads the users between two places in their order. */
async function scan(
  db: Db,
  conditions: readonly UserCondition[],
  order: UserOrder,
  { from, to, limit }: { from: Position | undefined; to: Position | undefined; limit: number },
): Promise<OrderedUser[]> {
  const found: OrderedUser[] = []
  for (const part of partsOf(order, from, to)) {
    if (found.length === limit) break
    found.push(...(await read(db, [part, ...conditions.map(({ holds }) => holds)], order, limit - found.length)))
  }
  return found
}

async function read(
  db: Db,
  conditions: readonly RawBuilder<unknown>[],
  order: UserOrder,
  limit: number,
  { first, from } = { first: sql``, from: sql`users` },
): Promise<OrderedUser[]> {
  const { value, sorted } = words(order)
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``
  const { rows } = await sql<OrderedUser>`${first}
    select users.seq, users.document, ${value} as value from ${from} ${where} order by ${sorted} limit ${limit}
  `.execute(db)
  return rows
}

/** The place of the `users`-th user behind a place; undefined when there are not that many. */
async function placeAhead(
  db: Db,
  order: UserOrder,
  from: Position | undefined,
  users: number,
): Promise<Position | undefined> {
  const { value, sorted } = words(order)
  let left = users
  for (const part of partsOf(order, from, undefined)) {
    const { rows } = await sql<Position>`select users.seq, ${value} as value from users where ${part}
      order by ${sorted} limit 1 offset ${left - 1}`.execute(db)
    if (rows.length > 0) return rows[0]
    const counted = await sql<{ count: number }>`select count(*) as count from users where ${part}`.execute(db)
    left -= Number(counted.rows[0]!.count)
  }
  return undefined
}

/**
 * The conditions for being between two places, in parts that follow each other. SQLite looks up the pair of value and
 * `seq` by the value alone, and would go through all users of the same one, such as all who have no address.
 * @param from not included; undefined: the beginning
 * @param to included; undefined: the end
 */
function partsOf(order: UserOrder, from: Position | undefined, to: Position | undefined): RawBuilder<unknown>[] {
  const { value, after, before } = words(order)
  const behind = from && sql`${value} = ${from.value} and users.seq ${after} ${from.seq}`
  if (behind && to && from.value === to.value) return [sql`${behind} and users.seq ${before}= ${to.seq}`]
  const between = [
    ...(from ? [sql`${value} ${after} ${from.value}`] : []),
    ...(to ? [sql`${value} ${before} ${to.value}`] : []),
  ]
  return [
    ...(behind ? [behind] : []),
    between.length > 0 ? sql.join(between, sql` and `) : sql`1 = 1`,
    ...(to ? [sql`${value} = ${to.value} and users.seq ${before}= ${to.seq}`] : []),
  ]
}

/** An order in the words of SQL. */
function words({ column, direction }: UserOrder) {
  const value = sql.ref<string>(`users.${column}`)
  return direction === 'asc'
    ? { value, after: sql`>`, before: sql`<`, sorted: sql`${value} asc, users.seq asc` }
    : { value, after: sql`<`, before: sql`>`, sorted: sql`${value} desc, users.seq desc` }
}
