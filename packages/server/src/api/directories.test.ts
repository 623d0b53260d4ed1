import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { directoryProviders } from '../store/directories.ts'
import { start, type TestReply, type TestServer } from '../testing.ts'

const directories = '/api/v1/directories'

async function addOrganization({ as }: TestServer, name = 'Zoo'): Promise<string> {
  return (await as().post('/api/v1/organization', { name })).body.organization.code
}

/** An enterprise connection that is switched on for the organization. */
async function addConnection({ as }: TestServer, organization: string, name: string): Promise<string> {
  const body = { name, display_name: `By ${name}`, strategy: 'saml:okta', organization_code: organization }
  return (await as().post('/api/v1/connections', body)).body.connection.id
}

async function create(server: TestServer, body: object) {
  const reply = await server.as().post(directories, { directory_name: 'People', provider_code: 'okta', ...body })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body.directory
}

const faultOf = ({ status, body }: TestReply) => [status, body.errors[0].code, body.errors[0].field]

test('a directory is made with the only connection of its organization, and is shown whole', async (t) => {
  const server = await start(t)
  const zoo = await addOrganization(server)
  const okta = await addConnection(server, zoo, 'Okta')
  const body = { org_code: zoo, directory_name: 'People', provider_code: 'okta' }
  const reply = await server.as().post(directories, body)
  assert.equal(reply.status, 201)
  const { id, directory_endpoint_id: endpoint, secret_token: secret, ...rest } = reply.body.directory
  assert.match(id, /^directory_[0-9a-f]{32}$/)
  assert.match(endpoint, /^ksde_[0-9a-f]{32}$/)
  assert.match(secret, /^kstkn_[0-9a-f]{32}$/)
  assert.deepEqual([reply.body.code, reply.body.message], ['DIRECTORY_CREATED', 'SCIM directory created successfully'])
  assert.deepEqual(rest, {
    directory_name: 'People',
    status: 'Pending',
    organization_code: zoo,
    enterprise_connection_id: okta,
    enterprise_connection_name: 'By Okta',
    last_sync_started_at: null,
    last_sync_completed_at: null,
    last_sync_error: null,
    created_on: '2026-01-15T12:00:00.000+00:00',
  })
  const shown = { ...reply.body.directory, secret_token: `kstkn_${'*'.repeat(28)}${secret.slice(-4)}` }
  assert.deepEqual((await server.as().get(`${directories}/${id}`)).body, {
    code: 'OK',
    message: 'Success',
    directory: shown,
  })
  assert.deepEqual((await server.as().get(directories)).body, {
    code: 'OK',
    message: 'Success',
    has_more: false,
    directories: [shown],
  })
})

test('the secret of a directory is kept sealed and hashed, and no event holds it', async (t) => {
  const server = await start(t)
  const zoo = await addOrganization(server)
  await addConnection(server, zoo, 'Okta')
  const { id, secret_token: secret } = await create(server, { org_code: zoo })
  const rows = await server.db.selectFrom('directories').selectAll().execute()
  assert.equal(rows[0]!.secret_sha256, createHash('sha256').update(secret).digest('hex'))
  assert.equal(server.environment.cipher.open(rows[0]!.secret_sealed, `directories:${id}`), secret)
  for (const text of [rows, await server.events()]) assert.equal(JSON.stringify(text).includes(secret), false)
})

test('what keeps a directory from being made is told with the codes and fields of Kinde', async (t) => {
  const server = await start(t)
  const api = server.as()
  const [bare, one, two] = [
    await addOrganization(server, 'Bare'),
    await addOrganization(server, 'One'),
    await addOrganization(server, 'Two'),
  ]
  const ofOne = await addConnection(server, one, 'Okta')
  await addConnection(server, two, 'Okta 2')
  await addConnection(server, two, 'Okta 3')
  const social = (await api.post('/api/v1/connections', { name: 'G', strategy: 'oauth2:google' })).body.connection.id
  await api.post(`/api/v1/organizations/${bare}/connections/${social}`)
  const good = { org_code: one, directory_name: 'People', provider_code: 'okta' }
  const rows: [object, string, string][] = [
    [{ ...good, org_code: undefined }, 'ORGANIZATION_REQUIRED', 'org_code'],
    [{ ...good, org_code: '' }, 'ORGANIZATION_REQUIRED', 'org_code'],
    [{ ...good, directory_name: undefined }, 'DIRECTORY_NAME_REQUIRED', 'directory_name'],
    [{ ...good, directory_name: ' ' }, 'DIRECTORY_NAME_REQUIRED', 'directory_name'],
    [{ ...good, provider_code: undefined }, 'PROVIDER_CODE_REQUIRED', 'provider_code'],
    [{ ...good, provider_code: 'ldap' }, 'INVALID_PROVIDER', 'provider_code'],
    [{ ...good, org_code: 'org_none' }, 'ORGANIZATION_NOT_FOUND', 'org_code'],
    // A social connection is none of an enterprise.
    [{ ...good, org_code: bare }, 'NO_ENTERPRISE_CONNECTIONS', 'org_code'],
    [{ ...good, org_code: two }, 'ENTERPRISE_CONNECTION_REQUIRED', 'enterprise_connection_id'],
    [
      { ...good, org_code: two, enterprise_connection_id: ofOne },
      'INVALID_ENTERPRISE_CONNECTION',
      'enterprise_connection_id',
    ],
    [{ ...good, enterprise_connection_id: 'none' }, 'INVALID_ENTERPRISE_CONNECTION', 'enterprise_connection_id'],
  ]
  for (const [body, code, field] of rows) {
    assert.deepEqual(faultOf(await api.post(directories, body)), [400, code, field], JSON.stringify(body))
  }
  assert.deepEqual((await api.get(directories)).body.directories, [])
  // One that is off is not taken either.
  await api.delete(`/api/v1/organizations/${one}/connections/${ofOne}`)
  assert.deepEqual(faultOf(await api.post(directories, good)).slice(1), ['NO_ENTERPRISE_CONNECTIONS', 'org_code'])
})

