/**
 * What holds for every operation of the Management API, proven from the list of operations: a new one is covered
 * without a line here. At most it asks for a line in the table of makers of `testing-requests.ts`, and says so.
 */
// Alone: it takes as long as many others together.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import fastJsonStringify from 'fast-json-stringify'
import { operations } from './api/index.ts'
import { ApiError } from './errors.ts'
import { managementScopes } from './management-api.ts'
import type { Operation } from './operation.ts'
import { start, type TestReply, type TestServer } from './testing.ts'
import { contentOf } from './testing-content.ts'
import { exampleOf, placesOf, withValueAt } from './testing-examples.ts'
import { fits, refused, withNullInLists } from './testing-replies.ts'
import { call, type ExampleRequest, exampleRequest, makerOf, urlOf } from './testing-requests.ts'
import { inputCheck } from './validate.ts'

/** One subtest for each operation, all on one server. */
async function forEachOperation(
  t: TestContext,
  prove: (operation: Operation, server: TestServer, t: TestContext) => Promise<void>,
): Promise<TestServer> {
  const server = await start(t)
  for (const operation of operations) {
    await t.test(`${operation.id}: ${operation.method} ${operation.path}`, (t) => prove(operation, server, t))
  }
  return server
}

/** A request that is checked before anything is looked up: what its path names need not exist. */
async function unboundRequest(operation: Operation): Promise<ExampleRequest> {
  const nothingChosen = async () => undefined
  const query: Record<string, unknown> = {}
  for (const name of operation.query?.required ?? []) {
    query[name] = await exampleOf(operation.query!.properties[name]!, 'all', nothingChosen)
  }
  const body = operation.body === undefined ? undefined : await exampleOf(operation.body, 'all', nothingChosen)
  const params = Object.fromEntries(placeholders(operation).map((name) => [name, 'unknown']))
  return { params, query, body }
}

function placeholders({ path }: Operation): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
}

test('operations have ids and addresses of their own, known scopes, and say what they do in words of their own', () => {
  const scopes = new Set(managementScopes.map(({ key }) => key))
  const seen = new Map<string, string>()
  const isNew = (what: string, value: string, id: string) => {
    const other = seen.get(`${what} ${value}`)
    assert.equal(other, undefined, `${id} and ${other} have the same ${what}: ${value}`)
    seen.set(`${what} ${value}`, id)
  }
  assert.ok(operations.length > 0)
  for (const operation of operations) {
    const { id, method, path, scope, tag, summary, description = '' } = operation
    isNew('id', id, id)
    isNew('address', `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`, id)
    assert.ok(scope === null || scopes.has(scope), `${id}: the Management API has no scope ${scope}`)
    assert.match(path, /^\/api\/v1(\/([a-z_]+|\{[a-z_]+\}))+$/, id)
    assert.equal(new Set(placeholders(operation)).size, placeholders(operation).length, id)
    for (const [name, text] of Object.entries({ tag, summary, description })) {
      assert.notEqual(text.trim(), '', `${id} has no ${name}`)
    }
    isNew('description', description, id)
  }
})

test('all schemas compile: of the query, of the body, of every reply', () => {
  for (const operation of operations) {
    try {
      inputCheck(operation)({}, '{}')
    } catch (error) {
      if (!(error instanceof ApiError)) throw new Error(`${operation.id}: ${error}`, { cause: error })
    }
    // The check stops at the query when it lacks something, so the body is compiled by itself too.
    const { query, ...withoutQuery } = operation
    try {
      inputCheck(withoutQuery)({}, '{}')
    } catch (error) {
      if (!(error instanceof ApiError)) throw new Error(`${operation.id}: ${error}`, { cause: error })
    }
    for (const schema of Object.values(operation.responses)) {
      if (schema !== null) assert.doesNotThrow(() => fastJsonStringify(schema as never), operation.id)
    }
  }
})

