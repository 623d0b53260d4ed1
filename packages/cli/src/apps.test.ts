import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { chooseScopes } from './apps.ts'
import { commandsBesideServer } from './testing-cli.ts'

const { run } = await commandsBesideServer({ after })

test('apps create makes, authorizes and prints in one go, and the credentials work', async () => {
  const words = ['apps', 'create', '--m2m', '--name', 'Reports', '--scopes', 'read:users,roles', '--json']
  const { code, stdout, stderr } = await run(words)
  assert.deepEqual([code, stderr], [0, ''])
  const made = JSON.parse(stdout)
  assert.deepEqual(made.scopes, ['create:roles', 'delete:roles', 'read:roles', 'read:users', 'update:roles'])
  const env = { KINDE_MANAGEMENT_CLIENT_ID: made.client_id, KINDE_MANAGEMENT_CLIENT_SECRET: made.client_secret }
  const { claims } = JSON.parse((await run(['token', '--decode', '--json'], { env })).stdout)
  assert.deepEqual(claims.scope.split(' ').toSorted(), made.scopes)
  assert.equal((await run(['api', 'getUsers'], { env })).code, 0)
  assert.equal((await run(['api', 'getOrganizations'], { env })).code, 4)
  const listed = JSON.parse((await run(['apps', 'list', '--json'])).stdout).applications
  assert.ok(
    listed.some(({ id, name }: { id: string; name: string }) => id === made.application_id && name === 'Reports'),
  )
  assert.equal((await run(['apps', 'list', '--json'])).stdout.includes(made.client_secret), false)
})

test('an API of your own is named by its audience', async () => {
  await run(['api', 'addAPIs', '-f', 'name=Orders', '-f', 'audience=https://orders.example.com'])
  const { apis } = JSON.parse((await run(['api', 'getAPIs'])).stdout)
  const { id } = apis.find(({ name }: { name: string }) => name === 'Orders')
  await run(['api', 'addAPIScope', '-f', `api_id=${id}`, '-f', 'key=read:orders'])
  const words = ['apps', 'create', '--m2m', '--name', 'Shop', '--api', 'https://orders.example.com', '--scopes', 'all']
  const { code, stdout, stderr } = await run(words)
  assert.equal(code, 0, stderr)
  assert.match(
    stdout,
    /^Application {4}Shop \(.*\nAudience {7}https:\/\/orders\.example\.com\nScopes {9}read:orders\n/s,
  )
})

test('nothing is left of an application that could not be made as asked', async () => {
  const count = async () => JSON.parse((await run(['apps', 'list', '--json'])).stdout).applications.length
  const before = await count()
  const unknown = await run(['apps', 'create', '--m2m', '--name', 'X', '--scopes', 'read:user'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /no scope "read:user"\. Nearest are read:users, .*Nothing was made\./)
  assert.equal((await run(['apps', 'create', '--m2m', '--name', 'X', '--api', 'Y'])).code, 2)

  // It may make and delete applications, and may not authorize them.
  const scopes = 'create:applications,delete:applications,read:apis,read:api_scopes'
  const maker = JSON.parse(
    (await run(['apps', 'create', '--m2m', '--name', 'Maker', '--scopes', scopes, '--json'])).stdout,
  )
  const env = { KINDE_MANAGEMENT_CLIENT_ID: maker.client_id, KINDE_MANAGEMENT_CLIENT_SECRET: maker.client_secret }
  const refused = await run(['apps', 'create', '--m2m', '--name', 'X', '--scopes', 'read:users'], { env })
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /lacks the scope update:apis/)
  assert.equal(await count(), before + 1)
})

test('scopes are chosen by key, pattern, resource and preset', () => {
  const known = ['create:users', 'read:users', 'read:roles', 'read:user_mfa']
  for (const [words, chosen] of [
    ['all', known],
    ['read-only', ['read:users', 'read:roles', 'read:user_mfa']],
    ['users', ['create:users', 'read:users']],
    ['read:user*', ['read:users', 'read:user_mfa']],
    ['read:roles create:users', ['create:users', 'read:roles']],
    ['none', []],
  ] as const) {
    assert.deepEqual(chooseScopes(words, known), chosen, words)
  }
  assert.throws(() => chooseScopes('read.users', known), /no scope "read\.users"/)
})
