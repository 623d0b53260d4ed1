import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { testDatabase } from '../../server/src/testing.ts'
import { type RunningKindred, runKindred, startKindred, temporaryFolder, until } from './testing-process.ts'

const isInMemory = (process.env.KINDRED_TEST_STORE ?? 'memory') === 'memory'
/** How often the server beside which keys are rotated is called meanwhile. */
const callers = 4

if (!isInMemory) {
  test('keys rotate beside a running server, and no token is refused meanwhile', async (t) => {
    const { kindred, rotate } = await start(t)
    const oldToken = await kindred.newToken()
    await until(async () => (await keyIds(kindred)).length === 2)
    const [current, next] = await keyIds(kindred)
    assert.equal(kidOf(oldToken), current)

    const hammering = hammer(kindred, oldToken)
    const { code, stdout } = await rotate('--json')
    assert.equal(code, 0)
    const rotation = JSON.parse(stdout)
    assert.deepEqual(Object.keys(rotation).sort(), ['current', 'next', 'retired'])
    assert.deepEqual([rotation.retired, rotation.current], [current, next])
    await until(async () => kidOf(await kindred.newToken()) === next)
    const { calls, tokens } = await hammering.stop()
    assert.ok(calls > callers, 'the server was called while the keys were rotated')

    assert.deepEqual(await keyIds(kindred), [current, next, rotation.next])
    const { body: jwks } = await kindred.send('GET', '/.well-known/jwks.json')
    for (const token of [oldToken, ...tokens, await kindred.newToken()]) {
      const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), { issuer: kindred.ready.url })
      assert.equal(payload.azp, kindred.ready.client_id)
      assert.equal((await users(kindred, token)).status, 200)
    }
    assert.deepEqual(new Set(tokens.map(kidOf)), new Set([current, next]))
  })

  test('a rotation is told in words, with a warning when the next key is still new to clients', async (t) => {
    const { kindred, rotate } = await start(t)
    await kindred.newToken()
    const { code, stdout, stderr } = await rotate()
    assert.equal(code, 0)
    const kid = '([0-9a-f]{2}:){15}[0-9a-f]{2}'
    assert.match(
      stdout,
      new RegExp(
        `^Signs from now on +${kid}\\nNext, published now +${kid}\\nRetired +${kid} \\(published until .+\\)\\n$`,
      ),
    )
    assert.match(stderr, /^The new key was published \d+ s ago; [^\n]+\n$/)
    await until(async () => (await keyIds(kindred)).length === 3)
  })

  test('a rotation with another master key is refused and changes nothing', async (t) => {
    const { kindred, rotate } = await start(t)
    await until(async () => (await keyIds(kindred)).length === 2)
    const before = await keyIds(kindred)
    const { code, stdout, stderr } = await rotate('--secret-key', Buffer.alloc(32, 5).toString('base64'))
    assert.match(stderr, /^KINDRED_SECRET_KEY: [^\n]+\n$/)
    assert.deepEqual([code, stdout], [2, ''])
    assert.deepEqual(await keyIds(kindred), before)
  })
}

test('keys of a database in memory cannot be rotated from outside', async () => {
  const { code, stderr } = await runKindred(['keys', 'rotate', '--database-url', 'memory:'])
  assert.equal(
    stderr,
    'KINDRED_DATABASE_URL: keys in memory belong to the server process alone. Restart it for new ones.\n',
  )
  assert.equal(code, 2)
})

test('where no server has ever run there are no keys, and looking for them makes no files', async (t) => {
  const folder = temporaryFolder(t)
  const { code, stderr } = await runKindred(['keys', 'rotate'], { folder })
  assert.equal(
    stderr,
    'KINDRED_DATABASE_URL: this database has no keys yet. Start the server on it once: npx kindred serve\n',
  )
  assert.equal(code, 2)
  assert.deepEqual(readdirSync(folder), [])
})

async function start(t: TestContext) {
  const folder = temporaryFolder(t)
  const database = await testDatabase()
  const settings = { KINDRED_DATABASE_URL: database.url }
  const kindred = await startKindred(t, { settings, folder })
  t.after(() => database.drop())
  return {
    kindred,
    rotate: (...flags: string[]) => runKindred(['keys', 'rotate', ...flags], { settings, folder }),
  }
}

/** Gets tokens and uses them, over and over, until it is told to stop; every call must succeed. */
function hammer(kindred: RunningKindred, firstToken: string) {
  let isStopped = false
  let calls = 0
  const tokens: string[] = []
  async function call(): Promise<void> {
    let token = firstToken
    while (!isStopped) {
      const { status, body } = await users(kindred, token)
      assert.equal(status, 200, JSON.stringify(body))
      calls += 1
      token = await kindred.newToken()
      tokens.push(token)
    }
  }
  const running = Promise.all(Array.from({ length: callers }, call))
  return {
    async stop() {
      isStopped = true
      await running
      return { calls, tokens }
    },
  }
}

async function users(kindred: RunningKindred, token: string) {
  return kindred.send('GET', '/api/v1/users', { headers: { authorization: `Bearer ${token}` } })
}

async function keyIds(kindred: RunningKindred): Promise<string[]> {
  const { body } = await kindred.send('GET', '/.well-known/jwks.json')
  return body.keys.map(({ kid }: { kid: string }) => kid)
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid
}
