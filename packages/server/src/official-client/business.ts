import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sdk } from './testing-sdk.ts'

const { Business, Industries, Timezones } = sdk

test('Business: read and changed, with an industry and a time zone of the lists', async () => {
  const { industries } = await Industries.getIndustries()
  const { timezones } = await Timezones.getTimezones()
  assert.ok(industries.length > 10 && timezones.length > 50)
  const requestBody = {
    business_name: 'Zoo',
    email: 'zoo@zoo.example',
    industry_key: industries[1].key,
    timezone_key: timezones[1].key,
  }
  await Business.updateBusiness({ requestBody })
  const { business } = await Business.getBusiness()
  assert.match(business.code, /^bus_[0-9a-f]{11}$/)
  assert.deepEqual(
    [business.name, business.email, business.industry, business.timezone],
    ['Zoo', 'zoo@zoo.example', industries[1].name, timezones[1].name],
  )
})
