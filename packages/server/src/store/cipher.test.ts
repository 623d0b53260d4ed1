import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import { createCipher } from './cipher.ts'

const cipher = createCipher(Buffer.alloc(32, 7))
const place = 'application_secrets:1'

test('what is sealed opens again, any text', () => {
  for (const text of ['', 'a', 'é\u0000\u{1f989}', 'x'.repeat(100_000)]) {
    const sealed = cipher.seal(text, place)
    assert.match(sealed, /^v1\.[A-Za-z0-9_-]+$/)
    assert.equal(cipher.open(sealed, place), text)
  }
})

test('the same text is sealed differently each time, and shows nothing of itself', () => {
  const sealed = new Set(Array.from({ length: 1000 }, () => cipher.seal('secret', place)))
  assert.equal(sealed.size, 1000)
  for (const one of sealed) assert.ok(!Buffer.from(one.slice(3), 'base64url').includes('secret'))
})

test('a sealed text opens for its own place and under its own key only', () => {
  const sealed = cipher.seal('secret', place)
  assert.throws(() => cipher.open(sealed, 'application_secrets:2'))
  assert.throws(() => cipher.open(sealed, ''))
  assert.throws(() => createCipher(Buffer.alloc(32, 8)).open(sealed, place))
})

test('a text that was changed anywhere, or cut off, does not open', () => {
  const bytes = Buffer.from(cipher.seal('secret', place).slice(3), 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index]! ^= 1
    assert.throws(() => cipher.open(`v1.${changed.toString('base64url')}`, place), `byte ${index}`)
    assert.throws(() => cipher.open(`v1.${bytes.subarray(0, index).toString('base64url')}`, place), `cut at ${index}`)
  }
  for (const none of ['', 'v1', 'v1.', 'v2.AAAA', 'secret', bytes.toString('base64url')]) {
    assert.throws(() => cipher.open(none, place))
  }
})

test('a seal with a shorter tag, which could be guessed, does not open', () => {
  const nonce = Buffer.alloc(12, 1)
  const key = cipher.deriveKey('seal')
  for (const authTagLength of [4, 8, 12, 15]) {
    const aes = createCipheriv('aes-256-gcm', key, nonce, { authTagLength }).setAAD(Buffer.from(place))
    aes.final()
    const sealed = Buffer.concat([nonce, aes.getAuthTag()]).toString('base64url')
    assert.throws(() => cipher.open(`v1.${sealed}`, place), String(authTagLength))
  }
})

test('keys for other purposes differ from each other and from the master key, and are the same at each start', () => {
  const again = createCipher(Buffer.alloc(32, 7))
  const keys = ['seal', 'page tokens', ''].map((purpose) => cipher.deriveKey(purpose))
  assert.deepEqual(
    keys,
    ['seal', 'page tokens', ''].map((purpose) => again.deriveKey(purpose)),
  )
  assert.equal(new Set([...keys, Buffer.alloc(32, 7)].map((key) => key.toString('hex'))).size, 4)
  for (const key of keys) assert.equal(key.length, 32)
})
