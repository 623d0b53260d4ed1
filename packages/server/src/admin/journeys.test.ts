import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { addApplication, start, startOfTest, type TestReply, type TestServer } from '../testing.ts'
import { startReceiver } from '../testing-receiver.ts'
import { ownerBrowser, ownersPassword } from './testing-console.ts'

const code = ({ status, body }: TestReply) => `${status} ${body.errors?.[0]?.code ?? body.code ?? body.error}`

function askForToken(server: TestServer, parameters: Record<string, string>): Promise<TestReply> {
  const form = { grant_type: 'client_credentials', audience: `${server.baseUrl}/api`, ...parameters }
  return server.send({
    method: 'POST',
    url: '/oauth2/token',
    remoteAddress: '192.0.2.7',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
}

test('an application has several secrets: each works until it expires or is retired, and shows its last use', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { clientId } = server.firstClient
  const url = `/admin/api/applications/${clientId}/secrets`
  const expires = new Date(startOfTest + 3_600_000).toISOString()
  const { body } = await owner.post(url, { label: 'CI', expires_at: expires })
  assert.match(body.client_secret, /^[A-Za-z0-9]{52}$/)
  const ask = (secret: string) => askForToken(server, { client_id: clientId, client_secret: secret })
  assert.equal((await ask(body.client_secret)).status, 200)
  const { secrets } = (await owner.get(url)).body
  assert.deepEqual(
    secrets.find(({ id }: { id: string }) => id === body.secret.id),
    {
      id: body.secret.id,
      label: 'CI',
      created_at: new Date(startOfTest).toISOString(),
      expires_at: expires,
      is_expired: false,
      last_used_at: new Date(startOfTest).toISOString(),
      last_used_address: '192.0.2.7',
    },
  )
  assert.equal(JSON.stringify(secrets).includes(body.client_secret), false)
  server.clock.advance(3_600_000)
  assert.equal(code(await ask(body.client_secret)), '401 invalid_client')
  assert.equal((await ask(server.firstClient.clientSecret)).status, 200)

  const other = (await owner.post(url, { label: 'Other' })).body
  assert.equal((await ask(other.client_secret)).status, 200)
  assert.equal((await owner.delete(`${url}/${other.secret.id}`)).status, 200)
  assert.equal(code(await ask(other.client_secret)), '401 invalid_client')
  assert.equal(code(await owner.delete(`${url}/${other.secret.id}`)), '404 SECRET_NOT_FOUND')
  assert.equal(code(await owner.post(url, { label: 'Late', expires_at: expires })), '400 INVALID_VALUE')
  const stranger = await addApplication(server, { scopes: [] })
  assert.equal(
    code(await owner.delete(`/admin/api/applications/${stranger.clientId}/secrets/${body.secret.id}`)),
    '404 SECRET_NOT_FOUND',
  )
  const told = JSON.stringify(await server.events())
  for (const secret of [body.client_secret, other.client_secret]) assert.equal(told.includes(secret), false)
})

test('a test token is the one that the application would get, and leaves an event without it', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { clientId } = await addApplication(server, { scopes: ['read:users', 'read:roles'] })
  const { id: api } = await server.db
    .selectFrom('apis')
    .select('id')
    .where('is_management_api', '=', true)
    .executeTakeFirstOrThrow()
  const url = `/admin/api/applications/${clientId}/test_token`
  const { status, body } = await owner.post(url, { api_id: api, scopes: ['read:users'] })
  assert.equal(status, 200)
  assert.deepEqual(body.claims, decodeJwt(body.access_token))
  assert.deepEqual([body.scopes, body.claims.azp, body.claims.scope], [['read:users'], clientId, 'read:users'])
  assert.equal((await server.withToken(body.access_token).get('/api/v1/users')).status, 200)
  assert.equal(code(await server.withToken(body.access_token).get('/api/v1/roles')), '403 SCOPE_MISSING')
  assert.equal(code(await owner.post(url, { api_id: api, scopes: ['create:users'] })), '400 SCOPE_NOT_ENABLED')
  const added = await owner.post('/api/v1/apis', { name: 'Orders', audience: 'orders' })
  assert.equal(code(await owner.post(url, { api_id: added.body.api.id })), '400 API_NOT_AUTHORIZED')
  const event = (await server.events()).find(({ type }) => type === 'application.test_token_issued')!
  assert.equal(event.data.jti, body.claims.jti)
  assert.equal(JSON.stringify(event).includes(body.access_token), false)
})

