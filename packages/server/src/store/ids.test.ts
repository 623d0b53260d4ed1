import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ids, randomIds, seededIds } from './ids.ts'

const now = Date.parse('2026-01-15T12:00:00.000Z')

const forms: [string, (ids: Ids) => string, RegExp][] = [
  ['application', (ids) => ids.application(), /^[0-9a-f]{32}$/],
  ['api', (ids) => ids.api(), /^[0-9a-f]{32}$/],
  ['organization', (ids) => ids.organization(), /^org_[0-9a-f]{11}$/],
  ['business', (ids) => ids.business(), /^bus_[0-9a-f]{11}$/],
  ['timed', (ids) => ids.timed('prop', now), /^prop_[0-9a-f]{32}$/],
  ['timed UUID', (ids) => ids.timedUuid(now), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['UUID', (ids) => ids.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  // What Kinde's server SDKs demand is 40 to 60 of these.
  ['secret', (ids) => ids.secret(), /^[A-Za-z0-9]{52}$/],
]

for (const [name, make, form] of forms) {
  test(`${name}: random ids and seeded ones have the same form, and none comes twice`, () => {
    for (const ids of [randomIds, seededIds()]) {
      const made = new Set(Array.from({ length: 2000 }, () => make(ids)))
      assert.equal(made.size, 2000)
      for (const id of made) assert.match(id, form)
    }
  })
}

test('seeded ids are the same for the same seed, and others for another', () => {
  const list = (seed: number) => {
    const ids = seededIds(seed)
    return forms.map(([, make]) => make(ids))
  }
  assert.deepEqual(list(1), list(1))
  assert.notDeepEqual(list(1), list(2))
})

test('random ids use all of their digits', () => {
  const made = Array.from({ length: 400 }, () => randomIds.application())
  for (let place = 0; place < 32; place += 1) assert.equal(new Set(made.map((id) => id[place])).size, 16)
  const characters = new Set(Array.from({ length: 200 }, () => randomIds.secret()).join(''))
  assert.equal(characters.size, 62)
})

test('timed ids sort by the time of their making', () => {
  const times = [0, 1, now, now + 1, now + 86_400_000, 2 ** 47]
  for (const make of [(at: number) => randomIds.timed('secret', at), (at: number) => randomIds.timedUuid(at)]) {
    const made = times.map(make)
    assert.deepEqual(made.toSorted(), made)
  }
})
