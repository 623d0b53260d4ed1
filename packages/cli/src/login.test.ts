import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { commandLine, commandsBesideServer } from './testing-cli.ts'
import { freePort } from './testing-process.ts'

const { server, env, run: withVariables } = await commandsBesideServer({ after })
const { url } = server.running
const id = env.KINDE_MANAGEMENT_CLIENT_ID!
const secret = env.KINDE_MANAGEMENT_CLIENT_SECRET!
/** Nobody listens there. */
const away = `http://localhost:${await freePort()}`

test('login checks the credentials, keeps them where only their owner can read, and commands use them', async (t) => {
  const { run, folder } = commandLine(t)
  const words = ['login', '--domain', url, '--client-id', id, '--client-secret', '-', '--profile', 'dev']
  const { code, stdout, stderr } = await run(words, { input: `${secret}\n` })
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /gave a token\. Profile dev is kept in .*Try: kindred api getUsers\n$/s)
  const file = join(folder, 'home/config/kindred/profiles.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'home/config/kindred')).mode & 0o777, 0o700)
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).current, 'dev')

  const token = await run(['token'])
  assert.match(token.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  assert.equal(token.code, 0)
  assert.equal((await run(['token'])).stdout, token.stdout, 'one token lasts for many commands')
  assert.equal(statSync(join(folder, 'home/config/kindred/tokens.json')).mode & 0o777, 0o600)
})

test('login asks for what is missing where it can, and says which flag where it cannot', async (t) => {
  const { run } = commandLine(t)
  const asked = await run(['login', '--domain', url, '--client-id', id], { asks: true, input: `${secret}\n` })
  assert.equal(asked.code, 0, asked.stderr)
  assert.match(asked.stderr, /^Client secret \(not shown\): \n$/)
  assert.equal(asked.stdout.includes(secret), false)
  const missing = await run(['login', '--domain', url])
  assert.deepEqual([missing.code, missing.stdout], [2, ''])
  assert.match(missing.stderr, /^error: --client-id is missing, .*\n$/)
})

test('login keeps nothing of credentials that give no token', async (t) => {
  const { run } = commandLine(t)
  const wrong = await run(['login', '--domain', url, '--client-id', id, '--client-secret', 'x'.repeat(52)])
  assert.deepEqual([wrong.code, wrong.stdout], [4, ''])
  assert.match(wrong.stderr, /Check client id and secret .*\[status 401, invalid_client.*\n.*kindred login\n$/)
  const far = await run(['login', '--domain', away, '--client-id', id, '--client-secret', secret])
  assert.equal(far.code, 3)
  assert.match(far.stderr, /^error: localhost:\d+ cannot be reached \(ECONNREFUSED\)/)
  const local = await run([
    'login',
    '--domain',
    url,
    '--client-id',
    id,
    '--client-secret',
    secret,
    '--profile',
    'local',
  ])
  assert.equal(local.code, 2)
  assert.match((await run(['profiles'])).stdout, /^No profiles yet\./)
})

test('profiles are listed without secrets, chosen and removed', async (t) => {
  const { run } = commandLine(t)
  for (const name of ['one', 'two']) {
    await run(['login', '--domain', url, '--client-id', id, '--client-secret', secret, '--profile', name])
  }
  const { stdout } = await run(['profiles', 'list', '--json'])
  const listed = JSON.parse(stdout).profiles
  assert.deepEqual(listed[1], { name: 'two', used: true, domain: url, client_id: id, ca_file: null })
  assert.equal(stdout.includes(secret), false)
  assert.equal((await run(['profiles', 'use', 'one'])).code, 0)
  const shown = await run(['profiles'], { columns: 100 })
  assert.match(shown.stdout, /^USED {2}NAME {2}DOMAIN .*\n\* {5}one {3}http.*\n {6}two /)
  assert.match(shown.stdout, /Commands here call http:\S+ \(profile one\)\.\n$/)
  assert.match((await run(['profiles', 'remove', 'one'])).stdout, /Choose another with: kindred profiles use two\n$/)
  const unknown = await run(['profiles', 'use', 'one'])
  assert.deepEqual([unknown.code, unknown.stderr.includes('There are: two.')], [2, true])
})

test('a profile that is named goes before the variables, and these before the one in use', async () => {
  const login = ['login', '--client-secret', secret, '--profile', 'here']
  assert.equal((await withVariables(login)).code, 0)
  assert.match((await withVariables(['profiles'])).stdout, /\(environment variables\)/)
  const elsewhere = { KINDE_DOMAIN: away }
  assert.equal((await withVariables(['token', '--decode'], { env: elsewhere })).code, 3)
  assert.equal((await withVariables(['token', '--profile', 'here'], { env: elsewhere })).code, 0)
  assert.equal((await withVariables(['token'], { env: { ...elsewhere, KINDRED_PROFILE: 'here' } })).code, 0)
})

test('half of the variables is an error that names the others', async (t) => {
  const { run } = commandLine(t, { KINDE_DOMAIN: url })
  const { code, stderr } = await run(['token'])
  assert.equal(code, 2)
  assert.match(
    stderr,
    /^error: KINDE_DOMAIN is set, and KINDE_MANAGEMENT_CLIENT_ID and KINDE_MANAGEMENT_CLIENT_SECRET is not/,
  )
})

test('token --decode shows the claims', async () => {
  const { stdout } = await withVariables(['token', '--decode', '--json'])
  const { header, claims } = JSON.parse(stdout)
  assert.deepEqual([header.alg, claims.azp, claims.iss], ['RS256', id, url])
  const text = (await withVariables(['token', '--decode'])).stdout
  assert.match(text, /\n {2}exp {2}\d+ \(\d{4}-\d\d-\d\dT.*Z\)\n/)
  assert.match(text, /\nscopes \(\d+\)\n {2}create:/)
})

test('a file of profiles that cannot be read is named', async (t) => {
  const { run, folder } = commandLine(t)
  await run(['login', '--domain', url, '--client-id', id, '--client-secret', secret])
  writeFileSync(join(folder, 'home/config/kindred/profiles.json'), '{')
  const { code, stderr } = await run(['token'])
  assert.equal(code, 2)
  assert.match(stderr, /profiles\.json cannot be used \(.*\)\. Mend or delete it, then: kindred login/)
})

test('with --json an error is one JSON line', async (t) => {
  const { run } = commandLine(t, { ...env, KINDE_MANAGEMENT_CLIENT_SECRET: 'x'.repeat(52) })
  const { code, stderr } = await run(['token', '--decode', '--json'])
  const { error } = JSON.parse(stderr)
  assert.deepEqual([code, error.code, error.status, error.exit_code], [4, 'invalid_client', 401, 4])
})
