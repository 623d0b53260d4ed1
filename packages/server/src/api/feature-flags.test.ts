import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestClient, type TestReply } from '../testing.ts'

const url = '/api/v1/feature_flags'
const environmentFlags = '/api/v1/environment/feature_flags'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

/** What the environment has of a flag; undefined when it does not exist. */
async function flag(api: TestClient, key: string) {
  return (await api.get(environmentFlags)).body.feature_flags[key]
}

/** Its type and its value alone. */
async function shortFlag(api: TestClient, key: string) {
  const { type, value } = await flag(api, key)
  return { type, value }
}

test('a new feature flag is listed with its default value, and leaves an event', async (t) => {
  const { as, events } = await start(t)
  const made = await as('create:feature_flags').post(url, {
    name: 'Dark mode',
    description: 'For owls',
    key: 'dark-mode',
    type: 'bool',
    allow_override_level: 'org',
    default_value: 'true',
  })
  assert.deepEqual([made.status, made.body], [201, { code: 'FEATURE_FLAG_CREATED', message: 'Feature flag created' }])
  const { body } = await as('read:environment_feature_flags').get(environmentFlags)
  assert.deepEqual(body, {
    code: 'OK',
    message: 'Success',
    feature_flags: {
      'dark-mode': {
        ...{ type: 'bool', value: 'true', default_value: 'true' },
        ...{ name: 'Dark mode', description: 'For owls', allow_override_level: 'org' },
      },
    },
  })
  assert.deepEqual(
    (await events()).map(({ type, data }) => [type, data]),
    [
      [
        'feature_flag.created',
        {
          feature_flag: {
            key: 'dark-mode',
            name: 'Dark mode',
            description: 'For owls',
            type: 'bool',
            allow_override_level: 'org',
            default_value: 'true',
          },
        },
      ],
    ],
  )
})

test('a default value is taken as text or as JSON has it, and kept in one form', async (t) => {
  const { as } = await start(t)
  const rows = [
    ['bool', true, 'true'],
    ['bool', 'false', 'false'],
    ['int', 7, '7'],
    ['int', '-7', '-7'],
    ['int', 3.99, '3'],
    ['int', '-3.99', '-3'],
    ['int', '-0.5', '0'],
    ['int', '007', '7'],
    ['int', 2_147_483_647, '2147483647'],
    ['int', '-2147483648', '-2147483648'],
    ['int', '2147483647.9', '2147483647'],
    ['str', '', ''],
    ['str', ' two owls ', ' two owls '],
    ['str', 7.5, '7.5'],
    ['str', true, 'true'],
    ['str', '🦉'.repeat(1024), '🦉'.repeat(1024)],
  ] as const
  for (const [index, [type, sent, value]] of rows.entries()) {
    const key = `flag-${index}`
    const { status } = await as().post(url, { name: 'Flag', key, type, default_value: sent })
    assert.equal(status, 201, String(sent))
    assert.deepEqual(await shortFlag(as(), key), { type, value })
  }
})

test('a value that does not suit the type of the feature flag is refused', async (t) => {
  const { as, events } = await start(t)
  const rows = [
    ['bool', 'yes'],
    ['bool', 'True'],
    ['bool', 1],
    ['bool', ''],
    ['int', ''],
    ['int', ' '],
    ['int', 'seven'],
    ['int', '1e3'],
    ['int', '0x10'],
    ['int', '1,5'],
    ['int', true],
    ['int', 2_147_483_648],
    ['int', '-2147483649'],
    ['int', '9'.repeat(400)],
    ['int', 1e300],
  ] as const
  for (const [type, value] of rows) {
    const reply = await as().post(url, { name: 'Flag', key: 'flag', type, default_value: value })
    assert.deepEqual(outcome(reply), [400, 'INVALID_FLAG_VALUE'], `${type} ${value}`)
    assert.equal(reply.body.errors[0].field, 'default_value')
  }
  for (const value of [null, {}, ['a'], 'x'.repeat(2049)]) {
    const reply = await as().post(url, { name: 'Flag', key: 'flag', type: 'str', default_value: value })
    assert.equal(reply.status, 400)
  }
  assert.deepEqual(await events(), [])
})

test('two feature flags cannot have one key, and a key holds no white space', async (t) => {
  const { as } = await start(t)
  const body = { name: 'Flag', key: 'flag', type: 'int', default_value: 1 }
  await as().post(url, body)
  assert.deepEqual(outcome(await as().post(url, { ...body, default_value: 2 })), [400, 'FEATURE_FLAG_KEY_EXISTS'])
  assert.deepEqual(outcome(await as().post(url, { ...body, key: 'a flag' })), [400, 'INVALID_KEY'])
  assert.deepEqual(await shortFlag(as(), 'flag'), { type: 'int', value: '1' })
  // Names that objects have by themselves are keys like any other.
  for (const key of ['__proto__', 'constructor', '1']) {
    assert.equal((await as().post(url, { ...body, key })).status, 201)
  }
  const { body: list } = await as().get(environmentFlags)
  assert.deepEqual(Object.keys(list.feature_flags).sort(), ['1', '__proto__', 'constructor', 'flag'])
})

