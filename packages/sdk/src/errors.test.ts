import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import {
  ApiError,
  ConflictError,
  InputError,
  KindredError,
  MissingScopeError,
  NotFoundError,
  PermissionError,
  ServerError,
  ValidationError,
} from './index.ts'
import { startScene } from './testing-scene.ts'
import { fillPath, queryText } from './url.ts'

const { proxy, client } = await startScene({ after })
const { kindred } = client({ maxRetries: 0 })
beforeEach(() => proxy.forget())

async function failure(call: PromiseLike<unknown>): Promise<ApiError> {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error))
    return error
  }
  assert.fail('the call did not fail')
}

test('what does not exist is a NotFoundError with the code and the id of the request', async () => {
  const error = await failure(kindred.roles.get({ role_id: 'none' }))
  assert.ok(error instanceof NotFoundError)
  assert.deepEqual([error.name, error.status, error.code], ['NotFoundError', 404, 'ROLE_NOT_FOUND'])
  assert.match(error.message, /none/)
  assert.equal(error.requestId, error.headers.get('x-request-id'))
  assert.match(error.requestId!, /^[\w.:-]+$/)
  assert.equal(error.request, `GET ${proxy.url}/api/v1/roles/none`)
})

test('a missing scope is named, with what to do', async () => {
  const { kindred: reader } = client({ scopes: ['read:roles'] })
  const error = await failure(reader.users.list())
  assert.ok(error instanceof MissingScopeError && error instanceof PermissionError)
  assert.deepEqual([error.scope, error.code, error.status], ['read:users', 'SCOPE_MISSING', 403])
  assert.match(error.message, /Grant the scope read:users/)
  // kinde.com says it in the message alone; a proxy may leave only the header.
  const header = 'Bearer realm="x", error="insufficient_scope", scope="read:apis"'
  proxy.spoil('/api/v1/apis', { status: 403, headers: { 'www-authenticate': header } })
  assert.equal(((await failure(kindred.apis.list())) as MissingScopeError).scope, 'read:apis')
  proxy.spoil('/api/v1/apis', { status: 403, body: { errors: [{ code: 'INVALID_AUDIENCE', message: 'No.' }] } })
  const other = await failure(kindred.apis.list())
  assert.ok(other instanceof PermissionError && !(other instanceof MissingScopeError))
})

test('what cannot be taken is a ValidationError that names the members at fault', async () => {
  const error = await failure(kindred.users.list({ page_size: 0 }))
  assert.ok(error instanceof ValidationError)
  assert.deepEqual([error.status, error.code, error.fields], [400, 'INVALID_PAGE_SIZE', ['page_size']])
  assert.equal(error.faults[0]!.field, 'page_size')
})

test('other statuses have their classes', async () => {
  const cases: [number, typeof ApiError][] = [
    [409, ConflictError],
    [422, ValidationError],
    [500, ServerError],
    [503, ServerError],
    [405, ApiError],
  ]
  for (const [status, type] of cases) {
    proxy.spoil('/api/v1/business', { status, body: { errors: { code: 'ONE', message: 'As an object.' } } })
    const error = await failure(kindred.business.get())
    assert.equal(error.constructor, type)
    assert.deepEqual([error.status, error.code, error.message], [status, 'ONE', 'As an object.'])
  }
  proxy.spoil('/api/v1/business', {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<h1>Bad gateway</h1>',
  })
  const error = await failure(kindred.business.get())
  assert.deepEqual([error.code, error.body], ['HTTP_502', '<h1>Bad gateway</h1>'])
})

test('a success that is no JSON is not taken for a reply', async () => {
  proxy.spoil('/api/v1/business', { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Sign in</h1>' })
  assert.equal((await failure(kindred.business.get())).code, 'UNEXPECTED_REPLY')
  proxy.spoil('/api/v1/business', { status: 302, headers: { location: 'https://login.example/' } })
  assert.match((await failure(kindred.business.get())).message, /a redirect to https:\/\/login\.example\//)
})

test('a reply without a body is an empty object', async () => {
  assert.deepEqual(await kindred.environment.logos.delete({ type: 'dark' }), {})
})

test('an id that would lead elsewhere is refused before anything is sent', async () => {
  for (const role_id of ['', '.', '..', undefined!]) {
    await assert.rejects(kindred.roles.get({ role_id }), (error: unknown) => {
      assert.ok(error instanceof InputError)
      assert.equal(error.field, 'role_id')
      return true
    })
  }
  await assert.rejects(kindred.roles.get({ role_id: 'a', expand: 'b' } as { role_id: string }), {
    message: 'GET /api/v1/roles/{role_id} has no parameter expand. It knows: role_id.',
  })
  assert.deepEqual(proxy.lines(), [])
})

test('what is in an id stays in it', async () => {
  assert.equal(fillPath('/a/{id}/b', { id: 'x/y?z#ü %2e' }), '/a/x%2Fy%3Fz%23%C3%BC%20%252e/b')
  const error = await failure(kindred.roles.get({ role_id: '../users' }))
  assert.equal(error.code, 'ROLE_NOT_FOUND')
})

test('lists, objects and dates have their spelling in the query', () => {
  const values = { a: [1, 2], b: { c: ['x', 'y'], d: 'z', e: undefined }, f: null, g: undefined, h: false }
  assert.equal(decodeURIComponent(queryText(values)), '?a=1&a=2&b[c]=x,y&b[d]=z&h=false')
  assert.equal(queryText({ at: new Date(0) }), '?at=1970-01-01T00%3A00%3A00.000Z')
  assert.equal(queryText({}), '')
})

test('a file is uploaded, and any path can be called', async () => {
  const png = Uint8Array.from(
    atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
    (c) => c.charCodeAt(0),
  )
  await kindred.environment.logos.add({ type: 'dark', logo: new Blob([png], { type: 'image/png' }) })
  const { logos } = await kindred.environment.logos.list()
  assert.deepEqual(
    logos!.map(({ type }) => type),
    ['dark'],
  )
  const reply = await kindred.exchange('GET', '/api/v1/users', { query: { page_size: 1 } })
  assert.deepEqual([reply.status, (reply.body as { code: string }).code], [200, 'OK'])
  assert.equal((await kindred.request<{ code: string }>('GET', '/api/v1/business')).code, 'OK')
  await assert.rejects(kindred.request('GET', 'https://elsewhere.example/'), InputError)
})

test('every error of the package is a KindredError', async () => {
  for (const call of [kindred.roles.get({ role_id: '' }), kindred.roles.get({ role_id: 'none' })]) {
    await assert.rejects(call, KindredError)
  }
})
