import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest } from '../testing.ts'
import { ownerBrowser } from './testing-console.ts'

const plans = '/admin/api/billing/plans'
const owls = { code: 'owls', name: 'Owls', price_name: 'Owl', unit_amount: 5, limit_max: 10 }
const all = { price_name: null, fixed_charge: null, unit_amount: null, limit_max: null, limit_min: null }

test('a plan is set up, put into an agreement, changed for those that come after, and kept while it is in use', async (t) => {
  const server = await start(t)
  const api = server.as()
  const free = await api.put(`${plans}/free`, { name: 'Free', is_default: true, features: [owls] })
  const plan = { code: 'free', name: 'Free', group_id: null, is_default: true, features: [{ ...all, ...owls }] }
  assert.deepEqual([free.status, free.body.plan], [200, plan])
  assert.equal((await api.put(`${plans}/pro`, { name: 'Pro', group_id: 'sbg_1', features: [] })).status, 200)
  const { body: listed } = await api.get(plans)
  assert.deepEqual([listed.plans[0], listed.plans[1].code, listed.plans.length], [plan, 'pro', 2])

  const { body: user } = await api.post('/api/v1/user')
  const made = await api.post('/admin/api/billing/customers', { user_id: user.id, email: 'Owl@zoo.example' })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  const { customer } = made.body
  assert.deepEqual([customer.user_id, customer.org_code, customer.agreements[0].plan_code], [user.id, null, 'free'])
  const { body: seen } = await api.get(`/api/v1/user?id=${user.id}&expand=billing`)
  assert.deepEqual(seen.billing, { customer_id: customer.id })

  const more = { ...owls, limit_max: 20 }
  await api.put(`${plans}/free`, { name: 'Free', is_default: true, features: [more] })
  const entitled = async () =>
    (await api.get(`/api/v1/billing/entitlements?customer_id=${customer.id}`)).body.entitlements[0]
      .entitlement_limit_max
  assert.equal(await entitled(), 10)
  await api.post('/api/v1/billing/agreements', { customer_id: customer.id, plan_code: 'free' })
  assert.equal(await entitled(), 20)

  const kept = await api.delete(`${plans}/free`)
  assert.deepEqual([kept.status, kept.body.errors[0].code], [400, 'BILLING_PLAN_IN_USE'])
  assert.equal((await api.delete(`${plans}/pro`)).status, 200)
  assert.equal((await api.delete(`${plans}/pro`)).status, 404)
  const told = (await server.events()).filter(({ type }) => type.startsWith('billing_'))
  assert.deepEqual(
    told.map(({ type }) => type),
    [
      'billing_plan.created',
      'billing_plan.created',
      'billing_customer.created',
      'billing_plan.updated',
      'billing_plan.deleted',
    ],
  )
  const events = (await server.events()).length
  await api.put(`${plans}/free`, { name: 'Free', is_default: true, features: [more] })
  assert.equal((await server.events()).length, events)
})

test('an administrator sees what a customer has used, month by month', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  await owner.put(`${plans}/free`, { name: 'Free', features: [owls, { code: 'bats', name: 'Bats' }] })
  const { organization } = (await server.as().post('/api/v1/organization', { name: 'Zoo' })).body
  const body = { org_code: organization.code, email: 'zoo@zoo.example', plan_code: 'free' }
  const { customer } = (await owner.post('/admin/api/billing/customers', body)).body
  const [agreement] = customer.agreements
  const report = (meter_value: string) =>
    server.as().post('/api/v1/billing/meter_usage', {
      customer_agreement_id: agreement.id,
      billing_feature_code: 'owls',
      meter_value,
    })
  await report('1.5')
  await report('2')
  const read = async () => (await owner.get(`/admin/api/billing/customers/${customer.id}`)).body.customer
  assert.deepEqual(await read(), {
    id: customer.id,
    user_id: null,
    org_code: organization.code,
    email: 'zoo@zoo.example',
    created_at: new Date(startOfTest).toISOString(),
    agreements: [
      {
        id: agreement.id,
        plan_code: 'free',
        started_at: new Date(startOfTest).toISOString(),
        ended_at: null,
        usage: [
          { feature_code: 'owls', used: '3.5' },
          { feature_code: 'bats', used: '0' },
        ],
      },
    ],
  })
  server.clock.advance(31 * 86_400_000)
  await report('7')
  const { body: later } = await server.as().get(`/admin/api/billing/customers/${customer.id}`)
  assert.equal(later.customer.agreements[0].usage[0].used, '7')
})

