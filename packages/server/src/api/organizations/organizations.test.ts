import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putPlan } from '../../store/billing.ts'
import { addApplication, start, startOfTest, type TestServer } from '../../testing.ts'

async function made(server: TestServer, body: Record<string, unknown>): Promise<string> {
  const reply = await server.as().post('/api/v1/organization', body)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  assert.match(reply.body.organization.code, /^org_[0-9a-f]{11}$/)
  return reply.body.organization.code
}

test('an organization is found again as it was made', async (t) => {
  const server = await start(t)
  const code = await made(server, {
    name: 'Acme',
    external_id: 'crm-1',
    handle: 'acme',
    link_color: '#0A0',
    background_color_dark: 'hsl(210, 50%, 40%)',
    theme_code: 'user_preference',
    is_allow_registrations: true,
    sender_name: 'Acme Mail',
    sender_email: 'mail@acme.example',
  })
  const { body } = await server.as().get(`/api/v1/organization?code=${code}`)
  assert.deepEqual(body, {
    code,
    name: 'Acme',
    handle: 'acme',
    is_default: false,
    external_id: 'crm-1',
    is_auto_membership_enabled: true,
    logo: null,
    logo_dark: null,
    favicon_svg: null,
    favicon_fallback: null,
    allowed_domains: [],
    link_color: { raw: '#0A0', hex: '#00aa00', hsl: 'hsl(120, 100%, 33%)' },
    background_color: null,
    button_color: null,
    button_text_color: null,
    link_color_dark: null,
    background_color_dark: { raw: 'hsl(210, 50%, 40%)', hex: '#336699', hsl: 'hsl(210, 50%, 40%)' },
    button_text_color_dark: null,
    button_color_dark: null,
    button_border_radius: null,
    card_border_radius: null,
    input_border_radius: null,
    theme_code: 'user_preference',
    color_scheme: 'light dark',
    created_on: '2026-01-15T12:00:00.000+00:00',
    is_allow_registrations: true,
    sender_name: 'Acme Mail',
    sender_email: 'mail@acme.example',
    is_suspended: false,
    suspended_on: null,
  })
  assert.deepEqual((await server.events()).at(-1), {
    type: 'organization.created',
    data: { organization: { code, external_id: 'crm-1', handle: 'acme', name: 'Acme' } },
    application_id: server.firstClient.clientId,
    request_id: (await server.events()).at(-1)!.request_id,
  })
})

test('a patch changes what it names and nothing else, and a patch that changes nothing leaves no event', async (t) => {
  const server = await start(t)
  const code = await made(server, { name: 'Acme', handle: 'acme', link_color: '#123456' })
  const url = `/api/v1/organization/${code}`
  assert.equal((await server.as().patch(url, { allowed_domains: ['@Acme.Example'], link_color: '' })).status, 200)
  const { body } = await server.as().get(`/api/v1/organization?code=${code}`)
  assert.deepEqual(
    [body.name, body.handle, body.link_color, body.allowed_domains],
    ['Acme', 'acme', null, ['acme.example']],
  )
  const before = (await server.events()).length
  assert.equal((await server.as().patch(url, { name: 'Acme', handle: 'acme' })).status, 200)
  assert.equal((await server.as().patch(url)).status, 200)
  assert.equal((await server.events()).length, before)
})

test('changes of one organization that meet are all done, and each event tells what its own one changed', async (t) => {
  const server = await start(t)
  const code = await made(server, { name: 'Acme' })
  const names = ['link_color', 'button_color', 'background_color', 'button_text_color', 'link_color_dark']
  const changes = names.map((name) => server.as().patch(`/api/v1/organization/${code}`, { [name]: '#123456' }))
  for (const { status } of await Promise.all(changes)) assert.equal(status, 200)
  const { body } = await server.as().get(`/api/v1/organization?code=${code}`)
  assert.deepEqual(
    names.map((name) => body[name].raw),
    names.map(() => '#123456'),
  )
  const told = (await server.events()).filter(({ type }) => type === 'organization.updated')
  assert.deepEqual(told.flatMap(({ change }) => Object.keys((change as { after: object }).after)).sort(), names.sort())
})

test('handle and external id belong to one organization each, and a handle that was deleted is free again', async (t) => {
  const server = await start(t)
  const first = await made(server, { name: 'One', handle: 'acme', external_id: '7' })
  for (const [body, errorCode] of [
    [{ name: 'Two', handle: 'acme' }, 'ORGANIZATION_HANDLE_EXISTS'],
    [{ name: 'Two', handle: 'ACME' }, 'ORGANIZATION_HANDLE_EXISTS'],
    [{ name: 'Two', external_id: '7' }, 'ORGANIZATION_EXTERNAL_ID_EXISTS'],
    [{ name: 'Two', handle: '-no-' }, 'INVALID_HANDLE'],
    [{ name: 'Two', link_color: 'pink' }, 'INVALID_COLOR'],
    [{ name: ' ' }, 'NAME_REQUIRED'],
    [{ name: 'Two', sender_email: 'nobody' }, 'INVALID_EMAIL'],
  ] as const) {
    const reply = await server.as().post('/api/v1/organization', body)
    assert.deepEqual([reply.status, reply.body.errors[0].code], [400, errorCode])
  }
  assert.equal((await server.as().patch(`/api/v1/organization/${first}`, { handle: 'Acme' })).status, 200)
  assert.equal((await server.as().delete(`/api/v1/organization/${first}/handle`)).status, 200)
  await made(server, { name: 'Two', handle: 'acme' })
})

