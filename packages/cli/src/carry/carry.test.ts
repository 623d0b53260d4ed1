import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Seed, type StartOptions, start, type TestKindred } from '@kindred/server/testing'
import { parse } from 'yaml'
import { testDatabase } from '../../../server/src/testing.ts'
import { commandLine } from '../testing-cli.ts'
import { zoo } from './testing-zoo.ts'

const { run, folder } = commandLine({ after })
const source = await onTestStore({ seed: zoo })
const target = await onTestStore()
await login('source', source)
await login('target', target)

async function onTestStore(options: StartOptions = {}): Promise<TestKindred> {
  const database = await testDatabase()
  const server = await start({ ...options, databaseUrl: database.url })
  after(async () => {
    await server.close()
    await database.drop()
  })
  return server
}

async function login(profile: string, { httpUrl, clientId, clientSecret }: TestKindred) {
  const words = ['login', '--domain', httpUrl, '--client-id', clientId, '--client-secret', '-', '--profile', profile]
  const { code, stderr } = await run(words, { input: clientSecret })
  assert.equal(code, 0, stderr)
}

async function done(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(words)
  assert.equal(code, 0, stderr)
  return stdout
}

function lines(name: string): Record<string, string & string[]>[] {
  const text = readFileSync(join(folder, name), 'utf8').trimEnd()
  return text.split('\n').map((line) => JSON.parse(line))
}

function pulled(name: string): Seed {
  return parse(readFileSync(join(folder, name), 'utf8')) as Seed
}

/** Without what differs from server to server. */
function carried(seed: Seed) {
  const {
    business: _____,
    organizations: _,
    users_file: __,
    members_file: ___,
    environment_variables: ____,
    ...rest
  } = seed
  return JSON.parse(
    JSON.stringify(rest, (key, value) => (/^(id|client_id|client_secret)$/.test(key) ? undefined : value)),
  )
}

test('a pulled file starts a test server that is pulled as the same file, with the same credentials', async () => {
  await done('pull', '--profile', 'source', '--users', '--out', 'zoo.yaml')
  assert.equal(statSync(join(folder, 'zoo.yaml')).mode & 0o777, 0o600)
  const file = pulled('zoo.yaml')
  assert.equal(file.applications?.[2]?.client_secret, source.seeded.applications.Worker?.clientSecret)

  await using copy = await start({ seed: join(folder, 'zoo.yaml') })
  await login('copy', copy)
  await done('pull', '--profile', 'copy', '--users', '--out', 'again.yaml')
  const again = pulled('again.yaml')
  // The server's own first application is there beside the one that was copied.
  assert.deepEqual(again.applications?.slice(1), file.applications)
  const { applications: _, users_file: __, members_file: ___, ...rest } = file
  const { applications: ____, users_file: _____, members_file: ______, ...restAgain } = again
  assert.deepEqual(restAgain, rest)
  for (const people of ['users', 'members']) {
    assert.ok(lines(`zoo.${people}.ndjson`).length >= 2)
    assert.deepEqual(lines(`again.${people}.ndjson`), lines(`zoo.${people}.ndjson`))
  }
  const members = readFileSync(join(folder, 'zoo.members.ndjson'), 'utf8')
  const north = `"organization":"${source.seeded.organizations.north}"`
  assert.match(
    members,
    new RegExp(`{${north},"user":"kp_\\w+","roles":\\["guest"\\],"permissions":\\["animals.move"\\]}`),
  )
  const ape = lines('zoo.members.ndjson').find(
    ({ organization, roles }) => organization !== 'Default Organization' && roles!.includes('keeper'),
  )
  // What comes with a role is not written as one's own.
  assert.deepEqual(Object.keys(ape!), ['organization', 'user', 'roles'])
  const olive = lines('zoo.users.ndjson')[0]!
  assert.deepEqual([olive.email, olive.emails, olive.is_verified], ['olive@example.com', ['o@example.com'], true])
  const site = file.applications!.find(({ name }) => name === 'Site')!
  assert.deepEqual(file.business, { ...zoo.business, is_show_kinde_branding: false })
  assert.deepEqual([site.connections, site.access_roles, site.is_access_control_enabled], [['staff'], ['keeper'], true])
})

