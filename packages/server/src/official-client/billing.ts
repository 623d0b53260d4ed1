import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer, putPlan, usageOf } from '../store/billing.ts'
import { column, sdk, server } from './testing-sdk.ts'

const { BillingAgreements, BillingEntitlements, BillingMeterUsage, Users } = sdk

test('Billing: an agreement gives what its plan says, and usage is recorded on it', async () => {
  const { id: userId } = await Users.createUser({ requestBody: { profile: { given_name: 'Payer' } } })
  const now = server.environment.now()
  const customerId = await server.write(async (db) => {
    const features = [{ code: 'owls', name: 'Owls', unitAmount: 5, limitMax: 10 }]
    await putPlan(db, { code: 'pro', name: 'Pro', features }, now)
    const customer = { userId, organizationCode: null, email: 'payer@zoo.example' }
    return createCustomer(db, customer, { ids: server.environment.ids, now })
  })
  await BillingAgreements.createBillingAgreement({ requestBody: { customer_id: customerId, plan_code: 'pro' } })
  const { agreements } = await BillingAgreements.getBillingAgreements({ customerId, featureCode: 'owls' })
  assert.deepEqual(column(agreements, 'plan_code'), ['pro'])
  const { entitlements, plans } = await BillingEntitlements.getBillingEntitlements({ customerId, expand: 'plans' })
  assert.deepEqual(
    [entitlements[0].feature_code, entitlements[0].entitlement_limit_max, plans[0].code],
    ['owls', 10, 'pro'],
  )
  await BillingMeterUsage.createMeterUsageRecord({
    requestBody: { customer_agreement_id: agreements[0].id, billing_feature_code: 'owls', meter_value: '3' },
  })
  const agreementId = agreements[0].id
  const period = { start: now - 60_000, end: now + 600_000 }
  assert.equal(await usageOf(server.db, agreementId, 'owls', period), '3')
})
