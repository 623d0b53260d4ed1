import { existsSync } from 'node:fs'
import type { Role } from './auth.ts'
import type { Config } from './config.ts'
import { StartError } from './errors.ts'
import { recordEvents } from './journal/record.ts'
import { addLink, addSetupLink, linkUrl } from './store/administrator-links.ts'
import { emailKey } from './store/administrators.ts'
import { randomIds } from './store/ids.ts'
import { openStore } from './store/open.ts'
import type { Db } from './store/tables.ts'

/**
 * Makes a one-time link to the first owner's account, beside a running server.
 * @throws {StartError} when there is an administrator already, or no database that another process could serve
 */
export async function makeSetupLink(config: Config): Promise<string> {
  return inDatabase(config, async (db, now) => {
    const token = await addSetupLink(db, { ids: randomIds, now })
    if (token !== null) return linkUrl(config.url, 'setup', token)
    throw new StartError(
      'There is an administrator already. For a new password: npx kindred admin reset-password <e-mail address>',
    )
  })
}

/**
 * Makes a one-time link with which an administrator sets a new password, beside a running server.
 * @throws {StartError} when nobody has the address, or there is no database that another process could serve
 */
export async function makeResetLink(config: Config, email: string): Promise<string> {
  return inDatabase(config, async (db, now) => {
    const row = await db
      .selectFrom('administrators')
      .select(['id', 'role'])
      .where('email_key', '=', emailKey(email))
      .executeTakeFirst()
    if (row === undefined) {
      const known = await db.selectFrom('administrators').select('email').orderBy('seq').execute()
      const list = known.map(({ email }) => email).join(', ')
      throw new StartError(
        known.length === 0
          ? 'There is no administrator yet. Make the first one: npx kindred admin setup-link'
          : `No administrator has the address ${JSON.stringify(email)}. There are: ${list}`,
      )
    }
    const target = { purpose: 'reset', administratorId: row.id, role: row.role as Role } as const
    const { token } = await addLink(db, target, { ids: randomIds, now })
    const event = { type: 'administrator.reset_link_made', data: { administrator: { id: row.id } } } as const
    const actor = { source: 'admin', applicationId: null, requestId: null } as const
    await recordEvents(db, [event], { actor, ids: randomIds, now })
    return linkUrl(config.url, 'reset', token)
  })
}

async function inDatabase<Result>(config: Config, work: (db: Db, now: number) => Promise<Result>): Promise<Result> {
  if (config.databaseUrl === 'memory:') {
    throw new StartError(
      'KINDRED_DATABASE_URL: administrators in memory belong to the server process alone; it prints a link when it starts.',
    )
  }
  if (config.databaseUrl.startsWith('sqlite:') && !existsSync(config.databaseUrl.slice('sqlite:'.length))) {
    throw new StartError('KINDRED_DATABASE_URL: there is no such database. Start the server once: npx kindred serve')
  }
  const store = await openStore(config.databaseUrl, { exclusive: false })
  try {
    return await store.write((db) => work(db, Date.now()))
  } finally {
    await store.close()
  }
}
