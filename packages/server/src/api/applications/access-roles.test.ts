import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply, type TestServer } from '../../testing.ts'

const types = ['reg', 'spa', 'device', 'm2m'] as const

async function addApplication({ as }: TestServer, type: (typeof types)[number] = 'reg'): Promise<string> {
  const { body } = await as().post('/api/v1/applications', { name: `App ${type}`, type })
  return `/api/v1/applications/${body.application.id}`
}

async function addRole({ as }: TestServer, key: string, description?: string): Promise<string> {
  return (await as().post('/api/v1/roles', { name: key.toUpperCase(), key, description })).body.role.id
}

const faultOf = ({ status, body }: TestReply) => [status, body.errors[0].code]

test('a role is added to an application once, shown, and taken away again', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const keeper = await addRole(server, 'keeper', 'Feeds')
  const vet = await addRole(server, 'vet')
  await addRole(server, 'visitor')
  for (const id of [vet, keeper, keeper]) {
    const reply = await api.post(`${application}/access_roles/${id}`)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  }
  assert.deepEqual((await api.get(`${application}/access_roles`)).body, {
    code: 'OK',
    message: 'Success',
    roles: [
      { id: keeper, key: 'keeper', name: 'KEEPER', description: 'Feeds' },
      { id: vet, key: 'vet', name: 'VET', description: null },
    ],
    has_more: false,
  })
  assert.deepEqual((await api.get(`${await addApplication(server)}/access_roles`)).body.roles, [])

  for (const _ of [1, 2]) assert.equal((await api.delete(`${application}/access_roles/${keeper}`)).status, 200)
  const { roles } = (await api.get(`${application}/access_roles`)).body
  assert.deepEqual(
    roles.map(({ key }: { key: string }) => key),
    ['vet'],
  )
  const id = application.split('/').at(-1)
  const told = (await server.events()).filter(({ type }) => type.startsWith('application.access_role'))
  assert.deepEqual(
    told.map(({ type, data }) => [type, data]),
    [
      ['application.access_role_added', { application: { id }, role: { id: vet, key: 'vet' } }],
      ['application.access_role_added', { application: { id }, role: { id: keeper, key: 'keeper' } }],
      ['application.access_role_removed', { application: { id }, role: { id: keeper, key: 'keeper' } }],
    ],
  )
})

test('access control is switched on once there is a role, and neither adding nor removing roles changes it', async (t) => {
  const server = await start(t)
  const api = server.as()
  const role = await addRole(server, 'keeper')
  for (const type of ['reg', 'spa', 'device'] as const) {
    const application = await addApplication(server, type)
    const isOn = async () => (await api.get(application)).body.application.is_access_control_enabled
    const switchOn = () => api.patch(application, { is_access_control_enabled: true })
    assert.deepEqual(faultOf(await switchOn()), [400, 'ACCESS_ROLES_REQUIRED'])
    await api.post(`${application}/access_roles/${role}`)
    assert.equal(await isOn(), false)
    assert.equal((await switchOn()).status, 200)
    assert.equal(await isOn(), true)
    await api.delete(`${application}/access_roles/${role}`)
    assert.equal(await isOn(), true)
    // Nothing changes: whoever sends back what it has read is not refused.
    assert.equal((await api.patch(application, { is_access_control_enabled: true, name: 'New' })).status, 200)
    assert.equal((await api.patch(application, { is_access_control_enabled: false })).status, 200)
    assert.deepEqual(faultOf(await switchOn()), [400, 'ACCESS_ROLES_REQUIRED'])
  }
})

test('what is not known, and an application for machines, is refused with the codes of Kinde, under 400', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const machine = await addApplication(server, 'm2m')
  const role = await addRole(server, 'keeper')
  const none = '/api/v1/applications/none'
  const rows: [Promise<TestReply>, string][] = [
    [api.get(`${none}/access_roles`), 'APPLICATION_NOT_FOUND'],
    [api.post(`${none}/access_roles/${role}`), 'APPLICATION_NOT_FOUND'],
    [api.delete(`${none}/access_roles/${role}`), 'APPLICATION_NOT_FOUND'],
    [api.post(`${application}/access_roles/none`), 'ROLE_NOT_FOUND'],
    [api.delete(`${application}/access_roles/none`), 'ROLE_NOT_FOUND'],
    [api.post(`${machine}/access_roles/${role}`), 'APPLICATION_TYPE_NOT_SUPPORTED'],
    [api.get(`${application}/access_roles?page_size=101`), 'PAGE_SIZE_LIMIT_EXCEEDED'],
    [api.get(`${application}/access_roles?page_size=0`), 'INVALID_PAGE_SIZE'],
    [api.get(`${application}/access_roles?starting_after=a&ending_before=b`), 'TOO_MANY_PARAMETERS'],
    // It exists, but is not in this list.
    [api.get(`${application}/access_roles?starting_after=${role}`), 'INVALID_CURSOR'],
  ]
  for (const [reply, code] of rows) assert.deepEqual(faultOf(await reply), [400, code])
  assert.deepEqual((await api.get(`${machine}/access_roles`)).body.roles, [])
})

test('access roles are paged in both directions', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const ids: string[] = []
  for (let number = 0; number < 5; number++) ids.push(await addRole(server, `role-${number}`))
  for (const id of ids) await api.post(`${application}/access_roles/${id}`)
  const page = async (query: string) => {
    const { body } = await api.get(`${application}/access_roles?page_size=2&${query}`)
    return [body.roles.map(({ id }: { id: string }) => ids.indexOf(id)), body.has_more]
  }
  assert.deepEqual(await page(''), [[0, 1], true])
  assert.deepEqual(await page(`starting_after=${ids[1]}`), [[2, 3], true])
  assert.deepEqual(await page(`starting_after=${ids[3]}`), [[4], false])
  assert.deepEqual(await page(`ending_before=${ids[4]}`), [[2, 3], true])
  assert.deepEqual(await page(`ending_before=${ids[2]}`), [[0, 1], false])
})

test('a role that is deleted is no access role any more', async (t) => {
  const server = await start(t)
  const api = server.as()
  const application = await addApplication(server)
  const role = await addRole(server, 'keeper')
  await api.post(`${application}/access_roles/${role}`)
  await api.delete(`/api/v1/roles/${role}`)
  assert.deepEqual((await api.get(`${application}/access_roles`)).body.roles, [])
})
