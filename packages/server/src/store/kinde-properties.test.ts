import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'
import { ensureKindeProperties } from './kinde-properties.ts'

test('a start brings back provided properties that are missing, and nothing else', async (t) => {
  const server = await start(t)
  const { ids, now } = server.environment
  const ensure = () => server.write((db) => ensureKindeProperties(db, { ids, now: now() }))
  const keys = async () =>
    (await server.db.selectFrom('properties').select(['key', 'id', 'is_kinde_property']).orderBy('key').execute()).map(
      ({ key, id, is_kinde_property: isProvided }) => ({ key, id, isProvided }),
    )
  const categories = () => server.db.selectFrom('property_categories').selectAll().orderBy('seq').execute()
  const before = [await keys(), await categories()]
  await ensure()
  assert.deepEqual([await keys(), await categories()], before)

  // Of an older version: without one property, and with one of its own under the key of another.
  await server.write(async (db) => {
    await db.deleteFrom('properties').where('key', '=', 'kp_org_ttclid').execute()
    await db.updateTable('properties').set({ is_kinde_property: false }).where('key', '=', 'kp_usr_city').execute()
  })
  await ensure()
  const after = await keys()
  assert.deepEqual(
    after.map(({ key }) => key),
    (before[0] as { key: string }[]).map(({ key }) => key),
  )
  assert.equal(after.find(({ key }) => key === 'kp_org_ttclid')?.isProvided, true)
  assert.equal(after.find(({ key }) => key === 'kp_usr_city')?.isProvided, false)
  assert.deepEqual(await categories(), before[1])
})