test('the request log tells of each call who made it, and of a refused one what makes it succeed', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { clientId, clientSecret } = await addApplication(server, { scopes: ['read:users'] })
  const asked = await askForToken(server, { client_id: clientId, client_secret: clientSecret })
  const token = asked.body.access_token
  await server.withToken(token).get('/api/v1/roles?secret=hidden')
  await server.withToken(undefined).get('/api/v1/users')
  await server.withToken('made-up').get('/api/v1/users')
  await askForToken(server, { client_id: clientId, client_secret: 'wrong' })
  await askForToken(server, { client_id: clientId, client_secret: clientSecret, scope: 'create:users' })
  await askForToken(server, { client_id: clientId, client_secret: clientSecret, audience: 'https://orders.example' })
  await owner.post('/api/v1/organization', {})
  await server.as().get('/api/v1/no_such_thing')
  const { requests, next_token: next } = (await owner.get('/admin/api/requests?page_size=100')).body
  assert.equal(next, null)
  interface Shown {
    operation: string | null
    status: number
    application: { id: string } | null
    administrator: { name: string } | null
    reason: { code: string } | null
    fix: { action: string; scope?: string; audience?: string } | null
  }
  const shown = (requests as Shown[]).map(({ operation, status, application, administrator, reason, fix }) => [
    operation,
    status,
    application?.id ?? administrator?.name ?? null,
    reason?.code ?? null,
    fix?.action ?? null,
    fix?.scope ?? fix?.audience ?? null,
  ])
  const last = shown
    .filter(([, , who]) => who !== server.firstClient.clientId)
    .reverse()
    .slice(-9)
  assert.deepEqual(last, [
    ['oauth2/token', 200, clientId, null, null, null],
    ['GetRoles', 403, clientId, 'SCOPE_MISSING', 'add_scope', 'read:roles'],
    ['getUsers', 401, null, 'TOKEN_MISSING', 'send_token', null],
    ['getUsers', 401, null, 'TOKEN_INVALID', 'get_token', null],
    ['oauth2/token', 401, clientId, 'invalid_client', 'check_credentials', null],
    ['oauth2/token', 403, clientId, 'invalid_scope', 'add_scope', 'create:users'],
    ['oauth2/token', 403, clientId, 'invalid_request', 'authorize_api', 'https://orders.example'],
    ['createOrganization', 400, 'Ada Lovelace', 'NAME_REQUIRED', 'correct_input', null],
    [null, 404, null, 'ROUTE_NOT_FOUND', 'check_address', null],
  ])
  const text = JSON.stringify(requests)
  for (const secret of [token, clientSecret, 'hidden', 'made-up', 'wrong'])
    assert.equal(text.includes(secret), false, secret)

  const one = (await owner.get(`/admin/api/requests?application_id=${clientId}&status=4xx&page_size=1`)).body
  assert.equal(one.requests.length, 1)
  const two = (
    await owner.get(
      `/admin/api/requests?application_id=${clientId}&status=4xx&page_size=10&next_token=${one.next_token}`,
    )
  ).body
  assert.deepEqual(
    two.requests.map(({ status }: { status: number }) => status),
    [403, 401, 403],
  )
  assert.equal(code(await owner.get('/admin/api/requests?status=x')), '400 INVALID_VALUE')
  const { requests: figures } = (await owner.get('/admin/api/statistics')).body
  assert.ok(figures.refused >= 8 && figures.total > figures.refused && figures.failed === 0)
})