test('organizations are listed to the end in every order while others come and go', async (t) => {
  const server = await start(t)
  const names = ['beta', 'Alpha', 'alpha', 'gamma', 'Delta', 'epsilon']
  for (const name of names) await made(server, { name })
  const leaving = await made(server, { name: 'zzz leaving' })
  for (const sort of ['', 'name_asc', 'name_desc']) {
    const seen: string[] = []
    let token = ''
    do {
      const { body } = await server.as().get(`/api/v1/organizations?page_size=2&sort=${sort}&next_token=${token}`)
      seen.push(...body.organizations.map((row: { name: string }) => row.name))
      token = body.next_token ?? ''
      if (seen.length === 2) {
        await made(server, { name: `new ${sort}` })
        await server.as().delete(`/api/v1/organization/${leaving}`)
      }
    } while (token !== '')
    for (const name of names) assert.equal(seen.filter((other) => other === name).length, 1, `${name} in ${sort}`)
    const ours = seen.filter((name) => names.includes(name)).map((name) => name.toLowerCase())
    if (sort === 'name_asc') assert.deepEqual(ours, ours.toSorted())
    if (sort === 'name_desc') assert.deepEqual(ours, ours.toSorted().reverse())
  }
})

test('a deleted organization takes its memberships and applications along and leaves its users', async (t) => {
  const server = await start(t)
  const code = await made(server, { name: 'Acme' })
  const user = await server.as().post('/api/v1/user', { organization_code: code })
  const application = await addApplication(server, { scopes: ['read:organizations'], orgCode: code })
  const reply = await server.as().delete(`/api/v1/organization/${code}`)
  assert.deepEqual(reply.body, { code: 'OK', message: 'Success' })
  const { organization, reach } = (await server.events()).at(-1)!.data
  assert.deepEqual(organization, { code })
  const reached = Object.entries(reach as Record<string, number>).filter(([, count]) => count > 0)
  assert.deepEqual(Object.fromEntries(reached), { users: 1, applications: 1 })
  const { body } = await server.as().get(`/api/v1/user?id=${user.body.id}&expand=organizations`)
  assert.deepEqual(body.organizations, [])
  assert.equal((await server.as().get(`/api/v1/applications/${application.clientId}`)).status, 404)
  const gone = await server.as().delete(`/api/v1/organization/${code}`)
  assert.equal(gone.status, 404)
  // Here `errors` is one object: that is how Kinde's document has it.
  assert.equal(gone.body.errors.code, 'ORGANIZATION_NOT_FOUND')
})

test('the default organization can be neither suspended nor deleted', async (t) => {
  const server = await start(t)
  const { body } = await server.as().get('/api/v1/organizations')
  const { code } = body.organizations[0]
  assert.equal(body.organizations[0].is_default, true)
  const suspended = await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: true })
  assert.equal(suspended.body.errors[0].code, 'DEFAULT_ORGANIZATION_CANNOT_BE_SUSPENDED')
  const deleted = await server.as().delete(`/api/v1/organization/${code}`)
  assert.equal(deleted.body.errors[0].code, 'DEFAULT_ORGANIZATION_CANNOT_BE_DELETED')
})

test('suspending shows since when, and once more suspending does not move that moment', async (t) => {
  const server = await start(t)
  const code = await made(server, { name: 'Acme' })
  const read = async () => (await server.as().get(`/api/v1/organization?code=${code}`)).body
  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: true })
  assert.deepEqual([(await read()).is_suspended, (await read()).suspended_on], [true, '2026-01-15T12:00:00.000+00:00'])
  server.clock.advance(60_000)
  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: true, name: 'Acme 2' })
  assert.equal((await read()).suspended_on, '2026-01-15T12:00:00.000+00:00')
  await server.as().patch(`/api/v1/organization/${code}`, { is_suspended: false })
  assert.deepEqual([(await read()).is_suspended, (await read()).suspended_on], [false, null])
})

test('without a code the question is which organization', async (t) => {
  const server = await start(t)
  const reply = await server.as().get('/api/v1/organization')
  assert.deepEqual([reply.status, reply.body.errors[0].code], [400, 'ORGANIZATION_REQUIRED'])
  assert.equal((await server.as().get('/api/v1/organization?code=org_none')).status, 404)
})

test('an organization can begin as a billing customer on the default plan or on another', async (t) => {
  const server = await start(t)
  await server.write(async (db) => {
    await putPlan(db, { code: 'free', name: 'Free', isDefault: true, features: [] }, startOfTest)
    await putPlan(db, { code: 'pro', name: 'Pro', features: [] }, startOfTest)
  })
  const billing = { is_create_billing_customer: true, billing_email: 'bills@acme.example' }
  for (const [body, plan] of [
    [billing, 'free'],
    [{ ...billing, billing_plan_code: 'pro' }, 'pro'],
  ] as const) {
    const { organization } = (await server.as().post('/api/v1/organization', { name: 'Acme', ...body })).body
    assert.match(organization.billing_customer_id, /^customer_/)
    const shown = (await server.as().get(`/api/v1/organization?code=${organization.code}&expand=billing`)).body.billing
    assert.equal(shown.billing_customer_id, organization.billing_customer_id)
    assert.deepEqual(
      shown.agreements.map((row: { plan_code: string }) => row.plan_code),
      [plan],
    )
  }
  const before = (await server.as().get('/api/v1/organizations')).body.organizations.length
  const refused = await server.as().post('/api/v1/organization', { name: 'No', is_create_billing_customer: true })
  assert.equal(refused.body.errors[0].code, 'BILLING_EMAIL_REQUIRED')
  assert.equal((await server.as().get('/api/v1/organizations')).body.organizations.length, before)
})
