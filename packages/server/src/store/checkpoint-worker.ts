import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { CheckpointDone } from './checkpoint.ts'

const database = new DatabaseSync(workerData as string)
database.exec('pragma busy_timeout = 5000; pragma synchronous = full')
const checkpoint = database.prepare('pragma wal_checkpoint(passive)')

// PASSIVE moves what it can without waiting for readers or writers, and never makes them wait.
parentPort?.on('message', () => {
  const startedAt = performance.now()
  const { log } = checkpoint.get() as { log: number }
  const done: CheckpointDone = { logPages: log, tookMs: performance.now() - startedAt }
  parentPort?.postMessage(done)
})
