import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { ApiError } from './errors.ts'
import { Choice, Nullable, ok, operation } from './operation.ts'
import { start, type TestReply, type TestServer } from './testing.ts'
import { inputCheck } from './validate.ts'

const url = '/api/v1/apis'
const largestBody = 1_048_576
const levels = 100_000

/** Sends a body as it is; `type` null leaves out the content type. */
async function sender({ send, token }: TestServer) {
  const authorization = `Bearer ${await token()}`
  return (payload: string | Buffer, type: string | null = 'application/json', path = url, method = 'POST') =>
    send({
      method: method as 'POST',
      url: path,
      headers: { authorization, ...(type === null ? {} : { 'content-type': type }) },
      payload,
    })
}

/** Status, and code and field of the one error. */
function outcome({ status, body }: TestReply) {
  if (status < 400) return [status]
  assert.equal(body.errors.length, 1)
  assert.equal(typeof body.errors[0].message, 'string')
  return [status, body.errors[0].code, body.errors[0].field]
}

/** An operation with a parameter of each kind that lists and searches have. */
const search = inputCheck(
  operation({
    id: 'search',
    method: 'POST',
    path: '/search',
    scope: null,
    tag: 'Search',
    summary: 'Search',
    query: Type.Object({
      page_size: Type.Optional(Nullable(Type.Integer())),
      starting_after: Type.Optional(Nullable(Type.String())),
      sort: Type.Optional(Nullable(Choice(['name_asc', 'name_desc']))),
      is_active: Type.Optional(Nullable(Type.Boolean())),
      limit: Type.Optional(Type.Integer()),
      properties: Type.Optional(Type.Object({}, { additionalProperties: Type.String() })),
    }),
    body: Type.Object({
      count: Type.Optional(Type.Integer()),
      share: Type.Optional(Type.Number()),
      is_active: Type.Optional(Type.Boolean()),
      name: Type.Optional(Type.String()),
      sort: Type.Optional(Nullable(Choice(['name_asc', 'name_desc']))),
      list: Type.Optional(
        Type.Array(Type.Object({ id: Type.String(), kind: Type.Optional(Nullable(Choice(['one']))) })),
      ),
    }),
    responses: { 200: null },
    handler: async () => ok,
  }),
)

function refusal(call: () => unknown): { status: number; code: string; field: string | undefined } {
  try {
    call()
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error))
    return { status: error.status, code: error.code, field: error.field }
  }
  return assert.fail('it was taken')
}

test('texts of the query become numbers and booleans, those of a body do not', () => {
  const { query } = search({ page_size: '7', is_active: 'false' }, undefined)
  assert.deepEqual(query, { page_size: 7, is_active: false })
  const rows = [
    ['{"count":"7"}', 'count'],
    ['{"count":7.5}', 'count'],
    ['{"count":1e999}', 'count'],
    ['{"count":9007199254740992}', 'count'],
    ['{"count":null}', 'count'],
    ['{"share":1e999}', 'share'],
    ['{"is_active":"false"}', 'is_active'],
    ['{"is_active":0}', 'is_active'],
    ['{"name":7}', 'name'],
    ['{"name":["a"]}', 'name'],
    ['{"list":{"id":"a"}}', 'list'],
    ['{"list":[{"id":7}]}', 'list.0.id'],
    ['[]', 'body'],
    ['"text"', 'body'],
    ['null', 'body'],
  ] as const
  for (const [body, field] of rows) {
    assert.deepEqual(
      refusal(() => search({}, body)),
      { status: 400, code: 'INVALID_VALUE', field },
      body,
    )
  }
})

test('a page size that is no whole number is refused by name', async (t) => {
  const { as } = await start(t)
  for (const value of ['abc', '7.5', '1e999', '9'.repeat(400), '1e1', '0x10', '%205', '0', '-1', 'NaN', 'true']) {
    const reply = await as('read:users').get(`/api/v1/users?page_size=${value}`)
    assert.deepEqual(outcome(reply), [400, 'INVALID_PAGE_SIZE', 'page_size'], value)
  }
  const reply = await as('read:users').get('/api/v1/users?page_size=501')
  assert.deepEqual(outcome(reply), [400, 'PAGE_SIZE_LIMIT_EXCEEDED', 'page_size'])
})

test('an empty parameter counts as left out where it may be null, and nowhere else', async (t) => {
  const { query } = search({ page_size: '', starting_after: '', sort: '', is_active: '' }, undefined)
  assert.deepEqual(query, { page_size: undefined, starting_after: undefined, sort: undefined, is_active: undefined })
  assert.equal(refusal(() => search({ limit: '' }, undefined)).field, 'limit')
  const { as } = await start(t)
  assert.equal((await as().get('/api/v1/apis?expand=')).status, 200)
  assert.equal((await as().get('/api/v1/users?page_size=&next_token=&has_organization=&expand=')).status, 200)
})

