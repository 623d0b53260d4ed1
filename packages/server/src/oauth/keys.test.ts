import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { validateToken } from '@kinde/jwt-validator'
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose'
import type { KyselyPlugin } from 'kysely'
import { createCipher } from '../store/cipher.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { start, startOfTest, type TestServer, testDatabase } from '../testing.ts'
import { KeyRing, longestTokenLifetimeSeconds, makeSigningKey, type PublicJwk } from './keys.ts'
import { readPart } from './testing-oauth.ts'

const unneeded = () => Promise.reject(new Error('there is a key already'))

/** A second ring on the same database, as another node has it. */
function otherNode({ environment: { store, cipher, now } }: TestServer): Promise<KeyRing> {
  return KeyRing.open({ store, cipher, now, firstKey: unneeded })
}

function published(ring: KeyRing): PublicJwk[] {
  return JSON.parse(ring.jwks).keys
}

const kids = (ring: KeyRing) => new Set(published(ring).map(({ kid }) => kid))

/** A key id of the right form that no key has. */
function madeUp(index: number): string {
  return index.toString(16).padStart(32, '0').match(/../g)!.join(':')
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a key is RSA of 2048 bits, and shows as a JWK what Kinde’s does, in its order', async () => {
  const key = await makeSigningKey()
  assert.deepEqual(Object.keys(key.jwk), ['e', 'n', 'alg', 'kid', 'kty', 'use'])
  const { e, n, alg, kid, kty, use } = key.jwk
  assert.deepEqual([e, alg, kty, use], ['AQAB', 'RS256', 'RSA', 'sig'])
  assert.equal(Buffer.from(n, 'base64url').length, 256)
  assert.equal(kid, key.kid)
  assert.match(kid, /^[0-9a-f]{2}(:[0-9a-f]{2}){15}$/)
  const exported = await exportJWK(createPublicKey(key.privatePem))
  assert.deepEqual({ kty: exported.kty, n: exported.n, e: exported.e }, { kty, n, e })
  for (let index = 0; index < 300; index += 1) {
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: madeUp(index ** 9), typ: 'JWT' }))
    assert.doesNotMatch(header.toString('base64url'), /[-_]/)
  }
})

test('the next key is made once, and published before it is used', async (t) => {
  const { environment, token } = await start(t)
  const { keys } = environment
  const { kid } = keys.current
  assert.deepEqual(kids(keys), new Set([kid]))
  await Promise.all([keys.prepareNext(), keys.prepareNext()])
  await keys.prepareNext()
  assert.equal(kids(keys).size, 2)
  assert.equal(readPart(await token(), 'header').kid, kid)
})

test('after a rotation old tokens stay good, and new ones have the key that was next', async (t) => {
  const server = await start(t)
  const { keys } = server.environment
  await keys.prepareNext()
  const before = kids(keys)
  const old = await server.token('read:users')
  server.clock.advance(400_000)
  const { retired, current, next, publishedSeconds } = await keys.rotate()
  assert.deepEqual(new Set([retired, current]), before)
  assert.equal(publishedSeconds, 400)
  assert.deepEqual(kids(keys), new Set([retired, current, next]))
  const fresh = await server.token('read:users')
  assert.deepEqual([readPart(old, 'header').kid, readPart(fresh, 'header').kid], [retired, current])
  const jwks = createLocalJWKSet((await server.send({ method: 'GET', url: '/.well-known/jwks' })).body)
  for (const token of [old, fresh]) {
    assert.equal((await server.withToken(token).get('/api/v1/users')).status, 200)
    const options = { issuer: server.baseUrl, currentDate: new Date(server.environment.now()) }
    assert.equal((await jwtVerify(token, jwks, options)).protectedHeader.alg, 'RS256')
  }
})

test('without a next key a rotation makes one, and tells that nobody could know it before', async (t) => {
  const { environment } = await start(t)
  const first = environment.keys.current.kid
  const { retired, current, publishedSeconds } = await environment.keys.rotate()
  assert.deepEqual([retired, publishedSeconds], [first, 0])
  assert.equal(environment.keys.current.kid, current)
})

test('a retired key is published until the last token that it may have signed has expired', async (t) => {
  const { environment, clock } = await start(t)
  const { keys } = environment
  const { retired } = await keys.rotate()
  clock.advance(longestTokenLifetimeSeconds * 1000)
  await keys.rotate()
  assert.ok(kids(keys).has(retired))
  clock.advance(1)
  await keys.rotate()
  assert.ok(!kids(keys).has(retired))
  assert.equal(await keys.find(retired), undefined)
})

