import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { operations } from './api/index.ts'
import type { Operation } from './operation.ts'
import { listen, type SocketServer } from './testing-sockets.ts'

/** Another number makes other requests. A failure tells it. */
const seed = Number(process.env.KINDRED_TEST_SEED ?? 20_260_115)
/** For each operation. */
const inputs = 25
const requests = inputs * operations.length
const concurrency = 8

test(`${inputs} inputs to each operation, of more or less sense, never fail the server, and harm nothing that they do not name`, async (t) => {
  const server = await listen(t)
  const random = new Random(seed)
  const kept = await makeKept(server)
  const values = new Values(random, kept.ids)
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  t.after(() => agent.destroy())
  const statuses = new Map<number, number>()
  let sent = 0

  async function sendSome(): Promise<void> {
    while (sent < requests) {
      // Every operation comes again and again.
      const operation = operations[sent % operations.length]!
      const number = ++sent
      const made = makeRequest(operation, random, values)
      const reply = await send(server, agent, made)
      const shown = `KINDRED_TEST_SEED=${seed}, request ${number}: ${made.method} ${made.path} ${made.body?.slice(0, 500) ?? ''}`
      assert.ok(reply.status < 500, `${shown}\n${reply.status} ${reply.text}`)
      assert.notEqual(reply.status, 401, shown)
      if (reply.text !== '') values.learn(JSON.parse(reply.text))
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, sendSome))

  t.diagnostic(`statuses: ${[...statuses].map(([status, count]) => `${status} × ${count}`).join(', ')}`)
  assert.ok(statuses.get(200)! > requests / 20, 'some of it makes sense')
  assert.ok(statuses.get(400)! > requests / 20, 'some of it does not')
  assert.deepEqual(await readKept(server, kept), kept.replies, `KINDRED_TEST_SEED=${seed}`)
  assert.equal((await server.call('GET', '/readyz')).status, 200)
})

interface Request {
  method: string
  path: string
  body: string | undefined
  contentType: string | undefined
}

interface Kept {
  /** Nothing that the requests may name. */
  ids: ReadonlySet<string>
  paths: readonly string[]
  replies: unknown[]
}

/** Makes things that no request will name. */
async function makeKept(server: SocketServer): Promise<Kept> {
  const created = async (path: string, body: unknown) => {
    const reply = await server.call('POST', `/api/v1/${path}`, body)
    assert.ok(reply.status === 200 || reply.status === 201, reply.text)
    return reply.json
  }
  const user = await created('user', {
    profile: { given_name: 'Kept', family_name: 'Käthe' },
    identities: [{ type: 'email', details: { email: 'kept@example.com' } }],
  })
  const { application } = await created('applications', { name: 'Kept', type: 'reg' })
  const { api } = await created('apis', { name: 'Kept', audience: 'https://kept.example' })
  const { scope } = await created(`apis/${api.id}/scopes`, { key: 'read:kept' })
  const { role } = await created('roles', { name: 'Kept', key: 'kept' })
  const { permission } = await created('permissions', { name: 'Kept', key: 'kept' })
  const { organization } = await created('organization', { name: 'Kept', handle: 'kept', external_id: 'kept' })
  const member = { id: user.id, roles: ['kept'], permissions: ['kept'] }
  await created(`organizations/${organization.code}/users`, { users: [member] })
  const { connection } = await created('connections', { name: 'Kept', strategy: 'oauth2:google' })
  const { environment_variable: variable } = await created('environment_variables', { key: 'KEPT', value: 'kept' })
  const { subscriber } = await created('subscribers?first_name=Kept&last_name=K&email=kept@example.org', undefined)
  const apiKey = { name: 'Kept', type: 'user', user_id: user.id, api_id: api.id, scope_ids: [scope.id] }
  const { api_key: key } = await created('api_keys', apiKey)
  const { apis } = (await server.call('GET', '/api/v1/apis')).json
  const paths = [
    `/api/v1/user?id=${user.id}&expand=identities,organizations`,
    `/api/v1/applications/${application.id}`,
    `/api/v1/apis/${api.id}/scopes/${scope.id}`,
    `/api/v1/roles/${role.id}`,
    `/api/v1/organization?code=${organization.code}`,
    `/api/v1/organizations/${organization.code}/users/${user.id}/roles`,
    `/api/v1/organizations/${organization.code}/users/${user.id}/permissions`,
    `/api/v1/connections/${connection.id}`,
    `/api/v1/environment_variables/${variable.id}`,
    `/api/v1/subscribers/${subscriber.subscriber_id}`,
    `/api/v1/api_keys/${key.id}`,
  ]
  const ids = new Set<string>([
    'kept',
    user.id,
    ...user.identities.map((identity: { id: string }) => identity.id),
    application.id,
    server.running.firstClient.clientId,
    ...apis.map((one: { id: string }) => one.id),
    scope.id,
    role.id,
    permission.id,
    organization.code,
    connection.id,
    variable.id,
    subscriber.subscriber_id,
    key.id,
  ])
  const kept = { ids, paths, replies: [] }
  return { ...kept, replies: await readKept(server, kept) }
}