test('the activity tells who changed what, with filters and page by page', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { body: made } = await owner.post('/api/v1/applications', { name: 'Shop', type: 'm2m' })
  const { id } = made.application
  await server.as().patch(`/api/v1/applications/${id}`, { name: 'Shop 2' })
  const get = async (query: string) => (await owner.get(`/admin/api/activity?${query}`)).body
  const { events } = await get(`subject=${id}`)
  assert.deepEqual(
    events.map(({ type }: { type: string }) => type),
    ['application.updated', 'application.created'],
  )
  assert.deepEqual(events[0].change, { before: { name: 'Shop' }, after: { name: 'Shop 2' } })
  assert.deepEqual(events[0].actor, {
    kind: 'application',
    id: server.firstClient.clientId,
    name: 'First M2M application',
  })
  const { administrator } = (await owner.get('/admin/api/session')).body
  assert.deepEqual(events[1].actor, { kind: 'administrator', id: administrator.id, name: 'Ada Lovelace' })
  assert.equal((await get(`actor=${administrator.id}&type=application.*`)).events.length, 1)
  assert.equal((await get('type=application.updated,application.created&source=api')).events.length, 1)
  assert.equal((await get(`until=${new Date(startOfTest).toISOString()}`)).events.length, 0)
  const seen = []
  let next: string | null = ''
  while (next !== null) {
    const page: { events: { id: string }[]; next_token: string | null } = await get(`page_size=1&next_token=${next}`)
    seen.push(...page.events.map((event) => event.id))
    next = page.next_token
  }
  assert.deepEqual(
    seen,
    (await get('page_size=100')).events.map((event: { id: string }) => event.id),
  )
  assert.ok(seen.length >= 3)
  assert.equal(code(await owner.get('/admin/api/activity?type=no.such')), '400 INVALID_EVENT_TYPE')
  assert.equal(code(await owner.get('/admin/api/activity?next_token=abc')), '400 INVALID_NEXT_TOKEN')
  const token = await server.token('read:events')
  assert.equal((await server.withToken(token).get('/admin/api/activity')).status, 200)
})

test('tokens are counted by application and day, and every day is there', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { clientId, clientSecret } = await addApplication(server, { scopes: ['read:users'] })
  const ask = () => askForToken(server, { client_id: clientId, client_secret: clientSecret })
  await ask()
  server.clock.advance(24 * 3_600_000)
  await ask()
  await ask()
  await owner.signIn('ada@example.com', ownersPassword)
  const { body } = await owner.get(`/admin/api/statistics/tokens?application_id=${clientId}`)
  assert.deepEqual([body.interval, body.total, body.buckets.length], ['day', 3, 30])
  assert.deepEqual(
    body.buckets.slice(-3).map(({ at, total }: { at: string; total: number }) => [at, total]),
    [
      ['2026-01-14T00:00:00.000Z', 0],
      ['2026-01-15T00:00:00.000Z', 1],
      ['2026-01-16T00:00:00.000Z', 2],
    ],
  )
  const hours = (await owner.get('/admin/api/statistics/tokens?interval=hour')).body
  assert.deepEqual([hours.buckets.length, hours.buckets.at(-1).by_application], [48, { [clientId]: 2 }])
  assert.equal(
    code(await owner.get('/admin/api/statistics/tokens?interval=hour&since=2020-01-01T00:00:00Z')),
    '400 INVALID_VALUE',
  )
  const { counts } = (await owner.get('/admin/api/statistics')).body
  assert.deepEqual([counts.applications, counts.organizations, counts.apis, counts.users], [2, 1, 1, 0])
})

test('the signing keys rotate: the next one signs, and tokens of the former one stay good', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const before = (await owner.get('/admin/api/signing_keys')).body.keys
  assert.deepEqual(
    before.map(({ state }: { state: string }) => state),
    ['current'],
  )
  const token = await server.token('read:users')
  const { body } = await owner.post('/admin/api/signing_keys/rotate')
  assert.equal(body.retired, before[0].kid)
  assert.match(body.warning, /^The key that signs now was published 0 s ago/)
  const { keys } = (await owner.get('/admin/api/signing_keys')).body
  assert.deepEqual(
    keys.map(({ kid, state }: { kid: string; state: string }) => [kid, state]),
    [
      [body.next, 'next'],
      [body.current, 'current'],
      [body.retired, 'retired'],
    ],
  )
  assert.equal((await server.withToken(token).get('/api/v1/users')).status, 200)
})