test('no operation answers without a token that is valid here', async (t) => {
  let token: string | undefined
  await forEachOperation(t, async (operation, server) => {
    const request = await unboundRequest(operation)
    token ??= await server.token()
    const rows = [
      [undefined, 'TOKEN_MISSING'],
      ['', 'TOKEN_MISSING'],
      [`Basic ${token}`, 'TOKEN_MISSING'],
      ['Bearer garbage', 'TOKEN_INVALID'],
      ['Bearer a.b.c', 'TOKEN_INVALID'],
      [`Bearer ${token.slice(0, -8)}AAAAAAAA`, 'TOKEN_INVALID'],
    ] as const
    for (const [authorization, code] of rows) {
      if (authorization === undefined && operation.anonymous) continue
      const reply = await server.send({
        method: operation.method,
        url: urlOf(operation, request),
        headers: { ...(authorization === undefined ? {} : { authorization }), 'content-type': 'application/json' },
        payload: '{',
      })
      assert.equal(refused(reply, [401], String(authorization)).code, code)
      assert.match(String(reply.headers['www-authenticate']), /^Bearer /)
    }
  })
})

test('no operation answers a token that has every scope but the one that it needs', async (t) => {
  const everything = managementScopes.map(({ key }) => key)
  const tokens = new Map<string, string>()
  await forEachOperation(t, async (operation, server) => {
    const { scope } = operation
    if (scope === null) return
    const token = tokens.get(scope) ?? (await server.token(...everything.filter((key) => key !== scope)))
    tokens.set(scope, token)
    const reply = await call(server, operation, { ...(await unboundRequest(operation)), text: '{' }, token)
    const { code, message } = refused(reply, [403], operation.id)
    assert.deepEqual([code, message], ['SCOPE_MISSING', `Scope is missing: ${scope}`])
    const challenge = `Bearer realm="kindred", error="insufficient_scope", scope="${scope}"`
    assert.equal(reply.headers['www-authenticate'], challenge)
  })
})

/** Of these, the ones that a schema does not take are wrong for it. */
const values: readonly unknown[] = ['no such value', 7.5, true, null, {}, []]
const candidates = new Ajv({ strict: false, validateFormats: false })
/** Compiling takes longer than all that is done with it. */
const candidateChecks = new Map<string, ReturnType<Ajv['compile']>>()

function takes(schema: TSchema, value: unknown): boolean {
  const key = JSON.stringify(schema)
  const check = candidateChecks.get(key) ?? candidates.compile(withNullInLists(schema))
  candidateChecks.set(key, check)
  return check(value) as boolean
}

function wrongValues(schema: TSchema): unknown[] {
  return values.filter((value) => !takes(schema, value))
}

test('every operation refuses a body that is not JSON, lacks a member, or has one of the wrong type', async (t) => {
  const server = await forEachOperation(t, async (operation, server) => {
    if (operation.body === undefined) return
    const request = await unboundRequest(operation)
    assert.equal(
      refused(await call(server, operation, { ...request, text: '{"a":' }), [400], '{"a":').code,
      'INVALID_JSON',
    )
    for (const wrong of wrongValues(operation.body)) {
      refused(await call(server, operation, { ...request, body: wrong }), [400], JSON.stringify(wrong))
    }
    if (operation.bodyRequired) {
      const reply = await call(server, operation, { ...request, body: undefined })
      assert.equal(refused(reply, [400], 'no body').code, 'BODY_REQUIRED')
    }
    for (const { path, schema, isRequired } of placesOf(operation.body, request.body)) {
      if (isRequired) {
        const reply = await call(server, operation, { ...request, body: withValueAt(request.body, path, undefined) })
        const { code, field } = refused(reply, [400], `without ${path.join('.')}`)
        assert.deepEqual([code, field], [`${String(path.at(-1)).toUpperCase()}_REQUIRED`, path.join('.')])
      }
      for (const wrong of wrongValues(schema)) {
        const body = withValueAt(request.body, path, wrong)
        const { field } = refused(await call(server, operation, { ...request, body }), [400], JSON.stringify(body))
        assert.ok(`${field}`.startsWith(path.join('.')), `${JSON.stringify(body)}: the refusal names ${field}`)
      }
    }
  })
  assert.deepEqual(await server.events(), [])
})

