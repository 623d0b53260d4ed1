import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { start, type TestServer } from '../testing.ts'
import { dialectOf } from './dialect.ts'
import { membersInOrder } from './members.ts'
import { withProperty } from './user-conditions.ts'

/** How the database would run a query. PostgreSQL would read the few rows of a test without an index: it must not. */
async function planOf({ write }: TestServer, query: RawBuilder<unknown>): Promise<string> {
  return write(async (db) => {
    if (dialectOf(db) === 'sqlite') {
      const { rows } = await sql<{ detail: string }>`explain query plan ${query}`.execute(db)
      return rows.map(({ detail }) => detail).join('\n')
    }
    await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)`.execute(db)
    const { rows } = await sql<Record<string, string>>`explain ${query}`.execute(db)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  })
}

test('users with a value of a property are found by the index of the values', async (t) => {
  const server = await start(t)
  const plan = await planOf(server, withProperty(server.db, 'prop_1', ['Perth', 'Sydney']).ids!)
  assert.match(plan, /property_values_by_value/)
  // Beside the property it is the value that leads there.
  assert.match(plan, /property_id=\? AND <expr>=\?|substr\(value, 1, 200\) = ANY/)
})

test('members are read off an index from the place where the page begins, without sorting', async (t) => {
  const server = await start(t)
  const plan = await planOf(server, membersInOrder('org_1', { after: 5, limit: 11 }))
  assert.match(plan, /organization_users_in_order/)
  assert.match(plan, /organization_code=\? AND user_seq>\?|user_seq > '?5/)
  assert.doesNotMatch(plan, /\bSort\b|SCAN (users|organization_users)/)
})

test('values that begin alike and are longer than the index holds are told apart', async (t) => {
  const server = await start(t)
  const api = server.as()
  const long = '𝔸'.repeat(300)
  const ids: string[] = []
  for (const value of [`${long}1`, `${long}2`, 'short']) {
    const { id } = (await api.post('/api/v1/user')).body
    const reply = await api.patch(`/api/v1/users/${id}/properties`, { properties: { kp_usr_city: value } })
    assert.equal(reply.status, 200)
    ids.push(id)
  }
  const found = async (value: string) => {
    const query = new URLSearchParams({ 'properties[kp_usr_city]': value })
    const { body } = await api.get(`/api/v1/search/users?query=*&${query}`)
    return body.results.map(({ id }: { id: string }) => id)
  }
  assert.deepEqual(await found(`${long}2`), [ids[1]])
  assert.deepEqual(await found(`${long}1,short`), [ids[0], ids[2]])
  assert.deepEqual(await found(long), [])
})
