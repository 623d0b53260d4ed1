import { isIP } from 'node:net'
import { StartError } from './errors.ts'
import { isLoopback } from './management-api.ts'
import { parseRateLimit, type RateLimit, rateLimitForms } from './rate-limit.ts'

/** Everything that can be set, parsed and checked. */
export interface Config {
  port: number
  host: string
  /** Public base URL, no slash at the end. */
  url: string
  databaseUrl: string
  dataDir: string
  tls: { mode: 'auto' } | { mode: 'off' } | { mode: 'files'; cert: string; key: string }
  clientId: string | undefined
  clientSecret: string | undefined
  /** 32 bytes, or undefined: then the key file in the data folder holds it. */
  secretKey: Buffer | undefined
  /** For each application that has no limit of its own; null: no limit. */
  rateLimit: RateLimit | null
  logLevel: LogLevel
  /** Whether the control API, for tests, answers under `/_kindred`. */
  control: boolean
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

/** One setting: an environment variable, and a flag of `kindred serve` with the same meaning. */
export interface Setting {
  variable: string
  /** As commander declares it. */
  flag: string
  meaning: string
}

/** Every setting, in the order in which the help shows them. */
export const settings = [
  {
    variable: 'KINDRED_PORT',
    flag: '--port <number>',
    meaning: 'port to listen on (default 8443; 0 takes a free one)',
  },
  { variable: 'KINDRED_HOST', flag: '--host <address>', meaning: 'address to listen on (default 127.0.0.1)' },
  {
    variable: 'KINDRED_URL',
    flag: '--url <url>',
    meaning: 'public base URL, the issuer of tokens (default https://localhost:<port>; http without TLS)',
  },
  {
    variable: 'KINDRED_DATABASE_URL',
    flag: '--database-url <url>',
    meaning:
      'memory:, sqlite:<file> or postgres://user:pass@host/db?schema=name (default sqlite:<data dir>/kindred.db)',
  },
  {
    variable: 'KINDRED_DATA_DIR',
    flag: '--data-dir <folder>',
    meaning: 'folder of the database, the local CA and the master key (default ./.kindred)',
  },
  {
    variable: 'KINDRED_TLS',
    flag: '--tls <mode>',
    meaning: 'auto: a local CA and certificate; off: plain HTTP, behind a proxy (default auto)',
  },
  { variable: 'KINDRED_TLS_CERT', flag: '--tls-cert <file>', meaning: 'certificate of your own, PEM; needs a key too' },
  { variable: 'KINDRED_TLS_KEY', flag: '--tls-key <file>', meaning: 'its private key, PEM' },
  {
    variable: 'KINDRED_CLIENT_ID',
    flag: '--client-id <id>',
    meaning: 'client id of the first M2M application (made at first start)',
  },
  {
    variable: 'KINDRED_CLIENT_SECRET',
    flag: '--client-secret <secret>',
    meaning: 'its client secret, 40 to 60 letters and digits (made at first start)',
  },
  {
    variable: 'KINDRED_SECRET_KEY',
    flag: '--secret-key <base64>',
    meaning: 'master key for secrets at rest: 32 bytes, base64 (default <data dir>/secret.key)',
  },
  {
    variable: 'KINDRED_RATE_LIMIT',
    flag: '--rate-limit <limit>',
    meaning: 'requests of each application, on each node: off, kinde, or <requests>/<seconds> (default off)',
  },
  {
    variable: 'KINDRED_LOG_LEVEL',
    flag: '--log-level <level>',
    meaning: `${logLevels.join(', ')} (default info)`,
  },
  {
    variable: 'KINDRED_CONTROL',
    flag: '--control [mode]',
    meaning: 'on or off: the control API for tests, under /_kindred (default on with memory:, else off)',
  },
] as const satisfies readonly Setting[]

type Variable = (typeof settings)[number]['variable']
type Values = Partial<Record<Variable, string | undefined>>

/**
 * Reads the settings. An empty value counts as not set.
 * @param values environment variables, or what flags give in their place
 * @throws {StartError} one line that names the variable, the fault and the fix
 */
export function readConfig(values: Values): Config {
  const get = (variable: Variable) => values[variable] || undefined
  const port = readPort(get('KINDRED_PORT') ?? '8443')
  const dataDir = get('KINDRED_DATA_DIR') ?? './.kindred'
  const tls = readTls(get('KINDRED_TLS'), get('KINDRED_TLS_CERT'), get('KINDRED_TLS_KEY'))
  const databaseUrl = readDatabaseUrl(get('KINDRED_DATABASE_URL') ?? `sqlite:${dataDir}/kindred.db`)
  // Without TLS nothing answers https on the port, so the address that is printed and signed says http.
  const scheme = tls.mode === 'off' ? 'http' : 'https'
  return {
    port,
    host: readHost(get('KINDRED_HOST') ?? '127.0.0.1'),
    url: readUrl(get('KINDRED_URL') ?? `${scheme}://localhost:${port}`),
    databaseUrl,
    dataDir,
    tls,
    clientId: readClientId(get('KINDRED_CLIENT_ID')),
    clientSecret: readClientSecret(get('KINDRED_CLIENT_SECRET')),
    secretKey: readSecretKey(get('KINDRED_SECRET_KEY')),
    rateLimit: readRateLimit(get('KINDRED_RATE_LIMIT') ?? 'off'),
    logLevel: readLogLevel(get('KINDRED_LOG_LEVEL') ?? 'info'),
    control: readControl(get('KINDRED_CONTROL'), databaseUrl),
  }
}

function fault(variable: Variable, fault: string, fix: string): StartError {
  return new StartError(`${variable}: ${fault}. ${fix}`)
}

function readPort(value: string): number {
  const port = Number(value)
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port
  throw fault('KINDRED_PORT', `${JSON.stringify(value)} is no port`, 'Give a whole number from 0 to 65535.')
}

const hostName = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i

function readHost(value: string): string {
  if (isIP(value) !== 0 || hostName.test(value)) return value
  throw fault(
    'KINDRED_HOST',
    `${JSON.stringify(value)} is no address`,
    'Give an IP address or a host name of this machine, such as 0.0.0.0.',
  )
}

function readUrl(value: string): string {
  const example = 'Give the address that clients use, such as https://id.example.com.'
  if (!URL.canParse(value)) throw fault('KINDRED_URL', `${JSON.stringify(value)} is no URL`, example)
  const url = new URL(value)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw fault('KINDRED_URL', `${url.protocol} is neither https: nor http:`, example)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw fault('KINDRED_URL', `${JSON.stringify(value)} has more than scheme, host and port`, example)
  }
  if (!hostName.test(url.hostname) && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0) {
    throw fault('KINDRED_URL', `${JSON.stringify(url.hostname)} is no host name`, example)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw fault(
      'KINDRED_URL',
      `plain http to ${url.hostname} would show every token to the network`,
      'Use https; behind a proxy that ends TLS the public URL is https too.',
    )
  }
  return url.origin
}

