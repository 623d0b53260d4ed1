import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest } from '../../testing.ts'

test("a user's sessions are shown until they expire, and ended together", async (t) => {
  const server = await start(t)
  const { id } = (await server.as().post('/api/v1/user')).body
  const session = (name: string, expires_at_ms: number) => ({
    id: name,
    user_id: id,
    application_id: server.firstClient.clientId,
    started_at_ms: startOfTest,
    updated_at_ms: startOfTest,
    expires_at_ms,
    initial_ip: '192.0.2.1',
  })
  await server.write(async (db) => {
    await db
      .insertInto('sessions')
      .values(session('session_0x1', startOfTest + 60_000))
      .execute()
    await db
      .insertInto('sessions')
      .values(session('session_0x2', startOfTest - 1))
      .execute()
  })
  const url = `/api/v1/users/${id}/sessions`
  assert.deepEqual((await server.as().get(url)).body.sessions, [
    {
      user_id: id,
      org_code: null,
      client_id: server.firstClient.clientId,
      expires_on: '2026-01-15T12:01:00.000+00:00',
      session_id: 'session_0x1',
      started_on: '2026-01-15T12:00:00.000+00:00',
      updated_on: '2026-01-15T12:00:00.000+00:00',
      initial_ip_address: '192.0.2.1',
    },
  ])
  assert.equal((await server.as().delete(url)).status, 200)
  assert.deepEqual((await server.as().get(url)).body.sessions, [])
  assert.deepEqual((await server.events()).at(-1)?.data, { user: { id }, reach: { sessions: 2 } })
  const events = (await server.events()).length
  await server.as().delete(url)
  assert.equal((await server.events()).length, events)
  const unknown = await server.as().get('/api/v1/users/kp_none/sessions')
  assert.deepEqual([unknown.status, unknown.body.errors.code], [404, 'USER_NOT_FOUND'])
})

test('of several second factors the one used last is shown; a reset takes one, or all of the environment', async (t) => {
  const server = await start(t)
  const { id } = (await server.as().post('/api/v1/user')).body
  const { code } = (await server.as().post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const factor = (name: string, last_used_at_ms: number | null, organization_code: string | null = null) => ({
    id: name,
    user_id: id,
    organization_code,
    type: 'email',
    name: 'owl@zoo.example',
    is_verified: true,
    usage_count: 3,
    last_used_at_ms,
    created_at_ms: startOfTest,
  })
  await server.write(async (db) => {
    await db.insertInto('mfa_factors').values(factor('mfa_1', startOfTest)).execute()
    await db.insertInto('mfa_factors').values(factor('mfa_2', null)).execute()
    await db
      .insertInto('mfa_factors')
      .values(factor('mfa_3', startOfTest + 5, code))
      .execute()
  })
  const url = `/api/v1/users/${id}/mfa`
  const shown = async () => (await server.as().get(url)).body.mfa?.id
  assert.equal(await shown(), 'mfa_1')
  assert.equal((await server.as().delete(`${url}/mfa_1`)).status, 200)
  assert.equal(await shown(), 'mfa_2')
  assert.equal((await server.as().delete(`${url}/mfa_3`)).body.errors.code, 'MFA_NOT_FOUND')
  assert.equal((await server.as().delete(url)).status, 200)
  const none = await server.as().get(url)
  assert.deepEqual([none.status, none.body.errors.code], [404, 'MFA_NOT_FOUND'])
  const left = await server.db.selectFrom('mfa_factors').select('id').execute()
  assert.deepEqual(
    left.map((row) => row.id),
    ['mfa_3'],
  )
})

test('refreshing claims is remembered for the next token', async (t) => {
  const server = await start(t)
  const { id } = (await server.as().post('/api/v1/user')).body
  server.clock.advance(5000)
  assert.equal((await server.as().post(`/api/v1/users/${id}/refresh_claims`)).status, 200)
  const row = await server.db.selectFrom('users').select('claims_refreshed_at_ms').executeTakeFirstOrThrow()
  assert.equal(row.claims_refreshed_at_ms, startOfTest + 5000)
  assert.equal((await server.events()).at(-1)?.type, 'user.claims_refreshed')
})
