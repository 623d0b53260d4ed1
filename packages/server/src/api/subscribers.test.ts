import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../testing.ts'

const add = (server: TestServer, first_name: string, last_name: string, email: string) =>
  server.as().post(`/api/v1/subscribers?${new URLSearchParams({ first_name, last_name, email })}`)

test('a subscriber is made from the query or from a body, and found again', async (t) => {
  const server = await start(t)
  const made = await add(server, 'Ada', 'Lovelace', 'Ada@Example.com')
  assert.equal(made.status, 201)
  const id = made.body.subscriber.subscriber_id
  assert.match(id, /^subscriber_[0-9a-f]{32}$/)
  assert.deepEqual(made.body, { subscriber: { subscriber_id: id } })
  assert.deepEqual((await server.as().get(`/api/v1/subscribers/${id}`)).body, {
    code: 'OK',
    message: 'Success',
    subscribers: [{ id, preferred_email: 'Ada@Example.com', first_name: 'Ada', last_name: 'Lovelace' }],
  })
  const body = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@example.com' }
  assert.equal((await server.as().post('/api/v1/subscribers', body)).status, 201)
  assert.deepEqual((await server.events())[0]?.data, {
    subscriber: { id, email: 'Ada@Example.com', first_name: 'Ada', last_name: 'Lovelace', user_id: null },
  })
})

test('an address subscribes once, whatever its case', async (t) => {
  const server = await start(t)
  await add(server, 'Ada', 'L', 'ada@example.com')
  const second = await add(server, 'Ada', 'L', 'ADA@example.com')
  assert.deepEqual([second.status, second.body.errors[0].code], [400, 'SUBSCRIBER_EXISTS'])
  assert.equal((await add(server, 'Ada', 'L', 'nonsense')).body.errors[0].code, 'INVALID_EMAIL')
  assert.equal((await add(server, 'Ada', 'L', '')).body.errors[0].code, 'EMAIL_REQUIRED')
  assert.equal((await server.as().get('/api/v1/subscribers/none')).status, 404)
})

test('subscribers are listed to the end in every order', async (t) => {
  const server = await start(t)
  const people = [
    ['Cleo', 'a@example.com'],
    ['ada', 'c@example.com'],
    ['Bob', 'b@example.com'],
    ['Ada', 'd@example.com'],
  ] as const
  for (const [name, email] of people) await add(server, name, '', email)
  const walk = async (sort: string) => {
    const seen: string[] = []
    for (let token = ''; ; ) {
      const { body } = await server.as().get(`/api/v1/subscribers?page_size=1&sort=${sort}&next_token=${token}`)
      seen.push(...body.subscribers.map((row: { email: string }) => row.email[0]))
      if (body.next_token === undefined) return seen.join('')
      token = body.next_token
    }
  }
  assert.equal(await walk(''), 'acbd')
  assert.equal(await walk('email_asc'), 'abcd')
  assert.equal(await walk('email_desc'), 'dcba')
  assert.equal(await walk('name_asc'), 'cdba')
  assert.equal(await walk('name_desc'), 'abdc')
})
