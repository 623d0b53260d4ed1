import type { Kindred } from '@kindred/sdk'
import type { Seed } from '@kindred/server'
import { Ids } from './configuration.ts'
import { readApis, readFlags, readPermissions, readProperties, readRoles } from './read-access.ts'
import { readApplications, readConnections, readWebhooks } from './read-applications.ts'

/** The configuration of a server as a seed, and what it needs to be changed there. */
export interface Live {
  seed: Seed
  ids: Ids
  /** Whether the server tells which scopes applications have; Kinde does not. */
  tellsScopes: boolean
  /** Names of connections by their ids. */
  connectionNames: ReadonlyMap<string, string>
}

/**
 * Reads roles, permissions, flags, properties, APIs, applications, connections and webhooks.
 * @param onPart is told what is being read
 */
export async function readConfiguration(kindred: Kindred, onPart: (part: string) => void): Promise<Live> {
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
  const { connections, names } = await readConnections(kindred, ids)
  onPart('applications')
  const onRead = (count: number) => onPart(`applications: ${count}`)
  const applications = await readApplications(kindred, ids, { grants, onRead })
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
    [...granted.values()].every((scopes) => scopes !== undefined),
  )
  return { seed, ids, tellsScopes, connectionNames: names }
}
