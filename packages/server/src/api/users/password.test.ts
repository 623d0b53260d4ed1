import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, startOfTest, type TestServer } from '../../testing.ts'

const bcrypt = '$2b$10$abcdefghijklmnopqrstuuxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
const md5 = '0123456789abcdef0123456789ABCDEF'
const crypt22 = 'abcdefghijklmnopqrstu.'
const firebase = {
  hashing_method: 'firebase-scrypt',
  hashed_password: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC_qzrCnh1SA-w==',
  salt: '42xEC+ixf3L2lw==',
  signer_key: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  salt_separator: 'Bw==',
  rounds: 8,
  mem_cost: 14,
}
const pbkdf2 = {
  hashing_method: 'pbkdf2',
  hashed_password: 'kfFkSa1Y0TfFQ6OSDFJyN0bZ3p0sT0Gk6JQ8Zq1nG0A=',
  salt: 'c2FsdHNhbHRzYWx0',
  variant: 'salted-pbkdf2-hmac-sha256',
}
/** ASP.NET Identity 2: 0, then 16 bytes of salt and 32 of key. */
const aspnet = Buffer.alloc(49).fill(7, 1).toString('base64')

async function madeUser(server: TestServer): Promise<string> {
  return (await server.as().post('/api/v1/user', {})).body.id
}

/** The row of a user's password, opened; undefined when there is none. */
async function stored(server: TestServer, user: string) {
  const row = await server.db.selectFrom('user_passwords').selectAll().where('user_id', '=', user).executeTakeFirst()
  if (row === undefined) return undefined
  const { sealed, ...rest } = row
  return { ...rest, ...JSON.parse(server.environment.cipher.open(sealed, `user_passwords:${user}`)) }
}

test('a password is taken over by its hash, sealed, and told of without it', async (t) => {
  const server = await start(t)
  const user = await madeUser(server)
  const url = `/api/v1/users/${user}/password`
  const reply = await server.as().put(url, { hashed_password: bcrypt })
  assert.deepEqual([reply.status, reply.body], [200, { code: 'OK', message: 'Success' }])
  const expected = { user_id: user, is_temporary: false, set_at_ms: startOfTest, method: 'bcrypt', hash: bcrypt }
  assert.deepEqual(await stored(server, user), expected)
  const rows = await server.db.selectFrom('user_passwords').selectAll().execute()
  assert.equal(JSON.stringify(rows).includes(bcrypt.slice(7)), false)
  const event = (await server.events()).at(-1)!
  assert.deepEqual(
    [event.type, event.data],
    ['user.password_set', { user: { id: user }, hashing_method: 'bcrypt', is_temporary_password: false }],
  )
  for (const address of [`/api/v1/user?id=${user}`, '/api/v1/users', '/api/v1/search/users']) {
    assert.equal(JSON.stringify((await server.as().get(address)).body).includes('password'), false)
  }

  server.clock.advance(1000)
  await server.as().put(url, { hashed_password: md5, hashing_method: 'md5', is_temporary_password: true })
  assert.deepEqual(await stored(server, user), {
    user_id: user,
    is_temporary: true,
    set_at_ms: startOfTest + 1000,
    method: 'md5',
    hash: md5,
  })
})

