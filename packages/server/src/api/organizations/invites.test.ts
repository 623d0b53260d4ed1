import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../../testing.ts'
import { openClub, outcome } from '../../testing-members.ts'
import { walk } from '../../testing-walk.ts'

const dayMs = 86_400_000
const invitesOf = (code: string) => `/api/v1/organization/${code}/invites`

interface Invite {
  id: string
  code: string
  email: string
  invite_link: string
  is_revoked: boolean
  accepted_on: string | null
  roles: { key: string }[]
}

async function scene(server: TestServer) {
  const club = await openClub(server)
  const code = await club.organization('Zoo & Co')
  const invite = async (email: string, body: object = {}): Promise<Invite> => {
    const reply = await club.api.post(invitesOf(code), { email, roles: [], ...body })
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
    return reply.body.invite
  }
  const list = async (query = ''): Promise<string[]> => {
    // With a token of this moment: some tests move the clock.
    const { body } = await server.as().get(`${invitesOf(code)}?${query}`)
    return body.invites.map(({ email }: Invite) => email)
  }
  const accept = ({ code }: { code: string }) =>
    server.send({
      method: 'POST',
      url: '/team_invitation',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ code }).toString(),
    })
  return { ...club, code, invite, list, accept }
}

test('an invite is shown with its code and link again, and its code is stored sealed and hashed alone', async (t) => {
  const server = await start(t)
  const { api, code, invite, role } = await scene(server)
  await role('keeper')
  const made = await invite(' Owl@Zoo.Example ', { first_name: 'Olga', last_name: '', roles: ['keeper', 'keeper'] })
  assert.match(made.id, /^inv_[0-9a-f]{32}$/)
  assert.match(made.code, /^inv_\w{52}$/)
  assert.deepEqual(made, {
    id: made.id,
    code: made.code,
    email: 'Owl@Zoo.Example',
    first_name: 'Olga',
    last_name: null,
    full_name: 'Olga',
    created_on: '2026-01-15T12:00:00.000+00:00',
    is_sent: false,
    accepted_on: null,
    roles: [{ key: 'keeper', name: 'keeper' }],
    is_revoked: false,
    invite_link: `${server.baseUrl}/team_invitation?code=${made.code}`,
  })
  for (const name of [made.code, made.id]) {
    assert.deepEqual((await api.get(`${invitesOf(code)}/${name}`)).body, { message: 'Success', ...made })
  }
  assert.deepEqual((await api.get(invitesOf(code))).body.invites, [made])

  const stored = await server.db.selectFrom('organization_invites').selectAll().execute()
  const events = await server.events()
  assert.equal(JSON.stringify([stored, events]).includes(made.code), false)
  const { type, data } = events.at(-1)!
  assert.deepEqual(
    [type, data],
    [
      'organization.invite_created',
      { organization: { code }, invite: { id: made.id, email: made.email, roles: ['keeper'], send_email: false } },
    ],
  )
})

test('an invite is refused for whom it cannot be', async (t) => {
  const server = await start(t)
  const { api, code, organization, user, invite } = await scene(server)
  await user(code, { email: 'member@zoo.example' })
  await invite('owl@zoo.example')
  const managed = await organization('Managed')
  const connection = { name: 'Okta', strategy: 'saml:okta', organization_code: managed }
  await api.post('/api/v1/connections', connection)
  await api.post('/api/v1/directories', { org_code: managed, directory_name: 'Okta', provider_code: 'okta' })
  const before = await server.events()
  const email = 'new@zoo.example'
  const many = Array.from({ length: 101 }, (_, index) => `role-${index}`)
  for (const [org, body, expected] of [
    [code, { email: 'OWL@zoo.example', roles: [] }, [400, 'INVITATION_EXISTS', 'email']],
    [code, { email: 'Member@zoo.example', roles: [] }, [400, 'USER_ALREADY_IN_ORGANIZATION', 'email']],
    [code, { email: 'no address', roles: [] }, [400, 'INVALID_EMAIL', 'email']],
    [code, { email: `${'o'.repeat(250)}@zoo.example`, roles: [] }, [400, 'EMAIL_TOO_LONG', 'email']],
    [code, { email, first_name: 'o'.repeat(65), roles: [] }, [400, 'FIRST_NAME_TOO_LONG', 'first_name']],
    [code, { email, last_name: 'o'.repeat(65), roles: [] }, [400, 'LAST_NAME_TOO_LONG', 'last_name']],
    [code, { email, roles: ['nobody'] }, [400, 'ROLE_NOT_FOUND', 'roles.0']],
    [code, { email, roles: many }, [400, 'TOO_MANY_OBJECTS', 'roles']],
    [code, { email }, [400, 'ROLES_REQUIRED', 'roles']],
    [managed, { email, roles: [] }, [400, 'ORGANIZATION_MANAGED_BY_DIRECTORY']],
    ['org_none', { email, roles: [] }, [404, 'ORGANIZATION_NOT_FOUND']],
  ] as const) {
    assert.deepEqual(outcome(await api.post(invitesOf(org), body)), expected)
  }
  assert.deepEqual(await server.events(), before)
})