async function readKept(server: SocketServer, { paths }: Pick<Kept, 'paths'>): Promise<unknown[]> {
  const replies: unknown[] = []
  for (const path of paths) {
    const { status, json } = await server.call('GET', path)
    assert.equal(status, 200, path)
    replies.push(json)
  }
  return replies
}

function makeRequest(operation: Operation, random: Random, values: Values): Request {
  // What no reply tells: for which ground a logo is.
  const word = (name: string) =>
    name === 'type' && random.chance(0.7) ? random.pick(['light', 'dark']) : values.word(name)
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_match, name) => encodeURIComponent(word(name)))
  const query = new URLSearchParams()
  for (const [name, schema] of Object.entries(operation.query?.properties ?? {})) {
    if (!operation.query!.required?.includes(name) && random.chance(0.6)) continue
    const value = values.of(schema as TSchema, name)
    query.append(
      random.chance(0.03) ? values.word(name) : name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    )
    if (random.chance(0.02)) query.append(name, values.word(name))
  }
  const address = query.size === 0 ? path : `${path}?${query}`
  if (operation.upload !== undefined && random.chance(0.9)) {
    return { method: operation.method, path: address, ...makeUpload(operation.upload.field, random, values) }
  }
  const body =
    operation.body === undefined && random.chance(0.9) ? undefined : values.of(operation.body ?? ({} as TSchema), '')
  const text = body === undefined ? undefined : damaged(JSON.stringify(body) ?? 'undefined', random)
  return {
    method: operation.method,
    path: address,
    body: text,
    contentType: random.chance(0.97)
      ? 'application/json'
      : random.pick([undefined, 'text/plain', 'multipart/form-data', ';']),
  }
}

/** A form with files of more or less sense, and more or less whole. */
function makeUpload(field: string, random: Random, values: Values): Pick<Request, 'body' | 'contentType'> {
  const parts = Array.from({ length: random.chance(0.8) ? 1 : random.below(4) }, () => {
    const name = random.chance(0.85) ? field : values.word('name')
    const file = random.chance(0.9)
      ? `; filename="${random.pick(['a.svg', ...oddWords]).replaceAll(/["\0]/g, '')}"`
      : ''
    const type = random.chance(0.7) ? `Content-Type: ${random.pick(['image/svg+xml', 'image/png', 'x', ''])}\r\n` : ''
    return `--part\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${type}\r\n${random.pick(files)}\r\n`
  })
  const text = damaged(`${parts.join('')}--part--\r\n`, random)
  const boundary = random.chance(0.95) ? 'part' : random.pick(['', 'other', '"'])
  return { body: text, contentType: `multipart/form-data; boundary=${boundary}` }
}

function damaged(text: string, random: Random): string {
  if (!random.chance(0.04)) return text
  const at = random.below(text.length + 1)
  return random.chance(0.5)
    ? text.slice(0, at)
    : `${text.slice(0, at)}${random.pick(['\\u0000', '"', '}', '\\ud800', '1e400', '😀'])}${text.slice(at)}`
}

