import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { StartError } from './errors.ts'
import { masterKey } from './first-start.ts'
import { createCipher } from './store/cipher.ts'
import { openStore } from './store/open.ts'

/**
 * The credentials of the first M2M application and the base URL of the last start, for whoever has the machine: read from the database with the master key,
 * beside a running server.
 * @returns undefined where another process has nothing to read: a database in memory, or one that is not there yet, no
 *   master key, or the application was deleted
 * @throws {StartError} when the master key is not the one that the database was made with
 */
export async function readFirstClient(
  config: Config,
): Promise<{ clientId: string; clientSecret: string; url: string | undefined } | undefined> {
  const { databaseUrl } = config
  if (databaseUrl === 'memory:') return undefined
  if (config.secretKey === undefined && !existsSync(join(config.dataDir, 'secret.key'))) return undefined
  if (databaseUrl.startsWith('sqlite:') && !existsSync(databaseUrl.slice('sqlite:'.length))) return undefined
  const cipher = createCipher(await masterKey(config, { make: false }))
  const store = await openStore(databaseUrl, { exclusive: false })
  try {
    const row = await store.read
      .selectFrom('settings')
      .innerJoin('application_secrets', 'application_secrets.application_id', 'settings.value')
      .select(['settings.value as clientId', 'application_secrets.id', 'application_secrets.sealed'])
      .where('settings.key', '=', 'first_client_id')
      .orderBy('application_secrets.created_at_ms', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const api = await store.read
      .selectFrom('apis')
      .select('audience')
      .where('is_management_api', '=', true)
      .executeTakeFirst()
    return {
      clientId: row.clientId,
      clientSecret: cipher.open(row.sealed, `application_secrets:${row.id}`),
      url: api?.audience.replace(/\/api$/, ''),
    }
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(
      `KINDRED_SECRET_KEY: it does not open the secrets of this database (${(error as Error).message}).`,
    )
  } finally {
    await store.close()
  }
}
