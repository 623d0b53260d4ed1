import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type RunningKindred, startKindred } from '../packages/cli/src/testing-process.ts'
import { readPage } from '../test/documents.ts'
import { type Sample, samplesBuiltIn, type Trust } from './languages.ts'

const here = import.meta.dirname
const scratch = mkdtempSync(join(tmpdir(), 'kindred-samples-'))
cpSync(join(here, 'csharp'), join(scratch, 'csharp'), { recursive: true })

const samples = samplesBuiltIn(scratch)
const missing = new Map(samples.map((sample) => [sample.file, firstMissing(sample)]))
const present = samples.filter((sample) => !missing.get(sample.file))

const kindred = await startKindred({ after }, { settings: { KINDRED_DATABASE_URL: 'memory:' } })
const { url, audience } = kindred.ready
const caFile = kindred.ready.ca_file!
const plainUrl = url.replace('https:', 'http:')
let ungranted: Promise<Application> | undefined

before(() => addUser(kindred))
after(() => rmSync(scratch, { recursive: true, force: true }))

test('the samples whose tools are absent are named', (t) => {
  for (const sample of samples) {
    const absent = missing.get(sample.file)
    if (absent) t.diagnostic(`skipped: ${sample.file}, since this machine lacks ${absent}`)
    else if (!sample.trust) t.diagnostic(`${sample.file} was run over http only: it trusts the system's store alone`)
  }
  const everywhere = ['token-then-users.sh', 'token-then-users.mjs', 'token-then-users.py']
  assert.deepEqual(
    everywhere.filter((file) => missing.get(file)),
    [],
    'curl, Node.js and Python 3 are expected on every machine',
  )
})

test('every program in the folder is among the samples', () => {
  const programs = readdirSync(here, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(sh|mjs|py|rb|php|go|java|cs|swift|m)$/.test(path) && !/\b(bin|obj|lib)\//.test(path))
  assert.deepEqual(programs.toSorted(), samples.map((sample) => sample.file).toSorted())
})

test('the page has the command of every sample that is run as it lies here', () => {
  const page = readPage('samples/README.md')
  for (const { file, build, run } of samples) {
    if (build !== undefined) continue
    assert.ok(page.includes(`\`${run.join(' ').replace(process.execPath, 'node')}\``), file)
  }
})

for (const sample of present) {
  test(`${sample.file} prints the users, and says what a refusal is about`, async (t) => {
    for (const command of sample.build?.(caFile) ?? []) {
      const { code, stdout, stderr } = await execute(command)
      assert.equal(code, 0, `${command.join(' ')}\n${stdout}${stderr}`)
    }
    const run = (settings: NodeJS.ProcessEnv, { env, options = [] }: Trust = {}) => {
      const [program = '', ...args] = sample.run
      return execute([program, ...options, ...args], {
        KINDRED_CLIENT_ID: kindred.ready.client_id,
        KINDRED_CLIENT_SECRET: kindred.ready.client_secret!,
        KINDRED_AUDIENCE: undefined,
        ...settings,
        ...env,
      })
    }

    if (sample.trust) {
      const trust = sample.trust(caFile)
      await t.test('over https, trusting the CA', async () => {
        assertUsers(await run({ KINDRED_URL: url }, trust))
      })

      await t.test('over https, not trusting the CA', async () => {
        const { code, stdout, stderr } = await run({ KINDRED_URL: url })
        assert.equal(stdout, '')
        // What each platform calls it is its own affair.
        assert.match(stderr, /certificat|trust|verify/i)
        assert.notEqual(code, 0)
      })
    }

    await t.test('over http on loopback', async () => {
      assertUsers(await run({ KINDRED_URL: plainUrl }))
    })

    await t.test('with the audience given', async () => {
      assertUsers(await run({ KINDRED_URL: plainUrl, KINDRED_AUDIENCE: audience }))
    })

    await t.test('with a wrong secret', async () => {
      const { code, stdout, stderr } = await run({ KINDRED_URL: plainUrl, KINDRED_CLIENT_SECRET: 'wrong & +' })
      assert.equal(stdout, '')
      // One line, and no stack trace after it.
      assert.match(stderr, /^POST http:\S+\/oauth2\/token: 401 invalid_client: .+\n$/)
      assert.notEqual(code, 0)
    })

    await t.test('with an application that was not granted read:users', async () => {
      ungranted ??= addApplicationWithoutScopes(kindred)
      const { clientId, clientSecret } = await ungranted
      const { code, stdout, stderr } = await run({
        KINDRED_URL: plainUrl,
        KINDRED_CLIENT_ID: clientId,
        KINDRED_CLIENT_SECRET: clientSecret,
      })
      assert.equal(stdout, '')
      assert.match(stderr, /^GET http:\S+\/api\/v1\/users: 403 SCOPE_MISSING: .*read:users.*\n$/)
      assert.notEqual(code, 0)
    })

    await t.test('without a setting', async () => {
      const { code, stdout, stderr } = await run({ KINDRED_URL: undefined })
      assert.equal(stdout, '')
      assert.match(stderr, /^.*KINDRED_URL:? is not set\n$/)
      assert.notEqual(code, 0)
    })
  })
}

function assertUsers({ code, stdout, stderr }: Outcome) {
  assert.equal(stderr, '')
  assert.equal(code, 0)
  const reply = JSON.parse(stdout)
  assert.equal(reply.code, 'OK')
  assert.ok(Array.isArray(reply.users))
  assert.deepEqual(
    reply.users.map((user: { email: string; first_name: string }) => [user.email, user.first_name]),
    [['zoe@example.com', 'Zoë']],
  )
}

/** The name of the first thing a sample needs and the machine lacks. */
function firstMissing({ needs }: Sample) {
  return needs.find(({ probe: [command = '', ...args] }) => spawnSync(command, args, { cwd: here }).status !== 0)?.name
}

interface Outcome {
  code: number | string | null | undefined
  stdout: string
  stderr: string
}

/** Runs a command in this folder; variables given as undefined are taken out of its environment. */
function execute([command = '', ...args]: string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: here, env: { ...process.env, NO_PROXY: 'localhost', ...env }, timeout: 120_000 }
  return new Promise<Outcome>((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr })
    })
  })
}

interface Application {
  clientId: string
  clientSecret: string
}

/** Makes the user that the samples print. */
async function addUser(kindred: RunningKindred) {
  const user = {
    profile: { given_name: 'Zoë', family_name: 'Meyer' },
    identities: [{ type: 'email', details: { email: 'zoe@example.com' } }],
  }
  assert.equal((await kindred.call('POST', '/api/v1/user', user)).status, 200)
}

/** Makes an application that may ask for tokens of the Management API and holds none of its scopes. */
async function addApplicationWithoutScopes(kindred: RunningKindred): Promise<Application> {
  const made = await kindred.call('POST', '/api/v1/applications', { name: 'Without scopes', type: 'm2m' })
  const { application } = made.body
  const { apis } = (await kindred.call('GET', '/api/v1/apis')).body
  const management = apis.find((api: { audience: string }) => api.audience === audience)
  const body = { applications: [{ id: application.id }] }
  assert.equal((await kindred.call('PATCH', `/api/v1/apis/${management.id}/applications`, body)).status, 200)
  return { clientId: application.client_id, clientSecret: application.client_secret }
}