test('each method takes what it needs, and keeps nothing else', async (t) => {
  const server = await start(t)
  const user = await madeUser(server)
  const sha256 = md5.repeat(2)
  const rows = [
    [{ hashed_password: bcrypt.replace('2b', '2a') }, { method: 'bcrypt', hash: bcrypt.replace('2b', '2a') }],
    [
      { hashed_password: bcrypt.replace('2b', '2y'), hashing_method: 'bcrypt', salt: 'x', salt_position: 'prefix' },
      { method: 'bcrypt', hash: bcrypt.replace('2b', '2y') },
    ],
    ...[
      'rqXexS6ZhobKA',
      `$1$salt$${crypt22}`,
      `$5$salt$${'x'.repeat(43)}`,
      `$6$rounds=5000$salt$${'x'.repeat(86)}`,
      `_J9..salt${'x'.repeat(11)}`,
    ].map(
      (hash) =>
        [
          { hashed_password: hash, hashing_method: 'crypt' },
          { method: 'crypt', hash },
        ] as const,
    ),
    [
      { hashed_password: md5, hashing_method: 'md5', salt: '' },
      { method: 'md5', hash: md5 },
    ],
    [
      { hashed_password: md5, hashing_method: 'md5', salt: 's', salt_position: 'suffix' },
      { method: 'md5', hash: md5, salt: 's', salt_position: 'suffix' },
    ],
    [
      { hashed_password: sha256, hashing_method: 'sha256', salt_position: 'prefix' },
      { method: 'sha256', hash: sha256 },
    ],
    [
      { hashed_password: sha256, hashing_method: 'sha256', salt: 's', salt_position: 'prefix' },
      { method: 'sha256', hash: sha256, salt: 's', salt_position: 'prefix' },
    ],
    ...[`$P$B${'x'.repeat(30)}`, `$H$9${'x'.repeat(30)}`, `$wp${bcrypt.replace('2b', '2y')}`].map(
      (hash) =>
        [
          { hashed_password: hash, hashing_method: 'wordpress' },
          { method: 'wordpress', hash },
        ] as const,
    ),
    [
      pbkdf2,
      {
        method: 'pbkdf2',
        hash: pbkdf2.hashed_password,
        salt: pbkdf2.salt,
        variant: pbkdf2.variant,
        iterations: 24_000,
      },
    ],
    [
      { ...pbkdf2, iterations: 600_000 },
      {
        method: 'pbkdf2',
        hash: pbkdf2.hashed_password,
        salt: pbkdf2.salt,
        variant: pbkdf2.variant,
        iterations: 600_000,
      },
    ],
    [
      firebase,
      {
        method: 'firebase-scrypt',
        hash: firebase.hashed_password,
        salt: firebase.salt,
        signer_key: firebase.signer_key,
        salt_separator: firebase.salt_separator,
        rounds: 8,
        mem_cost: 14,
      },
    ],
    [
      { hashed_password: aspnet, hashing_method: 'aspnet-identity-v2' },
      { method: 'aspnet-identity-v2', hash: aspnet },
    ],
  ] as const
  for (const [body, expected] of rows) {
    const reply = await server.as().put(`/api/v1/users/${user}/password`, body)
    assert.equal(reply.status, 200, `${JSON.stringify(body)} ${JSON.stringify(reply.body)}`)
    assert.deepEqual(await stored(server, user), {
      user_id: user,
      is_temporary: false,
      set_at_ms: startOfTest,
      ...expected,
    })
  }
})

