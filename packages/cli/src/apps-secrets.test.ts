import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { commandsBesideServer } from './testing-cli.ts'

const { run } = await commandsBesideServer({ after })

async function makeApplication() {
  const { stdout } = await run(['apps', 'create', '--m2m', '--name', 'Shop', '--scopes', 'read:users', '--json'])
  const { application_id: id, client_secret: secret } = JSON.parse(stdout)
  const signIn = async (clientSecret: string) => {
    const env = {
      KINDE_MANAGEMENT_CLIENT_ID: id,
      KINDE_MANAGEMENT_CLIENT_SECRET: clientSecret,
      XDG_CONFIG_HOME: '/dev/null',
    }
    return (await run(['token'], { env })).code
  }
  const list = async () => JSON.parse((await run(['apps', 'secrets', 'list', id, '--json'])).stdout).secrets
  return { id, secret, signIn, list }
}

test('a secret is replaced without a gap: added, its use seen, the old one retired', async () => {
  const { id, secret, signIn, list } = await makeApplication()
  const added = await run(['apps', 'secrets', 'add', id, '--label', 'Second', '--json'])
  assert.equal(added.code, 0, added.stderr)
  const { client_secret: second } = JSON.parse(added.stdout)
  assert.deepEqual([await signIn(secret), await signIn(second)], [0, 0])
  const secrets = await list()
  assert.deepEqual(
    secrets.map(({ last_used_at: at }: { last_used_at: string | null }) => at === null),
    [false, false],
  )
  const table = await run(['apps', 'secrets', 'list', id], { columns: 140 })
  assert.match(table.stdout, /^ID +LABEL +CREATED_AT .*LAST_USED_AT/)
  assert.equal(table.stdout.includes(second), false)

  const first = secrets.find(({ label }: { label: string }) => label !== 'Second')
  const unasked = await run(['apps', 'secrets', 'retire', id, first.id])
  assert.deepEqual([unasked.code, await signIn(secret)], [2, 0])
  assert.match(unasked.stdout, /: last used \d{4}-.*: something may still need it\.\n$/)
  const refused = await run(['apps', 'secrets', 'retire', id, first.id], { asks: true, input: 'n\n' })
  assert.deepEqual([refused.code, await signIn(secret)], [2, 0])
  const retired = await run(['apps', 'secrets', 'retire', id, first.id], { asks: true, input: 'y\n' })
  assert.deepEqual([retired.code, await signIn(secret), await signIn(second)], [0, 4, 0])

  const last = await run(['apps', 'secrets', 'retire', id, (await list())[0].id, '--yes'])
  assert.match(last.stdout, /It is the only one: the application gets no token any more\.\nRetired\./)
})

test('what is not there is named', async () => {
  const { id } = await makeApplication()
  const unknown = await run(['apps', 'secrets', 'retire', id, 'nothing', '--yes'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /no secret nothing\. It has: \S+ \(/)
  assert.equal((await run(['apps', 'secrets', 'list', 'nobody'])).code, 1)
  assert.equal(
    (await run(['apps', 'secrets', 'add', id, '--label', 'Old', '--expires', '2001-01-01T00:00:00Z'])).code,
    1,
  )
})

test('a server without these operations is told apart', async (t) => {
  const server = createServer((request, reply) => {
    const isToken = request.url === '/oauth2/token'
    reply.writeHead(isToken ? 200 : 404, { 'content-type': 'application/json' })
    reply.end(
      isToken ? '{"access_token":"x","expires_in":60}' : '{"errors":[{"code":"ROUTE_NOT_FOUND","message":"-"}]}',
    )
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const env = { KINDE_DOMAIN: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const { code, stderr } = await run(['apps', 'secrets', 'list', 'x'], { env })
  assert.equal(code, 1)
  assert.match(stderr, /keeps one secret for each application: only Kindred has several/)
})
