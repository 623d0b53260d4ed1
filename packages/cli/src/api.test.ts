import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { operations } from '@kindred/sdk/operations'
import { commandsBesideServer } from './testing-cli.ts'

const { run, folder } = await commandsBesideServer({ after })

/** Runs a command that must succeed. @returns what it printed, parsed */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(args)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args)
  assert.deepEqual([code, stdout], [2, ''])
  return stderr
}

test('an operation is called by its id, by its name in the SDK, and by method and path', async () => {
  const made = await json(
    ...[
      'api',
      'createUser',
      '-f',
      'profile.given_name=Ada',
      '-f',
      'provided_id=0042',
      '-f',
      'identities[0].type=email',
    ],
    ...['-f', 'identities[0].details.email=ada@example.com', '-f', 'identities[0].is_verified=true'],
  )
  const user = await json('api', 'getUserData', '-f', `id=${made.id}`)
  assert.deepEqual([user.first_name, user.preferred_email, user.provided_id], ['Ada', 'ada@example.com', '0042'])
  assert.deepEqual(await json('api', 'users.get', '-f', `id=${made.id}`), user)
  assert.deepEqual(await json('api', 'GET', `/api/v1/user?id=${made.id}`), user)
  assert.deepEqual(await json('api', 'get', 'user', '-f', `id=${made.id}`), user)
  const identities = await json('api', 'GET', `/api/v1/users/${made.id}/identities`)
  assert.equal(identities.identities.length, 1)
  assert.equal((await json('api', 'DELETE', `/api/v1/user?id=${made.id}`)).code, 'OK')
})

test('fields take the type that the operation has for them, and := takes JSON', async () => {
  const role = await json('api', 'CreateRole', '-f', 'name=1', '-f', 'key=one', '-f', 'is_default_role=true')
  const { role: read } = await json('api', 'GetRole', '-f', `role_id=${role.role.id}`)
  assert.deepEqual([read.name, read.key, read.is_default_role], ['1', 'one', true])
  await json(
    'api',
    'UpdateRoles',
    '-f',
    `role_id=${role.role.id}`,
    '-f',
    'name=2',
    '-f',
    'key=one',
    '-f',
    'description:="Ω"',
  )
  assert.equal((await json('api', 'GetRole', '-f', `role_id=${role.role.id}`)).role.description, 'Ω')
  const words = ['-f', `role_id=${role.role.id}`]
  const permission = await json('api', 'CreatePermission', '-f', 'name=Read', '-f', 'key=read')
  await json('api', 'UpdateRolePermissions', ...words, '-f', `permissions[].id=${permission.permission.id}`)
  assert.equal((await json('api', 'GetRolePermissions', ...words)).permissions[0].key, 'read')
})

test('a body comes from the command line, a file, or standard input, and fields go over it', async () => {
  writeFileSync(join(folder, 'role.json'), '{"name":"From a file","key":"file"}')
  for (const [key, body, input] of [
    ['word', '{"name":"Word","key":"word"}', ''],
    ['file', '@role.json', ''],
    ['input', '-', '{"name":"Input","key":"input"}'],
  ] as const) {
    const { code, stdout, stderr } = await run(['api', 'CreateRole', '--body', body], { input })
    assert.equal(code, 0, stderr)
    const { role } = await json('api', 'GetRole', '-f', `role_id=${JSON.parse(stdout).role.id}`)
    assert.equal(role.key, key)
  }
  const over = await json('api', 'CreateRole', '--body', '@role.json', '-f', 'key=over')
  assert.equal((await json('api', 'GetRole', '-f', `role_id=${over.role.id}`)).role.key, 'over')
})

test('a file is sent as one', async () => {
  writeFileSync(
    join(folder, 'logo.png'),
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  )
  await json('api', 'AddLogo', '-f', 'type=light', '-f', 'logo=@logo.png')
  assert.equal((await json('api', 'ReadLogo')).logos.length, 1)
})

test('--all reads every page, --limit no more than it takes', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await json('api', 'createOrganization', '-f', `name=Org ${name}`)
  }
  const lines = async (...words: string[]) => {
    const { code, stdout } = await run(['api', 'getOrganizations', '-f', 'page_size=2', ...words])
    assert.equal(code, 0)
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  const all = await lines('--all')
  assert.deepEqual(all.length, 6)
  assert.deepEqual(await lines('--limit', '3'), all.slice(0, 3))
  const shown = await run(['api', 'getOrganizations', '--all', '-f', 'page_size=2', '--columns', 'name'], {
    columns: 80,
  })
  assert.match(shown.stdout, /^NAME\n/)
  assert.equal(shown.stdout.trimEnd().split('\n').length, 7)
  const part = await run(['api', 'getOrganizations', '-f', 'page_size=2'], { columns: 80 })
  assert.match(part.stdout, /^CODE +NAME /)
  assert.equal(part.stderr, '2 shown; more follow: add --all\n')
})