test('nodes see each other’s rotations, and two at a time leave one current and one next key', async (t) => {
  const server = await start(t)
  const { keys } = server.environment
  const other = await otherNode(server)
  const rotations = await Promise.all([keys.rotate(), other.rotate()])
  const rows = await server.db.selectFrom('signing_keys').selectAll().execute()
  const current = rows.filter((row) => row.activated_at_ms !== null && row.retired_at_ms === null)
  const next = rows.filter((row) => row.activated_at_ms === null)
  assert.deepEqual([rows.length, current.length, next.length], [4, 1, 1])
  assert.deepEqual(new Set(rotations.map(({ current }) => current)).size, 2)
  await until(() => keys.current.kid === current[0]!.kid && other.current.kid === current[0]!.kid)
  assert.deepEqual(kids(keys), new Set(rows.map(({ kid }) => kid)))
  assert.deepEqual(kids(other), kids(keys))
  assert.equal((await other.find(next[0]!.kid))?.kid, next[0]!.kid)
})

if (process.env.KINDRED_TEST_STORE !== undefined && process.env.KINDRED_TEST_STORE !== 'memory') {
  test('a node learns of a rotation that another process makes', async (t) => {
    const database = await testDatabase()
    const stores = [await openStore(database.url), await openStore(database.url, { exclusive: false })] as const
    t.after(async () => {
      for (const store of stores) await store.close()
      await database.drop()
    })
    const cipher = createCipher(Buffer.alloc(32, 7))
    const common = { cipher, now: Date.now }
    const mine = await KeyRing.open({ ...common, store: stores[0], firstKey: makeSigningKey })
    const theirs = await KeyRing.open({ ...common, store: stores[1], firstKey: unneeded })
    assert.equal(theirs.current.kid, mine.current.kid)
    const { current } = await theirs.rotate()
    await until(() => mine.current.kid === current)
    assert.deepEqual(kids(mine), kids(theirs))
  })
}

test('made-up key ids share one look in the database, and what is none of our form costs nothing', async (t) => {
  const server = await start(t)
  const { store, cipher, now } = server.environment
  let reads = 0
  const counter: KyselyPlugin = {
    transformQuery({ node }) {
      reads += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const counted: Store = { ...store, read: store.read.withPlugin(counter) }
  const ring = await KeyRing.open({ store: counted, cipher, now, firstKey: unneeded })
  const atStart = reads
  for (const kid of ['', 'x', '0'.repeat(47 * 1000), `${madeUp(1)}:00`, 'G'.repeat(47), '__proto__']) {
    assert.equal(await ring.find(kid), undefined)
  }
  assert.equal(reads, atStart)
  const flood = await Promise.all(Array.from({ length: 500 }, (_, index) => ring.find(madeUp(index))))
  assert.deepEqual(new Set(flood), new Set([undefined]))
  assert.equal(reads, atStart + 1)
  // One after the other they have to wait for the next look, which comes once a second.
  for (let index = 0; index < 200; index += 1) assert.equal(await ring.find(madeUp(index)), undefined)
  assert.ok(reads < atStart + 20)
})

test('whoever asks for a new key while it is being looked up gets it', async (t) => {
  const server = await start(t)
  const { store, cipher, now } = server.environment
  // A node that hears of no change.
  const deaf: Store = { ...store, onChange: () => () => {} }
  const ring = await KeyRing.open({ store: deaf, cipher, now, firstKey: unneeded })
  const { current, next } = await server.environment.keys.rotate()
  const found = await Promise.all([current, madeUp(1), next, current].map((kid) => ring.find(kid)))
  assert.deepEqual(
    found.map((key) => key?.kid),
    [current, undefined, next, current],
  )
})

test('another master key does not open the ring, and the refusal says which setting is wrong', async (t) => {
  const { environment } = await start(t)
  const { store, now } = environment
  const cipher = createCipher(Buffer.alloc(32, 8))
  await assert.rejects(KeyRing.open({ store, cipher, now, firstKey: unneeded }), {
    name: 'StartError',
    message: `KINDRED_SECRET_KEY: this key does not open the signing key ${environment.keys.current.kid}. Give the key that the database was made with.`,
  })
})

test('Kinde’s validator takes tokens from before and after a rotation, and none of another issuer', async (t) => {
  const server = await start(t)
  await server.environment.keys.prepareNext()
  const domain = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const old = await server.token()
  assert.equal((await validateToken({ token: old, domain })).valid, true)
  await server.environment.keys.rotate()
  // The set that the validator holds since then names the key already.
  for (const token of [old, await server.token()]) assert.equal((await validateToken({ token, domain })).valid, true)
  const foreign = await start(t)
  await foreign.environment.keys.rotate()
  assert.equal((await validateToken({ token: await foreign.token(), domain })).valid, false)
  assert.equal(server.environment.now(), startOfTest)
})