test('an invite that nobody has, or another organization, is a 404 whose errors are an object', async (t) => {
  const server = await start(t)
  const { api, code, organization, invite } = await scene(server)
  const { code: other } = await invite('owl@zoo.example')
  const elsewhere = await organization('Elsewhere')
  for (const url of [`${invitesOf(code)}/inv_none`, `${invitesOf(elsewhere)}/${other}`]) {
    for (const reply of [await api.get(url), await api.delete(url)]) {
      assert.equal(reply.status, 404)
      assert.equal(reply.body.errors.code, 'INVITATION_NOT_FOUND')
    }
  }
})

test('a revoked invite leaves the list, stays readable, and makes room for another one to the same address', async (t) => {
  const server = await start(t)
  const { api, code, invite, list, accept } = await scene(server)
  const first = await invite('owl@zoo.example')
  const revoke = () => api.delete(`${invitesOf(code)}/${first.code}`)
  assert.deepEqual(outcome(await revoke()), [200, 'OK'])
  const events = await server.events()
  assert.deepEqual(
    [events.at(-1)!.type, events.at(-1)!.data],
    ['organization.invite_revoked', { organization: { code }, invite: { id: first.id } }],
  )
  assert.deepEqual(outcome(await revoke()), [200, 'OK'])
  assert.equal((await server.events()).length, events.length)
  assert.equal((await api.get(`${invitesOf(code)}/${first.code}`)).body.is_revoked, true)
  assert.equal((await accept(first)).status, 404)
  assert.deepEqual(await list(), [])
  await invite('owl@zoo.example')
  assert.deepEqual(await list(), ['owl@zoo.example'])
  assert.deepEqual(await list('include_revoked=true'), ['owl@zoo.example', 'owl@zoo.example'])
})

test('an invite lapses after 30 days, and its address can be invited again', async (t) => {
  const server = await start(t)
  const { api, code, invite, list, accept } = await scene(server)
  const first = await invite('owl@zoo.example')
  server.clock.advance(30 * dayMs - 1)
  assert.deepEqual(await list(), ['owl@zoo.example'])
  assert.equal((await server.send({ method: 'GET', url: `/team_invitation?code=${first.code}` })).status, 200)
  server.clock.advance(1)
  assert.deepEqual(
    await server
      .as()
      .get(invitesOf(code))
      .then(({ body }) => body.invites),
    [],
  )
  assert.equal((await accept(first)).status, 404)
  const fresh = server.as()
  assert.equal((await fresh.get(`${invitesOf(code)}/${first.code}`)).body.is_revoked, true)
  assert.equal((await fresh.get(`${invitesOf(code)}?include_revoked=true`)).body.invites.length, 1)
  const again = await fresh.post(invitesOf(code), { email: 'owl@zoo.example', roles: [] })
  assert.equal(again.status, 201)
  assert.notEqual(again.body.invite.code, first.code)
  assert.equal((await api.get(invitesOf(code))).status, 401)
})

