import assert from 'node:assert/strict'
import { test } from 'node:test'
import { managementScopes } from '../management-api.ts'
import { addApplication, start, startOfTest, type TestReply } from '../testing.ts'
import { idleMs, longestSessionMs } from './console-sessions.ts'
import { invitedBrowser, ownerBrowser, ownersPassword, setupToken, TestBrowser } from './testing-console.ts'

const code = ({ status, body }: TestReply) => `${status} ${body.errors?.[0]?.code ?? body.code}`

test('a link makes the first owner once, and signs in; then no further one works', async (t) => {
  const server = await start(t)
  const browser = new TestBrowser(server)
  assert.equal((await browser.get('/admin/api/status')).body.needs_setup, true)
  const [token, other] = [await setupToken(server), await setupToken(server)]
  const { body: looked } = await browser.post('/admin/api/links/inspect', { token })
  assert.deepEqual([looked.link.purpose, looked.link.role, looked.link.email], ['setup', 'owner', null])
  const account = { name: 'Ada', email: 'ada@example.com', password: ownersPassword }
  const made = await browser.post('/admin/api/links/redeem', { token, ...account })
  assert.equal(made.status, 200)
  assert.equal(made.body.administrator.role, 'owner')
  assert.deepEqual(
    made.body.scopes,
    managementScopes.map(({ key }) => key),
  )
  const me = await browser.get('/admin/api/session')
  assert.deepEqual([me.status, me.body.administrator], [200, made.body.administrator])
  for (const used of [token, other, 'unknown']) {
    const stranger = new TestBrowser(server)
    assert.equal(code(await stranger.post('/admin/api/links/inspect', { token: used })), '404 LINK_INVALID')
    const again = { token: used, ...account, email: 'eve@example.com' }
    assert.equal(code(await stranger.post('/admin/api/links/redeem', again)), '404 LINK_INVALID')
    assert.equal(stranger.cookie, undefined)
  }
  const status = (await browser.get('/admin/api/status')).body
  assert.deepEqual([status.needs_setup, status.signed_in], [false, true])
})

test('of two people who use one link at the same moment, one gets the account', async (t) => {
  const server = await start(t)
  const token = await setupToken(server)
  const replies = await Promise.all(
    ['ada', 'eve', 'mallory'].map((name) =>
      new TestBrowser(server).post('/admin/api/links/redeem', {
        token,
        name,
        email: `${name}@example.com`,
        password: ownersPassword,
      }),
    ),
  )
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 404, 404])
  assert.equal((await server.db.selectFrom('administrators').selectAll().execute()).length, 1)
})

test('a link ends: that of the setup after a day, of an invite after a week, of a password after an hour', async (t) => {
  const server = await start(t)
  const setup = await setupToken(server)
  const stranger = new TestBrowser(server)
  server.clock.advance(24 * 3_600_000)
  assert.equal(code(await stranger.post('/admin/api/links/inspect', { token: setup })), '404 LINK_INVALID')
  const owner = await ownerBrowser(server)
  const invite = await owner.post('/admin/api/invites', { email: 'bob@example.com', role: 'administrator' })
  const { body: me } = await owner.get('/admin/api/session')
  const reset = await owner.post(`/admin/api/administrators/${me.administrator.id}/reset_link`)
  for (const [{ body }, hours] of [
    [reset, 1],
    [invite, 7 * 24 - 1],
  ] as const) {
    const token = new URL(body.link).searchParams.get('token')
    server.clock.advance(hours * 3_600_000 - 1)
    assert.equal((await stranger.post('/admin/api/links/inspect', { token })).status, 200)
    server.clock.advance(1)
    assert.equal(code(await stranger.post('/admin/api/links/inspect', { token })), '404 LINK_INVALID')
    const redeem = { token, name: 'Bob', password: ownersPassword }
    assert.equal(code(await stranger.post('/admin/api/links/redeem', redeem)), '404 LINK_INVALID')
  }
})

test('neither tokens of links and sessions nor passwords can be read in the database or the journal', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { body } = await owner.post('/admin/api/invites', { email: 'bob@example.com', role: 'read_only' })
  const secrets = [
    owner.cookie!.split('=')[1]!,
    new URL(body.link).searchParams.get('token')!,
    ownersPassword,
    'argon2id',
  ]
  const tables = [
    'administrators',
    'administrator_sessions',
    'administrator_links',
    'sign_in_attempts',
    'events',
  ] as const
  for (const table of tables) {
    const text = JSON.stringify(await server.db.selectFrom(table).selectAll().execute())
    for (const secret of secrets) assert.equal(text.includes(secret), false, `${table} holds ${secret}`)
  }
})

