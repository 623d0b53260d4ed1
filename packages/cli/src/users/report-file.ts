import { open } from 'node:fs/promises'
import type { Refusal } from './import-users.ts'

/** Made when the first row is refused. Never holds a hash of a password. */
export class ReportFile {
  readonly #file: string
  readonly #flag: 'a' | 'w'
  #handle: ReturnType<typeof open> | undefined

  /** @param isContinued keeps what an earlier run has reported */
  constructor(file: string, isContinued: boolean) {
    this.#file = file
    this.#flag = isContinued ? 'a' : 'w'
  }

  async add(refusal: Refusal): Promise<void> {
    this.#handle ??= open(this.#file, this.#flag, 0o600)
    await (await this.#handle).write(`${JSON.stringify(refusal)}\n`)
  }

  async close(): Promise<void> {
    await (await this.#handle)?.close()
  }
}
