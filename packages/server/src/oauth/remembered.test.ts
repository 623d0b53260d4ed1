import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Remembered } from './remembered.ts'

test('what is remembered is given until its time is over', () => {
  const remembered = new Remembered<string>({ most: 10, forMs: 1000 })
  remembered.set('a', 'A', 5000)
  remembered.set('b', 'B', 5000, 5500)
  remembered.set('c', 'C', 5000, 9999)
  const given = (now: number) => ['a', 'b', 'c', 'd'].map((key) => remembered.get(key, now))
  assert.deepEqual(given(5499), ['A', 'B', 'C', undefined])
  assert.deepEqual(given(5500), ['A', undefined, 'C', undefined])
  assert.deepEqual(given(5999), ['A', undefined, 'C', undefined])
  assert.deepEqual(given(6000), [undefined, undefined, undefined, undefined])
})

test('it is given for its whole time, whatever comes meanwhile, if there is room', () => {
  const remembered = new Remembered<number>({ most: 1000, forMs: 1000 })
  for (let now = 0; now < 10_000; now += 7) {
    remembered.set(`at ${now}`, now, now)
    if (now >= 994) assert.equal(remembered.get(`at ${now - 994}`, now), now - 994)
  }
})

test('there is never more than fits, and the oldest goes first', () => {
  const remembered = new Remembered<number>({ most: 6, forMs: 1000 })
  for (let index = 0; index < 1000; index += 1) {
    remembered.set(`key ${index}`, index, 0)
    assert.ok(remembered.size <= 6)
    if (index >= 2) assert.equal(remembered.get(`key ${index - 2}`, 0), index - 2)
  }
  assert.equal(remembered.get('key 0', 0), undefined)
})

test('what is set again has the new value, and takes nobody’s place', () => {
  const remembered = new Remembered<string>({ most: 4, forMs: 1000 })
  for (let times = 0; times < 10; times += 1) {
    remembered.set('a', `A${times}`, 0)
    remembered.set('b', `B${times}`, 0)
    assert.deepEqual([remembered.get('a', 0), remembered.get('b', 0)], [`A${times}`, `B${times}`])
  }
})

test('what is over takes no room for long', () => {
  const remembered = new Remembered<number>({ most: 1000, forMs: 1000 })
  for (let index = 0; index < 100; index += 1) remembered.set(`key ${index}`, index, 0)
  remembered.set('new', 1, 1000)
  remembered.set('newer', 1, 2000)
  assert.equal(remembered.size, 2)
  remembered.clear()
  assert.deepEqual([remembered.size, remembered.get('newer', 2000)], [0, undefined])
})
