import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { commandsBesideServer } from '../testing-cli.ts'

const { run, folder } = await commandsBesideServer({ after })
const bcrypt = '$2a$10$t8Jz3hJCCTFk/Acja7bw3OpamB3xuLPhpJlRHb31bXIjfzeTfn8rq'

function write(name: string, content: string | object[]): string {
  const text = typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join('')
  writeFileSync(join(folder, name), text)
  return name
}

function refusedRows(name: string) {
  const text = readFileSync(join(folder, `${name}.refused.ndjson`), 'utf8')
  return {
    text,
    rows: text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  }
}

async function api(...words: string[]) {
  const { code, stdout, stderr } = await run(['api', ...words])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

async function importing(...words: string[]) {
  const { code, stdout, stderr } = await run(['users', 'import', ...words, '--json'])
  return { code, stderr, counts: JSON.parse(stdout || '{}') }
}

async function findUser(email: string) {
  const { users } = await api('getUsers', '-f', `email=${email}`, '-f', 'expand=organizations,identities')
  assert.equal(users.length, 1, email)
  return users[0]
}

const codes: Record<string, string> = {}
before(async () => {
  for (const id of ['ext_1', 'ext_2']) {
    codes[id] = (await api('createOrganization', '-f', `name=${id}`, '-f', `external_id=${id}`)).organization.code
  }
  for (const key of ['admin', 'member']) await api('CreateRole', '-f', `name=${key}`, '-f', `key=${key}`)
  for (const key of ['read', 'write']) await api('CreatePermission', '-f', `name=${key}`, '-f', `key=${key}`)
  await api(
    'CreateFeatureFlag',
    '-f',
    'name=Dark',
    '-f',
    'key=dark',
    '-f',
    'type=bool',
    '-f',
    'default_value=false',
    '-f',
    'allow_override_level=usr',
  )
})

test("Kinde's NDJSON is imported with everything that it holds", async () => {
  const file = write('kinde.ndjson', [
    {
      ...{ id: 'u1', first_name: 'Ada', last_name: 'Lovelace' },
      password: {
        hashed_password: bcrypt,
        hashing_algorithm: 'bcrypt',
        salt: null,
        salt_format: null,
        salt_position: null,
      },
      identities: [
        { type: 'username', identity: 'ada' },
        { type: 'email', identity: 'ada@example.com', is_verified: true },
      ],
      properties: [{ key: 'kp_usr_city', value: 'London' }],
      feature_flags: [{ key: 'dark', value: 'true' }],
      organizations: [
        { external_id: 'ext_1', roles: ['admin'], permissions: ['write'] },
        { external_id: 'ext_2', roles: ['member'] },
      ],
    },
  ])
  const { code, counts, stderr } = await importing(file)
  assert.deepEqual([code, stderr], [0, ''])
  assert.deepEqual(counts, { rows: 1, imported: 1, updated: 0, existing: 0, refused: 0, report: null, is_whole: true })
  const user = await findUser('ada@example.com')
  assert.deepEqual([user.first_name, user.provided_id, user.username], ['Ada', 'u1', 'ada'])
  assert.deepEqual(user.organizations.toSorted(), Object.values(codes).toSorted())
  const place = ['-f', `user_id=${user.id}`, '-f', `org_code=${codes.ext_1}`]
  assert.deepEqual(
    (await api('GetOrganizationUserRoles', ...place)).roles.map((role: { key: string }) => role.key),
    ['admin'],
  )
  const { permissions } = await api('GetOrganizationUserPermissions', ...place)
  assert.deepEqual(
    permissions.map(({ key }: { key: string }) => key),
    ['write'],
  )
  const { properties } = await api('GetUserPropertyValues', '-f', `user_id=${user.id}`)
  assert.equal(properties.find(({ key }: { key: string }) => key === 'kp_usr_city').value, 'London')
  const { identities } = await api('GetUserIdentities', '-f', `user_id=${user.id}`)
  assert.equal(identities.find(({ type }: { type: string }) => type === 'email').is_confirmed, true)
})

test("Kinde's CSV is imported; rows of one user that follow each other are one user", async () => {
  const file = write(
    'kinde.csv',
    '\ufeffemail,id,first_name,last_name,roles,permissions,external_organization_id,hashed_password,hashing_method,salt,salt_position\r\n' +
      'jen@example.com,0001,"Jen","O""Hara, Jr.","admin,member",read,ext_1,e7bd1e090a921de087269f9ac10336fb,md5,salty,prefix\r\n' +
      'jen@example.com,0001,"Jen","O""Hara, Jr.",member,,ext_2,,,,\r\n' +
      '\r\nelmo@example.com,0002,Elmo,"Two\nlines",,,,,,,\r\n',
  )
  const { code, counts, stderr } = await importing(file)
  assert.deepEqual([code, counts.imported, stderr], [0, 2, ''])
  const jen = await findUser('jen@example.com')
  assert.deepEqual([jen.last_name, jen.provided_id, jen.organizations.length], ['O"Hara, Jr.', '0001', 2])
  const place = ['-f', `user_id=${jen.id}`, '-f', `org_code=${codes.ext_2}`]
  assert.deepEqual(
    (await api('GetOrganizationUserRoles', ...place)).roles.map((role: { key: string }) => role.key),
    ['member'],
  )
  assert.equal((await findUser('elmo@example.com')).last_name, 'Two\nlines')
})

test("Auth0's export is imported as array or NDJSON, and its hashes for users who are there already", async () => {
  const file = write(
    'auth0.json',
    JSON.stringify(
      [
        {
          user_id: 'auth0|1',
          email: 'grace@example.com',
          email_verified: true,
          given_name: 'Grace',
          family_name: 'Hopper {"',
          blocked: true,
        },
        { user_id: 'auth0|2', phone_number: '+4915112345678', phone_verified: true, username: 'linus' },
      ],
      null,
      2,
    ),
  )
  assert.deepEqual((await importing(file)).counts.imported, 2)
  const grace = await findUser('grace@example.com')
  assert.deepEqual([grace.last_name, grace.provided_id, grace.is_suspended], ['Hopper {"', 'auth0|1', true])
  const hashes = write('hashes.json', [
    {
      _id: { $oid: '1' },
      email: 'grace@example.com',
      email_verified: true,
      passwordHash: bcrypt,
      connection: 'Username-Password-Authentication',
    },
  ])
  assert.deepEqual((await importing(hashes)).counts.existing, 1)
  const { counts, code } = await importing(hashes, '--existing', 'update')
  assert.deepEqual([code, counts.updated, counts.refused], [0, 1, 0])
})

test('rows that are refused are reported with their reason, the others are imported', async () => {
  const file = write(
    'mixed.ndjson',
    [
      JSON.stringify({ email: 'good@example.com' }),
      '{"email": "broken',
      JSON.stringify({ first_name: 'Nobody' }),
      JSON.stringify({ email: 'no address' }),
      JSON.stringify({ email: 'lost@example.com', organizations: [{ external_id: 'ext_9' }] }),
      JSON.stringify({ email: 'half@example.com', password: { hashed_password: 'short', hashing_algorithm: 'md5' } }),
      JSON.stringify({ email: 'plain@example.com', password: { hashed_password: 'x', hashing_algorithm: 'rot13' } }),
      JSON.stringify({
        id: 'g',
        identities: [
          { type: 'email', identity: 'g@example.com' },
          { type: 'oauth2:google', identity: '7' },
        ],
      }),
      '',
    ].join('\n'),
  )
  const { code, counts, stderr } = await importing(file)
  assert.deepEqual([code, counts.rows, counts.imported, counts.refused], [6, 8, 3, 7])
  assert.match(stderr, /7 rows were refused, in whole or in part\. Reasons are in /)
  const { text, rows } = refusedRows(file)
  assert.deepEqual(
    rows.toSorted((one, other) => one.row - other.row).map(({ line, step }) => [line, step]),
    [
      [2, 'user'],
      [3, 'user'],
      [4, 'user'],
      [5, 'user'],
      [6, 'password'],
      [7, 'user'],
      [8, 'identity oauth2:google'],
    ],
  )
  const of = (line: number) => rows.find((row) => row.line === line)
  assert.match(of(2).reason, /no JSON/)
  assert.match(of(3).reason, /no email, phone or username/)
  assert.match(of(5).reason, /no organization with the external_id "ext_9"\. Make it first/)
  assert.deepEqual([of(6).user_id, of(6).identity], [(await findUser('half@example.com')).id, 'half@example.com'])
  assert.match(of(7).reason, /no hashing method "rot13"/)
  assert.match(of(8).reason, /no connection oauth2:google/)
  assert.equal(text.includes('short'), false, 'hashes are not reported')
  assert.equal(statSync(join(folder, `${file}.refused.ndjson`)).mode & 0o777, 0o600)
  assert.equal(existsSync(join(folder, `${file}.checkpoint.json`)), false)
})

test('a file that cannot be read as a whole is told, and nothing is imported', async () => {
  const of = async (name: string, text: string, ...words: string[]) => {
    const { code, stdout, stderr } = await run(['users', 'import', write(name, text), ...words])
    assert.deepEqual([code, stdout], [2, ''])
    return stderr
  }
  assert.match(await of('people.csv', 'name,age\nAda,36\n'), /people\.csv: The first line must name the columns/)
  assert.match(await of('people.txt', ''), /does not tell the form/)
  assert.match(await of('few.csv', 'email\n', '--concurrency', '0'), /--concurrency 0: give a whole number/)
  const absent = await run(['users', 'import', 'absent.csv'])
  assert.deepEqual([absent.code, absent.stderr], [2, 'error: There is no file absent.csv.\n'])
})

test('what is exported can be imported again, in both forms', async () => {
  const exported = await run(['users', 'export', 'all.ndjson', '--full', '--json'])
  assert.deepEqual([exported.code, exported.stderr], [0, ''])
  const users = readFileSync(join(folder, 'all.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(users.length, JSON.parse(exported.stdout).users)
  assert.deepEqual(
    users.find(({ id }) => id === 'u1'),
    {
      ...{ id: 'u1', first_name: 'Ada', last_name: 'Lovelace', is_suspended: false },
      identities: [
        { type: 'username', identity: 'ada', is_verified: false },
        { type: 'email', identity: 'ada@example.com', is_verified: true },
      ],
      properties: [{ key: 'kp_usr_city', value: 'London' }],
      organizations: [
        { external_id: 'ext_1', roles: ['admin'], permissions: ['write'] },
        { external_id: 'ext_2', roles: ['member'], permissions: [] },
      ],
    },
  )
  const again = await importing('all.ndjson')
  assert.deepEqual([again.counts.imported, again.counts.existing], [0, users.length])

  assert.equal((await run(['users', 'export', 'all.csv', '--full'])).code, 0)
  const text = readFileSync(join(folder, 'all.csv'), 'utf8')
  assert.match(text, /^email,email_verified,id,first_name,/)
  assert.match(text, /\nada@example\.com,TRUE,u1,Ada,Lovelace,ada,,,,admin,write,ext_1\nada@example\.com,TRUE,u1,/)
  assert.equal((await importing('all.csv')).counts.imported, 0)
  assert.equal(statSync(join(folder, 'all.csv')).mode & 0o777, 0o600)

  const plain = await run(['users', 'export', 'plain.ndjson'])
  assert.equal(plain.stdout, `${users.length} users in plain.ndjson.\n`)
})

test('a terminal sees a bar, and the counts in the end', async () => {
  const file = write('few.ndjson', [{ email: 'bar@example.com' }])
  const { stdout, stderr } = await run(['users', 'import', file], { columns: 80 })
  assert.equal(stdout, '1 row: 1 imported, 0 refused.\n')
  assert.match(stderr, /^\r[█░]+ +\d+ % {2}0 rows/)
})
