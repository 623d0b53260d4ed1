import assert from 'node:assert/strict'
import { test } from 'node:test'
import { billingPeriod, createCustomer, putPlan, usageOf } from '../store/billing.ts'
import { start, startOfTest, type TestServer } from '../testing.ts'

async function scene(server: TestServer) {
  const { body: user } = await server.as().post('/api/v1/user')
  const { ids } = server.environment
  const customerId = await server.write(async (db) => {
    const owls = { code: 'owls', name: 'Owls', priceName: 'Owl', unitAmount: 5, limitMax: 10 }
    await putPlan(db, { code: 'free', name: 'Free', features: [owls] }, startOfTest)
    const features = [
      { ...owls, limitMax: null },
      { code: 'bats', name: 'Bats', fixedCharge: 900, limitMin: 1 },
    ]
    await putPlan(db, { code: 'pro', name: 'Pro', groupId: 'sbg_1', features }, startOfTest)
    const customer = { userId: user.id, organizationCode: null, email: 'owl@zoo.example' }
    return createCustomer(db, customer, { ids, now: startOfTest })
  })
  const agree = (plan_code: string) =>
    server.as().post('/api/v1/billing/agreements', { customer_id: customerId, plan_code })
  const agreements = async (query = '') =>
    (await server.as().get(`/api/v1/billing/agreements?customer_id=${customerId}${query}`)).body
  return { customerId, agree, agreements }
}

test('a new agreement takes the place of the one before, and its plan says what may be used', async (t) => {
  const server = await start(t)
  const { customerId, agree, agreements } = await scene(server)
  assert.equal((await agree('free')).status, 200)
  server.clock.advance(86_400_000)
  assert.equal((await agree('pro')).status, 200)
  const { agreements: list } = await agreements()
  assert.deepEqual(
    list.map((row: { plan_code: string; expires_on: string | null }) => [row.plan_code, row.expires_on]),
    [
      ['free', '2026-01-16T12:00:00.000+00:00'],
      ['pro', null],
    ],
  )
  assert.deepEqual(
    [list[1].billing_group_id, list[1].current_period_start, list[1].current_period_end],
    ['sbg_1', '2026-01-16T12:00:00.000+00:00', '2026-02-16T12:00:00.000+00:00'],
  )
  assert.deepEqual([list[0].current_period_start, list[0].current_period_end], [null, null])
  const { body } = await server
    .as()
    .get(`/api/v1/billing/entitlements?customer_id=${customerId}&expand=plans&max_value=500`)
  assert.deepEqual(
    body.entitlements.map(({ id: _, ...rest }: { id: string }) => rest),
    [
      { price_name: 'Owl', unit_amount: 5, feature_code: 'owls', feature_name: 'Owls', entitlement_limit_max: 500 },
      {
        fixed_charge: 900,
        feature_code: 'bats',
        feature_name: 'Bats',
        entitlement_limit_max: 500,
        entitlement_limit_min: 1,
      },
    ],
  )
  assert.deepEqual(body.plans, [{ code: 'pro', subscribed_on: '2026-01-16T12:00:00.000+00:00' }])
  assert.deepEqual(
    (await server.events()).map(({ type }) => type).filter((type) => type.startsWith('customer.')),
    [
      'customer.agreement_created',
      'customer.plan_assigned',
      'customer.agreement_cancelled',
      'customer.agreement_created',
      'customer.plan_changed',
    ],
  )
  assert.equal((await agreements('&feature_code=bats')).agreements.length, 1)
})

test('of several agreements that are made at once, the last one holds and ended each of the others', async (t) => {
  const server = await start(t)
  const { agree, agreements } = await scene(server)
  const replies = await Promise.all(['free', 'pro', 'free', 'pro', 'free'].map((plan) => agree(plan)))
  for (const { status } of replies) assert.equal(status, 200)
  const { agreements: list } = await agreements()
  assert.deepEqual(
    list.map(({ expires_on }: { expires_on: string | null }) => expires_on === null),
    [false, false, false, false, true],
  )
  const cancelled = (await server.events()).filter(({ type }) => type === 'customer.agreement_cancelled')
  assert.equal(cancelled.length, 4)
})

