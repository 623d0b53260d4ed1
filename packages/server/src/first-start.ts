import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from './errors.ts'
import { managementApiName, managementScopes } from './management-api.ts'
import { hashSecret } from './oauth/secrets.ts'
import { createApplication, putSecret } from './store/applications.ts'
import type { Cipher } from './store/cipher.ts'
import { ensureBuiltInConnections } from './store/connections.ts'
import { nameSort } from './store/dialect.ts'
import type { Ids } from './store/ids.ts'
import { ensureKindeProperties } from './store/kinde-properties.ts'
import { ensureEnvironmentRow } from './store/policies.ts'
import type { Db } from './store/tables.ts'

interface Setup {
  baseUrl: string
  cipher: Cipher
  ids: Ids
  /** Milliseconds since the epoch. */
  now: number
  clientId: string | undefined
  clientSecret: string | undefined
}

/** The first M2M application, as the start prints it. */
export interface FirstClient {
  clientId: string
  clientSecret: string
  /** It was made, or given a new secret, by this start. */
  isNew: boolean
}

/**
 * Puts in place what every environment has: business, default organization, the properties that Kinde provides, the
 * Management API with all its scopes, the first M2M application, authorised for it with every scope, and the built-in
 * connections. Running it again changes only what is missing or set otherwise. Two nodes that start together agree, when
 * the transaction has called `lockSetup` first.
 * @throws {StartError} when the master key is not the one that the database was made with
 */
export async function prepareEnvironment(db: Db, setup: Setup): Promise<FirstClient> {
  await checkMasterKey(db, setup.cipher)
  await ensureBusiness(db, setup)
  await ensureEnvironmentRow(db, setup)
  await ensureDefaultOrganization(db, setup)
  await ensureKindeProperties(db, setup)
  const apiId = await ensureManagementApi(db, setup)
  const firstClient = await ensureFirstClient(db, apiId, setup)
  await ensureBuiltInConnections(db, setup)
  return firstClient
}

interface KeyConfig {
  secretKey: Buffer | undefined
  dataDir: string
  databaseUrl: string
}

/** Whether the master key is at hand without being made. */
export function hasMasterKey(config: KeyConfig): boolean {
  return config.secretKey !== undefined || config.databaseUrl === 'memory:' || existsSync(keyFile(config))
}

/**
 * The master key: as set, or from the file that is made at first start (mode 0600). A database in memory needs none
 * that outlives it.
 * @param options `make`: whether to make the file where it is missing; not for a database that has secrets already
 * @throws {StartError} when the file is missing, or cannot be read or made
 */
export async function masterKey(config: KeyConfig, options: { make: boolean }): Promise<Buffer> {
  if (config.secretKey !== undefined) return config.secretKey
  if (config.databaseUrl === 'memory:') return randomBytes(32)
  const file = keyFile(config)
  if (!options.make && !existsSync(file)) {
    throw new StartError(
      `KINDRED_SECRET_KEY: the secrets of the database are sealed with a key that is not here: there is no ${file}. ` +
        'Copy it from the data folder of the node that made the database, or set KINDRED_SECRET_KEY.',
    )
  }
  let text: string
  try {
    if (!existsSync(file)) await makeKeyFile(config.dataDir, file)
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw unusable(file, error)
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === 32) return key
  throw new StartError(
    `KINDRED_SECRET_KEY: the file ${file} does not hold 32 bytes in base64. Restore it from your backup.`,
  )
}

function keyFile({ dataDir }: KeyConfig): string {
  return join(dataDir, 'secret.key')
}

/**
 * Makes the key file at one stroke: whoever finds it finds all of it, and of two starts at the same moment the first one
 * wins. It is on disk before anything is sealed with it, which would be lost without it.
 */
