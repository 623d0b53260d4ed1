import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { nameSort } from './dialect.ts'
import { inSet } from './one-of.ts'
import type { Position } from './page.ts'
import { fullName } from './subscribers.ts'
import type { Db, UserRow } from './tables.ts'
import type { UserCondition } from './user-conditions.ts'
import { type FoundUser, fewer, mostFetched, narrowest, usersPerTurn } from './user-search.ts'

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
    found.push(...(await read(db, conditions, order, { from, to, limit: limit - found.length })))
    if (found.length === limit || to === undefined) return found
    from = to
    if (users === usersAtFirst) bounded = await narrowest(db, conditions, mostFetched)
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
  const named = { holds: sql<boolean>`users.id ${inSet(db, one.ids!)}` }
  return read(db, [named, ...conditions.filter((other) => other !== one)], order, { from: after, to: undefined, limit })
}

async function read(
  db: Db,
  conditions: readonly UserCondition[],
  order: UserOrder,
  { from, to, limit }: { from: Position | undefined; to: Position | undefined; limit: number },
): Promise<OrderedUser[]> {
  const bounds = [...(from ? [beyond(order, from)] : []), ...(to ? [upTo(order, to)] : [])]
  const where = sql.join([...bounds, ...conditions.map(({ holds }) => holds)], sql` and `)
  const { rows } = await sql<OrderedUser>`
    select users.seq, users.document, ${sql.ref(`users.${order.column}`)} as value from users where ${where}
    order by ${inOrder(order)} limit ${limit}`.execute(db)
  return rows
}

/** The place of the `users`-th user from a place on; undefined when there are not that many. */
async function placeAhead(
  db: Db,
  order: UserOrder,
  from: Position | undefined,
  users: number,
): Promise<Position | undefined> {
  const where = from ? sql`where ${beyond(order, from)}` : sql``
  const { rows } = await sql<Position>`select seq, ${sql.ref(order.column)} as value from users ${where}
    order by ${inOrder(order)} limit 1 offset ${users - 1}`.execute(db)
  return rows[0]
}

function beyond(order: UserOrder, { value, seq }: Position): RawBuilder<unknown> {
  return sql`(${sql.ref(`users.${order.column}`)}, users.seq) ${order.direction === 'asc' ? sql`>` : sql`<`} (${value}, ${seq})`
}

function upTo(order: UserOrder, { value, seq }: Position): RawBuilder<unknown> {
  return sql`(${sql.ref(`users.${order.column}`)}, users.seq) ${order.direction === 'asc' ? sql`<=` : sql`>=`} (${value}, ${seq})`
}

function inOrder({ column, direction }: UserOrder): RawBuilder<unknown> {
  const way = direction === 'asc' ? sql`asc` : sql`desc`
  return sql`${sql.ref(`users.${column}`)} ${way}, users.seq ${way}`
}
