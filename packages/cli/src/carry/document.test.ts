import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { start } from '@kindred/server/testing'
import { blocks, commands } from '../../../../test/documents.ts'
import { commandLine } from '../testing-cli.ts'
import { zoo } from './testing-zoo.ts'

const root = join(import.meta.dirname, '../../../..')
const page = 'docs/carrying.md'
const { run, folder } = commandLine({ after })

test('every command of the page about carrying works, in its order, and so does its sample', async () => {
  const applications = [...zoo.applications!, { name: 'Keeper', type: 'm2m' as const, scopes: ['read:users'] }]
  await using staging = await start({ seed: { ...zoo, applications } })
  await using production = await start()
  for (const [name, server] of Object.entries({ production, staging })) {
    const { httpUrl, clientId, clientSecret } = server
    const words = ['login', '--domain', httpUrl, '--client-id', clientId, '--client-secret', '-', '--profile', name]
    assert.equal((await run(words, { input: clientSecret })).code, 0)
  }
  assert.equal(commands(page).length, 8)
  for (const command of commands(page)) {
    const [program, ...words] = command.split(' ')
    assert.equal(program, 'kindred')
    const { code, stderr } = await run(words)
    assert.equal(code, 0, `${command}: ${stderr}`)
  }
  assert.equal((await production.request('GET', '/api/v1/roles')).body.roles.length, 2)

  const [sample, ...others] = blocks(page, 'js')
  assert.deepEqual(others, [])
  writeFileSync(join(folder, 'sample.test.mjs'), sample!.code)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', 'sample.test.mjs'], {
    cwd: folder,
    env,
  })
  assert.match(stdout, /^# pass 1$/m)
})