async function makeKeyFile(folder: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`)
    await handle.sync()
    await handle.close()
    await link(draft, file)
    await syncFolder(folder)
  } catch (error) {
    if (!existsSync(file)) throw error // else another start was first
  } finally {
    await rm(draft, { force: true })
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // folders cannot be opened there
  const handle = await open(folder)
  await handle.sync()
  await handle.close()
}

function unusable(file: string, cause: unknown): StartError {
  return new StartError(
    `KINDRED_DATA_DIR: ${file} cannot be used (${(cause as Error).message}). Check the folder and its permissions.`,
    { cause },
  )
}

const keyCheckText = 'kindred'

/** Whether secrets in the database are sealed already, so that just one master key opens them. */
export async function hasSecrets(db: Db): Promise<boolean> {
  const row = await db.selectFrom('settings').select('key').where('key', '=', 'key_check').executeTakeFirst()
  return row !== undefined
}

async function checkMasterKey(db: Db, cipher: Cipher): Promise<void> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'key_check').executeTakeFirst()
  if (row === undefined) {
    const value = cipher.seal(keyCheckText, 'settings:key_check')
    await db.insertInto('settings').values({ key: 'key_check', value }).execute()
    return
  }
  try {
    cipher.open(row.value, 'settings:key_check')
  } catch (cause) {
    throw new StartError(
      'KINDRED_SECRET_KEY: this is not the key that the database was made with, so its secrets cannot be opened. ' +
        'Set the right key, or put back the secret.key file of the data folder.',
      { cause },
    )
  }
}

async function ensureBusiness(db: Db, { ids, now }: Setup): Promise<void> {
  const existing = await db.selectFrom('business').select('code').executeTakeFirst()
  if (existing !== undefined) return
  await db
    .insertInto('business')
    .values({
      code: ids.business(),
      name: 'My business',
      has_clickwrap: false,
      has_kinde_branding: false,
      created_at_ms: now,
    })
    .execute()
}

async function ensureDefaultOrganization(db: Db, { ids, now }: Setup): Promise<void> {
  const existing = await db.selectFrom('organizations').select('code').where('is_default', '=', true).executeTakeFirst()
  if (existing !== undefined) return
  const name = 'Default Organization'
  await db
    .insertInto('organizations')
    .values({
      code: ids.organization(),
      name,
      name_sort: nameSort(name),
      is_default: true,
      is_auto_membership_enabled: true,
      created_at_ms: now,
    })
    .execute()
}

/** The audience follows the base URL, and scopes that a newer version brings are added. */
async function ensureManagementApi(db: Db, { baseUrl, ids, now }: Setup): Promise<string> {
  const audience = `${baseUrl}/api`
  const existing = await db
    .selectFrom('apis')
    .select(['id', 'audience'])
    .where('is_management_api', '=', true)
    .executeTakeFirst()
  const id = existing?.id ?? ids.api()
  if (existing === undefined) {
    await db
      .insertInto('apis')
      .values({
        id,
        name: managementApiName,
        name_sort: nameSort(managementApiName),
        audience,
        is_management_api: true,
        created_at_ms: now,
      })
      .execute()
  } else if (existing.audience !== audience) {
    await db.updateTable('apis').set({ audience }).where('id', '=', id).execute()
  }
  const rows = await db.selectFrom('api_scopes').select('key').where('api_id', '=', id).execute()
  const known = new Set(rows.map(({ key }) => key))
  const missing = managementScopes.filter(({ key }) => !known.has(key))
  if (missing.length > 0) {
    await db
      .insertInto('api_scopes')
      .values(
        missing.map(({ key, description }) => ({
          id: ids.timed('api_scope', now),
          api_id: id,
          key,
          description,
          created_at_ms: now,
        })),
      )
      .execute()
  }
  return id
}

/** The id of the application is remembered in the settings, so that a later start finds it again. */
async function ensureFirstClient(db: Db, apiId: string, setup: Setup): Promise<FirstClient> {
  const remembered = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'first_client_id')
    .executeTakeFirst()
  const clientId = setup.clientId ?? remembered?.value ?? setup.ids.application()
  const existing = await db.selectFrom('applications').select('type').where('id', '=', clientId).executeTakeFirst()
  // Deleted on purpose: it does not come back by itself, only when the settings ask for it.
  if (existing === undefined && remembered !== undefined && setup.clientId === undefined) {
    return { clientId, clientSecret: '', isNew: false }
  }
  if (existing !== undefined && existing.type !== 'm2m') {
    throw new StartError(
      `KINDRED_CLIENT_ID: the application ${clientId} is no machine-to-machine application (${existing.type}). Give the id of one, or a new id.`,
    )
  }
  if (existing === undefined) {
    await createApplication(db, {
      id: clientId,
      name: 'First M2M application',
      type: 'm2m',
      orgCode: null,
      now: setup.now,
    })
  }
  const { secret, isNew } = await ensureSecret(db, clientId, setup)
  await authoriseFully(db, apiId, clientId, setup.now)
  await db
    .insertInto('settings')
    .values({ key: 'first_client_id', value: clientId })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: clientId }))
    .execute()
  return { clientId, clientSecret: secret, isNew }
}

async function ensureSecret(db: Db, clientId: string, setup: Setup): Promise<{ secret: string; isNew: boolean }> {
  const { cipher, ids, now, clientSecret } = setup
  const rows = await db
    .selectFrom('application_secrets')
    .select(['id', 'sealed', 'sha256'])
    .where('application_id', '=', clientId)
    .orderBy('created_at_ms', 'desc')
    .execute()
  const wanted =
    clientSecret === undefined
      ? rows[0]
      : rows.find(({ sha256 }) => sha256 === hashSecret(clientSecret).toString('hex'))
  if (wanted !== undefined) {
    return { secret: cipher.open(wanted.sealed, `application_secrets:${wanted.id}`), isNew: false }
  }
  const secret = clientSecret ?? ids.secret()
  await putSecret(db, { applicationId: clientId, secret, label: 'First secret', cipher, ids, now })
  return { secret, isNew: true }
}

async function authoriseFully(db: Db, apiId: string, applicationId: string, now: number): Promise<void> {
  await db
    .insertInto('api_applications')
    .values({ api_id: apiId, application_id: applicationId, created_at_ms: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const scopes = await db.selectFrom('api_scopes').select('id').where('api_id', '=', apiId).execute()
  await db
    .insertInto('api_application_scopes')
    .values(scopes.map(({ id }) => ({ api_id: apiId, application_id: applicationId, scope_id: id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
