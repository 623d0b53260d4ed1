import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const database = new DatabaseSync(workerData as string)
database.exec('pragma busy_timeout = 5000; pragma synchronous = full')

// PASSIVE moves what it can without waiting for readers or writers, and never makes them wait.
parentPort?.on('message', () => {
  database.exec('pragma wal_checkpoint(passive)')
  parentPort?.postMessage('done')
})
