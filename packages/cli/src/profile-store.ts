import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommandError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** A server and credentials for it, under a name. */
export interface Profile {
  domain: string
  client_id: string
  client_secret: string
  /** Absolute path of a certificate authority that is trusted besides the usual ones. */
  ca_file?: string
}

/** The file of profiles. */
export interface Profiles {
  /** The name of the one that is used when none is named. */
  current: string | null
  profiles: Record<string, Profile>
}

/** The folder of this user's settings, by the XDG Base Directory Specification. */
export function configFolder({ env }: Terminal): string {
  const base =
    env.XDG_CONFIG_HOME || (process.platform === 'win32' && env.APPDATA) || join(env.HOME || homedir(), '.config')
  return join(base, 'kindred')
}

export function profilesFile(terminal: Terminal): string {
  return join(configFolder(terminal), 'profiles.json')
}

/** @throws {CommandError} when the file is there and cannot be used */
export async function readProfiles(terminal: Terminal): Promise<Profiles> {
  const file = profilesFile(terminal)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return { current: null, profiles: {} }
    throw new CommandError(`${file} cannot be read (${message}).`)
  }
  try {
    const { current, profiles } = JSON.parse(text) as Partial<Profiles>
    if (typeof profiles !== 'object' || profiles === null) throw new Error('it holds no profiles')
    return { current: current ?? null, profiles }
  } catch (error) {
    const { message } = error as Error
    throw new CommandError(`${file} cannot be used (${message}). Mend or delete it, then: kindred login`)
  }
}

/** Replaces the file as a whole; only its owner can read it. */
export async function writeProfiles(terminal: Terminal, profiles: Profiles): Promise<void> {
  const file = profilesFile(terminal)
  try {
    await mkdir(configFolder(terminal), { recursive: true, mode: 0o700 })
    const made = `${file}.${randomUUID()}`
    await writeFile(made, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 })
    await rename(made, file)
  } catch (error) {
    throw new CommandError(
      `${file} cannot be written (${(error as Error).message}). Set XDG_CONFIG_HOME to a folder of yours.`,
    )
  }
}
