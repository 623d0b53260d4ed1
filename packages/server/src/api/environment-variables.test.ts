import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireVariable, variableValue } from '../store/environment-variables.ts'
import { start, type TestReply, type TestServer } from '../testing.ts'

const url = '/api/v1/environment_variables'
const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]
const createdOn = '2026-01-15T12:00:00.000+00:00'

/** The value as those get it who use the variable. */
async function used({ db, environment }: TestServer, id: string): Promise<string> {
  return variableValue(await requireVariable(db, id), environment.cipher)
}

test('a variable is made, listed, read, changed and deleted', async (t) => {
  const { as, events } = await start(t)
  const made = await as('create:environment_variables').post(url, { key: 'API_URL', value: 'https://zoo.example' })
  assert.equal(made.status, 201)
  const { id } = made.body.environment_variable
  assert.match(id, /^env_var_[0-9a-f]{32}$/)
  assert.deepEqual(made.body, {
    code: 'VARIABLE_CREATED',
    message: 'Environment variable created',
    environment_variable: { id },
  })
  const one = `${url}/${id}`
  const shown = { id, key: 'API_URL', value: 'https://zoo.example', is_secret: false, created_on: createdOn }
  const read = as('read:environment_variables')
  assert.deepEqual((await read.get(one)).body, { code: 'OK', message: 'Success', environment_variable: shown })
  await as().post(url, { key: 'api_url', value: '' })
  const { body } = await read.get(url)
  assert.deepEqual(body.has_more, false)
  assert.deepEqual(
    body.environment_variables.map(({ key, value }: typeof shown) => [key, value]),
    [
      ['API_URL', 'https://zoo.example'],
      ['api_url', ''],
    ],
  )
  const change = as('update:environment_variables')
  const updated = [200, 'ENVIRONMENT_VARIABLE_UPDATED']
  assert.deepEqual(outcome(await change.patch(one, { value: 'https://farm.example' })), updated)
  assert.deepEqual(outcome(await change.patch(one, { key: 'FARM_URL' })), updated)
  assert.deepEqual(outcome(await change.patch(one, { key: 'FARM_URL', is_secret: false })), updated)
  const after = { ...shown, key: 'FARM_URL', value: 'https://farm.example' }
  assert.deepEqual((await read.get(one)).body.environment_variable, after)
  const removal = as('delete:environment_variables')
  assert.deepEqual(outcome(await removal.delete(one)), [200, 'ENVIRONMENT_VARIABLE_DELETED'])
  for (const reply of [await read.get(one), await change.patch(one, {}), await removal.delete(one)]) {
    assert.deepEqual(outcome(reply), [404, 'ENVIRONMENT_VARIABLE_NOT_FOUND'])
  }
  const told = (await events()).filter(({ data }) => (data.environment_variable as { id: string }).id === id)
  assert.deepEqual(
    told.map(({ type, data }) => [type, data]),
    [
      ['environment_variable.created', { environment_variable: { id, key: 'API_URL', is_secret: false } }],
      [
        'environment_variable.updated',
        { environment_variable: { id, key: 'API_URL', is_secret: false }, changed: ['value'] },
      ],
      [
        'environment_variable.updated',
        { environment_variable: { id, key: 'FARM_URL', is_secret: false }, changed: ['key'] },
      ],
      ['environment_variable.deleted', { environment_variable: { id, key: 'FARM_URL' } }],
    ],
  )
})

test('a secret value is shown nowhere, neither by the API nor in the database nor in the journal', async (t) => {
  const server = await start(t)
  const api = server.as()
  const made = await api.post(url, { key: 'TOKEN', value: 'hoot-hoot', is_secret: true })
  const { id } = made.body.environment_variable
  const one = `${url}/${id}`
  const shown = { id, key: 'TOKEN', value: null, is_secret: true, created_on: createdOn }
  assert.deepEqual((await api.get(one)).body.environment_variable, shown)
  assert.deepEqual((await api.get(url)).body.environment_variables, [shown])
  assert.equal(await used(server, id), 'hoot-hoot')
  await api.patch(one, { value: 'other-secret' })
  await api.patch(one, { value: 'other-secret' })
  assert.equal(await used(server, id), 'other-secret')
  const rows = await server.db.selectFrom('environment_variables').selectAll().execute()
  assert.doesNotMatch(JSON.stringify([rows, await server.events()]), /hoot|other-secret/)
  assert.equal((await server.events()).length, 2)
})

test('a variable becomes secret with the value that it has, and readable only with a new one', async (t) => {
  const server = await start(t)
  const api = server.as()
  const { id } = (await api.post(url, { key: 'TOKEN', value: 'hoot' })).body.environment_variable
  const one = `${url}/${id}`
  const value = async () => (await api.get(one)).body.environment_variable.value
  assert.equal(await value(), 'hoot')
  assert.equal((await api.patch(one, { is_secret: true })).status, 200)
  assert.deepEqual([await value(), await used(server, id)], [null, 'hoot'])
  const rows = await server.db.selectFrom('environment_variables').select(['value', 'value_sealed']).execute()
  assert.doesNotMatch(JSON.stringify(rows), /hoot/)
  const refused = await api.patch(one, { is_secret: false, key: 'OTHER' })
  assert.deepEqual([...outcome(refused), refused.body.errors[0].field], [400, 'SECRET_VALUE_REQUIRED', 'value'])
  assert.equal((await api.get(one)).body.environment_variable.key, 'TOKEN')
  assert.equal((await api.patch(one, { is_secret: false, value: 'whistle' })).status, 200)
  assert.deepEqual([await value(), await used(server, id)], ['whistle', 'whistle'])
})

test('names of variables are their own and of a known form, and values are bounded', async (t) => {
  const { as, events } = await start(t)
  const api = as()
  await api.post(url, { key: 'FIRST', value: '1' })
  const { id } = (await api.post(url, { key: 'SECOND', value: '2' })).body.environment_variable
  const rows = [
    [{ key: 'FIRST' }, 'ENVIRONMENT_VARIABLE_KEY_EXISTS'],
    [{ key: '1ST' }, 'INVALID_KEY'],
    [{ key: 'A B' }, 'INVALID_KEY'],
    [{ key: 'Ä' }, 'INVALID_KEY'],
    [{ key: 'A\n' }, 'INVALID_KEY'],
    [{ key: '' }, 'INVALID_VALUE'],
    [{ key: 'A'.repeat(129) }, 'INVALID_VALUE'],
    [{ key: 'LONG', value: 'x'.repeat(2049) }, 'INVALID_VALUE'],
  ] as const
  for (const [body, code] of rows) {
    assert.deepEqual(outcome(await api.post(url, { value: 'x', ...body })), [400, code], JSON.stringify(body))
    assert.deepEqual(outcome(await api.patch(`${url}/${id}`, body)), [400, code], JSON.stringify(body))
  }
  assert.equal((await events()).length, 2)
  const longest = { key: `_${'a'.repeat(127)}`, value: '🦉'.repeat(1024) }
  assert.equal((await api.post(url, longest)).status, 201)
})