test('every operation refuses a query parameter that is missing or of the wrong type', async (t) => {
  const server = await forEachOperation(t, async (operation, server) => {
    const request = await unboundRequest(operation)
    for (const [name, schema] of Object.entries<TSchema>(operation.query?.properties ?? {})) {
      if (name in request.query) {
        const { [name]: left, ...query } = request.query
        assert.equal(
          refused(await call(server, operation, { ...request, query }), [400], `without ${name}`).field,
          name,
        )
      }
      // A text that is no number and no listed value, and two values: where the schema takes neither as it is.
      for (const wrong of ['no such value', ['1', '2']]) {
        if (takes(schema, wrong)) continue
        const query = { ...request.query, [name]: wrong }
        const what = `${name}=${wrong}`
        assert.equal(refused(await call(server, operation, { ...request, query }), [400], what).field, name)
      }
    }
  })
  assert.deepEqual(await server.events(), [])
})

test('every operation refuses a NUL in its address', async (t) => {
  await forEachOperation(t, async (operation, server) => {
    const request = await unboundRequest(operation)
    for (const name of placeholders(operation)) {
      const params = { ...request.params, [name]: 'a\0b' }
      assert.equal(refused(await call(server, operation, { ...request, params }), [400], name).code, 'INVALID_URL')
    }
    const query = { ...request.query, other: '\0' }
    assert.equal(refused(await call(server, operation, { ...request, query }), [400], 'query').code, 'INVALID_URL')
  })
})

test('every operation answers what it declares, and a change leaves an event that tells who asked', async (t) => {
  const unchanged: string[] = []
  const empty: string[] = []
  await forEachOperation(t, async (operation, server) => {
    const request = await exampleRequest(server, operation)
    const before = await contentOf(server.db)
    const requestId = `example-${operation.id}`
    const reply = await call(server, operation, { ...request, requestId })
    assert.ok(
      reply.status in operation.responses,
      `${reply.status} ${JSON.stringify(reply.body)} to ${urlOf(operation, request)} ${JSON.stringify(request.body)}. ` +
        'A value that suits it better can be given in the table of makers in testing-requests.ts.',
    )
    assert.equal(reply.headers['x-request-id'], requestId)
    fits(operation, reply)
    if (hasEmptyList(reply.body)) empty.push(operation.id)

    const hasChanged = (await contentOf(server.db)) !== before
    const events = (await server.events()).filter((event) => event.request_id === requestId)
    if (operation.method === 'GET') {
      assert.equal(hasChanged, false, 'it reads, and changed something')
      return
    }
    if (!hasChanged) unchanged.push(operation.id)
    else assert.ok(events.length > 0, 'it changed something, and recorded nothing')
    for (const event of events) assert.equal(event.application_id, server.firstClient.clientId)
    const secrets = [...placesOf(operation.body ?? ({} as TSchema), request.body)]
      .filter(({ path }) => /password|secret|salt/.test(String(path.at(-1))))
      .map(({ path }) => path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], request.body))
    for (const secret of secrets) {
      if (typeof secret !== 'string') continue
      assert.equal(JSON.stringify(events).includes(JSON.stringify(secret)), false, 'an event holds a secret')
    }
  })
  t.diagnostic(`The example changed nothing: ${unchanged.join(', ') || 'none'}`)
  t.diagnostic(`The example showed an empty list: ${empty.join(', ') || 'none'}`)
})

