import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { type Sample, samplesBuiltIn, type Trust } from './languages.ts'

const here = import.meta.dirname
const scratch = mkdtempSync(join(tmpdir(), 'kindred-samples-'))
cpSync(join(here, 'csharp'), join(scratch, 'csharp'), { recursive: true })

const samples = samplesBuiltIn(scratch)
const missing = new Map(samples.map((sample) => [sample.file, firstMissing(sample)]))
const present = samples.filter((sample) => !missing.get(sample.file))

let kindred: Kindred
let ungranted: Promise<Application> | undefined

before(async () => {
  kindred = await startKindred()
  await addUser(kindred)
})

after(async () => {
  await kindred?.stop()
  rmSync(scratch, { recursive: true, force: true })
})

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

for (const sample of present) {
  test(`${sample.file} prints the users, and says what a refusal is about`, async (t) => {
    for (const command of sample.build?.(kindred.caFile) ?? []) {
      const { code, stdout, stderr } = await execute(command)
      assert.equal(code, 0, `${command.join(' ')}\n${stdout}${stderr}`)
    }
    const run = (settings: NodeJS.ProcessEnv, { env, options = [] }: Trust = {}) => {
      const [program = '', ...args] = sample.run
      return execute([program, ...options, ...args], {
        KINDRED_CLIENT_ID: kindred.clientId,
        KINDRED_CLIENT_SECRET: kindred.clientSecret,
        KINDRED_AUDIENCE: undefined,
        ...settings,
        ...env,
      })
    }

    if (sample.trust) {
      const trust = sample.trust(kindred.caFile)
      await t.test('over https, trusting the CA', async () => {
        assertUsers(await run({ KINDRED_URL: kindred.url }, trust))
      })

      await t.test('over https, not trusting the CA', async () => {
        const { code, stdout, stderr } = await run({ KINDRED_URL: kindred.url })
        assert.equal(stdout, '')
        // What each platform calls it is its own affair.
        assert.match(stderr, /certificat|trust|verify/i)
        assert.notEqual(code, 0)
      })
    }

    await t.test('over http on loopback', async () => {
      assertUsers(await run({ KINDRED_URL: kindred.plainUrl }))
    })

    await t.test('with the audience given', async () => {
      assertUsers(await run({ KINDRED_URL: kindred.plainUrl, KINDRED_AUDIENCE: kindred.audience }))
    })

    await t.test('with a wrong secret', async () => {
      const { code, stdout, stderr } = await run({ KINDRED_URL: kindred.plainUrl, KINDRED_CLIENT_SECRET: 'wrong & +' })
      assert.equal(stdout, '')
      // One line, and no stack trace after it.
      assert.match(stderr, /^POST http:\S+\/oauth2\/token: 401 invalid_client: .+\n$/)
      assert.notEqual(code, 0)
    })

    await t.test('with an application that was not granted read:users', async () => {
      ungranted ??= addApplicationWithoutScopes(kindred)
      const { clientId, clientSecret } = await ungranted
      const { code, stdout, stderr } = await run({
        KINDRED_URL: kindred.plainUrl,
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

type Kindred = Awaited<ReturnType<typeof startKindred>>

/** Starts `kindred serve` in memory. */
async function startKindred() {
  const child = spawn(process.execPath, ['packages/cli/bin/kindred.js', 'serve', '--json'], {
    cwd: join(here, '..'),
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KINDRED_'))),
      KINDRED_DATABASE_URL: 'memory:',
      KINDRED_PORT: '0',
      KINDRED_DATA_DIR: join(scratch, 'data'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([once(lines, 'line'), exited.then(() => [])])
  assert.ok(line, `kindred ended before it was ready:\n${log}`)
  const ready = JSON.parse(line)

  return {
    url: ready.url as string,
    plainUrl: ready.url.replace('https:', 'http:') as string,
    audience: ready.audience as string,
    caFile: ready.ca_file as string,
    clientId: ready.client_id as string,
    clientSecret: ready.client_secret as string,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

interface Application {
  clientId: string
  clientSecret: string
}

/** Makes the user that the samples print. */
async function addUser(kindred: Kindred) {
  const call = await managementApi(kindred)
  await call('POST', '/user', {
    profile: { given_name: 'Zoë', family_name: 'Meyer' },
    identities: [{ type: 'email', details: { email: 'zoe@example.com' } }],
  })
}

/** Makes an application that may ask for tokens of the Management API and holds none of its scopes. */
async function addApplicationWithoutScopes(kindred: Kindred): Promise<Application> {
  const call = await managementApi(kindred)
  const { application } = await call('POST', '/applications', { name: 'Without scopes', type: 'm2m' })
  const { apis } = await call('GET', '/apis')
  const management = apis.find((api: { audience: string }) => api.audience === kindred.audience)
  await call('PATCH', `/apis/${management.id}/applications`, { applications: [{ id: application.id }] })
  return { clientId: application.client_id, clientSecret: application.client_secret }
}

/** Calls the Management API with all its scopes. */
async function managementApi({ plainUrl, audience, clientId, clientSecret }: Kindred) {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience }
  const { access_token } = await reply(`${plainUrl}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
  return (method: string, path: string, body?: unknown) =>
    reply(`${plainUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
}

async function reply(url: string, init: RequestInit) {
  const response = await fetch(url, init)
  const body = await response.text()
  assert.ok(response.ok, `${init.method} ${url}: ${response.status} ${body}`)
  return JSON.parse(body)
}
