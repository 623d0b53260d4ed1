import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Kindred } from '@kindred/sdk'
import type { Seed } from '@kindred/server'
import { type Access, type AccessOptions, findAccess, originText } from '../access.ts'
import { clientOf, connect } from '../client.ts'
import { CommandError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { decodeToken } from '../token.ts'
import { progressOf } from './progress.ts'
import type { AskToken } from './read-applications.ts'
import { type Live, readConfiguration } from './read-configuration.ts'

/** A server with its configuration. */
export interface LiveSide extends Live {
  kindred: Kindred
  /** What people know it by. */
  title: string
  domain: string
  /** Client id of the application whose credentials are used. */
  clientId: string
}

/** What a plan compares: a file, or a server. */
export type Side = LiveSide | { seed: Seed; title: string; kindred?: undefined; tellsScopes: true }

/** Whether a word of the command line names a file, and not a profile. */
export function isFile(terminal: Terminal, word: string): boolean {
  const found = statSync(resolve(terminal.folder, word), { throwIfNoEntry: false })
  return /\.(ya?ml|json)$/i.test(word) || (found?.isFile() ?? false)
}

/** @param word a file in the form of seeds, or a profile */
export async function readSide(terminal: Terminal, word: string, options: AccessOptions): Promise<Side> {
  if (!isFile(terminal, word)) return readServer(terminal, { ...options, profile: word })
  const { readSeed } = await import('@kindred/server')
  try {
    const { users: _, ...seed } = await readSeed(resolve(terminal.folder, word), { withPeople: false })
    return { seed, title: word, tellsScopes: true }
  } catch (error) {
    if ((error as Error).name === 'SeedError') throw new CommandError((error as Error).message)
    throw error
  }
}

/**
 * Reads the server that the options name.
 * @param options `asksTokens`: a token is asked for as each M2M application whose scopes the server does not tell
 */
export async function readServer(
  terminal: Terminal,
  { asksTokens = false, ...options }: AccessOptions & { asksTokens?: boolean },
): Promise<LiveSide> {
  const access = await findAccess(terminal, options)
  const kindred = await connect(terminal, options)
  const progress = progressOf(terminal)
  try {
    const onPart = (part: string) => progress.show(`Reading ${access.domain}: ${part}`)
    const askToken = asksTokens ? tokenAsker(terminal, access) : undefined
    const live = await readConfiguration(kindred, { onPart, askToken })
    return {
      ...live,
      kindred,
      title: `${access.domain} (${originText(access)})`,
      domain: access.domain,
      clientId: access.clientId,
    }
  } finally {
    progress.end()
  }
}

function tokenAsker(terminal: Terminal, access: Access): AskToken {
  return async (credentials, audience) => {
    const client = await clientOf(terminal, { ...access, ...credentials }, { audience })
    const [, { scope, scp, org_code: organization }] = decodeToken((await client.accessToken())!)
    // Kinde's tokens for machines have `scope`, beside an empty `scp`.
    const scopes = scope === undefined && Array.isArray(scp) ? scp.map(String) : String(scope ?? '').split(' ')
    return {
      scopes: scopes.filter((key) => key !== ''),
      organization: typeof organization === 'string' ? organization : undefined,
    }
  }
}
