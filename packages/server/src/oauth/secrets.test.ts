import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashSecret, sameHash } from './secrets.ts'

test('a secret is hashed with SHA-256, over its UTF-8', () => {
  // FIPS 180-4, and the same text in two normal forms, which are two secrets.
  assert.equal(hashSecret('abc').toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(hashSecret('').toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  assert.notDeepEqual(hashSecret('é'), hashSecret('e\u0301'))
  assert.equal(hashSecret('x'.repeat(1_000_000)).length, 32)
})

test('hashes are the same when every byte is; of another length they never are', () => {
  const hash = hashSecret('abc')
  assert.equal(sameHash(hash, hashSecret('abc')), true)
  for (let index = 0; index < hash.length; index += 1) {
    const other = Buffer.from(hash)
    other[index]! ^= 1
    assert.equal(sameHash(hash, other), false)
  }
  assert.equal(sameHash(hash, hash.subarray(1)), false)
  assert.equal(sameHash(hash, Buffer.alloc(0)), false)
  assert.equal(sameHash(Buffer.alloc(0), hash), false)
})
