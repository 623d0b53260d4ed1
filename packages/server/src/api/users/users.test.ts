import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'

const email = (address: string, verified = false) => ({
  type: 'email',
  is_verified: verified,
  details: { email: address },
})

test('a user with three identities is found again with all of them', async (t) => {
  const { as, events } = await start(t)
  const made = await as().post('/api/v1/user', {
    profile: { given_name: 'Ada', family_name: 'Lovelace', picture: 'https://img.example/ada.png' },
    provided_id: 'crm-7',
    identities: [
      email('Ada@Example.com', true),
      { type: 'phone', details: { phone: '0412 345 678', phone_country_id: 'au' } },
      { type: 'username', details: { username: 'ada' } },
    ],
  })
  assert.equal(made.status, 200)
  assert.match(made.body.id, /^kp_[0-9a-f]{32}$/)
  assert.deepEqual(made.body, {
    id: made.body.id,
    created: true,
    identities: ['email', 'phone', 'username'].map((type) => ({ type, result: { created: true } })),
  })
  const { body: user } = await as().get(`/api/v1/user?id=${made.body.id}&expand=identities,organizations`)
  const [{ code }] = await organizations(t, as)
  assert.deepEqual(user, {
    id: made.body.id,
    preferred_email: 'Ada@Example.com',
    provided_id: 'crm-7',
    phone: '+61412345678',
    username: 'ada',
    last_name: 'Lovelace',
    first_name: 'Ada',
    is_suspended: false,
    picture: 'https://img.example/ada.png',
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in: null,
    created_on: '2026-01-15T12:00:00.000+00:00',
    organizations: [code],
    identities: [
      { type: 'email', identity: 'Ada@Example.com' },
      { type: 'phone', identity: '+61412345678' },
      { type: 'username', identity: 'ada' },
    ],
  })
  assert.deepEqual((await events()).at(-1)?.data, {
    user: {
      email: 'Ada@Example.com',
      first_name: 'Ada',
      id: made.body.id,
      is_password_reset_requested: false,
      is_suspended: false,
      last_name: 'Lovelace',
      organizations: [{ code, permissions: null, roles: null }],
      phone: '+61412345678',
      username: 'ada',
    },
  })

  async function organizations(_t: unknown, _as: unknown) {
    const { body } = await as().get(`/api/v1/users?expand=organizations`)
    return body.users[0].organizations.map((value: string) => ({ code: value }))
  }
})
