import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deviation } from './compare.ts'
import { judge, report } from './report.ts'

const scope: Deviation = { operation: 'getWidgets', what: 'scope', pointer: '', official: 'read:widgets', ours: 'none' }
const tag: Deviation = { operation: 'getWidgets', what: 'tag', pointer: '', official: 'Widgets', ours: 'Gadgets' }
const scopeKey = 'getWidgets scope: read:widgets -> none'
const tagKey = 'getWidgets tag: Widgets -> Gadgets'

test('a deviation needs a reason in words', () => {
  assert.deepEqual(judge([scope, tag], { [scopeKey]: 'Widgets are public here.', [tagKey]: ' ' }), {
    explained: [{ key: scopeKey, reason: 'Widgets are public here.' }],
    unexplained: [tagKey],
    stale: [],
  })
})

test('a reason whose deviation is gone is stale', () => {
  assert.deepEqual(judge([], { [scopeKey]: 'Widgets are public here.' }), {
    explained: [],
    unexplained: [],
    stale: [scopeKey],
  })
})

test('the report counts, shows a table of tags, then each deviation with its reason', () => {
  const comparison = {
    tags: new Map([
      ['Widgets', { present: 1, total: 2 }],
      ['Gear', { present: 0, total: 1 }],
    ]),
    total: 3,
    present: ['getWidgets'],
    missing: ['getWidget', 'getGear'],
    extra: ['GET /healthz'],
    deviations: [scope, tag],
  }
  const reasons = { [scopeKey]: 'Widgets are public here.', 'getGear tag: Gear -> Gears': 'Once there were several.' }
  assert.equal(
    report(comparison, judge(comparison.deviations, reasons)),
    `1 of 3 operations, 2 deviations (1 with a reason, 1 without)

  Widgets    1/2
  Gear       0/1

Deviations:
  ${tagKey}
    NO REASON
  ${scopeKey}
    Widgets are public here.

Stale reasons (no such deviation):
  getGear tag: Gear -> Gears

Operations of our own (1):
  GET /healthz`,
  )
})
