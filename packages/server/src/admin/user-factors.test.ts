import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest } from '../testing.ts'
import { openClub } from '../testing-members.ts'
import { ownerBrowser } from './testing-console.ts'

test('all second factors of a user are listed, with who asked for each; none is no error', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const club = await openClub(server)
  const code = await club.organization('Zoo')
  const [user, other] = [await club.user(code), await club.user(code)]
  const add = (
    id: string,
    userId: string,
    more: { organization_code: string | null; last_used_at_ms: number | null },
  ) =>
    server.write((db) =>
      db
        .insertInto('mfa_factors')
        .values({
          ...{ id, user_id: userId, type: 'email', name: 'owl@zoo.example', is_verified: true, usage_count: 2 },
          ...more,
          created_at_ms: startOfTest,
        })
        .execute(),
    )
  await add('mfa_1', user, { organization_code: null, last_used_at_ms: startOfTest + 60_000 })
  await add('mfa_2', user, { organization_code: code, last_used_at_ms: null })
  await add('mfa_3', other, { organization_code: null, last_used_at_ms: null })
  const url = (id: string) => `/admin/api/users/${id}/factors`
  const shown = {
    ...{ type: 'email', name: 'owl@zoo.example', is_verified: true, usage_count: 2 },
    created_at: new Date(startOfTest).toISOString(),
  }
  const { factors } = (await owner.get(url(user))).body
  assert.deepEqual(factors, [
    { id: 'mfa_1', organization_code: null, last_used_at: new Date(startOfTest + 60_000).toISOString(), ...shown },
    { id: 'mfa_2', organization_code: code, last_used_at: null, ...shown },
  ])
  assert.equal((await owner.delete(`/api/v1/organizations/${code}/users/${user}/mfa/mfa_2`)).status, 200)
  assert.equal((await owner.delete(`/api/v1/users/${user}/mfa/mfa_1`)).status, 200)
  assert.deepEqual((await owner.get(url(user))).body.factors, [])
  assert.equal((await owner.get(url('unknown'))).status, 404)
})