test('the cookie is for this host, for https, and out of reach of scripts and other sites', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  await owner.delete('/admin/api/session')
  const cookieAt = async (headers: Record<string, string>) => {
    const browser = new TestBrowser(server)
    browser.headers = { ...browser.headers, ...headers }
    return (await browser.signIn('ada@example.com', ownersPassword)).headers['set-cookie']
  }
  const rest = `Path=/; Max-Age=${longestSessionMs / 1000}; HttpOnly; SameSite=Strict`
  const secure = new RegExp(`^__Host-kindred=[\\w-]{43}; ${rest}; Secure$`)
  // Behind a proxy that ends TLS; and where a browser says so itself.
  assert.match(String(await cookieAt({ host: 'id.example.com' })), secure)
  assert.match(String(await cookieAt({ host: 'localhost:8443', origin: 'https://localhost:8443' })), secure)
  const plain = String(await cookieAt({ host: '127.0.0.1:8443', origin: 'http://127.0.0.1:8443' }))
  assert.match(plain, new RegExp(`^kindred=[\\w-]{43}; ${rest}$`))

  // Another server of the machine could have set the plain one, so over https it opens nothing.
  const tossed = new TestBrowser(server)
  tossed.cookie = plain.split(';', 1)[0]!
  tossed.headers.host = 'localhost:8443'
  assert.equal((await tossed.get('/admin/api/session')).status, 200)
  tossed.headers.origin = 'https://localhost:8443'
  assert.equal(code(await tossed.get('/admin/api/session')), '401 SESSION_MISSING')
})

test('signing in gives a new session, whatever cookie the browser came with', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const first = owner.cookie
  const planted = new TestBrowser(server)
  planted.cookie = `kindred=${'A'.repeat(43)}`
  await planted.signIn('ada@example.com', ownersPassword)
  assert.notEqual(planted.cookie, `kindred=${'A'.repeat(43)}`)
  await owner.signIn('ada@example.com', ownersPassword)
  assert.notEqual(owner.cookie, first)
})

test('an unknown account, a wrong password and a removed account get one answer', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const bob = await invitedBrowser(owner, { email: 'bob@example.com', role: 'administrator' })
  const { administrator } = (await bob.get('/admin/api/session')).body
  await owner.delete(`/admin/api/administrators/${administrator.id}`)
  const replies = []
  for (const [email, password] of [
    ['nobody@example.com', ownersPassword],
    ['ada@example.com', 'wrong password'],
    ['ada@example.com', ''],
    ['bob@example.com', ownersPassword],
    ['', ''],
  ] as const) {
    const { status, body, headers } = await new TestBrowser(server).signIn(email, password)
    const { 'x-request-id': _id, date: _date, ...rest } = headers
    replies.push({ status, body, rest })
  }
  for (const reply of replies) assert.deepEqual(reply, replies[0])
  assert.equal(replies[0]!.status, 401)
  assert.equal(code(await bob.get('/admin/api/session')), '401 SESSION_ENDED')
})

test('passwords cannot be tried at will, whether the account exists or not, and waiting helps', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  for (const email of ['ADA@example.com ', 'nobody@example.com']) {
    const browser = new TestBrowser(server)
    browser.remoteAddress = '192.0.2.1'
    const answers = []
    for (let attempt = 0; attempt < 5; attempt += 1) answers.push(code(await browser.signIn(email, 'wrong password')))
    assert.deepEqual(new Set(answers), new Set(['401 SIGN_IN_FAILED']))
    // The right one is not looked at any more either.
    const refused = await browser.signIn(email, ownersPassword)
    assert.equal(code(refused), '429 TOO_MANY_ATTEMPTS')
    assert.equal(refused.headers['retry-after'], '900')
  }
  // From elsewhere the owner gets in all the same.
  const elsewhere = new TestBrowser(server)
  elsewhere.remoteAddress = '192.0.2.2'
  assert.equal((await elsewhere.signIn('ada@example.com', ownersPassword)).status, 200)
  assert.equal((await owner.get('/admin/api/session')).status, 200)
  server.clock.advance(15 * 60_000)
  const later = new TestBrowser(server)
  later.remoteAddress = '192.0.2.1'
  assert.equal((await later.signIn('ada@example.com', ownersPassword)).status, 200)
})

