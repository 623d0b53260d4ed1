import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest, type TestServer } from '../../testing.ts'
import { openClub, outcome } from '../../testing-members.ts'

async function addFactor(server: TestServer, user: string, code: string | null, id: string, used: number | null) {
  const factor = { id, user_id: user, organization_code: code, type: 'email', name: 'owl@zoo.example' }
  const use = { is_verified: true, usage_count: used === null ? 0 : 3, last_used_at_ms: used }
  await server.write((db) =>
    db
      .insertInto('mfa_factors')
      .values({ ...factor, ...use, created_at_ms: startOfTest })
      .execute(),
  )
}

test('of the factors that an organization asked a member for, the one used last is shown', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const user = await club.user(null)
  await club.join(code, { id: user })
  await club.join(other, { id: user })
  await addFactor(server, user, code, 'mfa_old', startOfTest + 1000)
  await addFactor(server, user, code, 'mfa_last', startOfTest + 2000)
  await addFactor(server, user, code, 'mfa_never', null)
  await addFactor(server, user, other, 'mfa_other', startOfTest + 3000)
  await addFactor(server, user, null, 'mfa_environment', startOfTest + 3000)
  const { status, body } = await server
    .as('read:organization_user_mfa')
    .get(`/api/v1/organizations/${code}/users/${user}/mfa`)
  assert.deepEqual(
    [status, body],
    [
      200,
      {
        code: 'OK',
        message: 'Success',
        mfa: {
          id: 'mfa_last',
          type: 'email',
          created_on: '2026-01-15T12:00:00.000+00:00',
          name: 'owl@zoo.example',
          is_verified: true,
          usage_count: 3,
          last_used_on: '2026-01-15T12:00:02.000+00:00',
        },
      },
    ],
  )
})

test('a reset takes one factor, or all that the organization asked for, and no other', async (t) => {
  const server = await start(t)
  const club = await openClub(server)
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const [user, colleague] = [await club.user(null), await club.user(code)]
  await club.join(code, { id: user })
  await club.join(other, { id: user })
  for (const id of ['mfa_1', 'mfa_2', 'mfa_3']) await addFactor(server, user, code, id, null)
  await addFactor(server, user, other, 'mfa_other', null)
  await addFactor(server, user, null, 'mfa_environment', null)
  await addFactor(server, colleague, code, 'mfa_colleague', null)
  const left = async () =>
    (await server.db.selectFrom('mfa_factors').select('id').orderBy('seq').execute()).map(({ id }) => id)
  const api = server.as('delete:organization_user_mfa')
  const url = `/api/v1/organizations/${code}/users/${user}/mfa`

  const events = (await server.events()).length
  for (const id of ['mfa_other', 'mfa_environment', 'mfa_colleague', 'mfa_none']) {
    assert.deepEqual(outcome(await api.delete(`${url}/${id}`)), [404, 'MFA_NOT_FOUND'], id)
  }
  assert.deepEqual(outcome(await api.delete(`${url}/mfa_2`)), [200, 'OK'])
  assert.deepEqual(await left(), ['mfa_1', 'mfa_3', 'mfa_other', 'mfa_environment', 'mfa_colleague'])
  assert.deepEqual(outcome(await api.delete(url)), [200, 'OK'])
  assert.deepEqual(await left(), ['mfa_other', 'mfa_environment', 'mfa_colleague'])
  const data = { user: { id: user }, organization: { code } }
  assert.deepEqual(
    (await server.events()).slice(events).map((event) => [event.type, event.data]),
    [
      ['user.mfa_reset', { ...data, reach: { factors: 1 } }],
      ['user.mfa_reset', { ...data, reach: { factors: 2 } }],
    ],
  )
  // Kinde's document gives these refusals one object and not a list.
  const none = await api.delete(url)
  assert.deepEqual([none.status, none.body.errors.code], [404, 'MFA_NOT_FOUND'])
})

test('second factors of a stranger, or in an organization that nobody has made, are not there', async (t) => {
  const club = await openClub(await start(t))
  const [code, other] = [await club.organization('Zoo'), await club.organization('Other')]
  const stranger = await club.user(other)
  const of = (organization: string, user: string) => `/api/v1/organizations/${organization}/users/${user}/mfa`
  const rows = [
    [of(code, stranger), 400, 'USER_NOT_IN_ORGANIZATION'],
    [of(code, 'kp_none'), 404, 'USER_NOT_FOUND'],
    [of('org_none', stranger), 404, 'ORGANIZATION_NOT_FOUND'],
  ] as const
  for (const [url, ...expected] of rows) {
    for (const reply of [club.api.get(url), club.api.delete(url), club.api.delete(`${url}/mfa_1`)]) {
      assert.deepEqual(outcome(await reply), expected)
    }
  }
})
