import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../testing.ts'
import { timestamp } from '../time.ts'
import { searchText } from './user-search.ts'

/** A source of whole numbers below a limit that is the same for the same seed (mulberry32). */
function random(seed: number) {
  let state = seed
  return (limit: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** What is derived of users says what rows say: addresses, searched text, and the list as the API shows it. */
async function assertInStep(server: TestServer, history: readonly string[]): Promise<void> {
  const told = `after ${history.slice(-5).join('; ')}`
  const users = await server.db.selectFrom('users').selectAll().orderBy('seq').execute()
  const { body } = await server.as().get('/api/v1/users?page_size=500')
  const expected = []
  for (const user of users) {
    const identities = await server.db
      .selectFrom('identities')
      .selectAll()
      .where('user_id', '=', user.id)
      .orderBy('seq')
      .execute()
    const primary = Map.groupBy(
      identities.filter((identity) => identity.is_primary),
      ({ type }) => type,
    )
    for (const type of new Set(identities.map((identity) => identity.type))) {
      assert.equal(primary.get(type)?.length, 1, `${type}: not one is primary ${told}`)
    }
    const {
      email = null,
      phone = null,
      username = null,
    } = Object.fromEntries([...primary].map(([type, [identity]]) => [type, identity!.value]))
    assert.deepEqual([user.email, user.phone, user.username], [email, phone, username], told)
    const fullName = [user.first_name, user.last_name].filter(Boolean).join(' ')
    const values = identities.map(({ value }) => value)
    assert.equal(user.search_text, searchText([fullName, user.first_name ? user.last_name : null, ...values]), told)
    const shown = {
      id: user.id,
      email,
      provided_id: user.provided_id,
      phone,
      username,
      last_name: user.last_name,
      first_name: user.first_name,
      is_suspended: user.is_suspended,
      picture: user.picture,
      total_sign_ins: user.total_sign_ins,
      failed_sign_ins: user.failed_sign_ins,
      created_on: timestamp(user.created_at_ms),
    }
    expected.push({
      ...Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== null)),
      last_signed_in: null,
      last_organization_sign_ins: null,
    })
  }
  assert.deepEqual(body.users, expected, told)
}

test('whatever is done to users, lists and search say what their rows say', async (t) => {
  const server = await start(t)
  const below = random(20_260_115)
  const one = <Value>(list: readonly Value[]): Value => list[below(list.length)]!
  const client = server.as()
  await server.write(async (db) => {
    const connection = { name: 'google', display_name: 'Google', strategy: 'oauth2:google', created_at_ms: 0 }
    await db
      .insertInto('connections')
      .values({ id: 'conn_1', ...connection })
      .execute()
  })
  const names = ['Ada', '', null, 'Zoë "Z" \\', '𝔄𝔡𝔞', 'שלום', '"email":']
  const words = ['ada', 'bob', 'cy', 'di', 'ed', 'fay', 'gus', 'hal']
  const identity = () => {
    const type = one(['email', 'phone', 'username', 'social'] as const)
    const word = `${one(words)}${below(3)}`
    const value = { email: `${word}@x.example`, phone: `+6141234567${below(10)}`, username: word, social: word }[type]
    return { type, value, connection_id: 'conn_1' }
  }
  const user = async () => one(await server.db.selectFrom('users').select('id').orderBy('seq').execute())?.id ?? 'none'
  const anIdentity = async () =>
    one(await server.db.selectFrom('identities').select('id').orderBy('seq').execute())?.id ?? 'none'
  const steps = {
    async create() {
      const identities = Array.from({ length: below(4) }, identity)
        .filter(({ type }) => type !== 'social')
        .map(({ type, value }) => ({ type, details: { [type]: value } }))
      const profile = { given_name: one(names), family_name: one(names), picture: one([null, 'https://x.example/p']) }
      return client.post('/api/v1/user', { profile, identities, provided_id: one([null, 'crm-1']) })
    },
    async update() {
      const changes = {
        given_name: one(names),
        is_suspended: one([true, false]),
        provided_id: one([null, '', 'crm-2']),
      }
      const name = one(Object.keys(changes)) as keyof typeof changes
      return client.patch(`/api/v1/user?id=${await user()}`, { [name]: changes[name] })
    },
    add: async () => client.post(`/api/v1/users/${await user()}/identities`, identity()),
    prefer: async () => client.patch(`/api/v1/identities/${await anIdentity()}`, { is_primary: true }),
    take: async () => client.delete(`/api/v1/identities/${await anIdentity()}`),
    remove: async () => client.delete(`/api/v1/user?id=${await user()}`),
  }
  const plan = [
    'create',
    'create',
    'update',
    'update',
    'add',
    'add',
    'add',
    'prefer',
    'prefer',
    'take',
    'remove',
  ] as const
  const history: string[] = []
  const succeeded = new Map<string, number>()
  for (let step = 0; step < 150; step += 1) {
    const name = one(plan)
    const events = (await server.events()).length
    const { status, body } = await steps[name]()
    history.push(`${name} ${status} ${JSON.stringify(body)}`)
    assert.ok([200, 201, 400, 404].includes(status), history.at(-1)!)
    if (status < 300) succeeded.set(name, (succeeded.get(name) ?? 0) + 1)
    else assert.equal((await server.events()).length, events, `a refusal left an event: ${history.at(-1)}`)
    await assertInStep(server, history)
  }
  for (const name of Object.keys(steps)) assert.ok((succeeded.get(name) ?? 0) >= 5, `${name} was hardly tried`)
})

