/** `@kindred/sdk/kinde` beside Kinde's own package: the same names, the same requests, the same answers. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import * as kindePackage from '@kinde/management-api-js'
import { listen } from '../../../server/src/testing-sockets.ts'
import { Kindred } from '../index.ts'
import { operations } from '../operations.ts'
import * as ours from './index.ts'
import { verifyToken } from './tokens.ts'

// A resolver of ES modules does not find the declarations of Kinde's package; it has the names of ours.
const official = kindePackage as unknown as typeof ours
const folder = mkdtempSync(join(tmpdir(), 'kindred-test-'))
after(() => rmSync(folder, { recursive: true }))
const server = await listen({ after }, { KINDRED_TLS: 'auto', KINDRED_DATA_DIR: folder })
const { firstClient, caFile } = server.running
const program = join(import.meta.dirname, '../../../server/src/testing-kinde-client.ts')

type Methods = Record<string, (data?: unknown) => PromiseLike<unknown>>

/** Each class of Kinde's package with the names of its methods. */
function officialMethods(): [className: string, names: string[]][] {
  return Object.entries(official).flatMap(([className, value]) => {
    if (typeof value !== 'function' || ['ApiError', 'CancelError', 'CancelablePromise'].includes(className)) return []
    const statics = value as unknown as Methods
    const names = Object.getOwnPropertyNames(statics).filter((name) => typeof statics[name] === 'function')
    return names.length === 0 ? [] : [[className, names]]
  })
}

test('every class and every method of the package is there', () => {
  let count = 0
  for (const [className, names] of officialMethods()) {
    const own = (ours as unknown as Record<string, Methods>)[className]
    for (const name of names) {
      assert.equal(typeof own?.[name], 'function', `${className}.${name}`)
      if (className !== 'ApIs' && !name.includes('UrLs')) count += 1
    }
  }
  assert.equal(count, 175)
  const others = Object.keys(official).filter((name) => !name.startsWith('$') && !(name in ours))
  assert.deepEqual(others, ['OpenAPI'], 'what is left out is in docs/sdk.md')
})

/** Parameters of the API that Kinde's package has not. */
const additions: Record<string, string[]> = { getUserIdentities: ['pageSize'] }

test('the same arguments become the same requests, for all methods', async (t) => {
  const sent: { method: string; url: string; body: unknown; type: string | null }[] = []
  const token = `e30.${btoa(JSON.stringify({ exp: 4e9, aud: ['https://example.kinde.com/api'] }))}.e30`
  const answer = JSON.stringify({ access_token: token, expires_in: 60 })
  const before = globalThis.fetch
  t.after(() => {
    globalThis.fetch = before
  })
  globalThis.fetch = async (input, init) => {
    const url = new URL(String(input))
    url.searchParams.sort()
    const type = new Headers(init?.headers).get('content-type')
    const body = init?.body instanceof FormData ? [...init.body.keys()] : (init?.body ?? null)
    if (!url.pathname.startsWith('/oauth2/')) sent.push({ method: init!.method!, url: url.href, body, type })
    return new Response(answer, { headers: { 'content-type': 'application/json' } })
  }
  const settings = { kindeDomain: 'https://example.kinde.com', clientId: 'a', clientSecret: 'b' }
  const compare = async (className: string, name: string, data: object) => {
    sent.length = 0
    for (const library of [official, ours]) {
      library.init(settings)
      await (library as unknown as Record<string, Methods>)[className]![name]!(data)
    }
    assert.equal(sent.length, 2)
    // Without members there is no body to speak of: one sends none, the other an empty object.
    assert.deepEqual(sent[1], sent[0], `${className}.${name}`)
  }
  for (const [className, names] of officialMethods()) {
    for (const name of names) {
      const id = name.replace('UrLs', 'Urls').toLowerCase()
      const operation = operations.find((one) => one.id.toLowerCase() === id)!
      const data = exampleData(operation.parameters)
      for (const added of additions[name] ?? []) delete (data as Record<string, unknown>)[added]
      await compare(className, name, data)
    }
  }
})

/** Something for each parameter, in the places where Kinde's package takes it. */
function exampleData(parameters: (typeof operations)[number]['parameters']): object {
  const data: Record<string, unknown> = {}
  const body: Record<string, unknown> = {}
  for (const { name, in: place, type } of parameters) {
    if (place === 'form') data.formData = { [name]: new Blob(['x']) }
    else if (place === 'body') body[name] = `${name} ü`
    else {
      const camelCase = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
      data[camelCase] =
        type === 'integer' ? 7 : type === 'boolean' ? false : type === 'object' ? { a: 'b' } : `${name}-ü`
    }
  }
  return Object.keys(body).length === 0 ? data : { ...data, requestBody: body }
}

/** Runs the program that uses Kinde's package, as it is or with its import changed. */
async function takeTour(tour: string, isSwitched: boolean): Promise<unknown> {
  let file = program
  if (isSwitched) {
    const source = readFileSync(program, 'utf8')
    const entry = pathToFileURL(join(import.meta.dirname, 'index.ts')).href
    const changed = source.replace("from '@kinde/management-api-js'", `from '${entry}'`)
    assert.notEqual(changed, source)
    file = join(folder, `${tour}.ts`)
    writeFileSync(file, changed)
  }
  const { stdout } = await promisify(execFile)(process.execPath, [file, tour], {
    env: {
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: caFile!,
      KINDE_DOMAIN: `localhost:${server.port}`,
      KINDE_MANAGEMENT_CLIENT_ID: firstClient.clientId,
      KINDE_MANAGEMENT_CLIENT_SECRET: firstClient.clientSecret,
    },
  })
  // Ids, secrets and moments are of each run.
  return JSON.parse(stdout.replaceAll(/[0-9a-f]{20,}|[A-Za-z0-9]{52}|\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '…'))
}

