import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { start, startOfTest } from '../testing.ts'
import { migrations } from './migrations/index.ts'
import type { Position } from './page.ts'
import { openSqlite } from './sqlite.ts'
import type { Db } from './tables.ts'
import { memberOf, type UserCondition, withRole } from './user-conditions.ts'
import { findUsersInOrder, type UserOrder } from './user-order.ts'
import { seqOfUser } from './users.ts'

const count = 5000

/** Users whose names are not in the order of their making. All are members; those with the last names have the role. */
async function addUsers(db: Db, code: string): Promise<{ id: string; name: string; isHolder: boolean }[]> {
  const users = Array.from({ length: count }, (_, index) => {
    const place = (index * 1777) % count
    // Ties at both sides of where a turn ends.
    return { id: `kp_${index}`, name: String(Math.floor(place / 3)).padStart(6, '0'), isHolder: place >= 3000 }
  })
  await db.insertInto('roles').values(role).execute()
  for (let from = 0; from < count; from += 500) {
    const part = users.slice(from, from + 500)
    const common = { is_suspended: false, is_password_reset_requested: false, created_at_ms: startOfTest }
    const rows = part.map(({ id, name }) => ({ ...common, id, name_sort: name, search_text: '', document: `"${id}"` }))
    await db.insertInto('users').values(rows).execute()
    const member = ({ id }: { id: string }) => ({ organization_code: code, user_id: id })
    const members = part.map((user) => ({
      ...member(user),
      joined_at_ms: startOfTest,
      user_seq: seqOfUser(db, user.id),
    }))
    await db.insertInto('organization_users').values(members).execute()
    const holders = part.filter(({ isHolder }) => isHolder).map((user) => ({ ...member(user), role_id: role.id }))
    if (holders.length > 0) await db.insertInto('organization_user_roles').values(holders).execute()
  }
  return users
}

const role = { id: 'role', key: 'k', name: 'k', name_sort: 'k', is_default_role: false, created_at_ms: startOfTest }

test('sorted users are found whichever way leads to them', async (t) => {
  const server = await start(t)
  const { code } = await server.db.selectFrom('organizations').select('code').executeTakeFirstOrThrow()
  const users = await server.write((db) => addUsers(db, code))
  const sorted = users
    .map((user, seq) => ({ ...user, seq }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.seq - b.seq))
  const everyone = memberOf(code)
  const few: UserCondition = { holds: sql`users.id in ('kp_7', 'kp_8')`, ids: sql`select 'kp_7' union select 'kp_8'` }
  const noIds: UserCondition = { holds: sql`users.name_sort > '001400'` }
  const none: UserCondition = { holds: sql`users.name_sort < '0'` }
  const isFew = ({ id }: { id: string }) => id === 'kp_7' || id === 'kp_8'
  const rows: [UserCondition[], (user: (typeof users)[0]) => boolean][] = [
    [[everyone], () => true],
    [[everyone, few], isFew],
    // The first turn finds nobody: then the holders are fetched, or, where nothing leads to them, the next turn is read.
    [[everyone, withRole(code, role.id)], ({ isHolder }) => isHolder],
    [[noIds], ({ name }) => name > '001400'],
    [[none], () => false],
  ]
  for (const direction of ['asc', 'desc'] as const) {
    for (const [index, [conditions, holds]] of rows.entries()) {
      const expected = (direction === 'asc' ? sorted : sorted.toReversed()).filter(holds).map(({ id }) => id)
      const order: UserOrder = { column: 'name_sort', direction }
      for (const limit of [1, 7]) {
        const seen: string[] = []
        let after: Position | undefined
        for (let page = 0; page < 4; page += 1) {
          const found = await findUsersInOrder(server.db, conditions, order, { after, limit })
          seen.push(...found.map(({ document }) => JSON.parse(document)))
          const last = found.at(-1)
          if (last !== undefined) after = { seq: last.seq, value: last.value }
        }
        assert.deepEqual(seen, expected.slice(0, 4 * limit), `${direction} ${index} by ${limit}`)
      }
      // All at once, beyond what one turn holds.
      const all = await findUsersInOrder(server.db, conditions, order, { after: undefined, limit: count + 1 })
      assert.deepEqual(
        all.map(({ document }) => JSON.parse(document)),
        expected,
      )
    }
  }
})

test('users from before there was an order have their place in it', async (t) => {
  const store = openSqlite(null, { exclusive: false })
  t.after(() => store.close())
  const names = Object.keys(migrations)
  const members = names.indexOf('0004-members')
  for (const name of names.slice(0, members)) await store.write((db) => migrations[name]!.up(db as never))
  await store.write((db) =>
    sql`insert into users (id, first_name, last_name, is_suspended, is_password_reset_requested, email, created_at_ms,
      search_text, document) values ('kp_1', 'Olga', 'Owl', false, false, 'Olga@zoo.example', 0, '', '')`.execute(db),
  )
  await store.write((db) => migrations[names[members]!]!.up(db as never))
  const row = await store.read.selectFrom('users').select(['name_sort', 'email_sort']).executeTakeFirstOrThrow()
  assert.deepEqual([row.name_sort, row.email_sort], ['olga owl', 'olga@zoo.example'])
})