function readDatabaseUrl(value: string): string {
  if (value === 'memory:' || /^sqlite:.+/.test(value)) return value
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return value
  const scheme = /^[a-z]+:/.exec(value)?.[0] ?? 'this'
  throw fault(
    'KINDRED_DATABASE_URL',
    `${scheme} is no database that Kindred knows`,
    'Use memory:, sqlite:<file> or postgres://user:pass@host/db.',
  )
}

function readTls(mode: string | undefined, cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert !== undefined && key !== undefined) return { mode: 'files', cert, key }
  if (cert !== undefined)
    throw fault('KINDRED_TLS_KEY', 'it is missing beside KINDRED_TLS_CERT', 'Name the file of the private key.')
  if (key !== undefined)
    throw fault('KINDRED_TLS_CERT', 'it is missing beside KINDRED_TLS_KEY', 'Name the file of the certificate.')
  if (mode === undefined || mode === 'auto') return { mode: 'auto' }
  if (mode === 'off') return { mode: 'off' }
  throw fault(
    'KINDRED_TLS',
    `${JSON.stringify(mode)} is no mode`,
    'Use auto or off, or KINDRED_TLS_CERT and KINDRED_TLS_KEY.',
  )
}

function readClientId(value: string | undefined): string | undefined {
  if (value === undefined || /^[A-Za-z0-9_-]{1,64}$/.test(value)) return value
  throw fault(
    'KINDRED_CLIENT_ID',
    'it has characters other than letters, digits, - and _, or more than 64',
    'Kinde uses 32 hex digits.',
  )
}

/** Kinde's server SDKs refuse, before any request, a secret of another form. */
function readClientSecret(value: string | undefined): string | undefined {
  if (value === undefined || /^[A-Za-z0-9]{40,60}$/.test(value)) return value
  throw fault(
    'KINDRED_CLIENT_SECRET',
    'it does not consist of 40 to 60 letters and digits',
    'Make one with: openssl rand -hex 26',
  )
}

function readSecretKey(value: string | undefined): Buffer | undefined {
  if (value === undefined) return undefined
  const fix = 'Make one with: openssl rand -base64 32'
  if (!/^[A-Za-z0-9+/_-]+=*$/.test(value)) throw fault('KINDRED_SECRET_KEY', 'it is not base64', fix)
  const key = Buffer.from(value, 'base64')
  if (key.length === 32) return key
  throw fault('KINDRED_SECRET_KEY', `it decodes to ${key.length} bytes and not to 32`, fix)
}

function readRateLimit(value: string): RateLimit | null {
  const limit = parseRateLimit(value)
  if (limit !== undefined) return limit
  throw fault('KINDRED_RATE_LIMIT', `${JSON.stringify(value)} is no limit`, `Use ${rateLimitForms}.`)
}

function readLogLevel(value: string): LogLevel {
  const level = logLevels.find((known) => known === value)
  if (level !== undefined) return level
  throw fault('KINDRED_LOG_LEVEL', `${JSON.stringify(value)} is no level`, `Use one of ${logLevels.join(', ')}.`)
}

/** A database in memory is for tests; any other one may hold what nobody should reset. */
function readControl(value: string | undefined, databaseUrl: string): boolean {
  if (value === undefined) return databaseUrl === 'memory:'
  if (value === 'on' || value === 'off') return value === 'on'
  throw fault('KINDRED_CONTROL', `${JSON.stringify(value)} is neither on nor off`, 'Use on or off.')
}
