import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply, type TestServer } from '../../testing.ts'

const url = '/api/v1/environment/logos'
const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')

/** Sends a file as the part `logo` of a form, as browsers do. */
async function upload(
  server: TestServer,
  method: 'PUT' | 'POST',
  to: string,
  file: { bytes: Buffer; name?: string; type?: string },
): Promise<TestReply> {
  const form = new FormData()
  const blob = new Blob([new Uint8Array(file.bytes)], { type: file.type ?? 'application/octet-stream' })
  form.append('logo', blob, file.name ?? 'owl')
  const body = new Response(form)
  return server.send({
    method,
    url: to,
    headers: {
      authorization: `Bearer ${await server.token(method === 'PUT' ? 'update:environments' : 'update:organizations')}`,
      'content-type': body.headers.get('content-type')!,
    },
    payload: Buffer.from(await body.arrayBuffer()),
  })
}

/** What a browser gets that is not signed in. */
async function picture(server: TestServer, address: string, headers: Record<string, string> = {}) {
  const reply = await server.app.inject({ method: 'GET', url: address.replace(server.baseUrl, ''), headers })
  return { status: reply.statusCode, headers: reply.headers, bytes: reply.rawPayload }
}

test('a logo that was sent is listed, and anyone gets it at the URL that the environment tells', async (t) => {
  const server = await start(t)
  const api = server.as()
  assert.deepEqual((await server.as('read:environments').get(url)).body, { code: 'OK', message: 'Success', logos: [] })
  const light = { bytes: gif, name: 'owl.gif', type: 'image/png' }
  assert.deepEqual(outcome(await upload(server, 'PUT', `${url}/light`, light)), [200, 'OK'])
  assert.deepEqual(outcome(await upload(server, 'PUT', `${url}/dark`, { bytes: svg, name: 'C:\\owls\\night.svg' })), [
    200,
    'OK',
  ])
  assert.deepEqual((await api.get(url)).body.logos, [
    { type: 'light', file_name: 'owl.gif' },
    { type: 'dark', file_name: 'night.svg' },
  ])

  const { environment } = (await api.get('/api/v1/environment')).body
  assert.match(environment.logo, /^https:\/\/localhost:8443\/logo\?cache=[0-9a-f]{32}$/)
  assert.match(environment.logo_dark, /^https:\/\/localhost:8443\/logo_dark\?cache=[0-9a-f]{32}$/)
  const shown = await picture(server, environment.logo)
  // By its bytes, and not as the sender called it.
  assert.deepEqual([shown.status, shown.headers['content-type']], [200, 'image/gif'])
  assert.deepEqual(shown.bytes, gif)
  assert.equal(shown.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.deepEqual(
    (await server.events()).map(({ type, data }) => [type, data.logo]),
    [
      ['environment.logo_set', { type: 'light', file_name: 'owl.gif', content_type: 'image/gif', bytes: gif.length }],
      [
        'environment.logo_set',
        { type: 'dark', file_name: 'night.svg', content_type: 'image/svg+xml', bytes: svg.length },
      ],
    ],
  )
})

test('a logo in SVG is served so that no script in it can run', async (t) => {
  const server = await start(t)
  await upload(server, 'PUT', `${url}/dark`, { bytes: svg })
  const { status, headers, bytes } = await picture(server, '/logo_dark')
  assert.deepEqual([status, headers['content-type']], [200, 'image/svg+xml'])
  assert.deepEqual(bytes, svg)
  assert.equal(headers['content-security-policy'], "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  assert.equal(headers['x-content-type-options'], 'nosniff')
})

test('a browser that has a logo is told so, and another logo has another URL', async (t) => {
  const server = await start(t)
  const api = server.as()
  await upload(server, 'PUT', `${url}/light`, { bytes: gif })
  const before = (await api.get('/api/v1/environment')).body.environment.logo
  const { headers } = await picture(server, '/logo')
  assert.equal(headers['cache-control'], 'no-cache')
  const again = await picture(server, '/logo', { 'if-none-match': String(headers.etag) })
  assert.deepEqual([again.status, again.bytes.length], [304, 0])

  await upload(server, 'PUT', `${url}/light`, { bytes: svg })
  assert.notEqual((await api.get('/api/v1/environment')).body.environment.logo, before)
  const changed = await picture(server, '/logo', { 'if-none-match': String(headers.etag) })
  assert.deepEqual([changed.status, changed.bytes], [200, svg])
  // The URL of the first one shows the second one, but not for good.
  assert.equal((await picture(server, before)).headers['cache-control'], 'no-cache')
})

test('the same logo again changes nothing', async (t) => {
  const server = await start(t)
  for (const _ of ['once', 'again']) await upload(server, 'PUT', `${url}/light`, { bytes: gif, name: 'owl.gif' })
  assert.equal((await server.events()).length, 1)
  await upload(server, 'PUT', `${url}/light`, { bytes: gif, name: 'other.gif' })
  assert.deepEqual((await server.as().get(url)).body.logos, [{ type: 'light', file_name: 'other.gif' }])
})

test('what is no picture, or too large, or of no known type is refused', async (t) => {
  const server = await start(t)
  const html = Buffer.from('<html><script>alert(1)</script></html>')
  const refused = await upload(server, 'PUT', `${url}/light`, { bytes: html, name: 'owl.png', type: 'image/png' })
  assert.deepEqual([...outcome(refused), refused.body.errors[0].field], [400, 'INVALID_LOGO', 'logo'])
  const large = Buffer.concat([gif, Buffer.alloc(2_097_153 - gif.length)])
  assert.deepEqual(outcome(await upload(server, 'PUT', `${url}/light`, { bytes: large })), [413, 'FILE_TOO_LARGE'])
  assert.deepEqual(outcome(await upload(server, 'PUT', `${url}/blue`, { bytes: gif })), [400, 'INVALID_LOGO_TYPE'])
  assert.deepEqual(await server.events(), [])
  assert.equal((await picture(server, '/logo')).status, 404)
  const largest = large.subarray(0, 2_097_152)
  assert.deepEqual(outcome(await upload(server, 'PUT', `${url}/light`, { bytes: largest })), [200, 'OK'])
  assert.deepEqual((await picture(server, '/logo')).bytes, largest)
})

test('a deleted logo is gone, and there is none to delete then', async (t) => {
  const server = await start(t)
  const api = server.as()
  await upload(server, 'PUT', `${url}/light`, { bytes: gif })
  assert.deepEqual(outcome(await server.as('update:environments').delete(`${url}/light`)), [200, 'OK'])
  assert.deepEqual((await api.get(url)).body.logos, [])
  assert.equal((await api.get('/api/v1/environment')).body.environment.logo, null)
  assert.equal((await picture(server, '/logo')).status, 404)
  const none = await api.delete(`${url}/light`)
  assert.deepEqual([none.status, none.body], [204, ''])
  assert.deepEqual(
    (await server.events()).map(({ type }) => type),
    ['environment.logo_set', 'environment.logo_removed'],
  )
})

test("an organization's logo is its own; without one the environment's is shown in its place", async (t) => {
  const server = await start(t)
  const api = server.as()
  const { code } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body.organization
  const ofZoo = `/api/v1/organizations/${code}/logos`
  await upload(server, 'PUT', `${url}/light`, { bytes: gif })
  const shown = async () => (await picture(server, `/logo?p_org_code=${code}`)).bytes
  assert.deepEqual(await shown(), gif)
  assert.equal((await api.get(`/api/v1/organization?code=${code}`)).body.logo, null)

  assert.deepEqual(outcome(await upload(server, 'POST', `${ofZoo}/light`, { bytes: svg, name: 'zoo.svg' })), [
    200,
    'OK',
  ])
  const listed = await server.as('read:organizations').get(ofZoo)
  assert.deepEqual(listed.body, {
    code: 'OK',
    message: 'Success',
    logos: [{ type: 'light', file_name: 'zoo.svg', path: `/logo?p_org_code=${code}` }],
  })
  assert.deepEqual(await shown(), svg)
  const { logo, logo_dark: dark } = (await api.get(`/api/v1/organization?code=${code}`)).body
  assert.match(logo, new RegExp(`^https://localhost:8443/logo\\?org_code=${code}&cache=[0-9a-f]{32}$`))
  assert.equal(dark, null)
  assert.deepEqual((await picture(server, logo)).bytes, svg)
  assert.deepEqual((await picture(server, '/logo')).bytes, gif)

  assert.deepEqual(outcome(await server.as('update:organizations').delete(`${ofZoo}/light`)), [200, 'OK'])
  assert.equal((await api.delete(`${ofZoo}/light`)).status, 204)
  assert.deepEqual(await shown(), gif)
  await upload(server, 'POST', `${ofZoo}/dark`, { bytes: svg })
  await api.delete(`/api/v1/organization/${code}`)
  const left = await server.db.selectFrom('logos').select('organization_code').execute()
  assert.deepEqual(
    left.map((row) => row.organization_code),
    [''],
  )
  assert.deepEqual(
    (await server.events()).slice(2).map(({ type }) => type),
    ['organization.logo_set', 'organization.logo_removed', 'organization.logo_set', 'organization.deleted'],
  )
})

test('logos of an organization that does not exist are not found, and odd addresses show the logo of the environment', async (t) => {
  const server = await start(t)
  const api = server.as()
  const ofNone = '/api/v1/organizations/org_none/logos'
  for (const reply of [
    await api.get(ofNone),
    await api.delete(`${ofNone}/light`),
    await upload(server, 'POST', `${ofNone}/light`, { bytes: gif }),
  ]) {
    assert.deepEqual(outcome(reply), [404, 'ORGANIZATION_NOT_FOUND'])
  }
  await upload(server, 'PUT', `${url}/light`, { bytes: gif })
  for (const query of ['?org_code=org_none', '?org_code=', '?org_code=a&org_code=b', '?org_code=%00', `?cache=%27`]) {
    assert.equal((await picture(server, `/logo${query}`)).status, 200, query)
  }
})
