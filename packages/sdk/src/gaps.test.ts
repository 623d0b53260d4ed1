/**
 * What Kinde's own package leaves open, and this one does not: both run the same program against the same server, in
 * turns. A recorder stands in for `fetch`; it passes everything on to a real Kindred.
 */
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import * as kindePackage from '@kinde/management-api-js'
import { listen } from '../../server/src/testing-sockets.ts'
import { AuthenticationError, Kindred } from './index.ts'
import * as switched from './kinde/index.ts'

// A resolver of ES modules does not find the declarations of Kinde's package; it has the names of ours.
const official = kindePackage as unknown as typeof switched
const server = await listen({ after })
const { clientId, clientSecret } = server.running.firstClient
/** Kinde's package wants https; the recorder turns it into what the server speaks. */
const domain = `https://localhost:${server.port}`

interface Seen {
  method: string
  path: string
  authorization: string | null
}

const seen: Seen[] = []
let throttled = 0
const passOn = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  seen.push({ method: request.method, path: url.pathname, authorization: request.headers.get('authorization') })
  if (throttled > 0 && url.pathname.startsWith('/api/')) {
    throttled -= 1
    return new Response('{"errors":[]}', { status: 429, headers: { 'ratelimit-reset': '0' } })
  }
  if (url.port === String(server.port)) url.protocol = 'http:'
  return passOn(url, { method: request.method, headers: request.headers, body: (init?.body ?? null) as string | null })
}
after(() => {
  globalThis.fetch = passOn
})
beforeEach(() => {
  seen.length = 0
  throttled = 0
})

const tokenRequests = () => seen.filter(({ path }) => path === '/oauth2/token').length
const calls = () => seen.filter(({ path }) => path.startsWith('/api/'))
/** Each package forgets the token of the test before: Kinde's keeps it beyond `init`. */
function startOver(program: typeof switched, credentials = { clientId, clientSecret }): void {
  program.init({ kindeDomain: domain, ...credentials })
  if (program === official) program.setToken('')
}

test('twenty first calls at once: Kinde asks for twenty tokens, this package for one', async () => {
  const twenty = (call: () => PromiseLike<unknown>) => Promise.all(Array.from({ length: 20 }, call))
  startOver(official)
  await twenty(() => official.Timezones.getTimezones())
  assert.equal(tokenRequests(), 20)
  seen.length = 0
  const kindred = new Kindred({ domain, clientId, clientSecret })
  await twenty(() => kindred.timezones.list())
  assert.equal(tokenRequests(), 1)
  seen.length = 0
  startOver(switched)
  await twenty(() => switched.Timezones.getTimezones())
  assert.equal(tokenRequests(), 1)
})

test('a wrong secret: Kinde calls the API without a token, this package says what the token endpoint said', async () => {
  const wrong = { clientId, clientSecret: 'x'.repeat(52) }
  startOver(official, wrong)
  await assert.rejects(official.Timezones.getTimezones(), (error: Error) => {
    assert.doesNotMatch(error.message, /secret|client/i)
    return true
  })
  assert.deepEqual(
    calls().map(({ authorization }) => authorization),
    [null],
  )
  seen.length = 0
  const kindred = new Kindred({ domain, ...wrong })
  await assert.rejects(
    async () => await kindred.timezones.list(),
    (error: unknown) => {
      assert.ok(error instanceof AuthenticationError)
      assert.equal(error.code, 'invalid_client')
      assert.match(error.message, /Check client id and secret/)
      return true
    },
  )
  startOver(switched, wrong)
  await assert.rejects(switched.Timezones.getTimezones(), (error: unknown) => {
    assert.ok(error instanceof switched.ApiError)
    assert.match(error.message, /Check client id and secret/)
    return true
  })
  assert.deepEqual(calls(), [])
})

test('a second init(): Kinde goes on with the token of the first client, this package does not', async () => {
  const other = await otherClient()
  const bearersOfTwo = async (program: typeof switched) => {
    seen.length = 0
    startOver(program)
    await program.Timezones.getTimezones()
    program.init({ kindeDomain: domain, ...other })
    await program.Timezones.getTimezones()
    return new Set(calls().map(({ authorization }) => authorization)).size
  }
  assert.equal(await bearersOfTwo(official), 1)
  assert.equal(await bearersOfTwo(switched), 2)
  seen.length = 0
  await new Kindred({ domain, clientId, clientSecret }).timezones.list()
  await new Kindred({ domain, ...other }).timezones.list()
  assert.equal(new Set(calls().map(({ authorization }) => authorization)).size, 2)
})

test('a 429: Kinde gives up, this package waits and goes on', async () => {
  startOver(official)
  throttled = 1
  await assert.rejects(official.Timezones.getTimezones(), { status: 429 })
  assert.equal(calls().length, 1)
  for (const list of [
    async () => await new Kindred({ domain, clientId, clientSecret }).timezones.list(),
    async () => {
      startOver(switched)
      return await switched.Timezones.getTimezones()
    },
  ]) {
    seen.length = 0
    throttled = 2
    assert.equal((await list()).code, 'OK')
    assert.equal(calls().length, 3)
  }
})

test('a list of several pages: Kinde gives the first, this package all of them', async () => {
  const kindred = new Kindred({ domain, clientId, clientSecret })
  for (let index = 0; index < 12; index += 1) await kindred.users.create({ provided_id: `gap-${index}` })
  startOver(official)
  const reply = await official.Users.getUsers()
  assert.equal(reply.users!.length, 10)
  assert.ok(reply.next_token)
  assert.equal(Symbol.asyncIterator in official.Users.getUsers(), false)
  let count = 0
  for await (const user of kindred.users.list({ page_size: 5 })) count += user.id === undefined ? 0 : 1
  assert.equal(count, 12)
})

test('plain HTTP on this machine: Kinde puts https before it, this package calls it', async (t) => {
  const settings = {
    KINDE_DOMAIN: `http://localhost:${server.port}`,
    KINDE_MANAGEMENT_CLIENT_ID: clientId,
    KINDE_MANAGEMENT_CLIENT_SECRET: clientSecret,
  }
  const before = { ...process.env }
  t.after(() => {
    process.env = before
  })
  Object.assign(process.env, settings)
  official.init()
  official.setToken('')
  await assert.rejects(official.Timezones.getTimezones())
  assert.equal((await new Kindred().timezones.list()).code, 'OK')
  switched.init()
  assert.equal((await switched.Timezones.getTimezones()).code, 'OK')
})

/** A second application, with the same scopes. */
async function otherClient(): Promise<{ clientId: string; clientSecret: string }> {
  const kindred = new Kindred({ domain, clientId, clientSecret })
  const { application } = await kindred.applications.create({ name: 'Second', type: 'm2m' })
  const management = (await kindred.apis.list().all()).find((api) => api.is_management_api)!
  await kindred.apis.applications.update({ api_id: management.id!, applications: [{ id: application!.id! }] })
  const scopes = await kindred.apis.scopes.list({ api_id: management.id! }).all()
  const { id } = scopes.find(({ key }) => key === 'read:timezones')!
  await kindred.apis.applications.scopes.add({
    api_id: management.id!,
    application_id: application!.id!,
    scope_id: id!,
  })
  return { clientId: application!.client_id!, clientSecret: application!.client_secret! }
}