test('a webhook can be tested, its deliveries looked at, and sent again', async (t) => {
  const server = await start(t, { baseUrl: 'https://localhost:8443' })
  const owner = await ownerBrowser(server)
  const receiver = await startReceiver(t)
  const endpoint = receiver.url
  const { body } = await owner.post('/api/v1/webhooks', { name: 'Bell', endpoint, event_types: ['role.created'] })
  const { id } = body.webhook
  const sent = await owner.post(`/admin/api/webhooks/${id}/test`, { type: 'user.created' })
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  await server.environment.webhooks.deliverDue()
  const [event] = receiver.events()
  assert.deepEqual([event!.type, event!.event_id], ['user.created', sent.body.event_id])
  assert.equal((event!.data.user as { is_test: boolean }).is_test, true)
  const { deliveries } = (await owner.get(`/admin/api/webhooks/${id}/deliveries`)).body
  assert.deepEqual(
    deliveries.map((row: Record<string, unknown>) => [row.id, row.state, row.attempts, row.last_status, row.is_test]),
    [[sent.body.delivery_id, 'delivered', 1, 200, true]],
  )
  const { delivery } = (await owner.get(`/admin/api/webhook_deliveries/${sent.body.delivery_id}`)).body
  const [attempt] = delivery.attempts_log
  assert.equal(attempt.response.status, 200)
  assert.equal(attempt.request.headers['webhook-id'], sent.body.delivery_id)
  assert.equal(attempt.request.claims.event_id, sent.body.event_id)

  const again = await owner.post('/admin/api/webhook_deliveries/resend', {
    delivery_ids: [sent.body.delivery_id, 'unknown'],
  })
  assert.deepEqual(again.body.queued, [sent.body.delivery_id])
  await server.environment.webhooks.deliverDue()
  assert.equal(receiver.events().length, 2)
  const health = (await owner.get('/admin/api/statistics')).body.webhooks
  assert.deepEqual([health[0].id, health[0].delivered, health[0].is_failing], [id, 1, false])
  await owner.patch(`/api/v1/webhooks/${id}`, { is_enabled: false })
  assert.equal(
    code(await owner.post(`/admin/api/webhooks/${id}/test`, { type: 'user.created' })),
    '409 WEBHOOK_DISABLED',
  )
  assert.equal(code(await owner.post(`/admin/api/webhooks/${id}/test`, { type: 'no.such' })), '400 INVALID_EVENT_TYPE')
  const { events } = (await owner.get('/admin/api/activity?type=user.created')).body
  assert.deepEqual([events[0].is_test, events[0].actor.kind], [true, 'administrator'])
})

const openApi = `openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders:
    get:
      security: [{ oauth: ['read:orders', 'audit:orders'] }, { key: ['not-a-scope'] }]
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: x-key }
    oauth:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: https://example.com/token
          scopes: { 'read:orders': See orders, 'write:orders': Change orders, 'two words': Impossible }
`