function send(server: SocketServer, agent: Agent, { method, path, body, contentType }: Request) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.token}`,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    }
    const sent = request(
      { host: '127.0.0.1', port: server.port, method, path, headers, agent, timeout: 30_000 },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (chunk: string) => {
          text += chunk
        })
        reply.on('end', () => resolve({ status: reply.statusCode!, text }))
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Makes values that fit a schema, mostly, and remembers ids and codes from replies, so that requests can name them. */
class Values {
  readonly #random: Random
  readonly #kept: ReadonlySet<string>
  readonly #known = new Map<string, string[]>()

  constructor(random: Random, kept: ReadonlySet<string>) {
    this.#random = random
    this.#kept = kept
  }

  /** Takes ids and codes out of a reply. */
  learn(reply: unknown, kind = ''): void {
    if (reply === null || typeof reply !== 'object') return
    for (const [name, value] of Object.entries(reply)) {
      if (typeof value === 'object') this.learn(value, Array.isArray(reply) ? kind : name.replace(/s$/, ''))
      if (typeof value !== 'string' || !/(^|_)(id|code|key|token)$/.test(name) || this.#kept.has(value)) continue
      // `id` of a user is known as `id`, and as `user_id`.
      for (const key of [name, `${otherNames[kind] ?? kind}_${name}`]) {
        const list = this.#known.get(key) ?? []
        if (list.length < 200) list.push(value)
        else list[this.#random.below(200)] = value
        this.#known.set(key, list)
      }
    }
  }

  /** An id or another word, one that exists where it is known. */
  word(name: string): string {
    if (this.#random.chance(0.15)) return this.#random.pick(oddWords)
    const likely = this.#known.get(name) ?? this.#known.get('id')
    return likely === undefined ? `w${this.#random.below(50)}` : this.#random.pick(likely)
  }

  of(schema: TSchema, name: string): unknown {
    const random = this.#random
    if (random.chance(0.04)) return random.pick(oddValues)
    if (schema.nullable && random.chance(0.1)) return null
    if (schema.enum) return random.pick(schema.enum as unknown[])
    const choice = (schema.anyOf ?? schema.oneOf) as TSchema[] | undefined
    if (choice) return this.of(random.pick(choice), name)
    switch (schema.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries((schema.properties ?? {}) as Record<string, TSchema>)
            .filter(([member]) => schema.required?.includes(member) || random.chance(0.6))
            .map(([member, part]) => [member, this.of(part, member)]),
        )
      case 'array':
        return Array.from({ length: random.below(4) }, () => this.of(schema.items as TSchema, name))
      case 'integer':
      case 'number':
        return random.chance(0.8) ? random.below(100) : random.pick([-1, 0, 501, 2 ** 31, 2 ** 53, -(2 ** 63), 1.5])
      case 'boolean':
        return random.chance(0.5)
      case 'string':
        return random.chance(0.5) ? this.word(name) : random.pick([`${name}-${random.below(1000)}`, ...texts(random)])
      default:
        return random.pick(oddValues)
    }
  }
}

function texts(random: Random): string[] {
  const number = random.below(1000)
  return [
    `user-${number}@example.com`,
    `https://example.com/${number}`,
    '2026-01-15T12:00:00Z',
    `+4416329601${number}`,
    'x'.repeat(random.below(400)),
    'Ünï 😀 \u202e',
  ]
}

/** What parameters call a thing that replies call otherwise. */
const otherNames: Record<string, string> = { organization: 'org' }

const oddWords = [
  '',
  ' ',
  '.',
  '..',
  '%',
  '%00',
  "'",
  '"; drop table users; --',
  '😀',
  '\u0000',
  '../../etc/passwd',
  'null',
  '0',
  '-1',
  'kp_',
  `${'a'.repeat(900)}`,
  'constructor',
  '__proto__',
  'a/b',
  'Zm9vOjo6aWRfYXNj',
]
const files = [
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '<svg onload="alert(1)"><script>alert(1)</script></svg>',
  '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
  'GIF89a',
  '\u0089PNG\r\n',
  '',
  '--part',
  'x'.repeat(5000),
  '\u0000',
]
const oddValues = [
  null,
  true,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  '0',
  [],
  {},
  [[]],
  { a: 1 },
  // Members that objects have already, as JSON can name them.
  JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}'),
  JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`),
  JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`),
  'x'.repeat(5000),
  'a\ud800b',
  '\ud800',
  '\u0000',
]

/** Numbers that look like chance and are the same in each run. Mulberry32. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from 0, smaller than the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Value>(list: readonly Value[]): Value {
    return list[this.below(list.length)]!
  }
}