test('apply makes an empty server like the file; then diff and apply find nothing to do', async () => {
  mkdirSync(join(folder, 'target')) // a folder that happens to have the name of a profile
  const plan = await done('diff', 'zoo.yaml', 'target')
  assert.match(plan, /\+ create role keeper\n {4}name: "Keeper"\n {4}permissions: animals.feed animals.move\n/)
  const applied = await done('apply', 'zoo.yaml', '--to', 'target', '--yes')
  assert.match(applied, /Done: \d+ changes to /)
  assert.equal(await done('diff', 'source', 'target'), 'Nothing to do: both have the same configuration.\n')
  assert.deepEqual(JSON.parse(await done('apply', 'zoo.yaml', '--to', 'target', '--yes', '--prune', '--json')), {
    changes: [],
    done: 0,
  })
  await done('pull', '--profile', 'target', '--out', 'target.yaml')
  assert.deepEqual(carried(pulled('target.yaml')), carried(pulled('zoo.yaml')))
})

test('changes are told with what was and what will be; without --prune nothing is deleted, with it the rest goes', async () => {
  await using server = await start({ seed: zoo })
  await login('changed', server)
  const wanted: Seed = {
    properties: [
      { key: 'diet', context: 'usr', name: 'Diet' },
      { key: 'tier', context: 'app' },
    ],
    feature_flags: [{ key: 'theme', default_value: 'dark' }],
    permissions: ['animals.feed'],
    apis: [
      { name: 'Feeding', audience: 'https://feeding.example', scopes: [{ key: 'read:food', description: 'Look' }] },
    ],
    roles: [{ key: 'keeper', name: 'Carer', permissions: ['animals.feed'], apis: { Feeding: ['read:food'] } }],
    connections: [{ name: 'staff', display_name: 'Crew', strategy: 'oauth2:github' }],
    applications: [
      { name: 'Worker', type: 'm2m', scopes: ['read:roles'], apis: { Feeding: ['read:food'] } },
      {
        name: 'Site',
        type: 'reg',
        redirect_uris: ['https://zoo.example/a'],
        connections: ['email-code'],
        access_roles: [],
        is_access_control_enabled: false,
        properties: { tier: 'silver' },
      },
    ],
    webhooks: [{ name: 'Log', endpoint: 'https://zoo.example/hook', event_types: ['user.deleted'], is_enabled: true }],
  }
  writeFileSync(join(folder, 'wanted.json'), JSON.stringify(wanted))
  const plan = await done('diff', 'wanted.json', 'changed')
  for (const lines of [
    /~ change property usr diet\n {4}name: "diet" → "Diet"\n/,
    /~ change feature flag theme\n {4}default_value: "light" → "dark"\n {4}value: "light" → "dark"\n/,
    /~ change API https:\/\/feeding.example\n {4}scopes\.read:food: "" → "Look"\n {4}scopes\.write:food: "Fill" → nothing\n/,
    /~ change role keeper\n {4}name: "Keeper" → "Carer"\n {4}permissions: -animals\.move\n {4}apis\.https:\/\/feeding\.example: \+read:food -write:food\n/,
    /~ change application Worker\n.* {4}apis\.https:\/\/empty\.example: none → nothing\n/s,
    /apis\.Kinde Management API: \+read:roles -read:users\n/,
    /- delete permission animals\.move\n/,
    /- delete application Worker \(2\)\n/,
  ]) {
    assert.match(plan, lines)
  }
  assert.doesNotMatch(plan, /delete application First/)

  const diet = async () => {
    const { body } = await server.request('GET', '/api/v1/properties?context=usr&page_size=100')
    return body.properties.find(({ key }: { key: string }) => key === 'diet')
  }
  const before = await diet()
  const kept = await done('apply', 'wanted.json', '--to', 'changed', '--yes')
  // What the file does not say stays.
  assert.deepEqual(await diet(), { ...before, name: 'Diet' })
  assert.doesNotMatch(kept, /delete [a-z]|write:food: "Fill"/)
  const names = async (list: string) => {
    const { body } = await server.request('GET', `/api/v1/${list}`)
    return body[list].map(({ name }: { name: string }) => name)
  }
  assert.deepEqual(await names('applications'), ['First M2M application', 'Worker', 'Worker', 'Site'])
  await done('apply', 'wanted.json', '--to', 'changed', '--yes', '--prune')
  assert.deepEqual(await names('applications'), ['First M2M application', 'Worker', 'Site'])
  assert.deepEqual(await names('permissions'), ['animals.feed'])
  assert.equal(await done('diff', 'wanted.json', 'changed'), 'Nothing to do: both have the same configuration.\n')
})

