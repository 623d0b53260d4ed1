import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../server/src/testing.ts'
import { runKindred, startKindred, temporaryFolder } from './testing-process.ts'

const isInMemory = (process.env.KINDRED_TEST_STORE ?? 'memory') === 'memory'

test('commands trust the local authority of the folder, and no other', async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const folder = temporaryFolder(t)
  const { ready, settings } = await startKindred(t, { folder, settings: { KINDRED_DATABASE_URL: database.url } })
  const home = { XDG_CONFIG_HOME: `${folder}/config` }
  const variables = {
    ...home,
    KINDE_DOMAIN: ready.url,
    KINDE_MANAGEMENT_CLIENT_ID: ready.client_id,
    KINDE_MANAGEMENT_CLIENT_SECRET: ready.client_secret!,
  }
  const here = await runKindred(['token'], { folder, settings: variables })
  assert.deepEqual([here.code, here.stderr], [0, ''])
  const made = await runKindred(['apps', 'create', '--m2m', '--name', 'Worker'], { folder, settings: variables })
  assert.ok(made.stdout.includes(`export NODE_EXTRA_CA_CERTS='${ready.ca_file}'\n`), made.stdout)
  const elsewhere = { ...variables, XDG_CONFIG_HOME: `${folder}/other` }
  const refused = await runKindred(['token'], { settings: elsewhere })
  assert.equal(refused.code, 3)
  assert.match(refused.stderr, /certificate is not trusted \(\w+\)\..*\nName the file of its authority: --ca-file/)
  const named = await runKindred(['login', '--ca-file', ready.ca_file!, '--profile', 'dev'], { settings: elsewhere })
  assert.equal(named.code, 0, named.stderr)
  const remembered = await runKindred(['token'], { settings: { XDG_CONFIG_HOME: elsewhere.XDG_CONFIG_HOME } })
  assert.equal(remembered.code, 0, remembered.stderr)

  // Without any set-up, where the folder has the database and its key.
  const local = await runKindred(['token'], { folder, settings: { ...home, ...settings } })
  if (isInMemory) {
    assert.equal(local.code, 2)
    assert.match(local.stderr, /^error: There is no server to call\. .*kindred login/)
  } else {
    assert.deepEqual([local.code, local.stdout], [0, here.stdout])
    // The port is known to the server and its database alone, as when it came by a flag of `serve`.
    const { KINDRED_PORT: _, ...others } = settings
    const unsaid = await runKindred(['token'], { folder, settings: { ...home, ...others } })
    assert.deepEqual([unsaid.code, unsaid.stdout, unsaid.stderr], [0, here.stdout, ''])
  }
})
