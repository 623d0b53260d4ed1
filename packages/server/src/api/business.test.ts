import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'

const url = '/api/v1/business'

test('a new business has a name and nothing else', async (t) => {
  const { as } = await start(t)
  const { status, body } = await as('read:businesses').get(url)
  assert.equal(status, 200)
  const { code, ...business } = body.business
  assert.match(code, /^bus_[0-9a-f]{11}$/)
  assert.deepEqual(business, {
    name: 'My business',
    phone: null,
    email: null,
    industry: null,
    timezone: null,
    privacy_url: null,
    terms_url: null,
    has_clickwrap: false,
    has_kinde_branding: false,
    created_on: '2026-01-15T12:00:00.000Z',
  })
})

test('an update takes keys, and the business shows the names of industry and time zone', async (t) => {
  const { as, events } = await start(t)
  const reply = await as('update:businesses').patch(url, {
    business_name: 'Aviary',
    email: 'birds@aviary.example',
    phone: '+49 (0)30 1234-567',
    industry_key: 'healthcare_medical',
    timezone_key: 'london_greenwich_mean_time',
    privacy_url: 'https://aviary.example/privacy',
    terms_url: 'http://aviary.example/terms?v=2',
    is_click_wrap: true,
    is_show_kinde_branding: true,
    kinde_perk_code: 'PERK',
  })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  const { body } = await as().get(url)
  const { code, created_on, ...business } = body.business
  assert.deepEqual(business, {
    name: 'Aviary',
    phone: '+49 (0)30 1234-567',
    email: 'birds@aviary.example',
    industry: 'Healthcare & Medical',
    timezone: 'London (Greenwich Mean Time) [+00:00]',
    privacy_url: 'https://aviary.example/privacy',
    terms_url: 'http://aviary.example/terms?v=2',
    has_clickwrap: true,
    has_kinde_branding: true,
  })
  const [event] = await events()
  assert.equal(event?.type, 'business.updated')
  assert.deepEqual(event?.data.business, { code })
})

test('the event tells of the members that changed, before and after, and no change leaves no event', async (t) => {
  const { as, events } = await start(t)
  const api = as('update:businesses')
  await api.patch(url, { business_name: 'Aviary', email: 'birds@aviary.example' })
  await api.patch(url, { business_name: 'Aviary', email: 'owls@aviary.example', is_click_wrap: false })
  await api.patch(url, { email: 'owls@aviary.example' })
  await api.patch(url, {})
  assert.deepEqual(
    (await events()).map(({ change }) => [change?.before, change?.after]),
    [
      [
        { name: 'My business', email: null },
        { name: 'Aviary', email: 'birds@aviary.example' },
      ],
      [{ email: 'birds@aviary.example' }, { email: 'owls@aviary.example' }],
    ],
  )
})

test('null empties what a business can be without, and leaves its name and switches', async (t) => {
  const { as } = await start(t)
  const members = {
    business_name: 'Aviary',
    email: 'birds@aviary.example',
    phone: '030 1234',
    industry_key: 'construction',
    timezone_key: 'tokyo_japan_standard_time',
    privacy_url: 'https://aviary.example/privacy',
    terms_url: 'https://aviary.example/terms',
    is_click_wrap: true,
    is_show_kinde_branding: true,
    kinde_perk_code: 'PERK',
  }
  await as().patch(url, members)
  const nulls = Object.fromEntries(Object.keys(members).map((name) => [name, null]))
  assert.equal((await as().patch(url, nulls)).status, 200)
  const { business } = (await as().get(url)).body
  const { name, has_clickwrap, has_kinde_branding, code, created_on, ...rest } = business
  assert.deepEqual([name, has_clickwrap, has_kinde_branding], ['Aviary', true, true])
  assert.deepEqual(new Set(Object.values(rest)), new Set([null]))
})

test('an empty text empties a member as null does', async (t) => {
  const { as } = await start(t)
  await as().patch(url, { email: 'birds@aviary.example', industry_key: 'construction' })
  assert.equal((await as().patch(url, { email: '', industry_key: '', terms_url: '', phone: '' })).status, 200)
  const { business } = (await as().get(url)).body
  assert.deepEqual([business.email, business.industry, business.terms_url, business.phone], [null, null, null, null])
})

test('what is no name, address, number or key is refused, and nothing is changed', async (t) => {
  const { as, events } = await start(t)
  const rows = [
    [{ business_name: '' }, 'INVALID_VALUE', 'business_name'],
    [{ business_name: '  ' }, 'INVALID_VALUE', 'business_name'],
    [{ business_name: 'x'.repeat(256) }, 'INVALID_VALUE', 'business_name'],
    [{ email: 'birds' }, 'INVALID_EMAIL', 'email'],
    [{ email: 'birds@aviary' }, 'INVALID_EMAIL', 'email'],
    [{ email: 'two birds@aviary.example' }, 'INVALID_EMAIL', 'email'],
    [{ email: `${'x'.repeat(250)}@a.example` }, 'EMAIL_TOO_LONG', 'email'],
    [{ phone: 'call us' }, 'INVALID_PHONE', 'phone'],
    [{ phone: '+-' }, 'INVALID_PHONE', 'phone'],
    [{ phone: '1'.repeat(33) }, 'INVALID_VALUE', 'phone'],
    [{ privacy_url: 'aviary.example' }, 'INVALID_URL', 'privacy_url'],
    [{ privacy_url: 'javascript:alert(1)//https://a' }, 'INVALID_URL', 'privacy_url'],
    [{ terms_url: 'https://' }, 'INVALID_URL', 'terms_url'],
    [{ terms_url: `https://a.example/${'x'.repeat(2048)}` }, 'INVALID_VALUE', 'terms_url'],
    [{ industry_key: 'Construction' }, 'INVALID_INDUSTRY', 'industry_key'],
    [{ industry_key: 'constructor' }, 'INVALID_INDUSTRY', 'industry_key'],
    [{ timezone_key: 'Europe/London' }, 'INVALID_TIMEZONE', 'timezone_key'],
    [{ is_click_wrap: 'yes' }, 'INVALID_VALUE', 'is_click_wrap'],
  ] as const
  for (const [body, code, field] of rows) {
    const reply = await as().patch(url, { kinde_perk_code: 'PERK', ...body })
    assert.equal(reply.status, 400, JSON.stringify(body))
    assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field])
  }
  assert.deepEqual(await events(), [])
})

test('an update asks for a body', async (t) => {
  const { as } = await start(t)
  const reply = await as().patch(url)
  assert.equal(reply.status, 400)
  assert.equal(reply.body.errors[0].code, 'BODY_REQUIRED')
})
