import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../testing.ts'

const a = 'https://a.example/bye'
const b = 'https://b.example/#/bye'

test('logout URLs are added, replaced and deleted, in the order in which they were given', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { body } = await api.post('/api/v1/applications', { name: 'Web', type: 'spa' })
  const { id } = body.application
  const url = `/api/v1/applications/${id}/auth_logout_urls`
  const list = async () => (await api.get(url)).body
  assert.deepEqual(await list(), { code: 'OK', message: 'Success', logout_urls: [] })
  assert.deepEqual((await api.post(url, { urls: [b, a] })).body, { code: 'OK', message: 'Success' })
  assert.deepEqual((await list()).logout_urls, [b, a])
  assert.deepEqual((await api.put(url, { urls: [a, b] })).body, { code: 'OK', message: 'Success' })
  assert.deepEqual((await list()).logout_urls, [a, b])
  const deleted = await api.delete(`${url}?urls=${encodeURIComponent(b)},https://unknown.example`)
  assert.deepEqual(deleted.body, { code: 'OK', message: 'Success' })
  assert.deepEqual((await list()).logout_urls, [a])
  assert.deepEqual(
    (await server.events()).slice(1).map(({ type, data }) => [type, data]),
    [
      ['application.logout_urls_updated', { application: { id }, added: [b, a], removed: [] }],
      ['application.logout_urls_updated', { application: { id }, added: [], removed: [] }],
      ['application.logout_urls_updated', { application: { id }, added: [], removed: [b] }],
    ],
  )
})

test('redirect and logout URLs of an application know nothing of each other, nor of those of another one', async (t) => {
  const api = (await start(t)).as()
  const ids: string[] = []
  for (const name of ['One', 'Two']) {
    const { body } = await api.post('/api/v1/applications', { name, type: 'm2m' })
    ids.push(body.application.id)
  }
  const url = (id: number, kind: string) => `/api/v1/applications/${ids[id]}/auth_${kind}_urls`
  for (const id of [0, 1]) {
    for (const kind of ['redirect', 'logout']) await api.post(url(id, kind), { urls: [a] })
  }
  await api.delete(`${url(0, 'logout')}?urls=${a}`)
  await api.put(url(1, 'redirect'), { urls: [] })
  assert.deepEqual((await api.get(url(0, 'logout'))).body.logout_urls, [])
  assert.deepEqual((await api.get(url(0, 'redirect'))).body.redirect_urls, [a])
  assert.deepEqual((await api.get(url(1, 'logout'))).body.logout_urls, [a])
  assert.deepEqual((await api.get(url(1, 'redirect'))).body.redirect_urls, [])
})

test('a logout URL that cannot be taken fails the request', async (t) => {
  const api = (await start(t)).as()
  const { body } = await api.post('/api/v1/applications', { name: 'Web', type: 'spa' })
  const url = `/api/v1/applications/${body.application.id}/auth_logout_urls`
  for (const call of [api.post, api.put]) {
    const reply = await call(url, { urls: [a, 'javascript:alert(1)'] })
    assert.deepEqual(
      [reply.status, reply.body.errors[0].code, reply.body.errors[0].field],
      [400, 'INVALID_CALLBACK_URL', 'urls.1'],
    )
  }
  assert.deepEqual((await api.get(url)).body.logout_urls, [])
})
