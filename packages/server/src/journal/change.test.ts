import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedMembers } from './change.ts'

test('of an update those members are kept that differ', () => {
  const before = { id: 'x', name: 'Owl', tags: ['a'], note: null, size: 1 }
  assert.deepEqual(changedMembers({ before, after: { name: 'Owlet', tags: ['a'], note: '', size: undefined } }), {
    before: { name: 'Owl', note: null },
    after: { name: 'Owlet', note: '' },
  })
  assert.equal(changedMembers({ before, after: { name: 'Owl', tags: ['a'], note: null } }), null)
  assert.deepEqual(changedMembers({ before: {}, after: { on: false, off: null } }), {
    before: { on: null },
    after: { on: false },
  })
})

test('texts that are secret by their name are hidden, deep down and in lists too, and it shows that they changed', () => {
  const change = changedMembers({
    before: { client_secret: 'one', login: { password: 'two', name: 'Owl' }, secrets: ['three'], access_token: null },
    after: { client_secret: '1', login: { password: '2', name: 'Owl' }, secrets: ['3'], access_token: '4' },
  })
  const [was, is] = ['(hidden)', '(hidden, another one)']
  assert.deepEqual(change, {
    before: { client_secret: was, login: { password: was, name: 'Owl' }, secrets: [was], access_token: null },
    after: { client_secret: is, login: { password: is, name: 'Owl' }, secrets: [is], access_token: is },
  })
})

test('what is named like a secret and is none stays to be read', () => {
  const before = { is_password_reset_requested: false, refresh_token_lifetime_seconds: 60, key: 'a' }
  const after = { is_password_reset_requested: true, refresh_token_lifetime_seconds: 61, key: 'b' }
  assert.deepEqual(changedMembers({ before, after }), { before, after })
})

test('the value of what is secret, or was until now, is hidden', () => {
  const values = (was: boolean, is: boolean) => {
    const change = changedMembers({
      before: { is_secret: was, value: 'seeds' },
      after: { is_secret: is, value: 'mice' },
    })
    return [change?.before.value, change?.after.value]
  }
  assert.deepEqual(values(false, false), ['seeds', 'mice'])
  const hidden = ['(hidden)', '(hidden, another one)']
  for (const [was, is] of [
    [true, true],
    [true, false],
    [false, true],
  ] as const) {
    assert.deepEqual(values(was, is), hidden)
  }
})
