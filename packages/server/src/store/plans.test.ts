import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { start, type TestServer } from '../testing.ts'
import { dialectOf } from './dialect.ts'
import { membersInOrder } from './members.ts'
import { withApiScope, withProperty } from './user-conditions.ts'

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

test('users with an API scope, of their own or through a role, are found by the indexes of scopes and roles', async (t) => {
  const server = await start(t)
  for (const code of [null, 'org_1']) {
    const plan = await planOf(server, withApiScope(server.db, ['api_scope_1', 'api_scope_2'], code).ids!)
    assert.match(plan, /user_api_scopes_by_scope|user_api_scopes_key/)
    assert.match(plan, /role_scopes_by_scope/)
    assert.match(plan, /organization_user_roles_by_(role|organization)/)
    assert.doesNotMatch(plan, /SCAN (user_api_scopes|organization_user_roles)|Seq Scan on (user_api|organization_user)/)
  }
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
