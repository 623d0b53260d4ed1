import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Seed, SeedError, type StartOptions, start, type TestKindred } from '../kit/index.ts'
import { testDatabase } from '../testing.ts'

async function open(t: TestContext, options: StartOptions = {}): Promise<TestKindred> {
  const database = await testDatabase()
  const kindred = await start({ databaseUrl: database.url, ...options })
  t.after(async () => {
    await kindred.close()
    await database.drop()
  })
  return kindred
}

/** One of everything, each referring to others by name. */
const zoo: Seed = {
  business: { business_name: 'Zoo' },
  property_categories: [{ name: 'Care', context: 'usr' }],
  properties: [
    { key: 'diet', context: 'usr', category: 'Care' },
    { key: 'region', context: 'org', name: 'Region' },
    { key: 'team', context: 'app' },
  ],
  feature_flags: [
    { key: 'night_tours', default_value: false, value: true, allow_override_level: 'usr' },
    { key: 'visitors', default_value: 5 },
  ],
  permissions: ['animals.feed', { key: 'animals.move', name: 'Move animals', id: '0190-permission' }],
  apis: [{ name: 'Feeding', audience: 'https://feeding.example', scopes: ['read:food', { key: 'write:food' }] }],
  roles: [
    { key: 'keeper', permissions: ['animals.feed'], apis: { Feeding: ['read:food'] }, id: '0190-role' },
    { key: 'vet', name: 'Veterinary' },
  ],
  organizations: [
    { is_default: true, properties: { region: 'World' }, feature_flags: { night_tours: false } },
    {
      name: 'Northern zoo',
      handle: 'north',
      code: 'org_north',
      properties: { region: 'North' },
      feature_flags: { visitors: 9 },
      connections: ['staff'],
      members: ['olive@example.com', { user: 'ape', roles: ['keeper'], permissions: ['animals.move'] }],
    },
  ],
  users: [
    { email: 'Olive@example.com', emails: ['owl@example.com'], given_name: 'Olive', is_verified: true, id: 'kp_olive' },
    {
      username: 'ape',
      phone: '+61412345678',
      provided_id: 'a-1',
      organization: 'north',
      properties: { diet: 'fruit' },
      feature_flags: { night_tours: true },
      password: { hashed_password: '1'.repeat(64), hashing_method: 'sha256' },
    },
    { email: 'gone@example.com', is_suspended: true },
  ],
  connections: [{ name: 'staff', strategy: 'oauth2:github', options: { client_id: 'id', client_secret: 'secret' } }],
  applications: [
    {
      name: 'Worker',
      type: 'm2m',
      client_id: 'worker',
      client_secret: 'W'.repeat(52),
      scopes: ['read:users'],
      apis: { 'https://feeding.example': ['write:food'] },
      access_token_lifetime: 600,
      properties: { team: 'night' },
    },
    {
      name: 'Site',
      type: 'reg',
      homepage_uri: 'https://zoo.example',
      redirect_uris: ['https://zoo.example/callback'],
      logout_uris: ['https://zoo.example/bye'],
      connections: ['staff'],
    },
    { name: 'North', type: 'm2m', organization: 'north', scopes: ['read:organizations'] },
  ],
  environment_variables: [{ key: 'MODE', value: 'test' }],
  webhooks: [{ name: 'Audit', endpoint: 'https://zoo.example/hook', event_types: ['user.created'] }],
}

test('a seed makes everything that it names, as the API shows it', async (t) => {
  const kindred = await open(t, { seed: zoo })
  const { seeded } = kindred
  const get = async (path: string) => {
    const { status, body } = await kindred.request('GET', path)
    assert.equal(status, 200, path)
    return body
  }
  assert.equal((await get('/api/v1/business')).business.name, 'Zoo')
  assert.equal(seeded.users['Olive@example.com'], 'kp_olive')
  assert.equal(seeded.roles.keeper, '0190-role')
  assert.equal(seeded.permissions['animals.move'], '0190-permission')
  assert.equal(seeded.organizations.north, 'org_north')
  assert.deepEqual(seeded.applications.Worker, { clientId: 'worker', clientSecret: 'W'.repeat(52) })

  const olive = await get('/api/v1/user?id=kp_olive&expand=identities,organizations')
  assert.equal(olive.first_name, 'Olive')
  assert.equal(olive.identities.length, 2)
  assert.equal(olive.organizations.length, 2)
  const [gone] = (await get('/api/v1/users?email=gone@example.com')).users
  assert.equal(gone.is_suspended, true)

  const ape = seeded.users.ape
  const roles = await get(`/api/v1/organizations/org_north/users/${ape}/roles`)
  assert.deepEqual(
    roles.roles.map(({ key }: { key: string }) => key),
    ['keeper'],
  )
  const permissions = await get(`/api/v1/organizations/org_north/users/${ape}/permissions`)
  assert.deepEqual(permissions.permissions.map(({ key }: { key: string }) => key).sort(), [
    'animals.feed',
    'animals.move',
  ])
  const diet = (await get(`/api/v1/users/${ape}/properties`)).properties.find(
    ({ key }: { key: string }) => key === 'diet',
  )
  assert.equal(diet.value, 'fruit')
  const flags = (await get('/api/v1/organizations/org_north/feature_flags')).feature_flags
  assert.deepEqual([flags.visitors.value, flags.night_tours.value], ['9', 'true'])
  const environment = (await get('/api/v1/environment/feature_flags')).feature_flags
  assert.equal(environment.night_tours.value, 'true')
  assert.equal((await get('/api/v1/webhooks')).webhooks.length, 1)
  assert.equal((await get('/api/v1/environment_variables')).environment_variables[0].value, 'test')
  const site = seeded.applications.Site!
  assert.deepEqual((await get(`/api/v1/applications/${site.clientId}/auth_redirect_urls`)).redirect_urls, [
    'https://zoo.example/callback',
  ])
})