test('null is taken for a member that may be null, also where its values are listed', () => {
  assert.deepEqual(search({}, '{"sort":null,"list":[{"id":"a","kind":null}]}').body, {
    sort: null,
    list: [{ id: 'a', kind: null }],
  })
  assert.equal(refusal(() => search({}, '{"sort":"up"}')).field, 'sort')
  assert.equal(refusal(() => search({}, '{"list":[{"id":"a","kind":"two"}]}')).field, 'list.0.kind')
  assert.equal(refusal(() => search({}, '{"list":[null]}')).field, 'list.0')
})

test('a refusal of a listed value names the values that are possible', async (t) => {
  const { as } = await start(t)
  const reply = await as().get('/api/v1/apis?expand=everything')
  assert.deepEqual(reply.body.errors, [
    {
      code: 'INVALID_VALUE',
      message: 'The query parameter expand must be one of scopes; "everything" was sent.',
      field: 'expand',
    },
  ])
})

test('a parameter with one value cannot be repeated', async (t) => {
  const { as } = await start(t)
  const rows = [
    ['page_size=5&page_size=6', 'INVALID_PAGE_SIZE', 'page_size'],
    ['next_token=a&next_token=a', 'INVALID_VALUE', 'next_token'],
    ['has_organization=true&has_organization=true', 'INVALID_VALUE', 'has_organization'],
    ['email=&email=', 'INVALID_VALUE', 'email'],
  ] as const
  for (const [query, code, field] of rows) {
    assert.deepEqual(outcome(await as().get(`/api/v1/users?${query}`)), [400, code, field], query)
  }
})

test('members of an object parameter are gathered from name[member]=value', () => {
  const raw = { 'properties[colour]': 'blue', 'properties[a][b]': 'c', 'propertiesx[no]': '1', page_size: '5' }
  const { query } = search(raw, undefined)
  assert.deepEqual({ ...(query.properties as object) }, { colour: 'blue', 'a][b': 'c' })
  assert.deepEqual(raw, {
    'properties[colour]': 'blue',
    'properties[a][b]': 'c',
    'propertiesx[no]': '1',
    page_size: '5',
  })
  const twice = { 'properties[colour]': ['blue', 'red'] }
  assert.equal(refusal(() => search(twice, undefined)).field, 'properties.colour')
  assert.equal(refusal(() => search({ properties: 'blue' }, undefined)).field, 'properties')
})

test('members and parameters that nobody knows are ignored', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  const body = { name: 'One', audience: 'one', colour: 'blue', nested: { deep: [1, 2, { a: null }] } }
  assert.equal((await send(JSON.stringify(body), undefined, `${url}?colour=blue&colour=red&a[b]=c`)).status, 200)
  assert.deepEqual(
    (await server.events()).map(({ data }) => Object.keys(data.api as object)),
    [['id', 'name', 'audience']],
  )
})

test('a NUL or half a surrogate pair is refused with the member that holds it', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  const rows = [
    [String.raw`{"name":"a\u0000b","audience":"x"}`, 'name'],
    [String.raw`{"name":"a\ud800b","audience":"x"}`, 'name'],
    [String.raw`{"name":"a\uDC00","audience":"x"}`, 'name'],
    [String.raw`{"name":"\udc00\ud800","audience":"x"}`, 'name'],
    [String.raw`{"name":"a","audience":"x","more":{"deep":[{"er":"\u0000"}]}}`, 'more.deep.0.er'],
    [String.raw`{"name":"a","audience":"x","na\u0000me":1}`, 'body'],
    [String.raw`{"name":"a","audience":"x","more":{"\ud83d":1}}`, 'more'],
    [String.raw`"\u0000"`, 'body'],
  ] as const
  for (const [body, field] of rows) assert.deepEqual(outcome(await send(body)), [400, 'INVALID_VALUE', field], body)
  assert.deepEqual(await server.events(), [])
})

test('a whole surrogate pair, written as two escapes, and an escaped backslash are text like any other', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  assert.equal((await send(String.raw`{"name":"\ud83e\udd89 \\u0000","audience":"owl"}`)).status, 200)
  const { body } = await server.as().get(url)
  assert.equal(body.apis[1].name, String.raw`🦉 \u0000`)
})

test('a NUL anywhere in the address is refused, and so is what is not UTF-8 in its path', async (t) => {
  const { as } = await start(t)
  for (const path of ['/api/v1/apis/a%00b', '/api/v1/apis/%00', '/api/v1/apis?expand=%00', '/api/v1/apis?%00=1']) {
    assert.deepEqual(outcome(await as().get(path)), [400, 'INVALID_URL', undefined], path)
  }
  for (const path of ['/api/v1/apis/%ED%A0%80', '/api/v1/apis/%C0%80', '/api/v1/apis/%']) {
    assert.equal((await as().get(path)).status, 400, path)
  }
  assert.equal((await as().get('/api/v1/apis?x=%ED%A0%80')).status, 200)
  assert.equal((await as().get('/api/v1/users?email=%ED%A0%80')).status, 200)
})

