import type { Kindred } from '@kindred/sdk'
import type { Seed } from '@kindred/server'
import { Ids, type SeedApplication } from './configuration.ts'
import { readApis, readFlags, readPermissions, readProperties, readRoles } from './read-access.ts'
import { type AskToken, readApplications, readConnections, readWebhooks } from './read-applications.ts'

/** The configuration of a server as a seed, and what it needs to be changed there. */
export interface Live {
  seed: Seed
  ids: Ids
  /** Whether the server tells which scopes applications have; Kinde does not. */
  tellsScopes: boolean
}

/**
 * Reads roles, permissions, flags, properties, APIs, applications, connections and webhooks.
 * @param options `onPart`: is told what is being read; `askToken`: where scopes are not told
 */
export async function readConfiguration(
  kindred: Kindred,
  { onPart, askToken }: { onPart: (part: string) => void; askToken?: AskToken | undefined },
): Promise<Live> {
  const ids = new Ids()
  onPart('properties')
  const properties = await readProperties(kindred, ids)
  onPart('feature flags')
  const flags = await readFlags(kindred)
  onPart('permissions')
  const permissions = await readPermissions(kindred, ids)
  onPart('APIs')
  const { apis, grants, references } = await readApis(kindred, ids)
  onPart('roles')
  const roles = await readRoles(kindred, ids, references)
  onPart('connections')
  const connections = await readConnections(kindred, ids)
  onPart('applications')
  const onRead = (count: number) => onPart(`applications: ${count}`)
  const applications = await readApplications(kindred, ids, { grants, askToken, onRead })
  await nameOrganizations(kindred, applications)
  onPart('webhooks')
  const webhooks = await readWebhooks(kindred, ids)
  const seed: Seed = {
    ...properties,
    feature_flags: flags,
    permissions,
    apis,
    roles,
    connections,
    applications,
    webhooks,
  }
  const tellsScopes = [...grants.values()].every((granted) =>
    [...granted.values()].every(({ scopes }) => scopes !== undefined),
  )
  return { seed, ids, tellsScopes }
}

/** Codes of organizations differ from server to server; handles and names do not. */
async function nameOrganizations(kindred: Kindred, applications: SeedApplication[]): Promise<void> {
  if (applications.every(({ organization }) => organization === undefined)) return
  const all = await kindred.organizations.list().all()
  for (const application of applications) {
    const held = all.find(({ code }) => code === application.organization)
    if (held === undefined) continue
    const isAlone = all.filter(({ name }) => name === held.name).length === 1
    application.organization = held.handle ?? (isAlone ? held.name : held.code) ?? ''
  }
}
