import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { commands, readPage } from '../../../test/documents.ts'
import { entries } from './commands.ts'
import { exitCodes } from './exit-code.ts'
import { processTerminal } from './terminal.ts'
import { commandsBesideServer } from './testing-cli.ts'

const { run, folder, env, server } = await commandsBesideServer({ after })

/** A PNG of one pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What the lines of the pages name and do not make. */
const variables: Record<string, string> = {
  ...env,
  CLIENT_ID: env.KINDE_MANAGEMENT_CLIENT_ID!,
  CLIENT_SECRET: env.KINDE_MANAGEMENT_CLIENT_SECRET!,
}

before(async () => {
  const user = (name: string) => ({ identities: [{ type: 'email', details: { email: `${name}@example.com` } }] })
  writeFileSync(join(folder, 'user.json'), JSON.stringify(user('file')))
  writeFileSync(join(folder, 'users.ndjson'), '{"email":"one@example.com"}\n')
  writeFileSync(join(folder, 'users.csv'), 'email,first_name\ntwo@example.com,Two\n')
  writeFileSync(join(folder, 'auth0-export.json'), '[{"user_id":"auth0|3","email":"three@example.com"}]')
  const hash = '$2a$10$t8Jz3hJCCTFk/Acja7bw3OpamB3xuLPhpJlRHb31bXIjfzeTfn8rq'
  const hashed = { _id: { $oid: '3' }, email: 'three@example.com', passwordHash: hash }
  writeFileSync(join(folder, 'auth0-passwords.json'), `${JSON.stringify(hashed)}\n`)
  writeFileSync(join(folder, 'logo.png'), Buffer.from(pixel, 'base64'))
  await run(['api', 'createUser', '--body', JSON.stringify(user('first'))])
  const made = await run(['apps', 'create', '--m2m', '--name', 'Old', '--json'])
  variables.APPLICATION = JSON.parse(made.stdout).application_id
  const { secrets } = JSON.parse((await run(['apps', 'secrets', 'list', variables.APPLICATION!, '--json'])).stdout)
  variables.OLD_SECRET = secrets[0].id
  const launcher = join(folder, 'kindred')
  const command = fileURLToPath(new URL('../bin/kindred.js', import.meta.url))
  writeFileSync(launcher, `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`)
  chmodSync(launcher, 0o755)
})

for (const name of ['docs/cli.md', 'packages/cli/README.md']) {
  test(`every command of ${name} succeeds`, async (t) => {
    assert.ok(commands(name).length > 2)
    for (const line of commands(name)) {
      const filled = line.replaceAll('example.kinde.com', server.running.url)
      await t.test(line, async () => {
        const { code, output } = isPlain(filled) ? await runHere(filled) : await runInShell(filled)
        assert.equal(code, 0, output)
        assert.ok(output !== '' || line.includes('>'), 'it says something')
      })
    }
  })
}

test('docs/cli.md names every command and every exit code', () => {
  const text = readPage('docs/cli.md')
  for (const { name } of entries) assert.match(text, new RegExp(`^\\| [^|]*\`${name}[\` ]`, 'm'), name)
  const codes = [...text.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code))
  assert.deepEqual(codes, Object.values(exitCodes))
})

test('the help of every command has examples that it takes', async () => {
  const program = new Command('kindred')
  for (const { load } of entries) (await load())(program, processTerminal())
  const paths = (command: Command, path: string[]): string[][] =>
    command.commands.length === 0 ? [path] : command.commands.flatMap((each) => paths(each, [...path, each.name()]))
  for (const path of paths(program, [])) {
    const { code, stdout } = await run([...path, '--help'])
    assert.equal(code, 0, path.join(' '))
    if (['serve', 'keys', 'admin'].includes(path[0]!)) continue
    assert.match(stdout, new RegExp(`^ +\\$ .*kindred ${path[0]}`, 'm'), `${path.join(' ')} has no example`)
  }
})

/** No shell is needed to understand the line. */
function isPlain(line: string): boolean {
  return line.startsWith('kindred ') && !/[|>]|\$\(|&&/.test(line)
}

async function runHere(line: string) {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) =>
      single ?? (double ?? bare)!.replaceAll(/\$(\w+)/g, (_, name: string) => variables[name] ?? assert.fail(name)),
  )
  const { code, stdout, stderr } = await run(words.slice(1))
  return { code, output: `${stdout}${stderr}` }
}

function runInShell(line: string): Promise<{ code: number; output: string }> {
  const environment = {
    ...variables,
    PATH: `${folder}:${process.env.PATH}`,
    XDG_CONFIG_HOME: join(folder, 'home/config'),
  }
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { cwd: folder, env: environment }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` })
    })
  })
}