test('an organization has one directory, also when two are asked for at once', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addOrganization(server)
  await addConnection(server, zoo, 'Okta')
  const body = { org_code: zoo, directory_name: 'People', provider_code: 'okta' }
  const replies = await Promise.all([1, 2, 3].map(() => api.post(directories, body)))
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409, 409])
  const refused = replies.find(({ status }) => status === 409)!
  assert.deepEqual(faultOf(refused), [409, 'DIRECTORY_EXISTS', 'org_code'])
  // A missing connection is not what is told then.
  const { id } = (await api.get(directories)).body.directories[0]
  assert.equal((await api.delete(`${directories}/${id}`)).status, 200)
  assert.equal((await api.post(directories, body)).status, 201)
})

test('every provider of the list can feed a directory', async (t) => {
  const server = await start(t)
  for (const provider of directoryProviders) {
    const organization = await addOrganization(server, provider)
    await addConnection(server, organization, provider)
    await create(server, { org_code: organization, provider_code: provider })
  }
})

test('a directory is renamed, and deleted', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addOrganization(server)
  await addConnection(server, zoo, 'Okta')
  const { id, secret_token: secret } = await create(server, { org_code: zoo })
  const url = `${directories}/${id}`
  for (const _ of [1, 2]) {
    const { status, body } = await api.patch(url, { directory_name: 'Staff' })
    assert.deepEqual([status, body.code, body.directory.directory_name], [200, 'DIRECTORY_UPDATED', 'Staff'])
    assert.equal(body.directory.secret_token.includes(secret.slice(6, -4)), false)
  }
  assert.deepEqual(faultOf(await api.patch(url, {})), [400, 'NO_FIELDS_TO_UPDATE', 'directory_name'])
  assert.deepEqual(faultOf(await api.patch(url, { name: 'x' })), [400, 'NO_FIELDS_TO_UPDATE', 'directory_name'])
  const gone = await api.delete(url)
  assert.deepEqual(
    [gone.status, gone.body],
    [200, { code: 'DIRECTORY_DELETED', message: 'SCIM directory deleted successfully', directory_id: id }],
  )
  for (const reply of [await api.get(url), await api.patch(url, { directory_name: 'x' }), await api.delete(url)]) {
    assert.deepEqual(faultOf(reply), [404, 'DIRECTORY_NOT_FOUND', undefined])
  }
  const told = (await server.events()).filter(({ type }) => type.startsWith('directory.'))
  assert.deepEqual(
    told.map(({ type }) => type),
    ['directory.created', 'directory.updated', 'directory.deleted'],
  )
})

test('directories are paged, and found by their organization', async (t) => {
  const server = await start(t)
  const api = server.as()
  const codes: string[] = []
  for (const name of ['One', 'Two', 'Three']) {
    const code = await addOrganization(server, name)
    codes.push(code)
    await addConnection(server, code, name)
    await create(server, { org_code: code })
  }
  const page = async (query: string) => {
    const { body } = await api.get(`${directories}?${query}`)
    return body.directories.map((one: { organization_code: string }) => codes.indexOf(one.organization_code))
  }
  assert.deepEqual(await page(''), [0, 1, 2])
  assert.deepEqual(await page(`organization_code=${codes[1]}`), [1])
  const first = (await api.get(`${directories}?page_size=2`)).body
  assert.equal(first.has_more, true)
  assert.deepEqual(await page(`page_size=2&starting_after=${first.directories[1].id}`), [2])
  const other = await addOrganization(server, 'Four')
  assert.deepEqual(await page(`organization_code=${other}`), [])
  assert.deepEqual(faultOf(await api.get(`${directories}?organization_code=org_none`)), [
    400,
    'ORGANIZATION_NOT_FOUND',
    'organization_code',
  ])
  const elsewhere = `organization_code=${codes[0]}&starting_after=${first.directories[1].id}`
  assert.equal(faultOf(await api.get(`${directories}?${elsewhere}`))[1], 'INVALID_CURSOR')
})

test('a directory keeps on without its connection, and goes with its organization', async (t) => {
  const server = await start(t)
  const api = server.as()
  const zoo = await addOrganization(server)
  const okta = await addConnection(server, zoo, 'Okta')
  const { id } = await create(server, { org_code: zoo })
  await api.delete(`/api/v1/connections/${okta}`)
  const { directory } = (await api.get(`${directories}/${id}`)).body
  assert.deepEqual([directory.enterprise_connection_id, directory.enterprise_connection_name], [null, null])
  const { data } = (await server.events()).at(-1)!
  assert.deepEqual((data as { reach: object }).reach, {
    applications: 0,
    organizations: 1,
    directories: 1,
    sessions: 0,
  })
  await api.delete(`/api/v1/organization/${zoo}`)
  assert.equal((await api.get(`${directories}/${id}`)).status, 404)
})