test('changes of one user at the same moment leave none of each other out', async (t) => {
  const server = await start(t)
  const client = server.as()
  const { body } = await client.post('/api/v1/user', {
    identities: [{ type: 'email', details: { email: 'first@x.example' } }],
  })
  const replies = await Promise.all([
    ...Array.from({ length: 8 }, (_, n) =>
      client.post(`/api/v1/users/${body.id}/identities`, { type: 'username', value: `user${n}` }),
    ),
    ...Array.from({ length: 8 }, (_, n) => client.patch(`/api/v1/user?id=${body.id}`, { given_name: `Ada ${n}` })),
    ...Array.from({ length: 8 }, (_, n) =>
      client.post(`/api/v1/users/${body.id}/identities`, { type: 'email', value: `user${n}@x.example` }),
    ),
  ])
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200, 201]))
  await assertInStep(server, ['24 changes at once'])
  const { body: list } = await client.get(`/api/v1/users/${body.id}/identities?page_size=100`)
  const ids: string[] = list.identities.map(({ id }: { id: string }) => id)
  assert.equal(ids.length, 17)

  await Promise.all(
    ids.map((id, n) =>
      n % 2
        ? client.delete(`/api/v1/identities/${id}`)
        : client.patch(`/api/v1/identities/${id}`, { is_primary: true }),
    ),
  )
  await assertInStep(server, ['17 changes of identities at once'])
  assert.equal((await client.get(`/api/v1/users/${body.id}/identities`)).body.identities.length, 9)
})

test('a user that is deleted while it is changed is gone, and nothing of it stays', async (t) => {
  const server = await start(t)
  const client = server.as()
  for (let round = 0; round < 4; round += 1) {
    const { body } = await client.post('/api/v1/user', {
      identities: [{ type: 'email', details: { email: `ada${round}@x.example` } }],
    })
    const replies = await Promise.all([
      client.post(`/api/v1/users/${body.id}/identities`, { type: 'username', value: 'ada' }),
      client.patch(`/api/v1/user?id=${body.id}`, { given_name: 'Ada' }),
      client.delete(`/api/v1/user?id=${body.id}`),
      client.post(`/api/v1/users/${body.id}/identities`, { type: 'email', value: 'ada@x.example' }),
    ])
    for (const { status } of replies) assert.ok([200, 201, 404].includes(status), String(status))
    assert.equal(replies[2]!.status, 200)
  }
  assert.deepEqual(await server.db.selectFrom('users').selectAll().execute(), [])
  assert.deepEqual(await server.db.selectFrom('identities').selectAll().execute(), [])
})

const email = (address: string) => ({ type: 'email', details: { email: address } })
const username = (name: string) => ({ type: 'username', details: { username: name } })

test('of 32 users with one address that are made at once, one is', async (t) => {
  const server = await start(t)
  const client = server.as()
  const replies = await Promise.all(
    Array.from({ length: 32 }, (_, n) =>
      client.post('/api/v1/user', {
        identities: [username(`user${n}`), email(n % 2 ? 'Same@x.example' : 'same@X.example')],
      }),
    ),
  )
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array(31).fill(400)])
  for (const { status, body } of replies) if (status === 400) assert.equal(body.errors[0].code, 'USER_EXISTS')
  assert.equal((await client.get('/api/v1/users')).body.users.length, 1)
  assert.equal((await server.db.selectFrom('identities').selectAll().execute()).length, 2)
  assert.equal((await server.events()).length, 1)
})

test('32 users that are made at once, each with addresses of its own, all are', async (t) => {
  const server = await start(t)
  const client = server.as()
  const replies = await Promise.all(
    Array.from({ length: 32 }, (_, n) =>
      client.post('/api/v1/user', { identities: [email(`user${n}@x.example`), username(`user${n}`)] }),
    ),
  )
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  const { body } = await client.get('/api/v1/users?page_size=500&expand=organizations')
  const ids = (users: { id: string }[]) => users.map(({ id }) => id).sort()
  assert.deepEqual(ids(body.users), ids(replies.map((reply) => reply.body)))
  for (const user of body.users) assert.equal(user.organizations.length, 1)
  assert.equal((await server.events()).length, 32)
})

test('users that take the same addresses crosswise at once never lock each other out', async (t) => {
  const server = await start(t)
  const client = server.as()
  const pair = [email('a@x.example'), email('b@x.example')]
  const replies = await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      client.post('/api/v1/user', { identities: n % 2 ? pair : [...pair].reverse() }),
    ),
  )
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array(15).fill(400)])
})
