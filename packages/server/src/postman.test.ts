import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { commands, readPage } from '../../../test/documents.ts'
import { operations } from './api/index.ts'
import { bodyExample, queryExample, queryOfExample, replyExample } from './examples.ts'
import { postmanCollection, postmanEnvironment, variablesOfPeople } from './postman.ts'
import { inRunningOrder } from './postman-order.ts'
import { runCollection, seedForPostman, startOnPort, withValues } from './testing-postman.ts'
import { fits } from './testing-replies.ts'
import { inputCheck } from './validate.ts'

/** A folder, or a request with its saved examples. */
interface Item {
  name: string
  id: string
  item?: Item[]
  request?: { method: string; url: { raw: string; path: string[]; query?: Parameter[]; variable?: Parameter[] } }
  response?: { code: number; body: string }[]
}
interface Parameter {
  key: string
  value: string
  description: string
  disabled?: boolean
}

const collection = postmanCollection()
const folders = collection.item as Item[]

function requestsIn(items: readonly Item[]): Item[] {
  return items.flatMap((item) => (item.item === undefined ? item : requestsIn(item.item)))
}
const requests = requestsIn(folders)

test('the collection is valid by the schema of its format, v2.1.0', async () => {
  const schema = JSON.parse(await readFile(new URL('testing-postman-schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema)
  assert.ok(validate(collection), JSON.stringify(validate.errors?.slice(0, 5), null, 1))
  const { info } = collection as { info: { schema: string } }
  assert.equal(info.schema, 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json')
  assert.equal(validate({ ...collection, item: [{ request: { body: { mode: 'telepathy' } } }] }), false)
})

test("Postman's own library reads every request, with its parameters and saved examples", () => {
  const { Collection } = createRequire(import.meta.url)('postman-collection')
  const read = new Collection(structuredClone(collection))
  const seen: string[] = []
  // biome-ignore lint/suspicious/noExplicitAny: the library has no types of its own.
  read.forEachItem((item: any) => {
    seen.push(`${item.request.method} ${item.request.url.toString()}`)
    assert.equal(item.getAuth().type, 'oauth2', item.name)
    assert.ok(item.responses.count() > 0, item.name)
  })
  assert.equal(seen.length, operations.length)
  assert.ok(seen.includes('GET {{KINDE_DOMAIN}}/api/v1/roles/{{role_id}}'))
})

test('the collection has every operation once, by tag, with all its parameters described', () => {
  assert.deepEqual(requests.map(({ id }) => id).sort(), operations.map(({ id }) => id).sort())
  for (const part of folders) {
    for (const { name: tag, item = [] } of part.item!) {
      for (const { id, request } of item) {
        const operation = operations.find((operation) => operation.id === id)!
        assert.equal(operation.tag, tag)
        const { url, method } = request!
        assert.equal(
          `${method} /${url.path.join('/')}`,
          `${operation.method} ${operation.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
        )
        for (const { description } of [...(url.query ?? []), ...(url.variable ?? [])]) assert.ok(description, id)
        const names = new Set((url.query ?? []).map(({ key }) => key.replace(/\[.*/, '')))
        assert.deepEqual([...names], Object.keys(operation.query?.properties ?? {}), id)
        const sent = (url.query ?? []).filter(({ disabled }) => !disabled).map(({ key }) => key)
        assert.deepEqual(sent, queryOfExample(operation), id)
      }
    }
  }
})

test('a run makes first, deletes last, and knows every variable before it is used', () => {
  assert.deepEqual(
    folders.map(({ name }) => name),
    ['Create', 'Read and change', 'Take apart', 'Delete'],
  )
  const { parts, links } = inRunningOrder(operations)
  const order = parts.flatMap(({ chapters }) => chapters.flatMap((chapter) => chapter.operations))
  const known = new Set(variablesOfPeople())
  for (const operation of order) {
    const { needs, gives } = links.get(operation)!
    for (const name of needs) assert.ok(known.has(name), `${operation.id} needs ${name}, which nothing gave before`)
    for (const { variable } of gives) known.add(variable)
  }
  const firstDeletion = order.findIndex(({ method }) => method === 'DELETE')
  assert.ok(order.slice(firstDeletion).every(({ method }) => method === 'DELETE'))
})

test('operations that need each other in a circle are told', () => {
  const made = (id: string, path: string, body: object) => ({
    ...operations.find((operation) => operation.id === 'CreateRole')!,
    id,
    path,
    tag: id,
    example: { body },
    responses: {
      200: { type: 'object', properties: { [id]: { type: 'object', properties: { id: { type: 'string' } } } } },
    },
  })
  const list = [made('role', '/api/v1/roles', { api_id: 'a' }), made('api', '/api/v1/apis', { role_id: 'r' })]
  assert.throws(() => inRunningOrder(list as never), /need each other in a circle: role, api/)
})

test('the example of every request is one that its operation takes, and that of every reply fits its schema', () => {
  for (const operation of operations) {
    const query = Object.fromEntries(queryOfExample(operation).map((name) => [name, queryExample(operation, name)]))
    const body = bodyExample(operation)
    inputCheck(operation)(query, body === undefined ? undefined : JSON.stringify(body))
    for (const status of Object.keys(operation.responses).map(Number)) {
      const reply = {
        status,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: replyExample(operation, status),
      }
      fits(operation, reply)
    }
  }
})

test('the environment names the server, and has no secret', async (t) => {
  const server = await startOnPort(t)
  const reply = await server.send({ method: 'GET', url: '/postman/environment.json' })
  assert.equal(reply.status, 200)
  assert.equal(reply.headers['access-control-allow-origin'], '*')
  assert.deepEqual(reply.body, postmanEnvironment(server.baseUrl))
  const list = reply.body.values as { key: string; value: string }[]
  const values = new Map(list.map((entry) => [entry.key, entry]))
  assert.equal(values.get('KINDE_DOMAIN')?.value, server.baseUrl)
  assert.deepEqual(values.get('M2M_CLIENT_SECRET'), {
    key: 'M2M_CLIENT_SECRET',
    value: '',
    type: 'secret',
    enabled: true,
  })
  const named = new Set(
    JSON.stringify(collection)
      .matchAll(/\{\{(\w+)\}\}/g)
      .map(([, name]) => name!),
  )
  const { links } = inRunningOrder(operations)
  const given = new Set([...links.values()].flatMap(({ gives }) => gives.map(({ variable }) => variable)))
  for (const name of named) {
    assert.ok(values.has(name) || given.has(name) || ['access_token', 'unique'].includes(name), `nothing gives ${name}`)
  }
})

test('every request of the collection, run from top to bottom, is answered as its example says', async (t) => {
  const server = await startOnPort(t)
  const served = await server.send({ method: 'GET', url: '/postman/collection.json' })
  assert.deepEqual(served.body, collection)
  const { clientId, clientSecret } = server.firstClient
  const environment = withValues(postmanEnvironment(server.baseUrl, { clientId }), {
    ...(await seedForPostman(server)),
    M2M_CLIENT_SECRET: clientSecret,
  })
  const run = await runCollection(served.body, environment)
  assert.deepEqual(run.failures, [])
  assert.deepEqual(run.console, [])
  assert.deepEqual(run.tokens, [200])
  assert.deepEqual(
    run.executions.map(({ id }) => id),
    requests.map(({ id }) => id),
  )
  assert.ok(run.assertions > operations.length)
  for (const { id, status, headers, body } of run.executions) {
    const operation = operations.find((operation) => operation.id === id)!
    assert.ok(
      requests.find((request) => request.id === id)!.response!.some(({ code }) => code === status),
      id,
    )
    // Stricter than the collection: no member that the document does not tell of.
    fits(operation, { status, headers, body: body === '' ? body : JSON.parse(body) })
  }
})

const page = readPage('docs/postman.md')

test('the commands of the Postman page work when pasted', async (t) => {
  const server = await startOnPort(t)
  const folder = await mkdtemp(`${tmpdir()}/kindred-postman-`)
  t.after(() => rm(folder, { recursive: true }))
  const script = commands('docs/postman.md').join('\n')
  const { clientId, clientSecret } = server.firstClient
  const { stdout } = await promisify(execFile)('sh', ['-ec', script], {
    cwd: folder,
    env: {
      PATH: `${fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url))}:${process.env.PATH}`,
      KINDE_DOMAIN: server.baseUrl,
      M2M_CLIENT_ID: clientId,
      M2M_CLIENT_SECRET: clientSecret,
    },
  })
  assert.match(stdout, /List industries/)
  assert.match(stdout, /200 OK/)
  assert.equal(stdout.includes(clientSecret), false)
})

test('the steps of the Postman page, done by hand, end in a list of users', async (t) => {
  const server = await startOnPort(t)
  const { clientId, clientSecret } = server.firstClient
  const variables: Record<string, string> = {
    KINDE_DOMAIN: server.baseUrl,
    M2M_CLIENT_ID: clientId,
    M2M_CLIENT_SECRET: clientSecret,
  }
  const fill = (text: string) => text.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => variables[name]!)
  const fields = new Map(
    [...page.matchAll(/^ +\| ([\w ]+) \| `?(.+?)`? \|$/gm)].map(([, name, value]) => [name!, value!]),
  )
  const [, key, value] = /key `(\w+)`, value `([^`]+)`, send in \*\*Request Body\*\*/.exec(page)!

  // What the page has people fill in is what our collection has.
  const { oauth2 } = collection.auth as { oauth2: { key: string; value: unknown }[] }
  const ours = new Map(oauth2.map((entry) => [entry.key, entry.value]))
  assert.equal(ours.get('headerPrefix'), fields.get('Header Prefix'))
  assert.equal(ours.get('accessTokenUrl'), fields.get('Access Token URL'))
  assert.equal(ours.get('clientId'), fields.get('Client ID'))
  assert.equal(ours.get('clientSecret'), fields.get('Client Secret'))
  assert.deepEqual(ours.get('tokenRequestParams'), [{ key, value, enabled: true, send_as: 'request_body' }])

  // Get New Access Token, with the client authentication that the page names, and with the other one.
  const basic = `Basic ${btoa(`${fill(fields.get('Client ID')!)}:${fill(fields.get('Client Secret')!)}`)}`
  const form = { grant_type: 'client_credentials', [key!]: fill(value!) }
  const ways = [
    { headers: { authorization: basic }, body: new URLSearchParams(form) },
    { headers: {}, body: new URLSearchParams({ ...form, client_id: clientId, client_secret: clientSecret }) },
  ]
  for (const way of ways) {
    const reply = await fetch(fill(fields.get('Access Token URL')!), { method: 'POST', ...way })
    assert.equal(reply.status, 200)
    const { access_token: token } = (await reply.json()) as { access_token: string }
    const [, url] = /`GET` `([^`]+)`, with the header/.exec(page)!
    const byHand = {
      info: collection.info,
      auth: {
        type: 'oauth2',
        oauth2: oauth2.map((entry) => (entry.key === 'accessToken' ? { ...entry, value: token } : entry)),
      },
      item: [
        { name: 'Users', request: { method: 'GET', url, header: [{ key: 'Accept', value: 'application/json' }] } },
      ],
    }
    const run = await runCollection(byHand, withValues(postmanEnvironment(server.baseUrl), variables))
    assert.deepEqual(run.failures, [])
    assert.deepEqual(
      run.executions.map(({ status }) => status),
      [200],
    )
    assert.deepEqual(JSON.parse(run.executions[0]!.body).users, [])
  }
})

test('a request without its variable is left out and says so; one without credentials says what to set', async (t) => {
  const server = await startOnPort(t)
  const { clientId, clientSecret } = server.firstClient
  const values = { M2M_CLIENT_ID: clientId, M2M_CLIENT_SECRET: clientSecret }
  const environment = withValues(postmanEnvironment(server.baseUrl), values)
  const run = await runCollection(collection, environment, 'Billing Entitlements')
  assert.deepEqual([run.executions, run.failures], [[], []])
  assert.match(run.console.join(), /List entitlements was left out: it needs customer_id/)

  const without = await runCollection(collection, postmanEnvironment(server.baseUrl), 'Industries')
  assert.match(without.failures.join(), /Set KINDE_DOMAIN, M2M_CLIENT_ID and M2M_CLIENT_SECRET in the environment/)
  const wrong = await runCollection(
    collection,
    withValues(environment as never, { M2M_CLIENT_SECRET: 'x' }),
    'Industries',
  )
  assert.match(wrong.failures.join(), /gave none: 40[01] .*invalid_client/)
  assert.deepEqual([wrong.executions, wrong.tokens], [[], [401]])
})

test('the tests of a request fail where the reply is not as documented', async (t) => {
  const server = await startOnPort(t)
  const { clientId, clientSecret } = server.firstClient
  const values = { M2M_CLIENT_ID: clientId, M2M_CLIENT_SECRET: clientSecret }
  const text = JSON.stringify(collection)
  const other = text.replace('\\"industries\\":{\\"type\\":\\"array\\"', '\\"industries\\":{\\"type\\":\\"string\\"')
  assert.notEqual(other, text)
  const run = await runCollection(
    JSON.parse(other),
    withValues(postmanEnvironment(server.baseUrl), values),
    'Industries',
  )
  assert.match(run.failures.join(), /^List industries: replies as documented /)
})