test('an organization has a hundred new invites in 24 hours, and a thousand open ones', async (t) => {
  const server = await start(t)
  const { api, code, invite } = await scene(server)
  for (let index = 0; index < 99; index += 1) await invite(`owl-${index}@zoo.example`)
  const last = await invite('last@zoo.example')
  // What is revoked was made all the same.
  await api.delete(`${invitesOf(code)}/${last.code}`)
  const refused = await api.post(invitesOf(code), { email: 'more@zoo.example', roles: [] })
  assert.deepEqual(outcome(refused), [400, 'INVITATION_LIMIT_EXCEEDED'])
  assert.match(refused.body.errors[0].message, /100 invites at most in 24 hours/)

  server.clock.advance(dayMs)
  await server.write(async (db) => {
    const row = await db.selectFrom('organization_invites').selectAll().limit(1).executeTakeFirstOrThrow()
    const { seq, ...values } = row
    const rows = Array.from({ length: 900 }, (_, index) => ({
      ...values,
      id: `inv_${index}`,
      email_sort: `old-${index}`,
      code_sha256: `${index}`,
    }))
    for (let from = 0; from < 900; from += 100) {
      await db
        .insertInto('organization_invites')
        .values(rows.slice(from, from + 100))
        .execute()
    }
  })
  // 99 and 900 are open.
  const fresh = server.as()
  const create = async (email: string) => outcome(await fresh.post(invitesOf(code), { email, roles: [] }))
  assert.deepEqual(await create('thousand@zoo.example'), [201, 'INVITATION_CREATED'])
  assert.deepEqual(await create('more@zoo.example'), [400, 'INVITATION_LIMIT_EXCEEDED'])
  const { body } = await fresh.get(`${invitesOf(code)}?page_size=1`)
  await fresh.delete(`${invitesOf(code)}/${body.invites[0].code}`)
  assert.deepEqual(await create('more@zoo.example'), [201, 'INVITATION_CREATED'])
})

test('invites are listed to the end in every order while others come and go', async (t) => {
  const server = await start(t)
  const { api, code, invite } = await scene(server)
  const made: Invite[] = []
  for (let index = 0; index < 9; index += 1) {
    made.push(await invite(`${'cab'[index % 3]}${index}@zoo.example`, { first_name: 'xyz'[index % 3] }))
  }
  const sorts: Record<string, (invite: Invite & { full_name: string }) => string> = {
    created_on: ({ id }) => String(made.findIndex((one) => one.id === id)),
    email: ({ email }) => email,
    name: ({ id, full_name }) => `${full_name}${made.findIndex((one) => one.id === id)}`,
  }
  for (const [sort, key] of Object.entries(sorts)) {
    for (const direction of ['asc', 'desc']) {
      const list = `${invitesOf(code)}?sort=${sort}_${direction}`
      const rows = await walk<Invite & { full_name: string }>(
        api,
        { list, member: 'invites', pageSize: 2 },
        async () => {
          const passing = await invite(`passing-${sort}-${direction}@zoo.example`, { first_name: 'zz' }).catch(
            () => null,
          )
          if (passing !== null) await api.delete(`${invitesOf(code)}/${passing.code}`)
        },
      )
      const seen = rows.filter(({ id }) => made.some((one) => one.id === id)).map(key)
      assert.deepEqual(
        direction === 'asc' ? seen : seen.reverse(),
        [...made.map((one) => key(one as never))].sort(),
        list,
      )
    }
  }
})

