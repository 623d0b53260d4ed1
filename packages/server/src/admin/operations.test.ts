import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../api/index.ts'
import { ApiError } from '../errors.ts'
import { managementScopes } from '../management-api.ts'
import type { Operation } from '../operation.ts'
import { start, type TestReply } from '../testing.ts'
import { inputCheck } from '../validate.ts'
import { adminOperations } from './index.ts'
import { invitedBrowser, ownerBrowser, TestBrowser } from './testing-console.ts'

const code = ({ status, body }: TestReply) => `${status} ${body.errors?.[0]?.code ?? body.code}`
const urlOf = ({ path }: Operation) => path.replaceAll(/\{\w+\}/g, 'unknown')
const guarded = adminOperations.filter(({ anonymous }) => !anonymous)

test('operations of the console have ids, addresses and words of their own, and are no part of the Management API', async (t) => {
  const scopes = new Set(managementScopes.map(({ key }) => key))
  const all = [...operations, ...adminOperations]
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
  assert.equal(new Set(all.map(({ method, path }) => `${method} ${path}`)).size, all.length)
  for (const { id, path, scope, role, description, query, body } of adminOperations) {
    assert.match(path, /^\/admin\/api(\/([a-z_]+|\{[a-z_]+\}))+$/, id)
    assert.ok(role !== undefined && description !== undefined, id)
    assert.ok(scope === null || scopes.has(scope), `${id}: ${scope}`)
    for (const part of [
      { id, query },
      { id, body },
    ]) {
      try {
        inputCheck(part as Operation)({}, '{}')
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
      }
    }
  }
  const { body } = await (await start(t)).send({ method: 'GET', url: '/openapi.json' })
  assert.deepEqual(
    Object.keys(body.paths).filter((path) => !path.startsWith('/api/v1/')),
    [],
  )
})

test('no operation of the console answers without a session, to another site, or to a token that lacks its scope', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const events = (await server.events()).length
  const nobody = new TestBrowser(server)
  const everything = managementScopes.map(({ key }) => key)
  for (const operation of guarded) {
    const { id, method, scope } = operation
    assert.equal(code(await nobody.send(method, urlOf(operation))), '401 SESSION_MISSING', id)
    owner.headers = { 'x-kindred-console': '1', origin: 'https://evil.example' }
    assert.equal(code(await owner.send(method, urlOf(operation))), '403 CROSS_SITE_REQUEST', id)
    owner.headers = {}
    assert.equal(code(await owner.send(method, urlOf(operation))), '403 CONSOLE_HEADER_MISSING', id)
    const token = await server.token(...everything.filter((key) => key !== scope))
    const reply = await server.send({
      method,
      url: urlOf(operation),
      headers: { authorization: `Bearer ${token}` },
    } as never)
    assert.equal(code(reply), scope === null ? '403 CONSOLE_ONLY' : '403 SCOPE_MISSING', id)
  }
  assert.equal((await server.events()).length, events)
})

test('who may only read gets nowhere where more is needed, and no administrator where an owner is', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const reader = await invitedBrowser(owner, { email: 'rita@example.com', role: 'read_only' })
  const administrator = await invitedBrowser(owner, { email: 'bob@example.com', role: 'administrator' })
  for (const operation of guarded) {
    const { id, method, role } = operation
    if (role !== 'read_only') {
      assert.equal(code(await reader.send(method, urlOf(operation))), '403 ROLE_INSUFFICIENT', id)
    } else if (method !== 'GET')
      assert.match(id, /^(endConsoleSession|endSession|endOtherSessions|updateMe|setMyPassword)$/)
    if (role === 'owner') {
      assert.equal(code(await administrator.send(method, urlOf(operation))), '403 ROLE_INSUFFICIENT', id)
    }
  }
})

test('no administrator makes an owner, changes one or takes one over; and the last owner stays', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const bob = await invitedBrowser(owner, { email: 'bob@example.com', role: 'administrator' })
  const idOf = async (browser: TestBrowser) => (await browser.get('/admin/api/session')).body.administrator.id
  const [ownersId, bobsId] = [await idOf(owner), await idOf(bob)]
  const at = (id: string) => `/admin/api/administrators/${id}`
  assert.equal(code(await bob.patch(at(bobsId), { role: 'owner' })), '403 OWNER_REQUIRED')
  assert.equal(code(await bob.patch(at(ownersId), { role: 'read_only' })), '403 OWNER_REQUIRED')
  assert.equal(code(await bob.patch(at(ownersId), { name: 'Eve' })), '403 OWNER_REQUIRED')
  assert.equal(code(await bob.delete(at(ownersId))), '403 OWNER_REQUIRED')
  assert.equal(
    code(await bob.post('/admin/api/invites', { email: 'eve@example.com', role: 'owner' })),
    '403 OWNER_REQUIRED',
  )
  assert.equal(code(await bob.get(`/admin/api/sessions?administrator_id=${ownersId}`)), '403 OWNER_REQUIRED')
  const { session } = (await owner.get('/admin/api/session')).body
  assert.equal(code(await bob.delete(`/admin/api/sessions/${session.id}`)), '404 SESSION_NOT_FOUND')

  assert.equal(code(await owner.patch(at(ownersId), { role: 'administrator' })), '409 LAST_OWNER')
  assert.equal(code(await owner.delete(at(ownersId))), '409 LAST_OWNER')
  assert.equal((await owner.patch(at(bobsId), { role: 'owner' })).body.administrator.role, 'owner')
  // Two owners who remove each other at the same moment: one of them stays.
  const removed = await Promise.all([owner.delete(at(bobsId)), bob.delete(at(ownersId))])
  assert.equal(removed.filter(({ status }) => status === 200).length, 1)
  const rows = await server.db.selectFrom('administrators').select('role').execute()
  assert.deepEqual(
    rows.map(({ role }) => role),
    ['owner'],
  )
})

test('what somebody handed out ends with the role that it was handed out with', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const bob = await invitedBrowser(owner, { email: 'bob@example.com', role: 'administrator' })
  const { administrator } = (await bob.get('/admin/api/session')).body
  const invite = await bob.post('/admin/api/invites', { email: 'friend@example.com', role: 'administrator' })
  assert.equal((await owner.get('/admin/api/invites')).body.invites[0].invited_by, 'bob@example.com')
  await owner.patch(`/admin/api/administrators/${administrator.id}`, { role: 'read_only' })
  const token = new URL(invite.body.link).searchParams.get('token')
  assert.equal(code(await new TestBrowser(server).post('/admin/api/links/inspect', { token })), '404 LINK_INVALID')
  // The session that was open goes on with the new role.
  assert.equal(code(await bob.post('/api/v1/organization', { name: 'x' })), '403 ROLE_INSUFFICIENT')
  const again = await owner.post('/admin/api/invites', { email: 'friend@example.com', role: 'read_only' })
  assert.equal((await owner.delete(`/admin/api/invites/${again.body.invite.id}`)).status, 200)
  assert.deepEqual((await owner.get('/admin/api/invites')).body.invites, [])
  assert.equal(
    code(await owner.post('/admin/api/invites', { email: 'BOB@example.com', role: 'read_only' })),
    '409 EMAIL_TAKEN',
  )
})
