import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { CommandError } from './exit-code.ts'
import { readProfiles } from './profile-store.ts'
import type { Terminal } from './terminal.ts'

/** A server, credentials for it, and where the command has them from. */
export interface Access {
  domain: string
  clientId: string
  clientSecret: string
  /** Absolute path of a certificate authority to be trusted besides the usual ones. */
  caFile: string | undefined
  from: { kind: 'profile'; name: string } | { kind: 'environment' } | { kind: 'folder'; path: string }
}

/** What a command line says of the server. */
export interface AccessOptions {
  profile?: string
  caFile?: string
}

/** The server of this folder, as a profile that need not be made. */
export const localProfile = 'local'

const variables = ['KINDE_DOMAIN', 'KINDE_MANAGEMENT_CLIENT_ID', 'KINDE_MANAGEMENT_CLIENT_SECRET'] as const

/** Gives a command the options that say which server it calls. */
export function addAccessOptions(command: Command): Command {
  return command
    .option('--profile <name>', 'the server to call, see kindred profiles; local is that of this folder')
    .option('--ca-file <file>', 'certificate authority to trust besides the usual ones, PEM')
}

/**
 * The server that a command calls: the profile that it names, else that of the environment variables, else the current
 * profile, else the one that was started in this folder.
 * @throws {CommandError} when there is none, or one without all that it takes
 */
export async function findAccess(terminal: Terminal, options: AccessOptions): Promise<Access> {
  const access = await accessWithoutCa(terminal, options)
  const named = options.caFile === undefined ? access.caFile : resolve(terminal.folder, options.caFile)
  if (named !== undefined && !existsSync(named)) {
    throw new CommandError(`There is no file ${named}. Name that of the certificate authority: --ca-file <file>`)
  }
  return { ...access, caFile: named ?? caOfFolder(terminal, access.domain) }
}

async function accessWithoutCa(terminal: Terminal, options: AccessOptions): Promise<Access> {
  const { env } = terminal
  const name = options.profile ?? (env.KINDRED_PROFILE || undefined)
  if (name !== undefined) return named(terminal, name)
  const missing = variables.filter((variable) => !env[variable])
  if (missing.length === 0) {
    const [domain, clientId, clientSecret] = variables.map((variable) => env[variable]!) as [string, string, string]
    return { domain, clientId, clientSecret, caFile: undefined, from: { kind: 'environment' } }
  }
  if (missing.length < variables.length) {
    const set = variables.filter((variable) => env[variable])
    throw new CommandError(
      `${set.join(' and ')} is set, and ${missing.join(' and ')} is not. Set all three, or none and use a profile: kindred login`,
    )
  }
  const { current } = await readProfiles(terminal)
  if (current !== null) return named(terminal, current)
  const local = await accessOfFolder(terminal)
  if (local !== undefined) return local
  throw new CommandError(
    'There is no server to call. Sign in to one with: kindred login. Or set KINDE_DOMAIN, KINDE_MANAGEMENT_CLIENT_ID and ' +
      'KINDE_MANAGEMENT_CLIENT_SECRET. Or start one in this folder: kindred serve',
  )
}

async function named(terminal: Terminal, name: string): Promise<Access> {
  const { profiles } = await readProfiles(terminal)
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile !== undefined) {
    const { domain, client_id: clientId, client_secret: clientSecret, ca_file: caFile } = profile
    return { domain, clientId, clientSecret, caFile, from: { kind: 'profile', name } }
  }
  if (name === localProfile) {
    const local = await accessOfFolder(terminal)
    if (local !== undefined) return local
    throw new CommandError(
      `There is no server in ${dataFolder(terminal)}. Start one with: kindred serve (one in memory keeps nothing there: kindred login takes what it prints).`,
    )
  }
  const known = Object.keys(profiles).join(', ') || 'none yet'
  throw new CommandError(
    `There is no profile ${JSON.stringify(name)}. There are: ${known}. Make one with: kindred login`,
  )
}

function dataFolder({ env, folder }: Terminal): string {
  return resolve(folder, env.KINDRED_DATA_DIR || '.kindred')
}

/** The authority of the server in this folder is trusted for addresses of this machine alone. */
export function caOfFolder(terminal: Terminal, domain: string): string | undefined {
  const isHere = /^(https:\/\/)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(domain)
  const file = join(dataFolder(terminal), 'ca.pem')
  return isHere && existsSync(file) ? file : undefined
}

/** Whoever can read the data folder has its database and its master key, and so the first application's secret. */
async function accessOfFolder(terminal: Terminal): Promise<Access | undefined> {
  const path = dataFolder(terminal)
  if (!existsSync(path)) return undefined
  const { readConfig, readFirstClient } = await import('@kindred/server')
  const config = readConfig({ ...terminal.env, KINDRED_DATA_DIR: path })
  const client = await readFirstClient(config)
  if (client === undefined) return undefined
  const { url, ...credentials } = client
  // Flags of `serve` are known to the database alone: it was given its address when the server was started.
  const isSaid = Boolean(terminal.env.KINDRED_URL || terminal.env.KINDRED_PORT)
  const domain = isSaid ? config.url : (url ?? config.url)
  return { domain, ...credentials, caFile: undefined, from: { kind: 'folder', path } }
}

/** Where credentials come from, for people. */
export function originText({ from }: Access): string {
  if (from.kind === 'profile') return `profile ${from.name}`
  if (from.kind === 'environment') return 'environment variables'
  return `the server in ${from.path}`
}
