/**
 * What the activity shows of updates, proven from the list of operations: a new PUT or PATCH is covered without a line
 * here, unless its events have a reason to show no member before and after.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../api/index.ts'
import { start } from '../testing.ts'
import { placesOf } from '../testing-examples.ts'
import { call, exampleRequest } from '../testing-requests.ts'

/** Updates whose events say in their data what changed, and members that say it. */
const toldInData: Record<string, readonly string[]> = {
  // Lists: what was added to them and what was taken away.
  updateAPIApplications: ['connected', 'disconnected'],
  replaceLogoutRedirectURLs: ['added', 'removed'],
  replaceRedirectCallbackURLs: ['added', 'removed'],
  UpdateRolePermissions: ['permissions_added', 'permissions_removed'],
  UpdateRoleSystemPermissions: ['system_permissions_added', 'system_permissions_removed'],
  // The user with its organizations, and its roles and permissions in each.
  UpdateOrganizationUsers: ['user'],
  // A secret in place of another one.
  rotateApiKey: ['api_key'],
  SetUserPassword: ['user'],
  // A picture in place of another one.
  AddLogo: ['logo'],
}

const updates = operations.filter(({ method }) => method === 'PUT' || method === 'PATCH')

test('the activity shows of every update what was before and what is after, and never a secret', async (t) => {
  const server = await start(t)
  const secrets = new Set<string>(['hoot'])
  for (const operation of updates) {
    await t.test(`${operation.id}: ${operation.method} ${operation.path}`, async () => {
      const request = await exampleRequest(server, operation)
      const last = (await server.events()).length
      const examples = [request, { ...request, ...operation.example, params: request.params }]
      const eventsNow = async () => (await server.events()).slice(last)
      for (const example of examples) {
        if ((await eventsNow()).length > 0) break
        for (const { path } of operation.body === undefined ? [] : placesOf(operation.body, example.body)) {
          const value = path.reduce((at, name) => (at as Record<string, unknown>)[name], example.body)
          const isSecret = /secret|password/.test(path.join('.')) || operation.id === 'updateEnvironmentVariable'
          if (isSecret && path.at(-1) !== 'key' && typeof value === 'string') secrets.add(value)
        }
        const { status, body } = await call(server, operation, example)
        assert.ok(status in operation.responses, JSON.stringify(body))
      }
      const events = await eventsNow()
      assert.ok(events.length > 0, 'there is an event')
      const told = toldInData[operation.id]
      if (told !== undefined) {
        for (const { data } of events) for (const name of told) assert.ok(name in data, `${name} is in the data`)
        return
      }
      const { body } = await server.as('read:events').get(`/admin/api/activity?page_size=${events.length}`)
      const changes = body.events.flatMap(({ change }: { change: (typeof events)[0]['change'] }) => change ?? [])
      assert.equal(changes.length, 1, `of ${events.map(({ type }) => type)} one shows a change`)
      const [change] = changes
      assert.deepEqual(Object.keys(change.before), Object.keys(change.after))
      assert.ok(Object.keys(change.after).length > 0)
      for (const [name, value] of Object.entries(change.after)) assert.notDeepEqual(change.before[name], value, name)
    })
  }

  await t.test('no event holds a value that is secret', async () => {
    assert.ok(secrets.size > 2, [...secrets].join())
    const text = JSON.stringify(await server.events())
    for (const secret of secrets) assert.equal(text.includes(JSON.stringify(secret).slice(1, -1)), false, secret)
  })

  await t.test('what webhooks are sent and the Management API shows has no before and after', async () => {
    const rows = await server.db.selectFrom('events').select(['id', 'change']).where('change', 'is not', null).execute()
    assert.ok(rows.length > 20)
    for (const { id } of rows) {
      const { event } = (await server.as('read:events').get(`/api/v1/events/${id}`)).body
      assert.deepEqual(Object.keys(event), ['type', 'source', 'event_id', 'timestamp', 'data'])
      for (const name of ['before', 'after', 'change']) assert.equal(name in event.data, false, event.type)
    }
  })
})