test('the names of what every object has are members like any other', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  const more = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"x"'
  assert.equal((await send(`{"name":"One","audience":"one",${more}}`)).status, 200)
  // Inherited from a prototype, a required member would count as sent.
  assert.deepEqual(outcome(await send('{"__proto__":{"name":"Two","audience":"two"}}')), [400, 'NAME_REQUIRED', 'name'])
  assert.equal((await server.as().get(`${url}?__proto__[polluted]=1&constructor=1&toString=1`)).status, 200)
  const { query } = search({ 'properties[__proto__]': 'a', 'properties[constructor]': 'b' }, undefined)
  assert.deepEqual(Object.entries(query.properties as object), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  assert.equal(refusal(() => search({ 'properties[__proto__]': ['a', 'b'] }, undefined)).status, 400)
  assert.equal('polluted' in {}, false)
})

test('a body nested a hundred thousand levels deep is refused or ignored, and never breaks the server', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  const lists = '['.repeat(levels) + ']'.repeat(levels)
  const objects = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  const rows = [
    [lists, [400, 'INVALID_VALUE', 'body']],
    ['['.repeat(levels), [400, 'INVALID_JSON', undefined]],
    [`{"name":${lists},"audience":"a"}`, [400, 'INVALID_VALUE', 'name']],
    [`{"name":${objects},"audience":"a"}`, [400, 'INVALID_VALUE', 'name']],
    [`{"name":"\\u0000","audience":"a","more":${lists}}`, [400, 'INVALID_VALUE', 'name']],
    [`{"name":"a","audience":"a","more":${lists}}`, [200]],
    [`{"name":"b","audience":"b","more":${objects},"and":"\\ud83e\\udd89"}`, [200]],
  ] as const
  for (const [body, expected] of rows) assert.deepEqual(outcome(await send(body)), expected, body.slice(0, 40))
})

test('a body of 1 MiB is read, one byte more is too large', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  const body = (bytes: number) => {
    const start = '{"name":"One","audience":"one","more":"'
    return `${start}${'x'.repeat(bytes - start.length - 2)}"}`
  }
  assert.equal((await send(body(largestBody))).status, 200)
  assert.deepEqual(outcome(await send(body(largestBody + 1))), [413, 'BODY_TOO_LARGE', undefined])
  // A fault in a large value is told in a short message.
  const reply = await send(`{"name":"${'x'.repeat(largestBody - 60)}","audience":"two"}`)
  assert.deepEqual(outcome(reply), [400, 'INVALID_VALUE', 'name'])
  assert.ok(reply.body.errors[0].message.length < 250)
})

test('an empty body is no error where none is needed, whatever type it claims to have', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain', null]) {
    assert.equal((await send('', type, '/api/v1/user')).status, 200, String(type))
    assert.deepEqual(outcome(await send('', type)), [400, 'BODY_REQUIRED', undefined], String(type))
  }
  assert.equal((await send('  \n', 'application/json', '/api/v1/user')).status, 200)
  const made = await send('{"name":"One","audience":"one"}')
  const path = `${url}/${made.body.api.id}`
  assert.equal((await send('', 'application/json', path, 'GET')).status, 200)
  assert.equal((await send('', 'application/json', path, 'DELETE')).status, 200)
})

test('a body is JSON by its content type, or has none', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  const body = (name: string) => JSON.stringify({ name, audience: name })
  const taken = ['application/json', 'APPLICATION/JSON ; charset=UTF-8', 'application/merge-patch+json', null]
  for (const [index, type] of taken.entries()) {
    assert.equal((await send(body(`taken ${index}`.replace(' ', '-')), type)).status, 200, String(type))
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/form-data']) {
    assert.deepEqual(outcome(await send(body('refused'), type)), [415, 'UNSUPPORTED_MEDIA_TYPE', undefined], type)
  }
  for (const type of ['json', 'application/json, application/json', ';', 'a/b/c']) {
    assert.deepEqual(outcome(await send(body('refused'), type)), [415, 'UNSUPPORTED_MEDIA_TYPE', undefined], type)
  }
})

test('a body that is not JSON is refused', async (t) => {
  const server = await start(t)
  const send = await sender(server)
  for (const body of ['{', '{"name":}', "{'name':'x'}", '{"name":"a\u0000"}', '\ufeff{}', 'name=x', '{} {}', 'NaN']) {
    assert.deepEqual(outcome(await send(body)), [400, 'INVALID_JSON', undefined], body)
  }
})
