import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, sdk, server } from './testing-sdk.ts'

const { Identities, Search, Subscribers, Users } = sdk

test('Users: made, found by each filter, changed, deleted', async () => {
  const made = await Users.createUser({
    requestBody: {
      profile: { given_name: 'Ada', family_name: 'Lovelace' },
      provided_id: 'mine-1',
      identities: [
        { type: 'email', details: { email: 'ada@example.com' } },
        { type: 'username', details: { username: 'ada' } },
        { type: 'phone', details: { phone: '+441632960123', phone_country_id: 'gb' } },
      ],
    },
  })
  const { id } = made
  assert.deepEqual([made.created, made.identities.length], [true, 3])
  const read = await Users.getUserData({ id, expand: 'identities' })
  assert.deepEqual(
    [read.first_name, read.last_name, read.preferred_email, read.provided_id, read.is_suspended],
    ['Ada', 'Lovelace', 'ada@example.com', 'mine-1', false],
  )
  for (const filter of [
    { userId: id },
    { email: 'ada@example.com' },
    { username: 'ada' },
    { phone: '+441632960123' },
  ]) {
    assert.deepEqual(column((await Users.getUsers(filter)).users, 'id'), [id], JSON.stringify(filter))
  }
  assert.deepEqual(column((await Search.searchUsers({ query: 'lovelace' })).results, 'id'), [id])
  const changed = await Users.updateUser({ id, requestBody: { given_name: 'Augusta', is_suspended: true } })
  assert.deepEqual([changed.given_name, changed.is_suspended], ['Augusta', true])
  assert.equal((await Users.getUserData({ id })).first_name, 'Augusta')
  await Users.deleteUser({ id, isDeleteProfile: true })
  assert.deepEqual(await refusal(Users.getUserData({ id })), [404, 'USER_NOT_FOUND'])
})

test('Users and Identities: an identity is added, becomes the preferred one, is deleted', async () => {
  const { id: userId } = await Users.createUser({
    requestBody: { identities: [{ type: 'email', details: { email: 'grace@example.com' } }] },
  })
  const { identity } = await Users.createUserIdentity({
    userId,
    requestBody: { type: 'email', value: 'hopper@example.com' },
  })
  const identityId = identity.id
  assert.equal((await Identities.getIdentity({ identityId })).name, 'hopper@example.com')
  const names = async () => column((await Users.getUserIdentities({ userId })).identities, 'name').sort()
  assert.deepEqual(await names(), ['grace@example.com', 'hopper@example.com'])
  await Identities.updateIdentity({ identityId, requestBody: { is_primary: true } })
  assert.equal((await Users.getUserData({ id: userId })).preferred_email, 'hopper@example.com')
  await Identities.deleteIdentity({ identityId })
  assert.deepEqual(await names(), ['grace@example.com'])
  assert.deepEqual(await refusal(Identities.getIdentity({ identityId })), [404, 'IDENTITY_NOT_FOUND'])
})

test('Users: property values are set one by one and together', async () => {
  const { id: userId } = await Users.createUser({ requestBody: { profile: { given_name: 'Proper' } } })
  const values = async () => {
    const { properties } = await Users.getUserPropertyValues({ userId })
    return Object.fromEntries(properties.map(({ key, value }: { key: string; value: unknown }) => [key, value]))
  }
  await Users.updateUserProperty({ userId, propertyKey: 'kp_usr_city', value: 'Sydney' })
  assert.equal((await values()).kp_usr_city, 'Sydney')
  const properties = { kp_usr_city: 'Perth', kp_usr_job_title: 'Owl' }
  await Users.updateUserProperties({ userId, requestBody: { properties } })
  assert.deepEqual([(await values()).kp_usr_city, (await values()).kp_usr_job_title], ['Perth', 'Owl'])
})

test('Users: a password hash is taken, claims are refreshed, sessions are shown and ended', async () => {
  const { id: userId } = await Users.createUser({ requestBody: { profile: { given_name: 'Session' } } })
  const hash = `$2b$10$${'abcdefghijklmnopqrstuu'}${'x'.repeat(31)}`
  await Users.setUserPassword({ userId, requestBody: { hashed_password: hash, hashing_method: 'bcrypt' } })
  const passwords = server.db.selectFrom('user_passwords').select('user_id').where('user_id', '=', userId)
  assert.equal((await passwords.execute()).length, 1)
  const now = server.environment.now()
  await Users.refreshUserClaims({ userId })
  const row = await server.db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirstOrThrow()
  assert.ok(row.claims_refreshed_at_ms! >= now)
  const session = {
    id: 'session_0x1',
    user_id: userId,
    application_id: server.firstClient.clientId,
    started_at_ms: now,
    updated_at_ms: now,
    expires_at_ms: now + 60_000,
    initial_ip: '192.0.2.1',
  }
  await server.write((db) => db.insertInto('sessions').values(session).execute())
  const sessions = async () => column((await Users.getUserSessions({ userId })).sessions, 'session_id')
  assert.deepEqual(await sessions(), ['session_0x1'])
  await Users.deleteUserSessions({ userId })
  assert.deepEqual(await sessions(), [])
})

test('Subscribers: made, listed, read', async () => {
  const made = await Subscribers.createSubscriber({ firstName: 'Olga', lastName: 'Owl', email: 'olga@zoo.example' })
  const subscriberId = made.subscriber.subscriber_id
  const { subscribers } = await Subscribers.getSubscribers({ sort: 'name_asc' })
  assert.deepEqual(column(subscribers, 'id'), [subscriberId])
  const [read] = (await Subscribers.getSubscriber({ subscriberId })).subscribers
  assert.deepEqual([read.preferred_email, read.first_name, read.last_name], ['olga@zoo.example', 'Olga', 'Owl'])
})
