import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { compactVerify } from 'jose'
import { makeSigningKey, type SigningKey } from './keys.ts'
import { Signer } from './signer.ts'

const made = await makeSigningKey()
const privateKey = createPrivateKey(made.privatePem)
const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: made.kid, typ: 'JWT' })).toString('base64url')
const key: SigningKey = { kid: made.kid, privateKey, publicKey: createPublicKey(privateKey), jwk: made.jwk, header }

/** A key that tells when a signature with it begins. */
function watchedKey(begin: () => void): SigningKey {
  return {
    ...key,
    get privateKey() {
      begin()
      return privateKey
    },
  }
}

/**
 * Asks for so many signatures at the same moment.
 * @returns how many begin at once, the most that run at a time, and the order in which they end
 */
async function signMany(signer: Signer, count: number): Promise<{ atOnce: number; most: number; order: number[] }> {
  let begun = 0
  let most = 0
  const order: number[] = []
  const watched = watchedKey(() => {
    begun += 1
    // Not now: the one that ended has told the signer of it, and not yet this test.
    setImmediate(() => {
      most = Math.max(most, begun - order.length)
    })
  })
  const signOne = async (index: number) => {
    await signer.sign(`${header}.x`, watched)
    order.push(index)
  }
  const all = Array.from({ length: count }, (_, index) => signOne(index))
  const atOnce = begun
  await Promise.all(all)
  return { atOnce, most, order }
}

test('claims are signed as they are, with RS256', async () => {
  const signer = new Signer({ hasCompany: () => false })
  const token = await signer.signJwt({ b: [1, 'é', null], a: {} }, key)
  const { payload, protectedHeader } = await compactVerify(token, key.publicKey)
  assert.equal(Buffer.from(payload).toString(), '{"b":[1,"é",null],"a":{}}')
  assert.deepEqual(protectedHeader, { alg: 'RS256', kid: made.kid, typ: 'JWT' })
  assert.equal(token, await signer.signJwt({ b: [1, 'é', null], a: {} }, key))
})

for (const [cores, limit] of [
  [1, 1],
  [2, 1],
  [4, 3],
] as const) {
  test(`of ${cores} cores ${limit} sign beside other requests, and whoever comes first is served first`, async () => {
    const { atOnce, most, order } = await signMany(new Signer({ cores, hasCompany: () => true }), 40)
    assert.equal(atOnce, limit)
    assert.ok(most <= limit)
    assert.equal(order.length, 40)
    if (limit === 1)
      assert.deepEqual(
        order,
        Array.from({ length: 40 }, (_, index) => index),
      )
  })
}

test('without other requests every core signs, and there is a bound to what waits in the thread pool', async () => {
  const signer = new Signer({ cores: 3, hasCompany: () => false })
  const { atOnce, most, order } = await signMany(signer, 40)
  assert.ok(atOnce >= 3 && atOnce <= 6)
  assert.ok(most <= atOnce)
  assert.equal(order.length, 40)
  assert.equal((await signMany(signer, 2)).atOnce, 2)
})

test('company that comes or goes meanwhile takes or gives a core, and leaves nobody waiting', async () => {
  let asked = 0
  const signer = new Signer({
    cores: 3,
    hasCompany() {
      asked += 1
      return asked % 7 < 3
    },
  })
  const { most, order } = await signMany(signer, 100)
  assert.equal(order.length, 100)
  assert.ok(most <= 6)
})

test('a signature that fails gives its place back', async () => {
  const signer = new Signer({ cores: 1, hasCompany: () => false })
  const broken = watchedKey(() => {
    throw new Error('no key')
  })
  const outcomes = await Promise.allSettled([broken, key, broken, broken, key].map((one) => signer.sign('a.b', one)))
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
  )
  assert.equal((await signMany(signer, 5)).order.length, 5)
})
