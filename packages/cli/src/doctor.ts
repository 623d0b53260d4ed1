import type { Command } from 'commander'
import { type Access, type AccessOptions, addAccessOptions, findAccess, originText } from './access.ts'
import { examineFolder } from './doctor-folder.ts'
import { CommandError, exitCodes } from './exit-code.ts'
import { failureOf } from './failure.ts'
import { visible } from './table.ts'
import type { Terminal } from './terminal.ts'

/** What one check found. */
export interface Finding {
  /** What was looked at. */
  check: string
  state: 'ok' | 'warning' | 'fault'
  /** What is so. */
  says: string
  /** What to do about it. */
  next?: string
  /** For faults: what the command ends with. */
  exitCode?: number
}

const examples = `
  $ kindred doctor
  $ kindred doctor --profile dev
  $ kindred doctor --json

Looks at settings, the data folder, the connection and its certificate, the clocks, a token and a first call. The exit code
is that of the first fault: 2 settings, 3 no connection, 4 credentials, 5 the server.`

const toleratedSkewMs = 30_000

/** Adds `kindred doctor`. */
export function addDoctor(program: Command, terminal: Terminal): void {
  const command = program
    .command('doctor')
    .description('Check settings, connection, clock, token and data folder, and say what to do.')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
  addAccessOptions(command).action(async () => {
    const { json, ...options } = command.opts<AccessOptions & { json?: boolean }>()
    const findings: Finding[] = []
    for await (const finding of examine(terminal, options)) {
      findings.push(finding)
      if (!json) terminal.stdout.write(findingText(finding))
    }
    if (json) terminal.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`)
    const faults = findings.filter(({ state }) => state === 'fault')
    if (faults.length > 0) {
      const count = faults.length === 1 ? 'is one fault' : `are ${faults.length} faults`
      throw new CommandError(`There ${count}: ${faults.map(({ check }) => check).join(', ')}.`, faults[0]!.exitCode)
    }
  })
}

async function* examine(terminal: Terminal, options: AccessOptions): AsyncGenerator<Finding> {
  yield { check: 'node', state: 'ok', says: `Node.js ${process.version}` }
  yield* examineFolder(terminal)
  let access: Access
  try {
    access = await findAccess(terminal, options)
  } catch (error) {
    yield faultOf('settings', error)
    return
  }
  yield {
    check: 'settings',
    state: 'ok',
    says: `${access.domain}, application ${access.clientId}, from ${originText(access)}`,
  }
  yield* examineServer(terminal, access)
}

async function* examineServer(terminal: Terminal, access: Access): AsyncGenerator<Finding> {
  const { clientOf } = await import('./client.ts')
  const { MemoryTokenStore } = await import('@kindred/sdk')
  const { decodeToken } = await import('./token.ts')
  let kindred: Awaited<ReturnType<typeof clientOf>>
  try {
    kindred = await clientOf(terminal, access, { tokenStore: new MemoryTokenStore(), maxRetries: 0, timeoutMs: 10_000 })
  } catch (error) {
    yield faultOf('settings', error)
    return
  }

  // Without a token, so that what is wrong with the connection is told apart from what is wrong with the credentials.
  const { Client } = await import('@kindred/sdk')
  const plain = new Client({ domain: kindred.origin, accessToken: null, maxRetries: 0, timeoutMs: 10_000 })
  const askedAt = Date.now()
  let headers: Headers
  let issuer: unknown
  try {
    const reply = await plain.exchange('GET', '/.well-known/openid-configuration')
    headers = reply.headers
    issuer = (reply.body as { issuer?: unknown } | undefined)?.issuer
  } catch (error) {
    yield faultOf('connection', error)
    return
  }
  const tookMs = Date.now() - askedAt
  yield { check: 'connection', state: 'ok', says: `${kindred.origin} answered in ${tookMs} ms` }
  if (kindred.origin.startsWith('https:')) {
    const by = access.caFile === undefined ? 'by the usual authorities or NODE_EXTRA_CA_CERTS' : `by ${access.caFile}`
    yield { check: 'certificate', state: 'ok', says: `trusted, ${by}` }
  } else {
    yield { check: 'certificate', state: 'ok', says: 'none: plain HTTP on this machine' }
  }
  if (typeof issuer === 'string' && issuer !== kindred.origin) {
    yield {
      ...{
        check: 'issuer',
        state: 'warning',
        says: `tokens are issued by ${visible(issuer)}, and you call ${kindred.origin}`,
      },
      next: `Fine on this machine. Elsewhere use the address of the issuer, or set KINDRED_URL on the server.`,
    }
  }
  yield clockFinding(headers, askedAt, tookMs)

  let token: string
  try {
    token = (await kindred.accessToken())!
  } catch (error) {
    yield faultOf('token', error)
    return
  }
  const [, claims] = decodeToken(token)
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ').filter(Boolean) : []
  const seconds = Number(claims.exp) - Number(claims.iat)
  yield { check: 'token', state: 'ok', says: `given, for ${seconds} s, with ${scopes.length} scopes` }
  if (scopes.length === 0) {
    yield {
      ...{ check: 'scopes', state: 'warning', says: 'the application has no scope of the Management API' },
      next: 'Grant some to it: in the console, or as kindred apps create --scopes does for a new one.',
    }
    return
  }
  const { operations } = await import('@kindred/sdk/operations')
  const call = operations.find(
    ({ method, path, scope, parameters }) =>
      method === 'GET' &&
      scope !== null &&
      scopes.includes(scope) &&
      !path.includes('{') &&
      !parameters.some(({ isRequired }) => isRequired),
  )
  if (call === undefined) return
  try {
    await kindred.send(call, call.query?.includes('page_size') ? { page_size: 1 } : {})
    yield { check: 'call', state: 'ok', says: `${call.id} succeeded` }
  } catch (error) {
    yield faultOf('call', error)
  }
}

/** RFC 9110 §6.6.1: whole seconds, rounded down. */
function clockFinding(headers: Headers, askedAt: number, tookMs: number): Finding {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return { check: 'clock', state: 'ok', says: 'the server does not tell its time' }
  const skewMs = askedAt + tookMs / 2 - (date + 500)
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  if (Math.abs(skewMs) <= toleratedSkewMs + tookMs / 2) {
    return {
      check: 'clock',
      state: 'ok',
      says: seconds < 2 ? "agrees with the server's" : `${seconds} s from the server's`,
    }
  }
  return {
    ...{
      check: 'clock',
      state: 'warning',
      says: `this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the server`,
    },
    next: 'Tokens seem to be expired, or not valid yet, to whoever checks them. Set the clock: timedatectl set-ntp true',
  }
}

function faultOf(check: string, error: unknown): Finding {
  const { message, next, exitCode, isUnforeseen } = failureOf(error)
  const advice = next?.includes('kindred doctor') ? adviceFor(exitCode) : next
  return { check, state: 'fault', says: message, next: isUnforeseen ? undefined : advice, exitCode }
}

/** What the other commands send to the doctor with. */
function adviceFor(exitCode: number): string {
  if (exitCode === exitCodes.unauthorized) return 'Give other credentials: kindred login'
  return (
    'If it is a local server: is it running (kindred serve), on this port, and is its authority the one in ca.pem? ' +
    'Its file is given with --ca-file, or with NODE_EXTRA_CA_CERTS when the program starts.'
  )
}

function findingText({ check, state, says, next }: Finding): string {
  const mark = { ok: 'ok     ', warning: 'WARNING', fault: 'FAULT  ' }[state]
  return `${mark}  ${check.padEnd(11)}  ${says}\n${next === undefined ? '' : `${' '.repeat(22)}${next}\n`}`
}