test('whoever accepts an invite is a member with its roles, and it cannot be accepted twice', async (t) => {
  const server = await start(t)
  const { api, code, invite, list, accept, role, keys, user } = await scene(server)
  await role('keeper')
  await role('everyone', { isDefault: true })
  const isolated = await user(null, { email: 'known@zoo.example' })
  const invites = {
    new: await invite('owl@zoo.example', { first_name: 'Olga', roles: ['keeper'] }),
    plain: await invite('plain@zoo.example'),
    known: await invite('Known@zoo.example', { roles: ['keeper'] }),
  }
  const shown = await server.send({
    method: 'GET',
    url: new URL(invites.new.invite_link).href.slice(server.baseUrl.length),
  })
  assert.match(String(shown.body), /owl@zoo\.example is invited to Zoo &amp; Co\./)
  assert.deepEqual((await list()).length, 3, 'to look at it changes nothing')

  for (const one of Object.values(invites)) assert.equal((await accept(one)).status, 200)
  const { body } = await api.get(`/api/v1/organizations/${code}/users?sort=email_asc`)
  assert.deepEqual(
    body.organization_users.map(({ email, roles }: { email: string; roles: string[] }) => [email, roles]),
    [
      ['known@zoo.example', ['keeper']],
      ['owl@zoo.example', ['keeper']],
      ['plain@zoo.example', ['everyone']],
    ],
  )
  assert.deepEqual(await keys('roles', code, isolated), ['keeper'])
  assert.deepEqual(await list(), [])
  assert.equal((await list('include_accepted=true')).length, 3)
  assert.equal(
    (await api.get(`${invitesOf(code)}/${invites.new.code}`)).body.accepted_on,
    '2026-01-15T12:00:00.000+00:00',
  )
  const types = (await server.events()).slice(-6).map(({ type }) => type)
  assert.deepEqual(types, [
    'user.created',
    'organization.invite_accepted',
    'user.created',
    'organization.invite_accepted',
    'user.updated',
    'organization.invite_accepted',
  ])
  const identities = await api.get(`/api/v1/users/${body.organization_users[1].id}/identities`)
  assert.equal(identities.body.identities[0].is_confirmed, true)
  assert.equal((await accept(invites.new)).status, 404)
  assert.deepEqual(outcome(await api.delete(`${invitesOf(code)}/${invites.new.code}`)), [400, 'INVITATION_ACCEPTED'])
})

test('of two who accept an invite at once, one becomes a member', async (t) => {
  const server = await start(t)
  const { invite, accept, api, code } = await scene(server)
  const made = await invite('owl@zoo.example')
  const replies = await Promise.all([accept(made), accept(made), accept(made)])
  assert.deepEqual(replies.map(({ status }) => status).filter((status) => status === 200).length, 1)
  assert.ok(replies.every(({ status }) => status < 500))
  assert.equal((await api.get(`/api/v1/organizations/${code}/users`)).body.organization_users.length, 1)
})

test('nobody accepts for a suspended user or a suspended organization', async (t) => {
  const server = await start(t)
  const { invite, accept, api, code, user } = await scene(server)
  const known = await user(null, { email: 'owl@zoo.example' })
  await api.patch(`/api/v1/user?id=${known}`, { is_suspended: true })
  const made = await invite('owl@zoo.example')
  assert.equal((await accept(made)).status, 400)
  await api.patch(`/api/v1/user?id=${known}`, { is_suspended: false })
  await api.patch(`/api/v1/organization/${code}`, { is_suspended: true })
  assert.equal((await accept(made)).status, 404)
  await api.patch(`/api/v1/organization/${code}`, { is_suspended: false })
  assert.equal((await accept(made)).status, 200)
})

test('a deleted role leaves the invites that it came with, and a deleted organization takes them along', async (t) => {
  const server = await start(t)
  const { api, code, invite, role } = await scene(server)
  const keeper = await role('keeper')
  await role('guide')
  const made = await invite('owl@zoo.example', { roles: ['keeper', 'guide'] })
  await api.delete(`/api/v1/roles/${keeper}`)
  const deleted = (await server.events()).at(-1)!
  assert.equal((deleted.data.reach as { invites: number }).invites, 1)
  const { body } = await api.get(`${invitesOf(code)}/${made.code}`)
  assert.deepEqual(body.roles, [{ key: 'guide', name: 'guide' }])
  await api.delete(`/api/v1/organization/${code}`)
  for (const table of ['organization_invites', 'organization_invite_roles'] as const) {
    assert.deepEqual(await server.db.selectFrom(table).selectAll().execute(), [])
  }
})
