import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seqOfUser } from '../../store/users.ts'
import { addApplication, start, type TestClient, type TestServer } from '../../testing.ts'

const email = (address: string) => ({ type: 'email', details: { email: address } })

/** Makes a user. @returns its id */
async function made(server: TestServer, body?: unknown): Promise<string> {
  const reply = await server.as().post('/api/v1/user', body)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body.id
}

async function madeOrganization(server: TestServer, name: string): Promise<string> {
  const reply = await server.as().post('/api/v1/organization', { name })
  assert.equal(reply.status, 200)
  return reply.body.organization.code
}

/** A client of an application that belongs to one organization. */
async function clientOf(server: TestServer, orgCode: string, ...scopes: string[]): Promise<TestClient> {
  const { clientId, clientSecret } = await addApplication(server, { scopes, orgCode })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { body } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  return server.withToken(body.access_token)
}

test('expand adds what it names, for those who have it, and passes over other words', async (t) => {
  const server = await start(t)
  const id = await made(server, { identities: [email('a@x.example')] })
  const plain = await made(server)
  await server.write(async (db) => {
    const customer = { id: 'customer_1', user_id: id, email: 'a@x.example', created_at_ms: 0 }
    await db.insertInto('billing_customers').values(customer).execute()
  })
  const members = async (expand: string) => {
    const { body } = await server.as().get(`/api/v1/users?expand=${expand}`)
    const shown = ['organizations', 'identities', 'billing']
    return body.users.map((user: object) => Object.keys(user).filter((name) => shown.includes(name)))
  }
  assert.deepEqual(await members(''), [[], []])
  assert.deepEqual(await members('nonsense'), [[], []])
  assert.deepEqual(await members('identities,nonsense,,%20organizations'), [
    ['organizations', 'identities'],
    ['organizations', 'identities'],
  ])
  assert.deepEqual(await members('billing'), [['billing'], []])
  const one = await server.as().get(`/api/v1/user?id=${id}&expand=billing`)
  assert.deepEqual(one.body.billing, { customer_id: 'customer_1' })
  assert.equal('billing' in (await server.as().get(`/api/v1/user?id=${plain}&expand=billing`)).body, false)
})

test('an application of one organization sees its members only, and nothing that they have elsewhere', async (t) => {
  const server = await start(t)
  const acme = await madeOrganization(server, 'Acme')
  const other = await madeOrganization(server, 'Other')
  const member = await made(server, { organization_code: acme, identities: [email('in@x.example')] })
  const stranger = await made(server, { organization_code: other, identities: [email('out@x.example')] })
  await server.write(async (db) => {
    await db
      .insertInto('organization_users')
      .values({ organization_code: other, user_id: member, joined_at_ms: 1, user_seq: seqOfUser(db, member) })
      .execute()
  })
  const client = await clientOf(server, acme, 'read:users', 'create:users', 'update:users', 'delete:users')

  const list = await client.get('/api/v1/users?expand=organizations,identities')
  assert.deepEqual(
    list.body.users.map((user: Record<string, unknown>) => [user.id, user.organizations, user.identities]),
    [[member, [acme], [{ type: 'email', identity: 'in@x.example', connection_id: null }]]],
  )
  const address = '/api/v1/users?email=in@x.example,out@x.example'
  assert.equal((await client.get(address)).body.users.length, 1)
  assert.equal((await server.as().get(address)).body.users.length, 2)
  const one = await client.get(`/api/v1/user?id=${member}&expand=organizations`)
  assert.deepEqual(one.body.organizations, [acme])
  assert.equal((await client.get(`/api/v1/user?id=${stranger}`)).status, 404)

  for (const reply of [
    await client.post('/api/v1/user', {}),
    await client.patch(`/api/v1/user?id=${member}`, { given_name: 'x' }),
    await client.delete(`/api/v1/user?id=${member}`),
  ]) {
    assert.deepEqual([reply.status, reply.body.errors[0].code], [403, 'ORGANIZATION_ACCESS_DENIED'])
  }
})
