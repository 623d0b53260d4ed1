import { createHash, randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { CommandError } from '../exit-code.ts'

/** How far a long command has come, in a file beside its own. */
export class Checkpoint<State extends object> {
  readonly path: string
  readonly #identity: Record<string, string>

  /** @param identity what must be the same for the command to go on: file, server */
  constructor(path: string, identity: Record<string, string>) {
    this.path = path
    this.#identity = identity
  }

  /**
   * @returns undefined when there is none
   * @throws {Error} when it belongs to something else
   */
  async read(): Promise<State | undefined> {
    let text: string
    try {
      text = await readFile(this.path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const { identity, state } = JSON.parse(text) as { identity: Record<string, string>; state: State }
    const changed = Object.keys(this.#identity).filter((name) => identity[name] !== this.#identity[name])
    if (changed.length > 0) throw new Error(`it is of another ${changed.join(' and ')}`)
    return state
  }

  /** Replaces the file as a whole. */
  async write(state: State): Promise<void> {
    const made = `${this.path}.${randomUUID()}`
    await writeFile(made, JSON.stringify({ identity: this.#identity, state }), { mode: 0o600 })
    await rename(made, this.path)
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true })
  }
}

/** The checkpoint of an earlier run, if it is to be used. */
export async function startOf<State extends object>(
  checkpoint: Checkpoint<State>,
  isRestart: boolean | undefined,
): Promise<State | undefined> {
  if (isRestart) await checkpoint.remove()
  try {
    return await checkpoint.read()
  } catch (error) {
    throw new CommandError(`${checkpoint.path} cannot be used: ${(error as Error).message}. Begin anew with --restart.`)
  }
}

const sampleBytes = 65_536

/** Tells files apart without reading all of them: by their size, beginning and end. */
export async function fingerprint(file: string): Promise<{ size: number; text: string }> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const hash = createHash('sha256').update(String(size))
    for (const position of [0, Math.max(0, size - sampleBytes)]) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytes), 0, sampleBytes, position)
      hash.update(buffer.subarray(0, bytesRead))
    }
    return { size, text: hash.digest('hex') }
  } finally {
    await handle.close()
  }
}