test('tries at the same moment count, and so do those at many accounts from one address', async (t) => {
  const server = await start(t)
  await ownerBrowser(server)
  const browser = new TestBrowser(server)
  browser.remoteAddress = '192.0.2.1'
  const burst = await Promise.all(Array.from({ length: 12 }, () => browser.signIn('ada@example.com', 'wrong password')))
  assert.equal(burst.filter(({ status }) => status === 401).length, 5)
  const spray = []
  for (let attempt = 0; attempt < 10; attempt += 1) {
    spray.push((await browser.signIn(`user${attempt}@example.com`, 'wrong password')).status)
  }
  assert.deepEqual(spray, [...Array(8).fill(401), 429, 429])
  // A proxy of this machine tells for whom it calls; nobody else is believed.
  const proxied = new TestBrowser(server)
  proxied.headers['x-forwarded-for'] = '203.0.113.9, 192.0.2.1'
  assert.equal((await proxied.signIn('other@example.com', 'wrong password')).status, 429)
  browser.headers['x-forwarded-for'] = '192.0.2.77'
  assert.equal((await browser.signIn('other@example.com', 'wrong password')).status, 429)
})

test('a page of another site can do nothing with a session', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const host = 'localhost:8443'
  const rows: [Record<string, string>, string][] = [
    [{}, '403 CONSOLE_HEADER_MISSING'],
    [{ 'x-kindred-console': '0' }, '403 CONSOLE_HEADER_MISSING'],
    [{ 'x-kindred-console': '1', origin: 'https://evil.example' }, '403 CROSS_SITE_REQUEST'],
    [{ 'x-kindred-console': '1', origin: 'http://localhost:3000' }, '403 CROSS_SITE_REQUEST'],
    [{ 'x-kindred-console': '1', origin: 'null' }, '403 CROSS_SITE_REQUEST'],
    [{ 'x-kindred-console': '1', 'sec-fetch-site': 'cross-site' }, '403 CROSS_SITE_REQUEST'],
    [{ 'x-kindred-console': '1', 'sec-fetch-site': 'same-site' }, '403 CROSS_SITE_REQUEST'],
    [{ 'x-kindred-console': '1', 'sec-fetch-site': 'none' }, '403 CROSS_SITE_REQUEST'],
  ]
  const calls = [
    ['POST', '/api/v1/organization', { name: 'Foreign' }],
    ['GET', '/api/v1/users', undefined],
    ['GET', '/admin/api/session', undefined],
    ['DELETE', '/admin/api/sessions', undefined],
    ['POST', '/admin/api/session', { email: 'ada@example.com', password: ownersPassword }],
    ['POST', '/admin/api/links/redeem', { token: 'x', password: ownersPassword }],
  ] as const
  const events = (await server.events()).length
  for (const [headers, expected] of rows) {
    owner.headers = { host, ...headers }
    for (const [method, url, body] of calls) {
      assert.equal(code(await owner.send(method, url, body)), expected, `${method} ${url} ${JSON.stringify(headers)}`)
    }
  }
  assert.equal((await server.events()).length, events)
  owner.headers = { host, 'x-kindred-console': '1', origin: 'http://localhost:8443', 'sec-fetch-site': 'same-origin' }
  assert.equal((await owner.post('/api/v1/organization', { name: 'Own' })).status, 200)
  // No answer invites another site to try.
  const preflight = await server.send({
    method: 'OPTIONS',
    url: '/admin/api/session',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.status, 405)
  assert.equal(preflight.headers['access-control-allow-origin'], undefined)
})

