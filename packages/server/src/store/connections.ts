import { isDeepStrictEqual } from 'node:util'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import type { Cipher } from './cipher.ts'
import { dialectOf, violatedUnique } from './dialect.ts'
import { isEnterprise } from './identity-values.ts'
import type { Ids } from './ids.ts'
import { oneOf } from './one-of.ts'
import { reachOf } from './reach.ts'
import type { ConnectionRow, Db } from './tables.ts'

/** The strategies of connections that can be made, by the kind of settings that their provider needs. */
export const strategies = [
  'oauth2:apple',
  'oauth2:azure_ad',
  'oauth2:bitbucket',
  'oauth2:discord',
  'oauth2:facebook',
  'oauth2:github',
  'oauth2:gitlab',
  'oauth2:google',
  'oauth2:linkedin',
  'oauth2:microsoft',
  'oauth2:patreon',
  'oauth2:slack',
  'oauth2:stripe',
  'oauth2:twitch',
  'oauth2:twitter',
  'oauth2:xero',
  'saml:custom',
  'saml:cloudflare',
  'saml:okta',
  'saml:microsoft',
  'saml:google',
  'wsfed:azure_ad',
] as const

/** The connections that this server itself provides. Every environment has them, and each once. */
const builtIn = [
  { strategy: 'email:password', name: 'email-password', display_name: 'Email and password' },
  { strategy: 'email:otp', name: 'email-code', display_name: 'Email code' },
  { strategy: 'phone:otp', name: 'phone-code', display_name: 'Phone code' },
  { strategy: 'username:password', name: 'username-password', display_name: 'Username and password' },
  { strategy: 'username:otp', name: 'username-code', display_name: 'Username and email code' },
]
const builtInStrategies: ReadonlySet<string> = new Set(builtIn.map(({ strategy }) => strategy))

/** Whether a strategy is that of a connection which this server itself provides. */
export function isBuiltIn(strategy: string): boolean {
  return builtInStrategies.has(strategy)
}

/** What the provider of a connection needs, by the names of the API; secrets among it. */
export type ConnectionOptions = Record<string, unknown>

/** The most applications that one request may name, as in Kinde's API. */
const mostApplications = 100

/** Puts the built-in connections in place that are missing. */
export async function ensureBuiltInConnections(db: Db, { ids, now }: { ids: Ids; now: number }): Promise<void> {
  const rows = await db
    .selectFrom('connections')
    .select('strategy')
    .where(oneOf(db, 'strategy', [...builtInStrategies]))
    .execute()
  const known = new Set(rows.map(({ strategy }) => strategy))
  const missing = builtIn.filter(({ strategy }) => !known.has(strategy))
  if (missing.length === 0) return
  await db
    .insertInto('connections')
    .values(missing.map((connection) => ({ ...connection, id: ids.timed('conn', now), created_at_ms: now })))
    .execute()
}

/** @throws {ApiError} 404 CONNECTION_NOT_FOUND */
export async function requireConnection(db: Db, id: string): Promise<ConnectionRow> {
  const row = await db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('connection', id)
  return row
}

/**
 * The connection, held until the transaction ends: another request that changes it waits. Switching it on or off
 * somewhere does not.
 * @throws {ApiError} 404 CONNECTION_NOT_FOUND
 */
export async function holdConnection(db: Db, id: string): Promise<ConnectionRow> {
  const row = await db
    .selectFrom('connections')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('connection', id)
  return row
}

/** The connection, which nobody deletes until the transaction ends. @throws {ApiError} 404 CONNECTION_NOT_FOUND */
export async function keepConnection(db: Db, id: string): Promise<ConnectionRow> {
  const row = await db
    .selectFrom('connections')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
  if (row === undefined) throw notFound('connection', id)
  return row
}

/** The enterprise connections that are switched on for an organization, in the order in which they were made. */
export async function enterpriseConnectionsOf(db: Db, organizationCode: string): Promise<ConnectionRow[]> {
  const rows = await db
    .selectFrom('organization_connections')
    .innerJoin('connections', 'connections.id', 'organization_connections.connection_id')
    .selectAll('connections')
    .where('organization_connections.organization_code', '=', organizationCode)
    .orderBy('connections.seq')
    .execute()
  return rows.filter(({ strategy }) => isEnterprise(strategy))
}

/**
 * Adds a connection, and switches it on for the organization that it belongs to.
 * @param connection `domains` in lower case and ASCII, each once
 * @returns its id
 * @throws {ApiError} 400 CONNECTION_NAME_EXISTS
 */
export async function createConnection(
  db: Db,
  connection: {
    name: string
    displayName: string
    strategy: string
    organizationCode: string | null
    options: ConnectionOptions
    domains: readonly string[]
  },
  { cipher, ids, now }: { cipher: Cipher; ids: Ids; now: number },
): Promise<string> {
  const { name, displayName, strategy, organizationCode, options, domains } = connection
  const id = ids.timed('conn', now)
  await withOwnName(name, () =>
    db
      .insertInto('connections')
      .values({
        id,
        name,
        display_name: displayName,
        strategy,
        options_sealed: cipher.seal(JSON.stringify(options), placeOf(id)),
        organization_code: organizationCode,
        created_at_ms: now,
      })
      .execute(),
  )
  await putDomains(db, id, domains)
  if (organizationCode !== null) {
    await db
      .insertInto('organization_connections')
      .values({ organization_code: organizationCode, connection_id: id })
      .execute()
  }
  return id
}

/** What the provider of a connection needs; empty for a built-in one. */
export function optionsOf({ id, options_sealed: sealed }: ConnectionRow, cipher: Cipher): ConnectionOptions {
  return sealed === null ? {} : (JSON.parse(cipher.open(sealed, placeOf(id))) as ConnectionOptions)
}

