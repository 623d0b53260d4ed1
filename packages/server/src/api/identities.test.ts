import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../testing.ts'

/** Makes a user with e-mail addresses. @returns its id, and the ids of the identities */
async function madeUser(server: TestServer, ...addresses: string[]) {
  const identities = addresses.map((email) => ({ type: 'email', is_verified: true, details: { email } }))
  const { body } = await server.as().post('/api/v1/user', { identities })
  const list = await server.as().get(`/api/v1/users/${body.id}/identities`)
  return { user: body.id as string, ids: list.body.identities.map(({ id }: { id: string }) => id) as string[] }
}

/** The addresses of a user, the primary one marked. */
async function addresses(server: TestServer, user: string): Promise<string> {
  const { body } = await server.as().get(`/api/v1/users/${user}/identities`)
  return body.identities
    .map((one: { name: string; is_primary: boolean }) => (one.is_primary ? `[${one.name}]` : one.name))
    .join(' ')
}

test('an identity is shown in the reply itself, and once more inside it', async (t) => {
  const server = await start(t)
  const { ids } = await madeUser(server, 'Ada@x.example')
  const { status, body } = await server.as().get(`/api/v1/identities/${ids[0]}`)
  const identity = {
    id: ids[0],
    type: 'email',
    is_confirmed: true,
    created_on: '2026-01-15T12:00:00.000+00:00',
    total_logins: 0,
    name: 'Ada@x.example',
    email: 'Ada@x.example',
    connection_id: null,
    is_primary: true,
  }
  assert.equal(status, 200)
  assert.deepEqual(body, { code: 'OK', message: 'Success', ...identity, identity })
})

test('the identity that is made primary takes the place of the one that was', async (t) => {
  const server = await start(t)
  const { user, ids } = await madeUser(server, 'a@x.example', 'b@x.example', 'c@x.example')
  assert.equal(await addresses(server, user), '[a@x.example] b@x.example c@x.example')
  const reply = await server.as().patch(`/api/v1/identities/${ids[2]}`, { is_primary: true })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  assert.equal(await addresses(server, user), 'a@x.example b@x.example [c@x.example]')
  assert.equal((await server.as().get(`/api/v1/user?id=${user}`)).body.preferred_email, 'c@x.example')
  assert.equal((await server.as().get('/api/v1/users')).body.users[0].email, 'c@x.example')
  const { type, data } = (await server.events()).at(-1)!
  assert.deepEqual([type, (data.user as { email: string }).email], ['user.updated', 'c@x.example'])
})

test('the primary identity of one type, or of one user, says nothing about others', async (t) => {
  const server = await start(t)
  const { user, ids } = await madeUser(server, 'a@x.example', 'b@x.example')
  const other = await madeUser(server, 'o@x.example', 'p@x.example')
  await server.as().post(`/api/v1/users/${user}/identities`, { type: 'username', value: 'ada' })
  await server.as().patch(`/api/v1/identities/${ids[1]}`, { is_primary: true })
  assert.equal(await addresses(server, user), 'a@x.example [b@x.example] [ada]')
  assert.equal(await addresses(server, other.user), '[o@x.example] p@x.example')
})

test('what is asked for already changes nothing; a type does not lose its primary identity', async (t) => {
  const server = await start(t)
  const { user, ids } = await madeUser(server, 'a@x.example', 'b@x.example')
  const before = await server.events()
  for (const [id, body] of [
    [ids[0], { is_primary: true }],
    [ids[1], { is_primary: false }],
    [ids[0], {}],
  ] as const) {
    assert.equal((await server.as().patch(`/api/v1/identities/${id}`, body)).status, 200)
  }
  const refused = await server.as().patch(`/api/v1/identities/${ids[0]}`, { is_primary: false })
  assert.equal(refused.status, 400)
  assert.deepEqual(refused.body.errors, [
    {
      code: 'PRIMARY_IDENTITY_REQUIRED',
      message: 'One identity of each type is the primary one. Make another one primary instead.',
      field: 'is_primary',
    },
  ])
  assert.equal(await addresses(server, user), '[a@x.example] b@x.example')
  assert.deepEqual(await server.events(), before)
})

test('the place of a primary identity that is deleted goes to the oldest other of its type', async (t) => {
  const server = await start(t)
  const { user, ids } = await madeUser(server, 'a@x.example', 'b@x.example', 'c@x.example')
  await server.as().post(`/api/v1/users/${user}/identities`, { type: 'username', value: 'ada' })
  await server.as().patch(`/api/v1/identities/${ids[2]}`, { is_primary: true })
  const shown = async () => (await server.as().get(`/api/v1/user?id=${user}`)).body.preferred_email
  for (const [id, left, primary] of [
    [ids[2], '[a@x.example] b@x.example [ada]', 'a@x.example'],
    [ids[1], '[a@x.example] [ada]', 'a@x.example'],
    [ids[0], '[ada]', undefined],
  ] as const) {
    const reply = await server.as().delete(`/api/v1/identities/${id}`)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
    assert.equal(await addresses(server, user), left)
    assert.equal(await shown(), primary)
    const event = (await server.events()).at(-1)!
    assert.deepEqual([event.type, (event.data.user as { email: string }).email], ['user.updated', primary ?? null])
  }
})

test('an identity that is deleted is gone, is found no more, and free for others', async (t) => {
  const server = await start(t)
  const { user, ids } = await madeUser(server, 'a@x.example', 'b@x.example')
  await server.as().delete(`/api/v1/identities/${ids[0]}`)
  for (const reply of [
    await server.as().get(`/api/v1/identities/${ids[0]}`),
    await server.as().patch(`/api/v1/identities/${ids[0]}`, { is_primary: true }),
    await server.as().delete(`/api/v1/identities/${ids[0]}`),
    await server.as().delete('/api/v1/identities/unknown'),
  ]) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [404, 'IDENTITY_NOT_FOUND'])
  }
  assert.deepEqual((await server.as().get('/api/v1/users?email=a@x.example')).body.users, [])
  assert.deepEqual((await server.as().get('/api/v1/search/users?query=a@x')).body.results, [])
  const next = await madeUser(server, 'A@x.example')
  assert.notEqual(next.user, user)
})

test('the activity shows which addresses a user had before and has after, for every way to change them', async (t) => {
  const server = await start(t)
  const api = server.as()
  const [first, second] = ['first@zoo.example', 'second@zoo.example']
  const identities = [{ type: 'email', details: { email: first } }]
  const { id } = (await api.post('/api/v1/user', { identities })).body
  const change = async () => {
    const { type, change } = (await server.events()).at(-1)!
    return [type, change?.before, change?.after]
  }
  const url = `/api/v1/users/${id}/identities`
  await api.post(url, { type: 'username', value: 'owl' })
  assert.deepEqual(await change(), ['user.updated', { username: null }, { username: 'owl' }])
  const { identity } = (await api.post(url, { type: 'email', value: second })).body
  // It is not the one that counts.
  assert.deepEqual(await change(), ['user.updated', undefined, undefined])
  await api.patch(`/api/v1/identities/${identity.id}`, { is_primary: true })
  assert.deepEqual(await change(), ['user.updated', { email: first }, { email: second }])
  await api.delete(`/api/v1/identities/${identity.id}`)
  assert.deepEqual(await change(), ['user.updated', { email: second }, { email: first }])
})
