import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Finding } from './doctor.ts'
import { exitCodes } from './exit-code.ts'
import { profilesFile } from './profile-store.ts'
import type { Terminal } from './terminal.ts'

const dayMs = 86_400_000
const soonMs = 30 * dayMs

/** What can be seen of a server's settings and data folder from beside it, and of the file of profiles. */
export async function* examineFolder(terminal: Terminal): AsyncGenerator<Finding> {
  yield* privateFile('profiles', profilesFile(terminal))
  const folder = resolve(terminal.folder, terminal.env.KINDRED_DATA_DIR || '.kindred')
  const hasSettings = Object.keys(terminal.env).some(
    (name) => name.startsWith('KINDRED_') && name !== 'KINDRED_PROFILE',
  )
  if (!hasSettings && !(await exists(folder))) return
  const { readConfig } = await import('@kindred/server')
  let databaseUrl: string
  try {
    databaseUrl = readConfig({ ...terminal.env, KINDRED_DATA_DIR: folder }).databaseUrl
    if (hasSettings) yield { check: 'server', state: 'ok', says: 'the KINDRED_ variables can be used' }
  } catch (error) {
    yield { check: 'server', state: 'fault', says: (error as Error).message, exitCode: exitCodes.usage }
    return
  }
  if (await exists(folder)) {
    yield* privateFile('master key', join(folder, 'secret.key'))
    yield* certificate('authority', join(folder, 'ca.pem'))
    yield* certificate('tls.pem', join(folder, 'tls.pem'))
  }
  if (databaseUrl.startsWith('sqlite:')) {
    const file = resolve(terminal.folder, databaseUrl.slice('sqlite:'.length))
    if (await exists(file)) yield await databaseFinding(file)
  }
}

async function* privateFile(check: string, file: string): AsyncGenerator<Finding> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    yield { check, state: 'warning', says: `${file} can be read by others`, next: `chmod 600 ${file}` }
  } else yield { check, state: 'ok', says: `${file} is readable for you alone` }
}

async function* certificate(check: string, file: string): AsyncGenerator<Finding> {
  const pem = await readFile(file, 'utf8').catch(() => undefined)
  if (pem === undefined) return
  let until: Date
  try {
    until = new X509Certificate(pem).validToDate
  } catch (error) {
    const says = `${file} is no certificate (${(error as Error).message})`
    yield {
      check,
      state: 'fault',
      says,
      next: `Remove it, and start the server: it makes a new one.`,
      exitCode: exitCodes.usage,
    }
    return
  }
  const left = until.getTime() - Date.now()
  const day = until.toISOString().slice(0, 10)
  if (left <= 0) {
    const says = `${file} expired on ${day}`
    yield {
      check,
      state: 'fault',
      says,
      next: 'Start the server again: it renews it.',
      exitCode: exitCodes.unreachable,
    }
  } else if (left < soonMs) {
    yield { check, state: 'warning', says: `${file} expires on ${day}`, next: 'A running server renews it by itself.' }
  } else yield { check, state: 'ok', says: `${file} is good until ${day}` }
}

/** Reads the file as SQLite does, beside a running server. */
async function databaseFinding(file: string): Promise<Finding> {
  const { DatabaseSync } = await import('node:sqlite')
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      const rows = database.prepare('pragma quick_check(1)').all() as { quick_check?: string }[]
      const said = rows[0]?.quick_check ?? 'no answer'
      if (said !== 'ok') throw new Error(said)
      return { check: 'database', state: 'ok', says: `${file} is sound` }
    } finally {
      database.close()
    }
  } catch (error) {
    const says = `${file} cannot be read as it should (${(error as Error).message})`
    return {
      check: 'database',
      state: 'fault',
      says,
      next: 'Stop the server and restore it from a backup.',
      exitCode: exitCodes.unavailable,
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
