import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { decodeJwt } from 'jose'
import { entries } from '../packages/cli/src/commands.ts'
import { processTerminal } from '../packages/cli/src/terminal.ts'
import { type RunningKindred, startKindred } from '../packages/cli/src/testing-process.ts'
import { blocks, commands, pages, readPage } from './documents.ts'

const root = join(import.meta.dirname, '..')
const here = 'test/documents.test.ts'

/** Page and language → the test that runs such samples. */
const runBy: Record<string, string> = {
  'CONTRIBUTING.md sh': here,
  'CONTRIBUTING.md ts': here,
  'README.md js': here,
  'README.md sh': here,
  'docs/carrying.md js': 'packages/cli/src/carry/document.test.ts',
  'docs/carrying.md sh': 'packages/cli/src/carry/document.test.ts',
  'docs/cli.md sh': 'packages/cli/src/document.test.ts',
  'docs/postman.md sh': 'packages/server/src/postman.test.ts',
  'docs/requests.md http': here,
  'docs/requests.md json': here,
  'docs/requests.md sh': here,
  'docs/sdk.md ts': 'packages/sdk/src/samples.test.ts',
  'docs/setting-up.md sh': here,
  'docs/testing.md js': 'packages/server/src/kit/document.test.ts',
  'docs/testing.md sh': 'packages/server/src/kit/document.test.ts',
  'docs/testing.md yaml': 'packages/server/src/kit/document.test.ts',
  'packages/cli/README.md sh': 'packages/cli/src/document.test.ts',
  'packages/sdk/README.md ts': 'packages/sdk/src/samples.test.ts',
}

// `.ci/run` installs, builds, checks and tests a clean clone, so these run there. Within the tests `npm ci` would take
// away what they run from, and `npm test` would run this file again.
const ofTheRepository = /^(KINDRED_\w+=\S+ )?npm (ci|start|test|run [\w-]+)( |$)/

const kindred: RunningKindred = await startKindred({ after })
const { client_id: clientId, client_secret: clientSecret, url } = kindred.ready
/** What the samples name and do not make. */
const variables: Record<string, string> = { KINDRED_URL: kindred.plainUrl }

before(async () => {
  variables.TOKEN = await kindred.newToken()
  const post = async (path: string, body: object) => {
    const reply = await kindred.call('POST', path, body)
    assert.ok(reply.status < 300, JSON.stringify(reply.body))
    return reply.body
  }
  variables.APPLICATION_ID = (await post('/api/v1/applications', { name: 'Worker', type: 'm2m' })).application.id
  const { apis } = (await kindred.call('GET', '/api/v1/apis?expand=scopes')).body
  const [api] = apis
  const scopeIds = api.scopes
    .filter(({ key }: { key: string }) => key === 'read:users')
    .map(({ id }: { id: string }) => id)
  const key = { name: 'Robot', type: 'environment', api_id: api.id, scope_ids: scopeIds }
  variables.API_KEY = (await post('/api/v1/api_keys', key)).api_key.key
  await post('/api/v1/feature_flags', {
    name: 'Theme',
    key: 'theme',
    type: 'str',
    default_value: 'pink',
    allow_override_level: 'env',
  })
  const { category: made } = await post('/api/v1/property_categories', { name: 'Place', context: 'app' })
  const property = { name: 'Region', key: 'region', context: 'app', type: 'single_line_text', is_private: false }
  await post('/api/v1/properties', { ...property, category_id: made.id })
  await kindred.call('PUT', `/api/v1/applications/${variables.APPLICATION_ID}/properties/region`, { value: 'eu' })
})

test('every sample of every page is run by a test', () => {
  const found = new Set(pages.flatMap((page) => blocks(page).map(({ language }) => `${page} ${language}`)))
  assert.deepEqual([...found].toSorted(), Object.keys(runBy).toSorted())
  for (const [sample, file] of Object.entries(runBy)) {
    const source = readFileSync(join(root, file), 'utf8')
    assert.match(source, /from '[./]*(test)?\/documents\.ts'/, `${file} reads pages`)
    assert.ok(source.includes(sample.split(' ')[0]!), `${file} reads ${sample}`)
  }
})

