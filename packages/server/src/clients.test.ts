import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { listen } from './testing-sockets.ts'

const run = promisify(execFile)
const dataDir = mkdtempSync(join(tmpdir(), 'kindred-test-'))
after(() => rmSync(dataDir, { recursive: true }))
const server = await listen({ after }, { KINDRED_TLS: 'auto', KINDRED_DATA_DIR: dataDir })
const { url, firstClient, caFile } = server.running
const plainUrl = `http://localhost:${server.port}`

/** Runs a program that trusts the server's certificate authority. */
async function runClient(program: string, args: string[], settings: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, program), ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: caFile!,
      KINDE_DOMAIN: `localhost:${server.port}`,
      KINDE_MANAGEMENT_CLIENT_ID: firstClient.clientId,
      KINDE_MANAGEMENT_CLIENT_SECRET: firstClient.clientSecret,
      ...settings,
    },
  })
  return stdout
}

async function takeTour(tour: string, options: { args?: string[]; settings?: Record<string, string> } = {}) {
  return JSON.parse(await runClient('testing-kinde-client.ts', [tour, ...(options.args ?? [])], options.settings))
}

before(() => assert.equal(url, `https://localhost:${server.port}`))

test("Kinde's SDK gets a token by itself and makes, reads, changes, finds and deletes a user", async () => {
  const tour = await takeTour('users')
  assert.equal(tour.before.code, 'OK')
  assert.deepEqual(tour.before.users ?? [], [])
  const { id } = tour.created
  assert.match(id, /^kp_[0-9a-f]{32}$/)
  assert.equal(tour.created.created, true)
  assert.equal(tour.created.identities.length, 2)
  const { got } = tour
  assert.deepEqual(
    [got.id, got.first_name, got.last_name, got.preferred_email, got.provided_id, got.is_suspended],
    [id, 'Ada', 'Lovelace', 'ada@example.com', 'mine-1', false],
  )
  assert.deepEqual(got.identities.map(({ type }: { type: string }) => type).sort(), ['email', 'username'])
  assert.deepEqual([tour.updated.id, tour.updated.given_name, tour.updated.is_suspended], [id, 'Augusta', true])
  assert.deepEqual(
    tour.identities.identities.map(({ type, name }: { type: string; name: string }) => `${type} ${name}`).sort(),
    ['email a@example.com', 'email ada@example.com', 'username ada'],
  )
  assert.equal(tour.identity.name, 'a@example.com')
  assert.equal(tour.preferred.preferred_email, 'a@example.com')
  assert.deepEqual(
    tour.found.results.map((user: { id: string }) => user.id),
    [id],
  )
  assert.deepEqual(
    tour.page.users.map((user: { id: string }) => user.id),
    [id],
  )
  assert.equal(tour.deleted.code, 'OK')
  assert.deepEqual([tour.missing.name, tour.missing.status], ['ApiError', 404])
  assert.equal(tour.missing.body.errors[0].code, 'USER_NOT_FOUND')
})

test("Kinde's SDK makes an API, its scopes and who may have them", async () => {
  const tour = await takeTour('apis')
  const { got } = tour
  assert.deepEqual([got.api.name, got.api.audience, got.api.is_management_api], ['Zoo', 'https://zoo.example', false])
  const keeper = got.api.applications.find(({ id }: { id: string }) => id === tour.application.id)
  assert.deepEqual([keeper.name, keeper.is_active], ['Keeper', true])
  assert.match(tour.application.client_secret, /^[A-Za-z0-9]{40,60}$/)
  assert.deepEqual(
    tour.scopes.scopes.map(({ key, description }: { key: string; description: string }) => [key, description]),
    [['read:owls', 'Look at owls']],
  )
  assert.equal(tour.updated.scope.description, 'Look at them all')
  assert.equal(tour.deleted.code, 'API_DELETED')
  assert.deepEqual(
    tour.list.apis.map(({ name }: { name: string }) => name),
    ['Kinde Management API'],
  )
})

test("Kinde's SDK makes an application with its callbacks", async () => {
  const tour = await takeTour('applications')
  assert.deepEqual(tour.callbacks.redirect_urls.sort(), ['https://shop.example/back', 'https://shop.example/more'])
  assert.deepEqual(tour.replaced.redirect_urls, ['https://shop.example/only'])
  assert.deepEqual(tour.logout.logout_urls, ['https://shop.example/ciao'])
  assert.deepEqual([tour.empty[0].redirect_urls, tour.empty[1].logout_urls], [[], []])
  const { application } = tour.got
  assert.deepEqual(
    [application.name, application.type, application.homepage_uri],
    ['Shop 2', 'reg', 'https://shop.example'],
  )
  assert.deepEqual(
    tour.list.applications.map(({ name }: { name: string }) => name),
    ['First M2M application', 'Shop 2'],
  )
  assert.equal(tour.deleted.code, 'OK')
})

test("Kinde's SDK reads and changes the business, and lists industries and time zones", async () => {
  const tour = await takeTour('business')
  assert.match(tour.business.business.code, /^bus_[0-9a-f]{11}$/)
  assert.equal(tour.renamed.business.name, 'Zoo')
  assert.ok(tour.industries.industries.length > 10)
  assert.ok(tour.timezones.timezones.length > 50)
})

test('with a wrong secret the SDK sees a refusal of the API with 401', async () => {
  const { failed } = await takeTour('list', { settings: { KINDE_MANAGEMENT_CLIENT_SECRET: 'x'.repeat(52) } })
  assert.deepEqual([failed.name, failed.status], ['ApiError', 401])
  assert.equal(failed.body.errors[0].code, 'TOKEN_MISSING')
})

test('a domain over plain HTTP works when it is given to init()', async () => {
  const { code } = await takeTour('list', { args: [plainUrl], settings: { NODE_EXTRA_CA_CERTS: '' } })
  assert.equal(code, 'OK')
})

test("Kinde's validator accepts our tokens over HTTPS and HTTP, and refuses a forged one", async () => {
  const { token } = server
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forgedPayload = Buffer.from(JSON.stringify({ ...claims, scope: 'everything' })).toString('base64url')
  const otherKey = Buffer.from(JSON.stringify({ alg: 'RS256', kid: '00'.repeat(16), typ: 'JWT' })).toString('base64url')
  const tokens = [token, `${header}.${forgedPayload}.${signature}`, `${otherKey}.${payload}.${signature}`]
  for (const domain of [url, plainUrl]) {
    const answers = JSON.parse(await runClient('testing-kinde-validator.ts', [domain, ...tokens]))
    assert.deepEqual(
      answers.map(({ valid }: { valid: boolean }) => valid),
      [true, false, false],
      domain,
    )
  }
})
