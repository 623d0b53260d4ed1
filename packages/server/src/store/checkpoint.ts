import { Worker } from 'node:worker_threads'

/** Commits after which the log is moved into the database, unless a second of quiet comes first. */
const commitsBetweenCheckpoints = 2000
const checkpointIntervalMs = 1000
/** The length of the log, in pages of 4 KiB, from which it is begun anew: the longer it is, the slower are all reads. */
const longLogPages = 8192
/** What is left after a pass of the worker that took so long is moved between two requests, unnoticed. */
const shortPassMs = 50

/** What the worker tells of a pass. */
export interface CheckpointDone {
  /** Pages that the log held, moved ones included. */
  logPages: number
  tookMs: number
}

/**
 * Moves SQLite's write-ahead log into the database file from a thread with a connection of its own. On the serving
 * thread a checkpoint would hold up every request for as long as the disk takes.
 *
 * SQLite begins the log anew only when all of it has been moved, which beside writes without a pause never is the case:
 * what is written during one pass is left for the next. So the passes follow each other until one is short, and then the
 * serving thread, which writes nothing meanwhile, moves the rest.
 */
export class Checkpointer {
  readonly #file: string
  readonly #moveRest: () => void
  #worker: Worker | undefined
  #commits = 0
  #running = false
  #isRestDue = false
  #timer: NodeJS.Timeout | undefined

  /** @param moveRest checkpoints on the connection that writes, after a commit */
  constructor(file: string, moveRest: () => void) {
    this.#file = file
    this.#moveRest = moveRest
  }

  noteCommit(): void {
    this.#commits += 1
    if (this.#isRestDue) {
      this.#isRestDue = false
      try {
        this.#moveRest()
      } catch {
        // As in the worker: nothing is lost, and the next pass tries again.
      }
    }
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
    worker.on('message', ({ logPages, tookMs }: CheckpointDone) => {
      this.#running = false
      if (logPages < longLogPages) return
      if (tookMs > shortPassMs) this.#checkpoint()
      else this.#isRestDue = true
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