test('a seeded application gets tokens for its APIs, with its scopes', async (t) => {
  const kindred = await open(t, { seed: zoo })
  const tokenFor = async (audience: string, name: string) => {
    const { clientId, clientSecret } = kindred.seeded.applications[name]!
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience }
    const reply = await fetch(`${kindred.httpUrl}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    const { access_token: token, ...rest } = (await reply.json()) as { access_token: string; expires_in: number }
    return { ...rest, ...JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) }
  }
  const management = await tokenFor(kindred.audience, 'Worker')
  assert.deepEqual([management.scope, management.expires_in], ['read:users', 599])
  assert.equal((await tokenFor('https://feeding.example', 'Worker')).scope, 'write:food')
  assert.equal((await tokenFor(kindred.audience, 'North')).org_code, 'org_north')
})

test('seeds come from JSON and YAML files too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-seed-'))
  t.after(() => rm(folder, { recursive: true }))
  const kindred = await open(t)
  await writeFile(join(folder, 'a.json'), JSON.stringify({ users: [{ email: 'json@example.com' }] }))
  await writeFile(join(folder, 'b.yaml'), 'users:\n  - email: yaml@example.com # one\n')
  await writeFile(join(folder, 'empty.yml'), '')
  await writeFile(join(folder, 'bad.json'), '{')
  assert.match((await kindred.seed(join(folder, 'a.json'))).users['json@example.com']!, /^kp_/)
  await kindred.seed(new URL(`file://${folder}/b.yaml`))
  await kindred.seed(join(folder, 'empty.yml'))
  const { users } = (await kindred.request('GET', '/api/v1/users')).body
  assert.deepEqual(
    users.map(({ email }: { email: string }) => email),
    ['json@example.com', 'yaml@example.com'],
  )
  await assert.rejects(kindred.seed(join(folder, 'bad.json')), /The seed .*bad\.json cannot be read: /)
  await assert.rejects(kindred.seed(join(folder, 'none.json')), /cannot be read \(ENOENT\)\. Correct the path\./)
})

test('a seed can name files beside it that have more users and members, one in each line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-seed-'))
  t.after(() => rm(folder, { recursive: true }))
  const seed = { roles: [{ key: 'keeper' }], organizations: [{ name: 'Zoo', handle: 'zoo' }] }
  const files = { users_file: 'u.ndjson', members_file: 'm.ndjson' }
  await writeFile(join(folder, 'seed.json'), JSON.stringify({ ...seed, ...files }))
  await writeFile(join(folder, 'u.ndjson'), '{"email":"ada@example.com"}\n\n{"username":"ape"}\n')
  await writeFile(join(folder, 'm.ndjson'), '{"organization":"zoo","user":"ape","roles":["keeper"]}\n')
  const { seeded, request } = await open(t, { seed: join(folder, 'seed.json') })
  assert.deepEqual(Object.keys(seeded.users), ['ada@example.com', 'ape'])
  const { body } = await request('GET', `/api/v1/organizations/${seeded.organizations.zoo}/users`)
  assert.deepEqual(
    body.organization_users.map(({ id, roles }: { id: string; roles: string[] }) => [id, roles]),
    [[seeded.users.ape, ['keeper']]],
  )
  for (const [name, text, message] of [
    ['u.ndjson', '{', /u\.ndjson: line 1 is no JSON\./],
    ['u.ndjson', '{"mail":"a"}', /^users\[0\]\.mail: There is no such member/],
    [
      'm.ndjson',
      '{"organization":"north","user":"ape"}',
      /^members_file: There is no organization "north" in the seed/,
    ],
  ] as const) {
    await writeFile(join(folder, name), text)
    await assert.rejects(start({ seed: join(folder, 'seed.json') }), { name: 'SeedError', message })
    await writeFile(join(folder, 'u.ndjson'), '{"username":"ape"}\n')
  }
})