test('a session ends by disuse, by age, by signing out, by a new password, and by whoever may end it', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const signedIn = async () => {
    const browser = new TestBrowser(server)
    assert.equal((await browser.signIn('ada@example.com', ownersPassword)).status, 200)
    return browser
  }
  const ended = async (browser: TestBrowser, cookie: string) => {
    browser.cookie = cookie
    assert.equal(code(await browser.get('/admin/api/session')), '401 SESSION_ENDED')
    assert.equal(code(await browser.get('/api/v1/users')), '401 SESSION_ENDED')
  }
  const [away, out, revoked] = [await signedIn(), await signedIn(), await signedIn()]
  const cookie = out.cookie!
  const signOut = await out.delete('/admin/api/session')
  assert.match(String(signOut.headers['set-cookie']), /^kindred=; Path=\/; Max-Age=0; /)
  await ended(out, cookie)

  const { id } = (await revoked.get('/admin/api/session')).body.session
  assert.equal((await owner.delete(`/admin/api/sessions/${id}`)).status, 200)
  await ended(revoked, revoked.cookie!)

  // Used within twelve hours it lives on, also when that is not written yet; unused it ends.
  const begin = server.environment.now()
  for (let hours = 0; hours < 22; hours += 11) {
    server.clock.advance(11 * 3_600_000)
    assert.equal((await owner.get('/admin/api/session')).status, 200)
  }
  await ended(away, away.cookie!)
  assert.ok(22 * 3_600_000 > idleMs)
  await server.environment.consoleSessions.flush()
  const { session } = (await owner.get('/admin/api/session')).body
  assert.deepEqual(
    [session.created_at, session.last_seen_at],
    [new Date(startOfTest).toISOString(), new Date(begin + 22 * 3_600_000).toISOString()],
  )

  const other = await signedIn()
  const before = owner.cookie!
  const changed = await owner.put('/admin/api/me/password', {
    current_password: ownersPassword,
    new_password: 'a quite different password',
  })
  assert.equal(changed.status, 200)
  assert.equal((await owner.get('/admin/api/session')).status, 200)
  await ended(other, other.cookie!)
  await ended(new TestBrowser(server), before)
  assert.equal(code(await other.signIn('ada@example.com', ownersPassword)), '401 SIGN_IN_FAILED')

  while (server.environment.now() < begin + 22 * 3_600_000 + longestSessionMs - idleMs) {
    server.clock.advance(idleMs - 1)
    assert.equal((await owner.get('/admin/api/session')).status, 200)
  }
  server.clock.advance(idleMs - 1)
  await ended(owner, owner.cookie!)
})

test('the console may call the Management API, and events tell which administrator did it', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const { status, body } = await owner.post('/api/v1/organization', { name: 'Analytical Engines' })
  assert.equal(status, 200)
  const { administrator } = (await owner.get('/admin/api/session')).body
  const row = await server.db
    .selectFrom('events')
    .selectAll()
    .where('type', '=', 'organization.created')
    .executeTakeFirstOrThrow()
  assert.deepEqual(
    [row.source, row.application_id, row.administrator_id, row.administrator_name, row.subject],
    ['admin', null, administrator.id, 'Ada Lovelace', body.organization.code],
  )
  await server.as('create:organizations').post('/api/v1/organization', { name: 'By token' })
  const [, byToken] = await server.db
    .selectFrom('events')
    .selectAll()
    .where('type', '=', 'organization.created')
    .orderBy('seq')
    .execute()
  assert.deepEqual([byToken!.source, byToken!.administrator_id], ['api', null])
  assert.equal(byToken!.application_id, server.firstClient.clientId)
})

test('a token that is sent beside the cookie is the one that counts', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  owner.headers.authorization = `Bearer ${await server.token('read:roles')}`
  assert.equal(code(await owner.get('/api/v1/users')), '403 SCOPE_MISSING')
  assert.equal(code(await owner.get('/admin/api/session')), '403 CONSOLE_ONLY')
  owner.headers.authorization = 'Bearer made-up'
  assert.equal(code(await owner.get('/api/v1/users')), '401 TOKEN_INVALID')
})

