import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { commandsBesideServer } from './testing-cli.ts'

const execute = promisify(execFile)
const { run, folder, env, server } = await commandsBesideServer({ after })
const languages = ['curl', 'csharp', 'go', 'java', 'javascript', 'objective-c', 'php', 'python', 'ruby', 'swift']

test('each of the ten samples is filled in, and asks for nothing any more', async () => {
  for (const language of languages) {
    const { code, stdout, stderr } = await run(['samples', language])
    assert.deepEqual([code, stderr], [0, ''], language)
    for (const value of Object.values(env)) assert.ok(stdout.includes(value), `${language} lacks ${value}`)
    assert.doesNotMatch(stdout, /KINDRED_(URL|CLIENT_ID|CLIENT_SECRET)/, language)
    const open = await run(['samples', language, '--no-secret'])
    assert.match(open.stdout, /KINDRED_CLIENT_SECRET/)
    assert.equal(open.stdout.includes(env.KINDE_MANAGEMENT_CLIENT_SECRET!), false)
  }
  assert.match((await run(['samples', 'cobol'])).stderr, /Allowed choices are curl, csharp, go/)
})

test('filled-in samples run as they are', async () => {
  for (const [language, file, program] of [
    ['curl', 'sample.sh', 'sh'],
    ['javascript', 'sample.mjs', process.execPath],
    ['python', 'sample.py', 'python3'],
  ] as const) {
    writeFileSync(join(folder, file), (await run(['samples', language])).stdout)
    const { stdout } = await execute(program, [join(folder, file)], { env: { PATH: process.env.PATH } })
    assert.deepEqual(JSON.parse(stdout).users, [], language)
  }
})

test('--http is for servers on this machine alone', async () => {
  const here = await run(['samples', 'go', '--http'], { env: { KINDE_DOMAIN: 'localhost:8443' } })
  assert.match(here.stdout, /base := "http:\/\/localhost:8443"/)
  const away = await run(['samples', 'go', '--http'], { env: { KINDE_DOMAIN: 'example.kinde.com' } })
  assert.deepEqual([away.code, away.stdout], [2, ''])
  assert.equal(server.running.url, env.KINDE_DOMAIN)
})
