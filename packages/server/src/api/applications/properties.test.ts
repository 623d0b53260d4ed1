import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestReply } from '../../testing.ts'

const outcome = ({ status, body }: TestReply) => [status, body.code ?? body.errors[0].code]

test("an application's property values are text or boolean when they are set, and text when they are read", async (t) => {
  const { as, events } = await start(t)
  const api = as()
  const category = { name: 'Nests', context: 'app' }
  const { id: categoryId } = (await api.post('/api/v1/property_categories', category)).body.category
  const ids: string[] = []
  for (const [key, type] of [
    ['tier', 'single_line_text'],
    ['notes', 'multi_line_text'],
  ]) {
    const body = { name: 'Name', key, type, context: 'app', is_private: false, category_id: categoryId }
    ids.push((await api.post('/api/v1/properties', body)).body.property.id)
  }
  const { id } = (await api.post('/api/v1/applications', { name: 'Web', type: 'reg' })).body.application
  const url = `/api/v1/applications/${id}/properties`
  const change = as('update:application_properties')
  assert.deepEqual(outcome(await change.put(`${url}/tier`, { value: true })), [200, 'OK'])
  assert.deepEqual(outcome(await change.put(`${url}/tier`, { value: 'true' })), [200, 'OK'])
  const listed = async () => (await as('read:application_properties').get(url)).body
  const shown = { name: 'Name', description: null }
  assert.deepEqual(await listed(), {
    code: 'OK',
    message: 'Success',
    properties: [
      { id: ids[0], ...shown, key: 'tier', value: 'true' },
      { id: ids[1], ...shown, key: 'notes', value: null },
    ],
  })
  assert.deepEqual(outcome(await change.put(`${url}/notes`, { value: 'two\nlines' })), [200, 'OK'])
  assert.equal((await listed()).properties[1].value, 'two\nlines')
  assert.deepEqual(outcome(await change.put(`${url}/tier`, { value: 'two\nlines' })), [400, 'INVALID_PROPERTY_VALUE'])
  assert.deepEqual(outcome(await change.put(`${url}/tier`, { value: 7 })), [400, 'INVALID_VALUE'])
  assert.deepEqual(outcome(await change.put(`${url}/kp_usr_city`, { value: 'x' })), [404, 'PROPERTY_NOT_FOUND'])
  const unknown = '/api/v1/applications/unknown/properties'
  assert.deepEqual(outcome(await api.get(unknown)), [404, 'APPLICATION_NOT_FOUND'])
  assert.deepEqual(outcome(await change.put(`${unknown}/tier`, { value: 'x' })), [404, 'APPLICATION_NOT_FOUND'])
  const changes = (await events()).filter(({ type }) => type === 'application.properties_updated')
  assert.deepEqual(
    changes.map(({ data }) => data),
    [
      { application: { id }, properties: { tier: 'true' } },
      { application: { id }, properties: { notes: 'two\nlines' } },
    ],
  )
})
