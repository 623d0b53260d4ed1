import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { replaceUrls } from '../../store/application-urls.ts'
import { holdApplication } from '../../store/applications.ts'
import { start, type TestServer } from '../../testing.ts'

async function addWebApplication({ as }: TestServer): Promise<{ id: string; url: string }> {
  const { body } = await as().post('/api/v1/applications', { name: 'Web', type: 'reg' })
  return { id: body.application.id, url: `/api/v1/applications/${body.application.id}/auth_redirect_urls` }
}

const a = 'https://a.example/callback'
const b = 'https://b.example/callback'
const c = 'https://c.example/callback'

test('redirect URLs are added at the end, each once, and listed without an envelope', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { id, url } = await addWebApplication(server)
  assert.deepEqual((await api.get(url)).body, { redirect_urls: [] })
  const reply = await api.post(url, { urls: [b, a, b] })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  await api.post(url, { urls: [a, c] })
  assert.deepEqual((await api.get(url)).body, { redirect_urls: [b, a, c] })
  assert.deepEqual(
    (await server.events()).slice(1).map(({ type, data }) => [type, data]),
    [
      ['application.redirect_urls_updated', { application: { id }, added: [b, a], removed: [] }],
      ['application.redirect_urls_updated', { application: { id }, added: [c], removed: [] }],
    ],
  )
})

test('redirect URLs are replaced by others, in the order that is sent', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { id, url } = await addWebApplication(server)
  const last = async () => (await server.events()).at(-1)?.data
  await api.post(url, { urls: [a, b] })
  await api.put(url, { urls: [c, b] })
  assert.deepEqual((await api.get(url)).body.redirect_urls, [c, b])
  assert.deepEqual(await last(), { application: { id }, added: [c], removed: [a] })
  await api.put(url, { urls: [b, c, b] })
  assert.deepEqual((await api.get(url)).body.redirect_urls, [b, c])
  assert.deepEqual(await last(), { application: { id }, added: [], removed: [] })
  await api.put(url, { urls: [] })
  assert.deepEqual((await api.get(url)).body.redirect_urls, [])
  assert.deepEqual(await last(), { application: { id }, added: [], removed: [b, c] })
})

test('redirect URLs are deleted by a list with commas, by a repeated parameter, or both', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { id, url } = await addWebApplication(server)
  const withComma = 'https://a.example/callback?list=1,2'
  const rows = [
    [`urls=${encodeURIComponent(a)}`, [withComma, b, c]],
    [`urls=${encodeURIComponent(a)},${encodeURIComponent(c)}`, [withComma, b]],
    [`urls=${encodeURIComponent(`${a}, ${c}`)}`, [withComma, b]],
    [`urls=${encodeURIComponent(a)}&urls=${encodeURIComponent(b)}`, [withComma, c]],
    [`urls=${encodeURIComponent(withComma)}`, [a, b, c]],
    [`urls=${encodeURIComponent(withComma)}&urls=${encodeURIComponent(`${b},${c}`)}`, [a]],
    [`urls=${encodeURIComponent(b)},https://unknown.example`, [withComma, a, c]],
  ] as const
  for (const [query, left] of rows) {
    await api.put(url, { urls: [withComma, a, b, c] })
    const reply = await api.delete(`${url}?${query}`)
    assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
    assert.deepEqual(new Set((await api.get(url)).body.redirect_urls), new Set(left), query)
  }
  assert.deepEqual((await server.events()).at(-1)?.data, { application: { id }, added: [], removed: [b] })
})

test('what is there already, or gone already, leaves no event', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { url } = await addWebApplication(server)
  await api.post(url, { urls: [a, b] })
  const events = await server.events()
  const replies = [
    await api.post(url, { urls: [b, a] }),
    await api.post(url, { urls: [] }),
    await api.put(url, { urls: [a, b] }),
    await api.delete(`${url}?urls=${c}`),
  ]
  for (const { status } of replies) assert.equal(status, 200)
  assert.deepEqual(await server.events(), events)
})

