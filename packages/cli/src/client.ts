import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tls from 'node:tls'
import {
  type ClientOptions,
  Kindred,
  MemoryTokenStore,
  NetworkError,
  type StoredToken,
  type TokenStore,
} from '@kindred/sdk'
import { FileTokenStore } from '@kindred/sdk/file-token-store'
import { type Access, type AccessOptions, findAccess } from './access.ts'
import { CommandError } from './exit-code.ts'
import { configFolder } from './profile-store.ts'
import type { Terminal } from './terminal.ts'

/** A client of the server that the command line, the environment or a profile names. Tokens last beyond the command. */
export async function connect(
  terminal: Terminal,
  options: AccessOptions & { maxConcurrent?: number },
): Promise<Kindred> {
  const { maxConcurrent, ...accessOptions } = options
  const access = await findAccess(terminal, accessOptions)
  return clientOf(terminal, access, { tokenStore: new LastingTokens(terminal), maxConcurrent })
}

/** A client with these credentials. */
export async function clientOf(terminal: Terminal, access: Access, options: ClientOptions = {}): Promise<Kindred> {
  if (access.caFile !== undefined) await trust(access.caFile)
  const { domain, clientId, clientSecret } = access
  return new Kindred({
    ...{ domain, clientId, clientSecret },
    hooks: {
      retry({ error, waitMs }) {
        // Whoever typed the command wants to know now; a program would rather wait.
        if (error instanceof NetworkError && error.code === 'UNREACHABLE') throw error
        if (waitMs >= 1000 && terminal.stderr.isTTY) {
          terminal.stderr.write(`Waiting ${Math.ceil(waitMs / 1000)} s: ${error.message}\n`)
        }
      },
    },
    ...options,
  })
}

/** For every connection of this process from now on. */
async function trust(caFile: string): Promise<void> {
  let pem: string
  try {
    pem = await readFile(caFile, 'utf8')
  } catch (error) {
    throw new CommandError(`${caFile} cannot be read (${(error as Error).message}).`)
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new CommandError(
      `${caFile} holds no certificate in PEM form. Name the file of the authority, such as .kindred/ca.pem.`,
    )
  }
  if (tls.setDefaultCACertificates === undefined) {
    throw new CommandError(
      `This Node.js (${process.version}) cannot be told of ${caFile}. Set NODE_EXTRA_CA_CERTS=${caFile} instead.`,
    )
  }
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), pem])
  } catch (error) {
    throw new CommandError(`${caFile} holds no certificate that can be used (${(error as Error).message}).`)
  }
}

/** Tokens in a file of this user; where it cannot be written, in memory. */
class LastingTokens implements TokenStore {
  readonly #file: FileTokenStore
  readonly #memory = new MemoryTokenStore()

  constructor(terminal: Terminal) {
    this.#file = new FileTokenStore(join(configFolder(terminal), 'tokens.json'))
  }

  async get(key: string): Promise<StoredToken | undefined> {
    return this.#memory.get(key) ?? (await this.#file.get(key).catch(() => undefined))
  }

  async set(key: string, token: StoredToken): Promise<void> {
    this.#memory.set(key, token)
    // A home that cannot be written costs a token for each command, and no more.
    await this.#file.set(key, token).catch(() => {})
  }

  async delete(key: string): Promise<void> {
    this.#memory.delete(key)
    await this.#file.delete(key).catch(() => {})
  }
}