test('a seeded application has the connections that its seed names and no others, and lets in whom it says', async (t) => {
  const { seeded, request } = await open(t, {
    seed: {
      roles: [{ key: 'keeper' }],
      applications: [
        { name: 'Site', type: 'reg', connections: [], access_roles: ['keeper'], is_access_control_enabled: true },
        { name: 'Shop', type: 'spa', is_ask_for_name: false },
      ],
      webhooks: [
        { name: 'Off', endpoint: 'https://zoo.example/hook', event_types: ['user.created'], is_enabled: false },
      ],
      feature_flags: [{ key: 'fixed', default_value: 1, allow_override_level: 'none' }],
    },
  })
  const of = async (name: string, path: string) =>
    (await request('GET', `/api/v1/applications/${seeded.applications[name]!.clientId}${path}`)).body
  assert.deepEqual((await of('Site', '/connections')).connections, [])
  assert.equal((await of('Shop', '/connections')).connections.length, 1)
  assert.equal((await of('Site', '')).application.is_access_control_enabled, true)
  assert.equal((await of('Shop', '')).application.is_ask_for_name, false)
  assert.equal((await request('GET', '/api/v1/webhooks')).body.webhooks[0].is_enabled, false)
  const { feature_flags: flags } = (await request('GET', '/api/v1/environment/feature_flags')).body
  assert.equal(flags.fixed.allow_override_level, null)
})

test('a fault names its place in the seed, and nothing of the seed is stored', async (t) => {
  const kindred = await open(t)
  const email = 'ada@example.com'
  const rows: [seed: unknown, path: string, message: string | RegExp][] = [
    [
      { users: [{ email }, { email: 'nobody' }] },
      'users[1].email',
      '"nobody" is not an e-mail address. (INVALID_EMAIL)',
    ],
    [{ users: [{ email }, { emails: [email] }] }, 'users[1].emails[0]', /\((USER|EMAIL|IDENTITY)\w*\)$/],
    [{ users: [{ email, nam: 'Ada' }] }, 'users[0].nam', /^There is no such member\. Known here: email, /],
    [{ roles: [{ name: 'Vet' }] }, 'roles[0].key', 'This member is missing.'],
    [{ users: {} }, 'users', 'It must be array; a value of the type object was given.'],
    [{ users: [{ email, organization: 'x' }] }, 'users[0].organization', /^There is no organization with the handle, /],
    [
      { users: [{ email }], organizations: [{ name: 'Zoo', members: [{ user: email, roles: ['vet'] }] }] },
      'organizations[0].members[0]',
      /\(ROLE_NOT_FOUND\)$/,
    ],
    [
      { organizations: [{ name: 'Zoo', members: ['eve@example.com'] }] },
      'organizations[0].members[0]',
      'There is no user with the e-mail address, username, phone number, provided id or id "eve@example.com", here or in the environment.',
    ],
    [
      { applications: [{ name: 'Worker', type: 'robot' }] },
      'applications[0].type',
      '"robot" is none of m2m, reg, spa, device.',
    ],
    [
      { applications: [{ name: 'Worker', type: 'm2m', scopes: ['read:moons'] }] },
      'applications[0].scopes[0]',
      'The API has no scope "read:moons".',
    ],
    [{ users: [{ email, id: 'ada' }] }, 'users[0].id', 'This value has not the form ^kp_\\w{1,60}$.'],
    [
      {
        users: [
          { email, id: 'kp_1' },
          { username: 'a', id: 'kp_1' },
        ],
      },
      'users[1]',
      /^Its id is taken already\./,
    ],
    [{ feature_flags: [{ key: 'a', default_value: true, type: 'int' }] }, 'feature_flags[0].default_value', /./],
    [{ webhooks: [{ name: 'A', endpoint: 'nowhere', event_types: ['user.created'] }] }, 'webhooks[0].endpoint', /./],
  ]
  for (const [seed, path, message] of rows) {
    await assert.rejects(kindred.seed(seed as Seed), (error) => {
      assert.ok(error instanceof SeedError, String(error))
      assert.equal(error.path, path, error.message)
      const said = error.message.slice(path.length + 2)
      if (typeof message === 'string') assert.equal(said, message)
      else assert.match(said, message)
      return true
    })
  }
  assert.deepEqual((await kindred.request('GET', '/api/v1/users')).body.users, [])
  assert.deepEqual((await kindred.request('GET', '/api/v1/applications')).body.applications.length, 1)
  await assert.rejects(start({ seed: { users: [{ email: 'nobody' }] } }), { path: 'users[0].email' })
})

test('seeding writes events like requests do', async (t) => {
  const kindred = await open(t, { seed: { users: [{ email: 'ada@example.com' }] } })
  const { store } = await kindred.snapshot()
  const events = store.tables.find(({ name }) => name === 'events')!.rows
  assert.deepEqual(
    events.map(({ type, source }) => [type, source]),
    [['user.created', 'admin']],
  )
})