test('usage adds up exactly, and an absolute report replaces what came before', async (t) => {
  const server = await start(t)
  const { agree, agreements } = await scene(server)
  await agree('free')
  const { id } = (await agreements()).agreements[0]
  const report = (meter_value: unknown, more = {}) =>
    server.as().post('/api/v1/billing/meter_usage', {
      customer_agreement_id: id,
      billing_feature_code: 'owls',
      meter_value,
      ...more,
    })
  const used = () => usageOf(server.db, id, 'owls', { start: startOfTest, end: startOfTest + 1e9 })
  await report('0.1')
  await report(0.2)
  assert.equal(await used(), '0.3')
  await report('7', { meter_type_code: 'absolute' })
  await report('1.5', { meter_type_code: 'delta' })
  assert.equal(await used(), '8.5')
  await report('100', { meter_usage_timestamp: '2025-12-01T00:00:00+01:00' })
  assert.equal(await used(), '8.5')
  for (const [value, more, code] of [
    ['many', {}, 'INVALID_METER_VALUE'],
    ['-1', {}, 'INVALID_METER_VALUE'],
    ['1', { customer_agreement_id: 'none' }, 'AGREEMENT_NOT_FOUND'],
    ['1', { billing_feature_code: 'bats' }, 'FEATURE_NOT_FOUND'],
    ['1', { meter_usage_timestamp: 'yesterday' }, 'INVALID_VALUE'],
  ] as const) {
    const reply = await report(value, more)
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, code])
  }
})

test('usage that is reported when its month is over counts for the month in which it comes', async (t) => {
  const server = await start(t)
  const { agree, agreements } = await scene(server)
  await agree('free')
  const { id } = (await agreements()).agreements[0]
  const report = (meter_value: string, meter_usage_timestamp: string) =>
    server.as().post('/api/v1/billing/meter_usage', {
      customer_agreement_id: id,
      billing_feature_code: 'owls',
      meter_value,
      meter_usage_timestamp,
    })
  const used = (at: string) => usageOf(server.db, id, 'owls', billingPeriod(startOfTest, Date.parse(at)))
  await report('1', '2026-01-20T00:00:00Z')
  server.clock.advance(40 * 86_400_000)
  await report('20', '2026-01-21T00:00:00Z')
  await report('300', '2026-02-20T00:00:00Z')
  // Told ahead of its time, it counts in its time.
  await report('4000', '2026-03-20T00:00:00Z')
  assert.deepEqual(
    [await used('2026-01-31T00:00:00Z'), await used('2026-02-24T00:00:00Z'), await used('2026-03-30T00:00:00Z')],
    ['1', '320', '4000'],
  )
})

test('an unknown customer or plan changes nothing', async (t) => {
  const server = await start(t)
  const { customerId, agreements } = await scene(server)
  const post = (body: unknown) => server.as().post('/api/v1/billing/agreements', body)
  assert.equal((await post({ customer_id: 'none', plan_code: 'free' })).body.errors[0].code, 'CUSTOMER_NOT_FOUND')
  assert.equal((await post({ customer_id: customerId, plan_code: 'none' })).body.errors[0].code, 'PLAN_NOT_FOUND')
  assert.deepEqual((await agreements()).agreements, [])
})

test('a period begins on the day of the agreement, or on the last day of a shorter month', () => {
  const start = Date.parse('2026-01-31T10:00:00Z')
  const period = (now: string) => {
    const { start: begin, end } = billingPeriod(start, Date.parse(now))
    return [new Date(begin).toISOString().slice(0, 10), new Date(end).toISOString().slice(0, 10)]
  }
  assert.deepEqual(period('2026-02-01T00:00:00Z'), ['2026-01-31', '2026-02-28'])
  assert.deepEqual(period('2026-02-28T10:00:00Z'), ['2026-02-28', '2026-03-31'])
  assert.deepEqual(period('2027-04-30T09:59:59Z'), ['2027-03-31', '2027-04-30'])
})
