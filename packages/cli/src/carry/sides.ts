import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Kindred } from '@kindred/sdk'
import type { Seed } from '@kindred/server'
import { type AccessOptions, findAccess, originText } from '../access.ts'
import { connect } from '../client.ts'
import { CommandError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { progressOf } from './progress.ts'
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
  return /\.(ya?ml|json)$/i.test(word) || existsSync(resolve(terminal.folder, word))
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

/** Reads the server that the options name. */
export async function readServer(terminal: Terminal, options: AccessOptions): Promise<LiveSide> {
  const access = await findAccess(terminal, options)
  const kindred = await connect(terminal, options)
  const progress = progressOf(terminal)
  try {
    const live = await readConfiguration(kindred, (part) => progress.show(`Reading ${access.domain}: ${part}`))
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
