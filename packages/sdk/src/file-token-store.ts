import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { StoredToken, TokenStore } from './token-store.ts'

/**
 * Keeps tokens in a file that only its owner can read (mode 0600), so that one run of a program can use the token of the
 * run before. For Node.js, Deno and Bun.
 */
export class FileTokenStore implements TokenStore {
  readonly #path: string
  #writing: Promise<void> = Promise.resolve()

  /** @param path the file; it and its folder are made when the first token comes */
  constructor(path: string) {
    this.#path = path
  }

  async get(key: string): Promise<StoredToken | undefined> {
    await this.#writing
    return (await this.#read())[key]
  }

  set(key: string, token: StoredToken): Promise<void> {
    return this.#change((tokens) => {
      tokens[key] = token
    })
  }

  delete(key: string): Promise<void> {
    return this.#change((tokens) => {
      delete tokens[key]
    })
  }

  /** Tokens of other keys stay. The file is replaced as a whole: a reader never sees half of it. */
  #change(work: (tokens: Record<string, StoredToken>) => void): Promise<void> {
    const changed = this.#writing.then(async () => {
      const tokens = await this.#read()
      work(tokens)
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      const made = `${this.#path}.${crypto.randomUUID()}`
      await writeFile(made, JSON.stringify(tokens), { mode: 0o600 })
      await rename(made, this.#path)
    })
    // A failed change is told to its caller; the next one starts afresh.
    this.#writing = changed.catch(() => {})
    return changed
  }

  async #read(): Promise<Record<string, StoredToken>> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return {}
      throw error
    }
    try {
      return JSON.parse(text)
    } catch {
      // Cut off or edited by hand. Tokens are cheap: they are asked for again.
      return {}
    }
  }
}