test('what a method does not take is refused by name, and nothing is stored', async (t) => {
  const server = await start(t)
  const user = await madeUser(server)
  const hash = (hashed_password: string, hashing_method?: string) => ({ hashed_password, hashing_method })
  const without = (body: Record<string, unknown>, name: string) => ({ ...body, [name]: undefined })
  const aspnetBody = hash(aspnet, 'aspnet-identity-v2')
  const malformed = [
    hash('hunter2'),
    hash(''),
    hash(bcrypt.replace('2b', '2x')),
    hash(bcrypt.replace('$10$', '$03$')),
    hash(bcrypt.replace('$10$', '$32$')),
    hash(bcrypt.slice(0, -1)),
    hash(`${bcrypt}x`),
    hash(`${bcrypt}\n`),
    hash('hunter2', 'crypt'),
    hash('$y$j9T$salt$hash', 'crypt'),
    hash(md5.slice(1), 'md5'),
    hash(md5.replace('0', 'g'), 'md5'),
    hash(md5, 'sha256'),
    hash(md5, 'wordpress'),
    hash(`$wp${bcrypt.slice(0, -1)}`, 'wordpress'),
    hash('no base64!', 'aspnet-identity-v2'),
    hash(Buffer.alloc(61).fill(1).toString('base64'), 'aspnet-identity-v2'),
    hash(Buffer.alloc(49).fill(1).toString('base64'), 'aspnet-identity-v2'),
    { ...pbkdf2, hashed_password: 'no base64!' },
    { ...firebase, hashed_password: '' },
  ].map((body) => [body, 'INVALID_HASHED_PASSWORD', 'hashed_password'] as const)
  const rows = [
    ...malformed,
    [{}, 'HASHED_PASSWORD_REQUIRED', 'hashed_password'],
    [undefined, 'BODY_REQUIRED', undefined],
    [{ hashed_password: bcrypt, password: 'hunter2' }, 'PLAIN_PASSWORD_REFUSED', 'password'],
    [hash(bcrypt, 'argon2'), 'INVALID_VALUE', 'hashing_method'],
    [{ ...hash(md5, 'md5'), salt: 's' }, 'SALT_POSITION_REQUIRED', 'salt_position'],
    [{ ...hash(md5, 'md5'), salt: 's', salt_position: 'middle' }, 'INVALID_VALUE', 'salt_position'],
    [{ ...hash(md5, 'md5'), salt: 's'.repeat(4097), salt_position: 'prefix' }, 'INVALID_SALT', 'salt'],
    [{ ...hash(bcrypt), signer_key: 'Bw==' }, 'SIGNER_KEY_NOT_ALLOWED', 'signer_key'],
    [{ ...hash(md5, 'md5'), salt_separator: 'Bw==' }, 'SALT_SEPARATOR_NOT_ALLOWED', 'salt_separator'],
    [{ ...pbkdf2, rounds: 8 }, 'ROUNDS_NOT_ALLOWED', 'rounds'],
    [{ ...aspnetBody, mem_cost: 14 }, 'MEM_COST_NOT_ALLOWED', 'mem_cost'],
    [without(pbkdf2, 'salt'), 'SALT_REQUIRED', 'salt'],
    [{ ...pbkdf2, salt: '' }, 'SALT_REQUIRED', 'salt'],
    [{ ...pbkdf2, salt: 'no base64!' }, 'INVALID_SALT', 'salt'],
    [without(pbkdf2, 'variant'), 'VARIANT_REQUIRED', 'variant'],
    [{ ...pbkdf2, variant: 'sha1' }, 'INVALID_VARIANT', 'variant'],
    [{ ...pbkdf2, iterations: 0 }, 'INVALID_ITERATIONS', 'iterations'],
    [{ ...pbkdf2, iterations: 10_000_001 }, 'INVALID_ITERATIONS', 'iterations'],
    [without(firebase, 'salt'), 'SALT_REQUIRED', 'salt'],
    [without(firebase, 'signer_key'), 'INVALID_SIGNER_KEY', 'signer_key'],
    [{ ...firebase, signer_key: '*' }, 'INVALID_SIGNER_KEY', 'signer_key'],
    [without(firebase, 'salt_separator'), 'INVALID_SALT_SEPARATOR', 'salt_separator'],
    [{ ...firebase, salt_separator: '*' }, 'INVALID_SALT_SEPARATOR', 'salt_separator'],
    [without(firebase, 'rounds'), 'INVALID_ROUNDS', 'rounds'],
    [{ ...firebase, rounds: 0 }, 'INVALID_ROUNDS', 'rounds'],
    [{ ...firebase, rounds: 17 }, 'INVALID_ROUNDS', 'rounds'],
    [without(firebase, 'mem_cost'), 'INVALID_MEM_COST', 'mem_cost'],
    [{ ...firebase, mem_cost: 0 }, 'INVALID_MEM_COST', 'mem_cost'],
    [{ ...firebase, mem_cost: 21 }, 'INVALID_MEM_COST', 'mem_cost'],
    [{ ...firebase, iterations: 1 }, 'ITERATIONS_NOT_ALLOWED', 'iterations'],
    [{ ...firebase, variant: 'x' }, 'VARIANT_NOT_ALLOWED', 'variant'],
    [{ ...aspnetBody, salt: 's' }, 'SALT_NOT_ALLOWED', 'salt'],
    [{ ...aspnetBody, salt_position: 'prefix' }, 'SALT_POSITION_NOT_ALLOWED', 'salt_position'],
    [{ ...aspnetBody, iterations: 1 }, 'ITERATIONS_NOT_ALLOWED', 'iterations'],
    [{ ...aspnetBody, variant: 'x' }, 'VARIANT_NOT_ALLOWED', 'variant'],
  ] as const
  const before = await server.events()
  for (const [body, code, field] of rows) {
    const reply = await server.as().put(`/api/v1/users/${user}/password`, body)
    assert.equal(reply.status, 400, JSON.stringify(body))
    assert.deepEqual([reply.body.errors[0].code, reply.body.errors[0].field], [code, field], JSON.stringify(body))
    // A refusal is logged: it must not tell what may be the password of someone.
    const { hashed_password: hashed, password } = (body ?? {}) as Record<string, string | undefined>
    for (const secret of [hashed, password]) {
      if (secret) assert.equal(reply.body.errors[0].message.includes(secret), false)
    }
  }
  assert.equal(await stored(server, user), undefined)
  assert.deepEqual(await server.events(), before)
})

test('the password of someone who is not there is not found, and goes with its user', async (t) => {
  const server = await start(t)
  const reply = await server.as().put('/api/v1/users/kp_unknown/password', { hashed_password: bcrypt })
  assert.deepEqual([reply.status, reply.body.errors[0].code], [404, 'USER_NOT_FOUND'])
  const user = await madeUser(server)
  await server.as().put(`/api/v1/users/${user}/password`, { hashed_password: bcrypt })
  await server.as().delete(`/api/v1/user?id=${user}`)
  assert.equal(await stored(server, user), undefined)
})