test('one URL that cannot be taken fails the request, and the message says why', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { url } = await addWebApplication(server)
  await api.post(url, { urls: [a] })
  for (const call of [api.post, api.put]) {
    const reply = await call(url, { urls: [b, 'http://c.example/callback'] })
    assert.equal(reply.status, 400)
    assert.deepEqual(reply.body.errors, [
      {
        code: 'INVALID_CALLBACK_URL',
        message:
          'The callback URL "http://c.example/callback" begins with http://, which is for this machine only (localhost, 127.0.0.1): use https://.',
        field: 'urls.1',
      },
    ])
  }
  assert.deepEqual((await api.get(url)).body.redirect_urls, [a])
})

test('the URLs must be named: nothing is emptied by mistake', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { url } = await addWebApplication(server)
  await api.post(url, { urls: [a] })
  const rows = [
    [await api.post(url, {}), 'URLS_REQUIRED', 'urls'],
    [await api.put(url, {}), 'URLS_REQUIRED', 'urls'],
    [await api.put(url), 'BODY_REQUIRED', undefined],
    [await api.put(url, { urls: a }), 'INVALID_VALUE', 'urls'],
    [await api.put(url, { urls: [1] }), 'INVALID_VALUE', 'urls.0'],
    [await api.delete(url), 'URLS_REQUIRED', 'urls'],
    [await api.delete(`${url}?urls=`), 'URLS_REQUIRED', 'urls'],
    [await api.delete(`${url}?urls=,&urls=`), 'URLS_REQUIRED', 'urls'],
  ] as const
  for (const [reply, code, field] of rows) {
    assert.deepEqual([reply.status, reply.body.errors[0].code, reply.body.errors[0].field], [400, code, field])
  }
  assert.deepEqual((await api.get(url)).body.redirect_urls, [a])
})

test('100 URLs of 2048 bytes are taken at once and not 101, and 1000 in all', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { url } = await addWebApplication(server)
  const urls = (from: number, many: number) =>
    Array.from({ length: many }, (_, index) => `https://a.example/${from + index}/`.padEnd(2048, 'a'))
  const tooMany = await api.post(url, { urls: urls(0, 101) })
  assert.deepEqual([tooMany.status, tooMany.body.errors[0].code], [400, 'TOO_MANY_OBJECTS'])
  for (let from = 0; from < 1000; from += 100)
    assert.equal((await api.post(url, { urls: urls(from, 100) })).status, 200)
  const full = await api.post(url, { urls: [a] })
  assert.deepEqual([full.status, full.body.errors[0].code], [400, 'TOO_MANY_OBJECTS'])
  assert.equal((await api.post(url, { urls: urls(0, 100) })).status, 200)
  assert.deepEqual((await api.get(url)).body.redirect_urls, urls(0, 1000))
  assert.equal((await api.put(url, { urls: [a] })).status, 200)
  assert.deepEqual((await api.get(url)).body.redirect_urls, [a])
})

test('a replacement waits for one that is under way, and leaves nothing of it', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { id, url } = await addWebApplication(server)
  await api.post(url, { urls: [a] })
  const second = await server.write(async (db) => {
    await holdApplication(db, id)
    await replaceUrls(db, id, { kind: 'redirect', urls: [b] })
    const reply = api.put(url, { urls: [c] })
    // Long enough for it to read what is there before, if it did not wait.
    await setTimeout(250)
    return { reply }
  })
  assert.equal((await second.reply).status, 200)
  assert.deepEqual((await api.get(url)).body.redirect_urls, [c])
})

test('an application that does not exist has no redirect URLs', async (t) => {
  const api = (await start(t)).as()
  const url = '/api/v1/applications/unknown/auth_redirect_urls'
  const replies = [
    await api.get(url),
    await api.post(url, { urls: [a] }),
    await api.put(url, { urls: [a] }),
    await api.delete(`${url}?urls=${a}`),
  ]
  for (const { status, body } of replies) {
    assert.deepEqual([status, body.errors[0].code], [404, 'APPLICATION_NOT_FOUND'])
  }
})