test('a terminal gets tables whose ids are whole and whose names do nothing to it', async () => {
  await json('api', 'CreatePermission', '-f', 'name:="Red \\u001b[31m"', '-f', 'key=red')
  const { stdout } = await run(['api', 'GetPermissions'], { columns: 60 })
  assert.equal(stdout.includes('\u001b'), false)
  assert.match(stdout, /\\u001b\[31m/)
  for (const line of stdout.trimEnd().split('\n')) assert.ok(line.length <= 60, line)
  const { permissions } = await json('api', 'GetPermissions')
  for (const { id } of permissions) assert.ok(stdout.includes(id))
  const users = await run(['api', 'createUser']).then(() => run(['api', 'getUsers'], { columns: 90 }))
  assert.match(users.stdout, / \d{4}-\d\d-\d\d \d\d:\d\d\n$/, 'a moment is whole')
  assert.match((await run(['api', 'getBusiness'], { columns: 60 })).stdout, /\n {2}name +My business\n/)
})

test('what cannot be sent is refused with what to do', async () => {
  assert.match(await refusal('api', 'getUser'), /There is no operation "getUser"\. Did you mean getUsers/)
  assert.match(await refusal('api', 'getUsers', '-f', 'page_sze=1'), /Did you mean page_size\?/)
  assert.match(
    await refusal('api', 'getUsers', '-f', 'page_size=many'),
    /page_size is a whole number, and "many" is not/,
  )
  assert.match(await refusal('api', 'getUsers', '-f', 'page_size'), /"page_size" is no field\. Write -f name=value/)
  assert.match(await refusal('api', 'GetRole'), /GetRole needs more:\n {2}-f role_id=…/)
  assert.match(await refusal('api', 'getUsers', '--body', '{}'), /getUsers takes no body/)
  assert.match(await refusal('api', 'createUser', '--body', '{'), /The body is no JSON/)
  assert.match(await refusal('api', 'createUser', '--body', '@absent.json'), /absent\.json cannot be read/)
  assert.match(await refusal('api', 'getBusiness', '--all'), /getBusiness gives no list/)
  assert.match(await refusal('api', 'getUsers', '--limit', '0'), /--limit 0: give a whole number/)
  assert.match(await refusal('api', 'GET'), /GET of which path\?/)
  assert.match(await refusal('api', '--list', 'nonsense'), /No operation has nonsense in it/)
})

test('exit codes tell what became of it', async () => {
  const absent = await run(['api', 'getUserData', '-f', 'id=kp_none'])
  assert.equal(absent.code, 1)
  assert.match(absent.stderr, /^error: .*\[status 404, USER_NOT_FOUND, request \S+\]\n$/)
  const wrong = await run(['api', 'getUsers'], {
    env: { KINDE_MANAGEMENT_CLIENT_SECRET: 'x'.repeat(52), XDG_CONFIG_HOME: join(folder, 'none') },
  })
  assert.equal(wrong.code, 4)
  const { application } = await json('api', 'createApplication', '-f', 'name=Reader', '-f', 'type=m2m')
  const { apis } = await json('api', 'getAPIs')
  await json(
    'api',
    'updateAPIApplications',
    '-f',
    `api_id=${apis[0].id}`,
    '-f',
    `applications[].id=${application.client_id ?? application.id}`,
  )
  const reader = {
    KINDE_MANAGEMENT_CLIENT_ID: application.client_id,
    KINDE_MANAGEMENT_CLIENT_SECRET: application.client_secret,
  }
  const forbidden = await run(['api', 'getUsers'], { env: reader })
  assert.equal(forbidden.code, 4)
  assert.match(forbidden.stderr, /lacks the scope read:users\. Grant the scope/)
  const line = JSON.parse((await run(['api', 'getUsers', '--json'], { env: reader })).stderr)
  assert.deepEqual([line.error.exit_code, line.error.status], [4, 403])
})

test('a path that no operation has is called too', async () => {
  assert.equal((await json('api', 'GET', '/openapi.json')).openapi.slice(0, 2), '3.')
  const { code } = await run(['api', 'GET', '/api/v1/nothing'])
  assert.equal(code, 1)
})

test('every operation is listed, found by a word, and explained with its scope and parameters', async () => {
  const all = await json('api', '--list', '--json')
  assert.deepEqual(
    all.map(({ operation }: { operation: string }) => operation),
    operations.map(({ id }) => id),
  )
  const found = await run(['api', '--list', 'webhook'], { columns: 100 })
  assert.match(found.stdout, /^OPERATION +METHOD +PATH +SUMMARY\n(.*\n)*CreateWebHook +POST /)
  for (const { id, scope, parameters } of operations) {
    const { code, stdout } = await run(['api', id, '--help'])
    assert.equal(code, 0)
    if (scope !== null) assert.ok(stdout.includes(`Needs the scope ${scope}`) || stdout.includes('no token'), id)
    for (const { name } of parameters) assert.ok(stdout.includes(`\n  ${name} (`), `${id} ${name}`)
  }
})

test('the help of an operation has a body that can be sent', async () => {
  for (const id of ['CreatePermission', 'createUser']) {
    const { stdout } = await run(['api', id, '--help'])
    const [, body] = /\nA body, for --body @input\.json:\n( {2}\{\n.*?\n {2}\}\n)/s.exec(stdout) ?? assert.fail(stdout)
    const { organization_code: _, ...given } = JSON.parse(body!)
    const { code, stderr } = await run(['api', id, '--body', '-'], { input: JSON.stringify(given) })
    assert.equal(code, 0, `${id}: ${stderr}`)
  }
})

test('help without an operation shows examples', async () => {
  const { code, stdout } = await run(['api', '--help'])
  assert.equal(code, 0)
  assert.match(stdout, /kindred api --list invite\n/)
  assert.equal((await run(['api'])).code, 2)
})