test('every command that a text names is there, with its options', async () => {
  const program = new Command('kindred')
  for (const { load } of entries) (await load())(program, processTerminal())
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  let count = 0
  for (const page of pages) {
    const prose = readPage(page).replaceAll(/^```.*?^```$/gms, '')
    const repository = blocks(page, 'sh').flatMap(({ code }) => code.split('\n'))
    const named = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, words]) => words!)
    for (const text of [...named, ...repository]) {
      const [, script] = /(?:^| )npm run (?:--silent )?([\w-]+)/.exec(text) ?? []
      if (script !== undefined) assert.ok(script in scripts, `${page}: ${text}`)
      const words = /^(?:npx )?kindred ([a-z].*)$/.exec(text)?.[1]?.split(/ +/)
      if (words === undefined) continue
      count += 1
      let command = program
      while (words.length > 0) {
        const next = command.commands.find((each) => each.name() === words[0])
        if (next === undefined) break
        command = next
        words.shift()
      }
      assert.notEqual(command, program, `${page}: ${text}`)
      for (const option of words.filter((word) => /^--[a-z]/.test(word))) {
        assert.ok(`${option} ${command.helpInformation()}`.split(option).length > 2, `${page}: ${text}`)
      }
    }
  }
  assert.ok(count > 40, `${count} commands`)
})

test('the quick start of the readme leads to a token, the users, and one more', async () => {
  const steps = commands('README.md').filter((line) => !ofTheRepository.test(line))
  const script = steps.join('\n')
  assert.equal(script.match(/^(TOKEN=|curl )/gm)?.length, 3)
  const [program, ...others] = blocks('README.md', 'js')
  assert.deepEqual(others, [])
  symlinkSync(join(root, 'node_modules'), join(kindred.folder, 'node_modules'), 'junction')
  writeFileSync(join(kindred.folder, 'program.mjs'), `${program!.code}\nconsole.log(JSON.stringify({ users }))\n`)
  const output = await paste(`${script}\n'${process.execPath}' program.mjs`)
  const [before, made, after] = output
    .trim()
    .split(/(?<=\})\s*(?=\{)/)
    .map((text) => JSON.parse(text))
  assert.deepEqual([before.code, before.users], ['OK', []])
  assert.match(made.id, /^kp_/)
  assert.deepEqual(
    after.users.map(({ email }: { email: string }) => email),
    ['ada@example.com'],
  )
})

test('what is left out of the readme and the page for contributors is what the repository runs of itself', () => {
  const left = ['README.md', 'CONTRIBUTING.md'].flatMap(commands).filter((line) => ofTheRepository.test(line))
  const scripts = left.flatMap((line) => [...line.matchAll(/npm (?:run )?([\w-]+)/g)].map(([, script]) => script!))
  const known = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
  for (const script of scripts) assert.ok(script === 'ci' || script in known, script)
  assert.equal(
    commands('CONTRIBUTING.md').every((line) => left.includes(line)),
    true,
  )
})

test('the operation that contributors are shown is one of ours', () => {
  const [shown, ...others] = blocks('CONTRIBUTING.md', 'ts')
  assert.deepEqual(others, [])
  const [, resource] = /path: '\/api\/v1\/(\w+)/.exec(shown!.code)!
  assert.ok(readFileSync(join(root, `packages/server/src/api/${resource}.ts`), 'utf8').includes(shown!.code))
})

test('every command of the page about requests is answered as the page says', async (t) => {
  const seen: string[] = []
  for (const command of commands('docs/requests.md')) {
    await t.test(command, async () => {
      const reply = JSON.parse(await paste(command))
      assert.equal(reply.errors, undefined, JSON.stringify(reply))
      seen.push(command)
    })
  }
  const [write, limit, choice, keyed] = seen
  const twice = await paste(write!.replace('curl', 'curl --include'))
  assert.match(twice, /^idempotency-replayed: true\r$/im)
  assert.equal((await kindred.call('GET', '/api/v1/roles')).body.roles.length, 1, 'done once')
  const { m2m_token: chosen } = (await kindred.call('GET', `/api/v1/applications/${variables.APPLICATION_ID}`)).body
    .application
  assert.deepEqual(chosen, JSON.parse(/'(\{"m2m_token".*\})'/.exec(choice!)![1]!).m2m_token)
  assert.equal(JSON.parse(await paste(limit!.replace('PUT', 'GET'))).rate_limit, '100/60')
  assert.equal(JSON.parse(await paste(keyed!)).users.length, 1)
})