/** What changed of a connection. Options are told by their names alone: their values may be secret. */
export interface ConnectionChange {
  before: { name?: string; display_name?: string }
  after: { name?: string; display_name?: string }
  options_changed: string[]
}

/**
 * Writes what is set and differs. The caller holds the connection.
 * @returns undefined when nothing changed
 * @throws {ApiError} 400 CONNECTION_NAME_EXISTS
 */
export async function changeConnection(
  db: Db,
  connection: ConnectionRow,
  wanted: {
    name?: string | undefined
    displayName?: string | undefined
    options?: { values: ConnectionOptions; domains: readonly string[] } | undefined
  },
  cipher: Cipher,
): Promise<ConnectionChange | undefined> {
  const { id } = connection
  const change: ConnectionChange = { before: {}, after: {}, options_changed: [] }
  for (const [column, value] of [
    ['name', wanted.name],
    ['display_name', wanted.displayName],
  ] as const) {
    if (value === undefined || value === connection[column]) continue
    change.before[column] = connection[column]
    change.after[column] = value
  }
  const { after } = change
  if (Object.keys(after).length > 0) {
    const write = () => db.updateTable('connections').set(after).where('id', '=', id).execute()
    await withOwnName(after.name ?? connection.name, write)
  }
  if (wanted.options !== undefined) {
    const { values, domains } = wanted.options
    const before = optionsOf(connection, cipher)
    change.options_changed = [...new Set([...Object.keys(before), ...Object.keys(values)])].filter(
      (name) => !isDeepStrictEqual(before[name], values[name]),
    )
    if (change.options_changed.length > 0) {
      const sealed = cipher.seal(JSON.stringify(values), placeOf(id))
      await db.updateTable('connections').set({ options_sealed: sealed }).where('id', '=', id).execute()
      await db.deleteFrom('connection_domains').where('connection_id', '=', id).execute()
      await putDomains(db, id, domains)
    }
  }
  return Object.keys(after).length + change.options_changed.length === 0 ? undefined : change
}

async function putDomains(db: Db, id: string, domains: readonly string[]): Promise<void> {
  if (domains.length === 0) return
  const values = domains.map((domain) => ({ domain, connection_id: id }))
  await db.insertInto('connection_domains').values(values).execute()
}

async function withOwnName(name: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('name', `Another connection has the name ${shown(name)}.`, 'CONNECTION_NAME_EXISTS')
  }
}

/**
 * Switches a connection on for these applications, and off for all others. The caller holds the connection.
 * @param field the member that lists them, for errors
 * @returns what that changed; undefined when nothing did
 * @throws {ApiError} 400 TOO_MANY_OBJECTS, APPLICATION_NOT_FOUND, APPLICATION_TYPE_NOT_SUPPORTED
 */
export async function setApplications(
  db: Db,
  connectionId: string,
  applicationIds: readonly string[],
  field: string,
): Promise<{ enabled: string[]; disabled: string[] } | undefined> {
  const wanted = [...new Set(applicationIds)]
  if (applicationIds.length > mostApplications) {
    const message = `One request takes ${mostApplications} applications at most; ${applicationIds.length} were sent.`
    throw new ApiError(400, 'TOO_MANY_OBJECTS', message, { field })
  }
  const known = await db
    .selectFrom('applications')
    .select(['id', 'type'])
    .where(oneOf(db, 'id', wanted))
    // Until the transaction ends nobody deletes them.
    .$if(dialectOf(db) === 'postgres', (query) => query.orderBy('id').forKeyShare())
    .execute()
  for (const id of wanted) {
    const application = known.find((row) => row.id === id)
    if (application === undefined) {
      throw invalid(field, `There is no application with the id ${shown(id)}.`, 'APPLICATION_NOT_FOUND')
    }
    requireSignIn(application, field)
  }
  const rows = await db
    .selectFrom('application_connections')
    .select('application_id')
    .where('connection_id', '=', connectionId)
    .execute()
  const before = new Set(rows.map((row) => row.application_id))
  const enabled = wanted.filter((id) => !before.has(id))
  const disabled = [...before].filter((id) => !wanted.includes(id))
  if (enabled.length > 0) {
    const values = enabled.map((id) => ({ application_id: id, connection_id: connectionId }))
    // Another request may be switching it on at this moment.
    await db
      .insertInto('application_connections')
      .values(values)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  if (disabled.length > 0) {
    await db
      .deleteFrom('application_connections')
      .where('connection_id', '=', connectionId)
      .where(oneOf(db, 'application_id', disabled))
      .execute()
  }
  return enabled.length + disabled.length === 0 ? undefined : { enabled, disabled }
}

/** @throws {ApiError} 400 APPLICATION_TYPE_NOT_SUPPORTED for an application to which nobody signs in */
export function requireSignIn({ id, type }: { id: string; type: string }, field: string): void {
  if (type !== 'm2m') return
  throw invalid(
    field,
    `Nobody signs in to the application ${shown(id)}, which has the type m2m: it has no connections.`,
    'APPLICATION_TYPE_NOT_SUPPORTED',
  )
}

/**
 * Deletes a connection. It is off everywhere; directories and sessions stay without one, and identities stay, although
 * nobody can sign in with them any more.
 * @returns how far that reached
 */
export async function deleteConnection(db: Db, id: string) {
  const reach = await reachOf(db, id, {
    applications: 'application_connections.connection_id',
    organizations: 'organization_connections.connection_id',
    directories: 'directories.connection_id',
    sessions: 'sessions.connection_id',
  })
  await db.updateTable('sessions').set({ connection_id: null }).where('connection_id', '=', id).execute()
  await db.deleteFrom('connections').where('id', '=', id).execute()
  return reach
}

function placeOf(id: string): string {
  return `connections:${id}`
}