test('replies fit the schema for every optional parameter and for a body with all its members', async (t) => {
  await forEachOperation(t, async (operation, server) => {
    const check = (reply: TestReply, what: string) => {
      if (reply.status in operation.responses) fits(operation, reply)
      else refused(reply, [400, 404, 409], what)
    }
    if (operation.body !== undefined) {
      const request = await exampleRequest(server, operation, 'all')
      check(await call(server, operation, request), JSON.stringify(request.body))
    }
    for (const [name, schema] of Object.entries<TSchema>(operation.query?.properties ?? {})) {
      if (operation.query!.required?.includes(name)) continue
      const listed: unknown[] | undefined = schema.enum
      const value = listed === undefined ? await exampleOf(schema, 'all', async () => undefined) : undefined
      for (const given of [...(listed ?? [value]), ...(schema.nullable ? [''] : [])]) {
        const request = await exampleRequest(server, operation)
        const reply = await call(server, operation, { ...request, query: { ...request.query, [name]: given } })
        check(reply, `${name}=${given}`)
        // What the document lists, and nothing at all, must be possible.
        if (listed?.includes(given) || given === '') {
          assert.ok(reply.status in operation.responses, `${name}=${given}: ${JSON.stringify(reply.body)}`)
        }
      }
    }
  })
})

test('every operation says that it does not know an id that nothing has', async (t) => {
  await forEachOperation(t, async (operation, server) => {
    const needed: string[] = operation.query?.required ?? []
    const named = needed.filter((name) => /(^|_)ids?$/.test(name) && makerOf(operation, [name]) !== undefined)
    for (const name of [...placeholders(operation), ...named]) {
      const { params, query, body } = await exampleRequest(server, operation)
      const place = name in params ? params : query
      // Of the forms of other ids, with what breaks quotes and addresses, and as long as an address may be.
      for (const id of ['unknown', '0'.repeat(32), `kp_${'0'.repeat(32)}`, `'"%/?#;🦉`, 'x'.repeat(900), '-1', '%']) {
        const request = { params, query, body }
        place[name] = id
        const reply = await call(server, operation, request)
        refused(reply, [404, 400], `${name}=${id}`)
        const isObject = reply.status === 404 && (operation.notFoundAsObject ?? false)
        assert.equal(!Array.isArray(reply.body.errors), isObject)
      }
    }
  })
})

/** Texts and numbers at the edge of what can be stored, compared and written; the long one cannot be compressed. */
const odd: Record<string, readonly unknown[]> = {
  string: ['', ' ', '\u{10ffff}\u{1}\u202e🦉', `'; --"\\%_`, randomBytes(12_000).toString('base64'), '__proto__', '-1'],
  integer: [0, -1, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  number: [0, -1, 1e300, -1e-300],
  array: [[]],
  object: [{}],
}

test('no value of a member or parameter, however odd, makes the server fail', async (t) => {
  await forEachOperation(t, async (operation, server) => {
    const request = await exampleRequest(server, operation, 'all')
    const survives = async (changed: ExampleRequest, what: string) => {
      const reply = await call(server, operation, changed)
      if (reply.status in operation.responses) fits(operation, reply)
      else refused(reply, [400, 404, 409], what)
    }
    for (const { path, schema } of placesOf(operation.body ?? ({} as TSchema), request.body)) {
      for (const value of odd[schema.type] ?? []) {
        const body = withValueAt(request.body, path, value)
        await survives({ ...request, body }, `${path.join('.')}: ${JSON.stringify(value).slice(0, 50)}`)
      }
    }
    for (const [name, schema] of Object.entries<TSchema>(operation.query?.properties ?? {})) {
      for (const value of odd[schema.type] ?? []) {
        const query = { ...request.query, [name]: value }
        await survives({ ...request, query }, `${name}=${JSON.stringify(value).slice(0, 50)}`)
      }
    }
  })
})

test('a method that an address does not have gets 405, with those that it has', async (t) => {
  const server = await start(t)
  const methods = new Map<string, string[]>()
  for (const { path, method } of operations) methods.set(path, [...(methods.get(path) ?? []), method])
  for (const [path, allowed] of methods) {
    await t.test(path, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        if (allowed.includes(method)) continue
        const url = path.replaceAll(/\{\w+\}/g, 'unknown')
        const reply = await server.send({ method, url })
        assert.equal(refused(reply, [405], method).code, 'METHOD_NOT_ALLOWED')
        assert.deepEqual(String(reply.headers.allow).split(', ').sort(), [...allowed].sort())
      }
    })
  }
})

function hasEmptyList(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  return (Array.isArray(value) && value.length === 0) || Object.values(value).some(hasEmptyList)
}
