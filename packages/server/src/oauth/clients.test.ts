import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import type { Store } from '../store/store.ts'
import { addApplication, start, type TestServer } from '../testing.ts'
import { Clients } from './clients.ts'
import { addApi } from './testing-oauth.ts'

/** Applications of a running server, with a count of the reads that they cost. */
function countingClients({ environment }: TestServer) {
  const reads = { count: 0 }
  const counter: KyselyPlugin = {
    transformQuery({ node }) {
      reads.count += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const store: Store = { ...environment.store, read: environment.store.read.withPlugin(counter) }
  return { clients: new Clients(store, environment.now), reads }
}

test('an application is read once, and anew after a minute or a change', async (t) => {
  const server = await start(t)
  const { clients, reads } = countingClients(server)
  const { clientId } = await addApplication(server, { scopes: ['read:users', 'read:apis'] })
  assert.equal(clients.peek(clientId), undefined)
  const client = await clients.find(clientId)
  const once = reads.count
  assert.deepEqual([clients.peek(clientId), await clients.find(clientId)], [client, client])
  assert.equal(reads.count, once)
  server.clock.advance(59_999)
  assert.equal(await clients.find(clientId), client)
  server.clock.advance(1)
  assert.equal(clients.peek(clientId), undefined)
  assert.deepEqual(await clients.find(clientId), client)
  assert.equal(reads.count, once * 2)
  await server.write((db) => db.deleteFrom('api_application_scopes').where('application_id', '=', clientId).execute())
  assert.equal(clients.peek(clientId), undefined)
  assert.deepEqual([...(await clients.find(clientId))!.scopes], [])
})

test('what has nothing to do with applications makes nobody forget them', async (t) => {
  const server = await start(t)
  const { clients } = countingClients(server)
  const { clientId } = server.firstClient
  const client = await clients.find(clientId)
  await server.as().post('/api/v1/user', { profile: { given_name: 'Ada' } })
  await server.write((db) => db.insertInto('revoked_tokens').values({ jti: 'x', expires_at_seconds: 1 }).execute())
  await server.environment.keys.prepareNext()
  assert.equal(clients.peek(clientId), client)
  await server.as().post('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })
  assert.equal(clients.peek(clientId), undefined)
})

test('an application comes with its grants, by audience, their scopes in order', async (t) => {
  const server = await start(t)
  const { clientId } = await addApplication(server, { scopes: ['read:users', 'create:users'] })
  await addApi(server, { audience: 'zoo', scopes: ['feed:owls', 'clean:owls'], clientId })
  const client = (await server.environment.clients.find(clientId))!
  assert.deepEqual(
    client.grants,
    new Map([
      [
        'https://localhost:8443/api',
        {
          audience: 'https://localhost:8443/api',
          isManagementApi: true,
          scopes: ['create:users', 'read:users'],
        },
      ],
      ['zoo', { audience: 'zoo', isManagementApi: false, scopes: ['clean:owls', 'feed:owls'] }],
    ]),
  )
  assert.deepEqual([...client.scopes].sort(), ['clean:owls', 'create:users', 'feed:owls', 'read:users'])
  assert.deepEqual([client.id, client.type, client.orgCode, client.isSuspended], [clientId, 'm2m', null, false])
})

test('an id that belongs to nobody is looked up once, and one that cannot be an id never', async (t) => {
  const server = await start(t)
  const { clients, reads } = countingClients(server)
  for (let attempt = 0; attempt < 3; attempt += 1) assert.equal(await clients.find('0'.repeat(32)), undefined)
  assert.equal(reads.count, 1)
  for (const id of ['', '\0', 'é', 'a b', '"', 'x'.repeat(65), 'x'.repeat(1_000_000)]) {
    assert.equal(await clients.find(id), undefined)
  }
  assert.equal(reads.count, 1)
})

test('a flood of unknown ids pushes out no application', async (t) => {
  const server = await start(t)
  const { clients } = countingClients(server)
  const { clientId } = server.firstClient
  const client = await clients.find(clientId)
  for (let round = 0; round < 101; round += 1) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => clients.find(`made-up-${round}-${index}`)))
  }
  assert.equal(clients.peek(clientId), client)
})
