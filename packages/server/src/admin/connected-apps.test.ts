import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { startOAuthProvider } from '../testing-oauth-provider.ts'
import { ownerBrowser } from './testing-console.ts'

const apps = '/admin/api/connected_apps'

test('a provider is set up by an administrator, an app is authorized with it, and it is taken away again', async (t) => {
  const server = await start(t)
  const owner = await ownerBrowser(server)
  const provider = await startOAuthProvider(t)
  const settings = {
    name: 'Zoo',
    authorize_url: `${provider.url}/authorize`,
    token_url: `${provider.url}/token`,
    revoke_url: `${provider.url}/revoke`,
    client_id: provider.clientId,
    scopes: ['animals.read'],
    callback_url: 'https://app.example/done',
  }
  const put = await owner.put(`${apps}/zoo`, { ...settings, client_secret: provider.clientSecret })
  const shown = {
    key_code_ref: 'zoo',
    ...settings,
    client_authentication: 'post',
    has_client_secret: true,
    redirect_uri: `${server.baseUrl}/connected_apps/callback`,
  }
  assert.deepEqual([put.status, put.body.connected_app], [200, shown])

  const { body: user } = await server.as().post('/api/v1/user')
  const begun = await server.as().get(`/api/v1/connected_apps/auth_url?key_code_ref=zoo&user_id=${user.id}`)
  const { pathname, search } = new URL(await provider.authorize(begun.body.url))
  assert.equal((await server.send({ method: 'GET', url: `${pathname}${search}` })).status, 303)
  const token = () => server.as().get(`/api/v1/connected_apps/token?session_id=${begun.body.session_id}`)
  assert.equal((await token()).status, 200)

  // The secret and the sessions stay when something else changes.
  const renamed = await owner.put(`${apps}/zoo`, { ...settings, name: 'Park' })
  assert.deepEqual(renamed.body.connected_app, { ...shown, name: 'Park' })
  server.clock.advance(3_600_000)
  assert.equal((await token()).status, 200)

  const { events } = server
  const texts = JSON.stringify([(await owner.get(apps)).body, await events()])
  assert.equal(texts.includes(provider.clientSecret), false)
  assert.deepEqual((await owner.get(apps)).body.connected_apps, [{ ...shown, name: 'Park' }])
  const { type, change } = (await events()).filter((event) => event.type === 'connected_app.updated').at(-1)!
  assert.deepEqual([type, change], ['connected_app.updated', { before: { name: 'Zoo' }, after: { name: 'Park' } }])
  assert.equal((await owner.delete(`${apps}/zoo`)).status, 200)
  assert.deepEqual((await events()).at(-1)!.data, {
    connected_app: { key_code_ref: 'zoo', name: 'Park' },
    reach: { sessions: 1 },
  })
  assert.equal((await token()).status, 400)
  assert.equal((await owner.delete(`${apps}/zoo`)).status, 404)
})

test('neither the secret of a provider nor tokens of its sessions go to another host than they were given for', async (t) => {
  const server = await start(t)
  const api = server.as()
  const provider = await startOAuthProvider(t)
  const settings = {
    name: 'Zoo',
    authorize_url: `${provider.url}/authorize`,
    token_url: `${provider.url}/token`,
    client_id: provider.clientId,
  }
  await api.put(`${apps}/zoo`, { ...settings, client_secret: provider.clientSecret })
  const { body: user } = await api.post('/api/v1/user')
  const { body: begun } = await api.get(`/api/v1/connected_apps/auth_url?key_code_ref=zoo&user_id=${user.id}`)
  const { pathname, search } = new URL(await provider.authorize(begun.url))
  await server.send({ method: 'GET', url: `${pathname}${search}` })

  for (const elsewhere of [
    { token_url: 'https://trap.example/token' },
    { revoke_url: 'https://trap.example/revoke' },
  ]) {
    const refused = await api.put(`${apps}/zoo`, { ...settings, ...elsewhere })
    assert.deepEqual([refused.status, refused.body.errors[0].code], [400, 'CLIENT_SECRET_REQUIRED'])
  }
  const token = () => api.get(`/api/v1/connected_apps/token?session_id=${begun.session_id}`)
  assert.equal((await token()).status, 200)
  const moved = { ...settings, token_url: 'https://zoo.example/token', client_secret: 'another one' }
  assert.equal((await api.put(`${apps}/zoo`, moved)).status, 200)
  assert.deepEqual((await server.events()).at(-1)!.data.reach, { sessions: 1 })
  assert.equal((await token()).status, 400)
})

test('settings of a connected app that cannot be used are refused by name', async (t) => {
  const server = await start(t)
  const url = 'https://zoo.example'
  const settings = { name: 'Zoo', authorize_url: url, token_url: url, client_id: 'owls' }
  for (const [ref, wrong, code, field] of [
    ['zoo', { token_url: 'http://zoo.example' }, 'INVALID_URL', 'token_url'],
    ['zoo', { authorize_url: 'ftp://zoo.example' }, 'INVALID_URL', 'authorize_url'],
    ['zoo', { callback_url: 'http://zoo.example' }, 'INVALID_URL', 'callback_url'],
    ['zoo', { scopes: ['a b'] }, 'INVALID_SCOPE', 'scopes'],
    ['zoo', { client_authentication: 'none' }, 'INVALID_VALUE', 'client_authentication'],
    ['a b', {}, 'INVALID_KEY_CODE_REF', 'key_code_ref'],
  ] as const) {
    const reply = await server.as().put(`${apps}/${encodeURIComponent(ref)}`, { ...settings, ...wrong })
    assert.deepEqual([reply.status, reply.body.errors[0].code, reply.body.errors[0].field], [400, code, field])
  }
  assert.deepEqual((await server.as().get(apps)).body.connected_apps, [])
})
