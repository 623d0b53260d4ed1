import { existsSync } from 'node:fs'
import type { Config } from './config.ts'
import { StartError } from './errors.ts'
import { masterKey } from './first-start.ts'
import { recordEvents } from './journal/record.ts'
import { jwksMaxAgeSeconds, KeyRing } from './oauth/keys.ts'
import { createCipher } from './store/cipher.ts'
import { randomIds } from './store/ids.ts'
import { openStore } from './store/open.ts'

export interface KeyRotation {
  retired: string
  current: string
  next: string
  /** A sentence for whoever rotates too early; undefined when every client has had time to fetch the key. */
  warning: string | undefined
}

/**
 * Rotates the signing keys of an environment, beside its running servers: they notice, and refuse no token meanwhile.
 * @throws {StartError} when there is no database that another process could serve
 */
export async function rotateKeys(config: Config): Promise<KeyRotation> {
  if (config.databaseUrl === 'memory:') {
    throw new StartError(
      'KINDRED_DATABASE_URL: keys in memory belong to the server process alone. Restart it for new ones.',
    )
  }
  if (config.databaseUrl.startsWith('sqlite:') && !existsSync(config.databaseUrl.slice('sqlite:'.length))) {
    throw noKeys()
  }
  const cipher = createCipher(await masterKey(config, { make: false }))
  const store = await openStore(config.databaseUrl, { exclusive: false })
  try {
    const ring = await KeyRing.open({
      store,
      cipher,
      now: Date.now,
      firstKey: () => {
        throw noKeys()
      },
    })
    const { publishedSeconds, ...keys } = await ring.rotate()
    await store.write((db) =>
      recordEvents(db, [{ type: 'signing_keys.rotated', data: { signing_keys: keys } }], {
        actor: { source: 'admin', applicationId: null, requestId: null },
        ids: randomIds,
        now: Date.now(),
      }),
    )
    const early = publishedSeconds < jwksMaxAgeSeconds
    return {
      ...keys,
      warning: early
        ? `The new key was published ${publishedSeconds} s ago; clients may hold a key set up to ${jwksMaxAgeSeconds} s old and fetch it anew.`
        : undefined,
    }
  } finally {
    await store.close()
  }
}

function noKeys(): StartError {
  return new StartError(
    'KINDRED_DATABASE_URL: this database has no keys yet. Start the server on it once: npx kindred serve',
  )
}