test('billing customers are listed, the last one first, a page at a time, or those of one user or organization', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  await owner.put(`${plans}/free`, { name: 'Free', features: [] })
  await owner.put(`${plans}/pro`, { name: 'Pro', features: [] })
  const { organization } = (await owner.post('/api/v1/organization', { name: 'Zoo' })).body
  const { body: user } = await owner.post('/api/v1/user', { profile: { given_name: 'Olive', family_name: 'Owl' } })
  const make = async (body: object) => (await owner.post('/admin/api/billing/customers', body)).body.customer.id
  const zoo = await make({ org_code: organization.code, email: 'zoo@zoo.example', plan_code: 'free' })
  const olive = await make({ user_id: user.id, email: 'olive@zoo.example' })
  await owner.post('/api/v1/billing/agreements', { customer_id: zoo, plan_code: 'pro' })
  const created_at = new Date(startOfTest).toISOString()
  const shown = [
    {
      ...{ id: olive, user_id: user.id, org_code: null, name: 'Olive Owl', email: 'olive@zoo.example' },
      ...{ plan_codes: [], created_at },
    },
    {
      ...{ id: zoo, user_id: null, org_code: organization.code, name: 'Zoo', email: 'zoo@zoo.example' },
      ...{ plan_codes: ['pro'], created_at },
    },
  ]
  const list = async (query: string) => (await owner.get(`/admin/api/billing/customers?${query}`)).body
  const first = await list('page_size=1')
  assert.deepEqual(first.customers, [shown[0]])
  const rest = await list(`page_size=9&next_token=${first.next_token}`)
  assert.deepEqual([rest.customers, rest.next_token], [[shown[1]], null])
  assert.deepEqual((await list(`user_id=${user.id}`)).customers, [shown[0]])
  assert.deepEqual((await list(`org_code=${organization.code}`)).customers, [shown[1]])
  assert.deepEqual((await list('user_id=unknown')).customers, [])
})

test('plans and customers that cannot be are refused, and nothing of them stays', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { body: user } = await api.post('/api/v1/user')
  const events = (await server.events()).length
  for (const [path, body, code] of [
    [`${plans}/a%20b`, { name: 'A', features: [] }, 'INVALID_PLAN_CODE'],
    [`${plans}/a`, { name: 'A', features: [owls, owls] }, 'FEATURE_GIVEN_TWICE'],
    [`${plans}/a`, { name: 'A', features: [{ ...owls, unit_amount: -1 }] }, 'INVALID_VALUE'],
    [`${plans}/a`, { name: 'A' }, 'FEATURES_REQUIRED'],
  ] as const) {
    const { status, body: reply } = await api.put(path, body)
    assert.deepEqual([status, reply.errors[0].code], [400, code])
  }
  const email = 'owl@zoo.example'
  for (const [body, code] of [
    [{ email }, 'CUSTOMER_OWNER_REQUIRED'],
    [{ email, user_id: user.id, org_code: 'org_1' }, 'CUSTOMER_OWNER_REQUIRED'],
    [{ email, user_id: 'kp_none' }, 'USER_NOT_FOUND'],
    [{ email, org_code: 'org_none' }, 'ORGANIZATION_NOT_FOUND'],
    [{ email: 'nobody', user_id: user.id }, 'INVALID_EMAIL'],
    [{ email, user_id: user.id, plan_code: 'none' }, 'PLAN_NOT_FOUND'],
  ] as const) {
    const { status, body: reply } = await api.post('/admin/api/billing/customers', body)
    assert.deepEqual([status, reply.errors[0].code], [400, code])
  }
  assert.equal((await server.events()).length, events)
  assert.equal((await api.post('/admin/api/billing/customers', { email, user_id: user.id })).status, 200)
  const again = await api.post('/admin/api/billing/customers', { email, user_id: user.id })
  assert.deepEqual([again.status, again.body.errors[0].code], [400, 'BILLING_CUSTOMER_EXISTS'])
  assert.equal((await api.get('/admin/api/billing/customers/none')).status, 404)
})
