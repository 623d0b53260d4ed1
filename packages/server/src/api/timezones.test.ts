import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { timezoneNames } from './timezone-names.ts'

const day = 24 * 3_600_000

test('time zones are listed with a key that is city and zone in snake case', async (t) => {
  const { as } = await start(t)
  const { status, body } = await as('read:timezones').get('/api/v1/timezones')
  assert.equal(status, 200)
  const timezones: { key: string; name: string }[] = body.timezones
  assert.ok(timezones.length >= 90)
  assert.equal(new Set(timezones.map(({ key }) => key)).size, timezones.length)
  for (const { key, name } of timezones) {
    assert.match(name, /^.+ \(.+\) \[[+-]\d\d:\d\d\]$/)
    assert.match(key, /^[a-z]+(_[a-z]+)*$/)
    const words = name.slice(0, name.indexOf(' [')).replace("'", '')
    assert.equal(
      key,
      words
        .toLowerCase()
        .match(/[a-z]+/g)!
        .join('_'),
    )
  }
})

test('a time zone shows the offset of the moment, summer time included', async (t) => {
  const { as, clock } = await start(t)
  const names = async () => {
    const { body } = await as('read:timezones').get('/api/v1/timezones')
    return Object.fromEntries(body.timezones.map(({ key, name }: { key: string; name: string }) => [key, name]))
  }
  const january = await names()
  assert.equal(january.london_greenwich_mean_time, 'London (Greenwich Mean Time) [+00:00]')
  assert.equal(january.los_angeles_pacific_standard_time, 'Los Angeles (Pacific Standard Time) [-08:00]')
  assert.equal(january.kathmandu_nepal_time, 'Kathmandu (Nepal Time) [+05:45]')
  clock.advance(180 * day)
  const july = await names()
  assert.equal(july.london_greenwich_mean_time, 'London (Greenwich Mean Time) [+01:00]')
  assert.equal(july.los_angeles_pacific_standard_time, 'Los Angeles (Pacific Standard Time) [-07:00]')
})

test('summer time begins to the second', () => {
  const begins = Date.parse('2026-03-29T01:00:00Z')
  const london = (now: number) => timezoneNames(now).get('london_greenwich_mean_time')
  assert.equal(london(begins - 1), 'London (Greenwich Mean Time) [+00:00]')
  assert.equal(london(begins), 'London (Greenwich Mean Time) [+01:00]')
})

test('time zones run from west to east', () => {
  const names = timezoneNames(Date.parse('2026-01-15T12:00:00Z')).values()
  const hours = Array.from(names, (name) => {
    const [, sign, hour, minute] = /\[([+-])(\d\d):(\d\d)\]$/.exec(name)!
    return Number(`${sign}1`) * (Number(hour) + Number(minute) / 60)
  })
  for (const [index, hour] of hours.slice(1).entries()) {
    // The order is that of standard time; in January the south is an hour ahead of it.
    assert.ok(hour >= hours[index]! - 1, `entry ${index + 1} lies west of the one before`)
  }
})
