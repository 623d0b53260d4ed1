import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { type Seed, start, type TestKindred } from '@kindred/server/testing'
import { parse } from 'yaml'
import { commandLine } from '../testing-cli.ts'
import { zoo } from './testing-zoo.ts'

const { run, folder } = commandLine({ after })
const server = await start({ seed: zoo })
after(() => server.close())

/** What a command has to reach a server by its environment variables; plain HTTP needs no certificate. */
function envOf({ httpUrl, env }: Pick<TestKindred, 'httpUrl' | 'env'>) {
  return { ...env, KINDE_DOMAIN: httpUrl }
}

function lines(file: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, file), 'utf8').trimEnd()
  return text.split('\n').map((line) => JSON.parse(line))
}

test('a pull of users that was stopped goes on where it was, and has everyone once', async () => {
  const users = Array.from({ length: 130 }, (_, index) => ({ email: `u${index}@example.com` }))
  await using many = await start({ seed: { users } })
  const words = ['pull', '--users', '--out', 'many.yaml']
  many.faults.add({ operation: 'getUsers', after: 1, status: 400 })
  const stopped = await run(words, { env: envOf(many) })
  assert.equal(stopped.code, 1, stopped.stderr)
  assert.equal(existsSync(join(folder, 'many.yaml')), false)
  assert.equal(lines('many.users.ndjson').length, 100)
  // A page that was cut off while it was written.
  appendFileSync(join(folder, 'many.users.ndjson'), '{"id":"kp_')

  many.faults.clear()
  const before = many.requests.list({ operation: 'getUsers' }).length
  const again = await run(words, { env: envOf(many) })
  assert.equal(again.code, 0, again.stderr)
  assert.equal(many.requests.list({ operation: 'getUsers' }).length - before, 1)
  const emails = lines('many.users.ndjson').map(({ email }) => email)
  assert.deepEqual(emails.toSorted(), users.map(({ email }) => email).toSorted())
  assert.equal(lines('many.members.ndjson').length, 130)
  assert.equal(existsSync(join(folder, 'many.checkpoint.json')), false)
})

test('a checkpoint of another server is not taken up', async () => {
  server.faults.add({ operation: 'getUsers', status: 400, times: 1 })
  server.faults.add({ operation: 'GetOrganizationUsers', status: 400, times: 1 })
  const words = ['pull', '--users', '--out', 'one.json']
  for (const _ of ['users', 'members']) assert.equal((await run(words, { env: envOf(server) })).code, 1)
  await using other = await start()
  const { code, stderr } = await run(words, { env: envOf(other) })
  assert.equal(code, 2)
  assert.match(stderr, /one\.checkpoint\.json is where a pull from http:\/\/localhost:\d+ stopped\. Delete it/)
})

test('a server that asks to wait is waited for', async () => {
  server.faults.add({ operation: 'GetRoles', status: 429, times: 1, retryAfterSeconds: 1 })
  const { code, stderr } = await run(['pull', '--out', 'waited.yaml'], { env: envOf(server) })
  assert.equal(code, 0, stderr)
})

test('secrets stay out when that is wanted, and the file says what it lacks', async () => {
  const words = ['pull', '--no-secrets', '--out', 'open.yaml']
  const { code, stderr } = await run(words, { env: envOf(server) })
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^Environment variables whose values are secret were left out: TOKEN\.\n/m)
  const text = readFileSync(join(folder, 'open.yaml'), 'utf8')
  assert.match(text, /^# Environment variables whose values are secret were left out: TOKEN\.\n/m)
  for (const { clientSecret } of Object.values(server.seeded.applications)) {
    if (clientSecret !== '') assert.equal(text.includes(clientSecret), false)
  }
  assert.equal(text.includes(server.clientSecret), false)
})

test('a terminal sees how far it is', async () => {
  const { stderr } = await run(['pull', '--out', 'seen.yaml'], { env: envOf(server), columns: 80 })
  assert.match(stderr, /\rReading .*: roles|\[2KReading .*: roles/)
})

test('where the server tells no more than Kinde does, tokens tell the scopes of M2M applications', async (t) => {
  const seed: Seed = {
    ...zoo,
    applications: [...zoo.applications!, { name: 'Held', type: 'm2m', organization: 'north', scopes: ['read:roles'] }],
  }
  await using full = await start({ seed })
  const url = await likeKinde(t, full)
  const env = { ...full.env, KINDE_DOMAIN: url }
  const applications = async (...words: string[]) => {
    const { code, stderr } = await run(['pull', '--out', 'kinde.yaml', ...words], { env })
    assert.equal(code, 0, stderr)
    const file = parse(readFileSync(join(folder, 'kinde.yaml'), 'utf8')) as Seed
    return { stderr, list: file.applications!.slice(1), file }
  }
  const without = await applications()
  assert.match(without.stderr, /Scopes of some applications are not told by the server/)
  assert.deepEqual(without.list[0]!.scopes, [])

  const { stderr, list, file } = await applications('--ask-tokens')
  assert.doesNotMatch(stderr, /Scopes of some/)
  assert.deepEqual(list[0]!.scopes, ['read:users'])
  assert.deepEqual(list[0]!.apis, { 'https://feeding.example': ['write:food'], 'https://empty.example': [] })
  assert.equal(list.at(-1)!.organization, 'north')
  assert.deepEqual(file.feature_flags![0], { key: 'night_tours', type: 'bool', default_value: true })
  assert.equal(file.property_categories!.find(({ name }) => name === 'Sites')!.context, 'app')
  // Enough to start a server with.
  await using copy = await start({ seed: join(folder, 'kinde.yaml') })
  assert.equal((await copy.request('GET', '/api/v1/roles')).body.roles.length, 2)
})

/** The server behind a proxy that leaves out what Kinde's replies do not have. */
async function likeKinde(t: TestContext, { httpUrl, audience }: TestKindred): Promise<string> {
  const extras = /^(context|category_id|allow_override_level|org_code|access_token_lifetime)$/
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers
    const body = Buffer.concat(chunks)
      .toString()
      .replace(encodeURIComponent(`${url}/api`), encodeURIComponent(audience))
    const sent = request.method === 'GET' ? {} : { body }
    const path = request.url ?? ''
    const reply = await fetch(httpUrl + path, {
      method: request.method!,
      headers: { authorization, 'content-type': type },
      ...sent,
    })
    const isOneApi = /^\/api\/v1\/apis\/\w+$/.test(path)
    const text = JSON.stringify(await reply.json(), function (key, value) {
      if (path.startsWith('/api/') && extras.test(key)) return undefined
      if (path.includes('feature_flags') && /^(name|description|default_value)$/.test(key)) return undefined
      if (path.includes('/properties') && key === 'type') return undefined
      return isOneApi && key === 'scopes' && 'is_active' in this ? undefined : value
    })
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(text)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${(proxy.address() as AddressInfo).port}`
  t.after(() => proxy.close())
  return url
}