test('the claims of the page about requests are those of such a token', async () => {
  const [claims, ...others] = blocks('docs/requests.md', 'json')
  assert.deepEqual(others, [])
  const { id, client_secret } = await grantedWorker()
  const form = { grant_type: 'client_credentials', client_id: id, client_secret, audience: kindred.ready.audience }
  const { body } = await kindred.send('POST', '/oauth2/token', { body: new URLSearchParams(form) })
  const { application_properties, feature_flags, permissions } = decodeJwt(body.access_token)
  assert.deepEqual({ application_properties, feature_flags, permissions }, JSON.parse(claims!.code))
})

test('the refusal of the page about requests is that of a limit', async () => {
  const [shown, ...others] = blocks('docs/requests.md', 'http')
  assert.deepEqual(others, [])
  const { id, client_secret } = await grantedWorker()
  const form = { grant_type: 'client_credentials', client_id: id, client_secret, audience: kindred.ready.audience }
  const { body } = await kindred.send('POST', '/oauth2/token', { body: new URLSearchParams(form) })
  // One request a second instead of 600 in a minute.
  const change = {
    headers: { authorization: `Bearer ${variables.TOKEN}`, 'content-type': 'application/json' },
    body: '{"rate_limit":"1/1"}',
  }
  assert.equal((await kindred.send('PUT', `/admin/api/applications/${id}/rate_limit`, change)).status, 200)
  const ask = () => kindred.send('GET', '/api/v1/users', { headers: { authorization: `Bearer ${body.access_token}` } })
  let refused = await ask()
  while (refused.status === 200)
    refused = (await Promise.all([ask(), ask()])).find(({ status }) => status !== 200) ?? refused
  const [head, text] = shown!.code.trim().replace('limit: 600', 'limit: 1').split('\n\n') as [string, string]
  const [status, ...headers] = head.split('\n')
  assert.equal(status, `HTTP/1.1 ${refused.status} Too Many Requests`)
  for (const header of headers) {
    const [name, value] = header.split(': ') as [string, string]
    assert.equal(refused.headers.get(name), value, name)
  }
  assert.deepEqual(refused.body, JSON.parse(text))
})

test('every command of the page about setting up is answered', async (t) => {
  variables.USER_ID = (await kindred.call('POST', '/api/v1/user', {})).body.id
  for (const command of commands('docs/setting-up.md')) {
    await t.test(command, async () => {
      const reply = JSON.parse(await paste(command))
      assert.equal(reply.errors, undefined, JSON.stringify(reply))
    })
  }
  const customers = await kindred.call('GET', '/admin/api/billing/customers')
  assert.match(JSON.stringify(customers.body), /ada@example\.com/)
  assert.match(JSON.stringify((await kindred.call('GET', '/admin/api/connected_apps')).body), /gitlab/)
})

/** The application of the page, which may read users. */
async function grantedWorker(): Promise<{ id: string; client_secret: string }> {
  const id = variables.APPLICATION_ID!
  const [api] = (await kindred.call('GET', '/api/v1/apis')).body.apis
  const applications = [{ id, operation: 'add' }]
  await kindred.call('PATCH', `/api/v1/apis/${api.id}/applications`, { applications })
  const { scopes } = (await kindred.call('GET', `/api/v1/apis/${api.id}/scopes`)).body
  const { id: scopeId } = scopes.find(({ key }: { key: string }) => key === 'read:users')
  await kindred.call('POST', `/api/v1/apis/${api.id}/applications/${id}/scopes/${scopeId}`)
  return (await kindred.call('GET', `/api/v1/applications/${id}`)).body.application
}

/** Runs lines of a page in the folder of the server, on its port and with its credentials. */
async function paste(script: string): Promise<string> {
  const filled = script
    .replaceAll('localhost:8443', new URL(url).host)
    .replaceAll('<client id>', clientId)
    .replaceAll('<client secret>', clientSecret!)
  const { PATH, HOME = '' } = process.env
  const env = { PATH, HOME, NO_PROXY: '*', ...variables }
  return (await promisify(execFile)('bash', ['-ec', filled], { cwd: kindred.folder, env })).stdout
}