test('apply asks first, and changes nothing without an answer', async () => {
  await using server = await start()
  await login('asked', server)
  writeFileSync(join(folder, 'role.yaml'), 'roles:\n  - key: asked\n')
  const silent = await run(['apply', 'role.yaml', '--to', 'asked'])
  assert.equal(silent.code, 2)
  assert.match(silent.stderr, /1 to create, 0 to change, 0 to delete\. Nothing was changed: add --yes to do it\./)
  const no = await run(['apply', 'role.yaml', '--to', 'asked'], { asks: true, input: 'n\n' })
  assert.deepEqual([no.code, /Nothing was changed\./.test(no.stderr)], [1, true])
  assert.deepEqual((await server.request('GET', '/api/v1/roles')).body.roles, [])
  const yes = await run(['apply', 'role.yaml', '--to', 'asked'], { asks: true, input: 'y\n' })
  assert.equal(yes.code, 0, yes.stderr)
  assert.equal((await server.request('GET', '/api/v1/roles')).body.roles[0].key, 'asked')
})

test('what cannot be changed is said before anything is', async () => {
  writeFileSync(join(folder, 'type.yaml'), 'permissions: [more]\napplications:\n  - { name: Site, type: spa }\n')
  const { code, stderr } = await run(['apply', 'type.yaml', '--to', 'source', '--yes'])
  assert.equal(code, 1)
  assert.match(stderr, /Nothing was changed, because of:\n {2}change application Site: type cannot be changed/)
  const { body } = await source.request('GET', '/api/v1/permissions')
  assert.equal(body.permissions.length, 2)
})

test('apply stops at a refusal, names the missing scope and what is left, and goes on from there', async () => {
  const { body } = await target.request('GET', '/api/v1/apis?expand=scopes')
  const all = body.apis.find((api: { is_management_api: boolean }) => api.is_management_api).scopes
  const scopes = all.map(({ key }: { key: string }) => key).filter((key: string) => key.startsWith('read:'))
  const application = { name: 'Narrow', type: 'm2m' as const, scopes: [...scopes, 'create:permissions'] }
  await using server = await start({ seed: { applications: [application] } })
  const { clientId, clientSecret } = server.seeded.applications.Narrow!
  await login('narrow', { ...server, httpUrl: server.httpUrl, clientId, clientSecret })
  await login('wide', server)
  const file = 'permissions: [one]\nroles:\n  - { key: two, permissions: [one] }\n  - { key: three }\n'
  writeFileSync(join(folder, 'two.yaml'), file)
  const stopped = await run(['apply', 'two.yaml', '--to', 'narrow', '--yes'])
  assert.equal(stopped.code, 4)
  assert.match(
    stopped.stderr,
    /Stopped at: create role two\nDone before it:\n {2}create permission one\nNot done:\n {2}create role three\nThe same command again goes on from here\.\nerror: .*create:roles/,
  )
  const again = await done('apply', 'two.yaml', '--to', 'wide', '--yes')
  assert.doesNotMatch(again, /permission one/)
  assert.match(again, /Done: 2 changes/)
})

test('an application that is held to an organization is not made as one that is held to none', async () => {
  await using server = await start()
  await login('bare', server)
  const file = 'applications:\n  - { name: Held, type: m2m, organization: north, scopes: [read:users] }\n'
  writeFileSync(join(folder, 'held.yaml'), file)
  const { code, stderr } = await run(['apply', 'held.yaml', '--to', 'bare', '--yes'])
  assert.equal(code, 1)
  assert.match(stderr, /There is no organization "north" at the target, to which the application is held\./)
  assert.equal((await server.request('GET', '/api/v1/applications')).body.applications.length, 1)
  await server.request('POST', '/api/v1/organization', { name: 'Northern zoo', handle: 'north' })
  await done('apply', 'held.yaml', '--to', 'bare', '--yes')
  await done('pull', '--profile', 'bare', '--out', 'bare.yaml')
  assert.equal(pulled('bare.yaml').applications?.[1]?.organization, 'north')
})
