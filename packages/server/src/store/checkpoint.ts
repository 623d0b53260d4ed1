import { Worker } from 'node:worker_threads'

/** Commits after which the log is moved into the database, unless a second of quiet comes first. */
const commitsBetweenCheckpoints = 2000
const checkpointIntervalMs = 1000

/**
 * Moves SQLite's write-ahead log into the database file from a thread with a connection of its own. On the serving
 * thread a checkpoint would hold up every request for as long as the disk takes.
 */
export class Checkpointer {
  readonly #file: string
  #worker: Worker | undefined
  #commits = 0
  #running = false
  #timer: NodeJS.Timeout | undefined

  constructor(file: string) {
    this.#file = file
  }

  noteCommit(): void {
    this.#commits += 1
    if (this.#commits >= commitsBetweenCheckpoints) this.#checkpoint()
    else this.#timer ??= setTimeout(() => this.#checkpoint(), checkpointIntervalMs).unref()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#worker?.terminate()
  }

  #checkpoint(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running) return
    this.#running = true
    this.#commits = 0
    this.#worker ??= this.#start()
    this.#worker.postMessage('checkpoint')
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./checkpoint-worker.${extension}`, import.meta.url), {
      workerData: this.#file,
    })
    worker.on('message', () => {
      this.#running = false
    })
    // A checkpoint that fails loses nothing: the log stays, and the next one tries again.
    worker.on('error', () => {
      this.#running = false
      this.#worker = undefined
    })
    worker.unref()
    return worker
  }
}