test('who may only read reads everything but secrets, and changes nothing', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const reader = await invitedBrowser(owner, { email: 'rita@example.com', role: 'read_only' })
  const me = (await reader.get('/admin/api/session')).body
  assert.ok(me.scopes.length > 0 && me.scopes.every((scope: string) => scope.startsWith('read:')))
  assert.equal((await reader.get('/api/v1/users')).status, 200)
  const application = `/api/v1/applications/${server.firstClient.clientId}`
  assert.equal((await owner.get(application)).body.application.client_secret, server.firstClient.clientSecret)
  const { body } = await reader.get(application)
  assert.deepEqual([body.application.id, body.application.client_secret], [server.firstClient.clientId, ''])
  assert.equal(code(await reader.get('/api/v1/connected_apps/token?session_id=x')), '403 ROLE_INSUFFICIENT')
  assert.equal(code(await owner.get('/api/v1/connected_apps/token?session_id=x')), '400 INVALID_SESSION')
  const { id } = me.administrator
  for (const [method, url, sent] of [
    ['POST', '/api/v1/organization', { name: 'x' }],
    ['PATCH', application, { name: 'x' }],
    ['DELETE', application, undefined],
    ['PATCH', `/admin/api/administrators/${id}`, { role: 'owner' }],
    ['DELETE', `/admin/api/administrators/${id}`, undefined],
    ['POST', `/admin/api/administrators/${id}/reset_link`, {}],
    ['POST', '/admin/api/invites', { email: 'eve@example.com', role: 'administrator' }],
    ['GET', '/admin/api/invites', undefined],
  ] as const) {
    assert.equal(code(await reader.send(method, url, sent)), '403 ROLE_INSUFFICIENT', `${method} ${url}`)
  }
})

test('no application may do what is for administrators alone, whatever its scopes', async (t) => {
  const server = await start(t)
  await ownerBrowser(server)
  const everything = server.as()
  for (const url of ['/admin/api/session', '/admin/api/administrators', '/admin/api/sessions', '/admin/api/invites']) {
    assert.equal(code(await everything.get(url)), '403 CONSOLE_ONLY', url)
  }
  const invite = { email: 'eve@example.com', role: 'owner' }
  assert.equal(code(await everything.post('/admin/api/invites', invite)), '403 CONSOLE_ONLY')
  assert.equal(code(await server.withToken(undefined).get('/admin/api/session')), '403 CONSOLE_HEADER_MISSING')
  const anonymous = new TestBrowser(server)
  assert.equal(code(await anonymous.get('/admin/api/session')), '401 SESSION_MISSING')
  assert.equal(code(await anonymous.get('/api/v1/users')), '401 TOKEN_MISSING')
  const { clientId } = await addApplication(server, { scopes: [] })
  assert.ok(clientId)
})

test('passwords that anyone would guess are refused, with the reason', async (t) => {
  const server = await start(t)
  const token = await setupToken(server)
  const rows = [
    ['short', 'PASSWORD_TOO_SHORT'],
    ['x'.repeat(129), 'PASSWORD_TOO_LONG'],
    ['aaaaaaaaaaaa', 'PASSWORD_TOO_COMMON'],
    ['123456789012', 'PASSWORD_TOO_COMMON'],
    ['Password1234', 'PASSWORD_TOO_COMMON'],
    ['ada@example.com', 'PASSWORD_TOO_COMMON'],
  ] as const
  for (const [password, expected] of rows) {
    const account = { token, name: 'Ada', email: 'ada@example.com', password }
    const { status, body } = await new TestBrowser(server).post('/admin/api/links/redeem', account)
    assert.deepEqual([status, body.errors[0].code, body.errors[0].field], [400, expected, 'password'], password)
  }
})

test('a header that a browser sends cannot write another one into the reply', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  owner.headers['user-agent'] = 'x'.repeat(5000)
  owner.headers['x-forwarded-for'] = 'not an address'
  const { status, headers, body } = await owner.signIn('ada@example.com', ownersPassword)
  assert.equal(status, 200)
  assert.equal(body.session.user_agent.length, 300)
  assert.equal(body.session.address, '127.0.0.1')
  assert.equal(headers['cache-control'], 'no-store')
})

test('a link for a new password ends sessions and further links, and gives the account to nobody else', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const bob = await invitedBrowser(owner, { email: 'bob@example.com', role: 'administrator' })
  const { administrator } = (await bob.get('/admin/api/session')).body
  const linkOf = async () => {
    const { body } = await owner.post(`/admin/api/administrators/${administrator.id}/reset_link`)
    return new URL(body.link).searchParams.get('token')
  }
  const [token, other] = [await linkOf(), await linkOf()]
  const renewed = new TestBrowser(server)
  const reply = await renewed.post('/admin/api/links/redeem', {
    token,
    name: 'Eve',
    email: 'eve@example.com',
    password: 'a quite different password',
  })
  assert.deepEqual([reply.body.administrator.id, reply.body.administrator.email], [administrator.id, 'bob@example.com'])
  assert.equal(code(await bob.get('/admin/api/session')), '401 SESSION_ENDED')
  assert.equal(code(await bob.post('/admin/api/links/inspect', { token: other })), '404 LINK_INVALID')
})