test('an update of a feature flag takes its values from the query or from a body', async (t) => {
  const { as, events } = await start(t)
  await as().post(url, { name: 'N', key: 'flag', type: 'int', allow_override_level: 'org', default_value: 1 })
  const values = {
    name: 'New name',
    description: 'New',
    type: 'int',
    allow_override_level: 'org',
    default_value: '2.5',
  }
  const inQuery = `${url}/flag?${new URLSearchParams(values)}`
  assert.deepEqual(outcome(await as('update:feature_flags').put(inQuery)), [200, 'OK'])
  assert.deepEqual(await shortFlag(as(), 'flag'), { type: 'int', value: '2' })
  assert.deepEqual(outcome(await as().put(inQuery)), [200, 'OK'])
  const inBody = { ...values, default_value: 3 }
  assert.deepEqual(outcome(await as().put(`${url}/flag`, inBody)), [200, 'OK'])
  assert.deepEqual(await shortFlag(as(), 'flag'), { type: 'int', value: '3' })
  assert.deepEqual(
    (await events()).slice(1).map(({ type, data }) => [type, data.feature_flag]),
    [
      ['feature_flag.updated', { key: 'flag', ...values, default_value: '2' }],
      ['feature_flag.updated', { key: 'flag', ...values, default_value: '3' }],
    ],
  )
})

test('type and level of a feature flag are final, and its default value keeps to the type', async (t) => {
  const { as } = await start(t)
  const made = { name: 'N', key: 'flag', type: 'bool', allow_override_level: 'org', default_value: true }
  await as().post(url, made)
  const values = { ...made, description: '' }
  const rows = [
    [{ type: 'str' }, 'FEATURE_FLAG_TYPE_IS_FINAL'],
    [{ allow_override_level: 'env' }, 'FEATURE_FLAG_LEVEL_IS_FINAL'],
    [{ default_value: 'maybe' }, 'INVALID_FLAG_VALUE'],
    [{ name: ' ' }, 'INVALID_VALUE'],
  ] as const
  for (const [change, code] of rows) {
    assert.deepEqual(outcome(await as().put(`${url}/flag`, { ...values, ...change })), [400, code])
  }
  assert.deepEqual(outcome(await as().put(`${url}/other`, values)), [404, 'FEATURE_FLAG_NOT_FOUND'])
  // The parameter has no word for the level of these: they can be updated all the same, and keep it.
  for (const level of ['usr', undefined]) {
    const key = `flag-${level}`
    await as().post(url, { ...made, key, allow_override_level: level })
    assert.deepEqual(outcome(await as().put(`${url}/${key}`, { ...values, default_value: false })), [200, 'OK'])
    assert.deepEqual(await shortFlag(as(), key), { type: 'bool', value: 'false' })
    const refused = await as().patch(`${environmentFlags}/${key}`, { value: true })
    assert.equal(refused.status, level === 'usr' ? 200 : 400)
  }
})

test('a deleted feature flag is gone with all its overrides', async (t) => {
  const { as, db, events } = await start(t)
  const api = as()
  for (const key of ['flag', 'other']) {
    await api.post(url, { name: 'N', key, type: 'str', allow_override_level: 'usr', default_value: 'a' })
    await api.patch(`${environmentFlags}/${key}`, { value: 'b' })
    const { organization } = (await api.post('/api/v1/organization', { name: 'Zoo' })).body
    await api.patch(`/api/v1/organizations/${organization.code}/feature_flags/${key}?value=c`)
    const { id } = (await api.post('/api/v1/user')).body
    await api.patch(`/api/v1/users/${id}/feature_flags/${key}?value=d`)
  }
  assert.deepEqual(outcome(await as('delete:feature_flags').delete(`${url}/flag`)), [200, 'OK'])
  assert.deepEqual(Object.keys((await api.get(environmentFlags)).body.feature_flags), ['other'])
  assert.equal((await db.selectFrom('feature_flag_overrides').selectAll().execute()).length, 3)
  const last = (await events()).at(-1)
  assert.deepEqual(
    [last?.type, last?.data],
    ['feature_flag.deleted', { feature_flag: { key: 'flag' }, reach: { overrides: 3, applications: 0 } }],
  )
  assert.deepEqual(outcome(await api.delete(`${url}/flag`)), [404, 'FEATURE_FLAG_NOT_FOUND'])
})