for (const tour of ['users', 'apis', 'applications']) {
  test(`a program takes the tour ${tour} with both packages and gets the same answers`, async () => {
    assert.deepEqual(await takeTour(tour, true), await takeTour(tour, false))
  })
}

test("the samples of the package's own page run on both", async (t) => {
  const before = { ...process.env }
  const passOn = globalThis.fetch
  t.after(() => {
    process.env = before
    globalThis.fetch = passOn
  })
  // The certificate is for other tests: here the port's plain HTTP is called.
  globalThis.fetch = (input, init) => passOn(String(input).replace(/^https:/, 'http:'), init)
  process.env.KINDE_DOMAIN = `localhost:${server.port}`
  process.env.KINDE_MANAGEMENT_CLIENT_ID = firstClient.clientId
  process.env.KINDE_MANAGEMENT_CLIENT_SECRET = firstClient.clientSecret
  for (const { Users, init, setToken } of [official, ours]) {
    init()
    if (Users === official.Users) setToken('')
    const { users } = await Users.getUsers()
    assert.ok(Array.isArray(users))
    const [first] =
      users.length > 0 ? users : [await Users.createUser({ requestBody: { profile: { given_name: 'Ada' } } })]
    const params = { id: first!.id! }
    const userData = await Users.getUserData(params)
    assert.equal(userData.id, params.id)
  }
})

test('a call can be cancelled', async () => {
  ours.init({ kindeDomain: `http://localhost:${server.port}`, ...firstClient })
  const call = ours.Users.getUsers()
  assert.ok(call instanceof ours.CancelablePromise)
  call.cancel()
  await assert.rejects(call, (error: unknown) => error instanceof ours.CancelError && error.isCancelled)
  assert.equal(call.isCancelled, true)
})

test('a refusal has the members that it has in the package', async () => {
  ours.init({ kindeDomain: `http://localhost:${server.port}`, ...firstClient })
  await assert.rejects(ours.Users.getUserData({ id: 'kp_none', expand: 'billing' }), (error: unknown) => {
    assert.ok(error instanceof ours.ApiError)
    const url = `http://localhost:${server.port}/api/v1/user?id=kp_none&expand=billing`
    assert.deepEqual([error.name, error.status, error.statusText, error.url], ['ApiError', 404, 'Not Found', url])
    assert.equal((error.body as { errors: { code: string }[] }).errors[0]!.code, 'USER_NOT_FOUND')
    const { method, url: path, query } = error.request
    assert.deepEqual([method, path, query], ['GET', '/api/v1/user', { id: 'kp_none', expand: 'billing' }])
    return true
  })
})

test('tokens can be read, set, decoded and verified', async () => {
  ours.init({ kindeDomain: `http://localhost:${server.port}`, ...firstClient })
  const token = await ours.getToken()
  const claims = ours.jwtDecoder(token)!
  assert.deepEqual([claims.aud, claims.azp], [[`http://localhost:${server.port}/api`], firstClient.clientId])
  assert.equal(ours.checkAudience(token, `http://localhost:${server.port}/api`), true)
  assert.equal(ours.checkAudience(token, 'https://nobody.example'), false)
  assert.equal(ours.jwtDecoder('nonsense'), null)
  const { clientId, clientSecret } = firstClient
  const domain = `http://localhost:${server.port}`
  const reader = new Kindred({ domain, clientId, clientSecret, scopes: ['read:businesses'] })
  const narrow = (await reader.accessToken())!
  ours.init({ kindeDomain: domain })
  ours.setToken(narrow)
  assert.equal(await ours.getToken(), narrow)
  assert.equal((await ours.Business.getBusiness()).code, 'OK')
  await assert.rejects(ours.Users.getUsers(), { status: 403 })
  ours.init({ kindeDomain: domain, clientId, clientSecret })
  assert.equal((await ours.Users.getUsers()).code, 'OK')
  assert.equal(await ours.validateToken(''), false)
})

test('a token is valid when the server signed it, it is for the audience and has not expired', async () => {
  // Tokens name the server's own URL, which is https; a plain one of its own says the rest.
  const plain = await listen({ after })
  const issuer = plain.running.url
  const { token } = plain
  assert.equal(await verifyToken(token, issuer, undefined), true)
  assert.equal(await verifyToken(token, issuer, `${issuer}/api`), true)
  assert.equal(await verifyToken(token, issuer, 'https://nobody.example'), false)
  assert.equal(await verifyToken(token, `${issuer}/x`, undefined), false)
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forged = (changed: object) => Buffer.from(JSON.stringify({ ...claims, ...changed })).toString('base64url')
  assert.equal(await verifyToken(`${header}.${forged({ scope: 'all' })}.${signature}`, issuer, undefined), false)
  assert.equal(await verifyToken(`${header}.${forged({ exp: 1 })}.${signature}`, issuer, undefined), false)
  assert.equal(await verifyToken('nonsense', issuer, undefined), false)
})
