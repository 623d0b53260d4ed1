import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { commandLine } from './testing-cli.ts'

const { run, folder } = commandLine({ after })

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}

async function script(shell: string): Promise<string> {
  const { code, stdout } = await run(['completion', shell])
  assert.equal(code, 0)
  const file = join(folder, `completion.${shell}`)
  writeFileSync(file, stdout)
  return file
}

test('bash completes commands, options, operations and their parameters', async (t) => {
  if (!has('bash')) return t.skip('no bash on this machine')
  const file = await script('bash')
  const complete = (...words: string[]) => {
    const line = ['kindred', ...words].map((word) => `'${word}'`).join(' ')
    const program = `compopt() { :; }; source '${file}'; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _kindred; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim().split('\n')
  }
  assert.deepEqual(complete('prof'), ['profiles'])
  assert.deepEqual(complete('profiles', 're'), ['remove'])
  assert.deepEqual(complete('api', 'createOrg'), ['createOrganization', 'createOrganizationInvite'])
  assert.deepEqual(complete('api', 'getUsers', '-f', 'page'), ['page_size='])
  assert.deepEqual(complete('api', '--json', 'getUserData', '-f', ''), ['id=', 'expand='])
  assert.deepEqual(complete('completion', 'z'), ['zsh'])
  assert.ok(complete('serve', '--da').includes('--data-dir'))
})

test('fish completes commands, operations and their parameters', async (t) => {
  if (!has('fish')) return t.skip('no fish on this machine')
  const file = await script('fish')
  const complete = (line: string) => {
    const program = `source '${file}'; complete -C '${line}'`
    const told = execFileSync('fish', ['--no-config', '-c', program], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    })
    return told
      .trim()
      .split('\n')
      .map((each) => each.split('\t')[0])
  }
  assert.deepEqual(complete('kindred prof'), ['profiles'])
  assert.deepEqual(complete('kindred profiles re'), ['remove'])
  assert.deepEqual(complete('kindred api createOrg').toSorted(), ['createOrganization', 'createOrganizationInvite'])
  assert.deepEqual(complete('kindred api getUsers -f page'), ['page_size='])
})

test('zsh takes the script, and its function tells of commands, operations and parameters', async (t) => {
  if (!has('zsh')) return t.skip('no zsh on this machine')
  const file = await script('zsh')
  const complete = (...words: string[]) => {
    const line = ['kindred', ...words].map((word) => `'${word}'`).join(' ')
    // Outside of a completion the builtins that take the candidates are not there: these print them.
    const program = `compdef() { :; }; _files() { :; }; compadd() { print -l -- "\${entries[@]}"; }; _describe() { print -l -- "\${entries[@]}"; }
      source '${file}'; words=(${line}); CURRENT=${words.length + 1}; _kindred`
    return execFileSync('zsh', ['-f', '-c', program], { encoding: 'utf8' }).trim().split('\n')
  }
  assert.ok(complete('').some((line) => line.startsWith('profiles:')))
  assert.ok(complete('profiles', '').some((line) => line.startsWith('remove:')))
  assert.ok(complete('api', '').some((line) => line.startsWith('createOrganizationInvite:')))
  assert.ok(complete('api', 'getUsers', '-f', '').includes('page_size='))
})

test('another shell is refused with those that there are', async () => {
  const { code, stderr } = await run(['completion', 'tcsh'])
  assert.equal(code, 2)
  assert.match(stderr, /Allowed choices are bash, zsh, fish/)
})