test('scopes are imported from an OpenAPI document, once each, after a look at what would come', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { id } = (await owner.post('/api/v1/apis', { name: 'Orders', audience: 'orders' })).body.api
  await owner.post(`/api/v1/apis/${id}/scopes`, { key: 'write:orders' })
  const send = async (document: string, query = '') => {
    const form = new FormData()
    form.set('file', new File([document], 'openapi.yaml'))
    const encoded = new Response(form)
    return server.send({
      method: 'POST',
      url: `/admin/api/apis/${id}/scopes/import${query}`,
      headers: {
        'x-kindred-console': '1',
        cookie: owner.cookie!,
        'content-type': encoded.headers.get('content-type')!,
      },
      payload: Buffer.from(await encoded.arrayBuffer()),
    })
  }
  const expected = {
    added: [
      { key: 'read:orders', description: 'See orders' },
      { key: 'audit:orders', description: '' },
    ],
    kept: ['write:orders'],
    skipped: [{ key: 'two words', reason: 'A scope holds no white space and no control character.' }],
  }
  const keys = async () =>
    (await owner.get(`/api/v1/apis/${id}/scopes`)).body.scopes.map(({ key }: { key: string }) => key).sort()
  const preview = await send(openApi, '?preview=true')
  assert.deepEqual(preview.body, { code: 'OK', message: 'Success', ...expected })
  assert.deepEqual(await keys(), ['write:orders'])
  assert.deepEqual((await send(openApi)).body.added, expected.added)
  assert.deepEqual(await keys(), ['audit:orders', 'read:orders', 'write:orders'])
  assert.deepEqual((await send(openApi)).body.added, [])
  const swagger = { swagger: '2.0', securityDefinitions: { o: { type: 'oauth2', scopes: { 'x:y': 'X' } } } }
  assert.deepEqual((await send(JSON.stringify(swagger))).body.added, [{ key: 'x:y', description: 'X' }])
  for (const [document, expected] of [
    ['', '400 OPENAPI_INVALID'],
    ['{"openapi":', '400 OPENAPI_INVALID'],
    ['a: &a [*a]\nopenapi: 3.0.0', '400 NO_SCOPES_FOUND'],
    [
      `a: &a ${'[x,'.repeat(3)}${']'.repeat(3)}\nb: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]\nopenapi: 3.0.0`,
      '400 OPENAPI_INVALID',
    ],
    ['- just a list', '400 OPENAPI_INVALID'],
    ['openapi: 3.0.0', '400 NO_SCOPES_FOUND'],
  ] as const) {
    assert.equal(code(await send(document)), expected, document.slice(0, 40))
  }
})

test('before something is deleted it is told how far that reaches', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const post = async (url: string, body: unknown) => {
    const reply = await owner.post(url, body)
    assert.ok(reply.status < 300, `${url}: ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const role = (await post('/api/v1/roles', { name: 'Editor', key: 'editor' })).role.id
  const { permission } = await post('/api/v1/permissions', { name: 'Write', key: 'write' })
  const permissionId =
    permission?.id ?? (await server.db.selectFrom('permissions').select('id').executeTakeFirstOrThrow()).id
  await owner.patch(`/api/v1/roles/${role}/permissions`, { permissions: [{ id: permissionId }] })
  const organization = (await post('/api/v1/organization', { name: 'Engines' })).organization.code
  for (const name of ['Ada', 'Grace']) {
    const { id } = await post('/api/v1/user', { profile: { given_name: name }, organization_code: organization })
    await owner.post(`/api/v1/organizations/${organization}/users`, { users: [{ id }] })
    await post(`/api/v1/organizations/${organization}/users/${id}/roles`, { role_id: role })
  }
  const summary = async (kind: string, id: string) => (await owner.get(`/admin/api/reach/${kind}/${id}`)).body.summary
  assert.equal(await summary('role', role), 'Removes 1 permission from 2 members.')
  assert.equal(await summary('permission', permissionId), 'Takes it from 1 role.')
  assert.equal(await summary('application', server.firstClient.clientId), 'Removes 1 secret and 1 authorization.')
  assert.match(await summary('organization', organization), /^Removes 2 memberships/)
  const { id: webhook } = (
    await post('/api/v1/webhooks', { name: 'Bell', endpoint: 'https://example.com', event_types: ['role.created'] })
  ).webhook
  assert.equal(await summary('webhook', webhook), 'Nothing else goes with it.')
  for (const kind of [
    'role',
    'permission',
    'property',
    'feature_flag',
    'organization',
    'user',
    'application',
    'api',
    'webhook',
  ]) {
    assert.equal(code(await owner.get(`/admin/api/reach/${kind}/unknown`)), `404 ${kind.toUpperCase()}_NOT_FOUND`)
  }
  assert.equal(code(await owner.get('/admin/api/reach/settings/x')), '400 INVALID_VALUE')
  assert.equal(code(await owner.get('/admin/api/reach/constructor/x')), '400 INVALID_VALUE')
})
