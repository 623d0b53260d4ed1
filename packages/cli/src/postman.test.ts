import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandLine } from './testing-cli.ts'

const env = {
  KINDE_DOMAIN: 'example.kinde.com',
  KINDE_MANAGEMENT_CLIENT_ID: 'abc',
  KINDE_MANAGEMENT_CLIENT_SECRET: 'geheim',
}

test('postman writes a collection and the environment of the server', async (t) => {
  const { run, folder } = commandLine(t, env)
  const { code, stdout } = await run(['postman', '--out', 'postman'])
  assert.deepEqual(
    [code, stdout],
    [0, 'postman/kindred.postman_collection.json\npostman/kindred.postman_environment.json\n'],
  )
  const read = (name: string) => JSON.parse(readFileSync(join(folder, `postman/kindred.postman_${name}.json`), 'utf8'))
  assert.match(read('collection').info.schema, /v2\.1\.0/)
  const value = (key: string) => read('environment').values.find((each: { key: string }) => each.key === key).value
  assert.deepEqual(
    [value('KINDE_DOMAIN'), value('M2M_CLIENT_ID'), value('M2M_CLIENT_SECRET')],
    ['https://example.kinde.com', 'abc', ''],
  )
  assert.equal((await run(['postman', '--out', 'postman', '--with-secret'])).code, 0)
  assert.equal(value('M2M_CLIENT_SECRET'), 'geheim')
  assert.equal(statSync(join(folder, 'postman/kindred.postman_environment.json')).mode & 0o777, 0o600)
})
