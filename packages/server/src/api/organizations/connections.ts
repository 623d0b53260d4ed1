import { invalid, shown } from '../../errors.ts'
import { ok, operation, SuccessReply } from '../../operation.ts'
import { keepConnection, requireConnection } from '../../store/connections.ts'
import { keepOrganization, requireOrganization } from '../../store/organizations.ts'
import { ConnectionsReply, listedConnection } from '../connections.ts'

export const getOrganizationConnections = operation({
  id: 'GetOrganizationConnections',
  method: 'GET',
  path: '/api/v1/organizations/{organization_code}/connections',
  scope: 'read:organization_connections',
  tag: 'Organizations',
  summary: "List an organization's connections",
  description: 'The ways in which people can sign in to the organization, all at once.',
  responses: { 200: ConnectionsReply },
  handler: async ({ params, db }) => {
    const { code } = await requireOrganization(db, params.organization_code)
    const rows = await db
      .selectFrom('organization_connections')
      .innerJoin('connections', 'connections.id', 'organization_connections.connection_id')
      .select(['connections.id', 'connections.name', 'connections.display_name', 'connections.strategy'])
      .where('organization_connections.organization_code', '=', code)
      .orderBy('connections.seq')
      .execute()
    return { ...ok, connections: rows.map(listedConnection), has_more: false }
  },
})

export const enableOrgConnection = operation({
  id: 'EnableOrgConnection',
  method: 'POST',
  path: '/api/v1/organizations/{organization_code}/connections/{connection_id}',
  scope: 'create:organization_connections',
  tag: 'Organizations',
  summary: 'Switch a connection on for an organization',
  description:
    'From now on people can sign in to the organization by it. One that is on stays on; one that belongs to another ' +
    'organization is refused.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const code = await keepOrganization(db, params.organization_code)
    const { id, strategy, organization_code: owner } = await keepConnection(db, params.connection_id)
    if (owner !== null && owner !== code) {
      const message = `The connection ${shown(id)} belongs to another organization, which has it alone.`
      throw invalid('connection_id', message, 'CONNECTION_NOT_AVAILABLE')
    }
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('organization_connections')
      .values({ organization_code: code, connection_id: id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== 0n) {
      record('organization.connection_enabled', { organization: { code }, connection: { id, strategy } })
    }
    return ok
  },
})

export const removeOrgConnection = operation({
  id: 'RemoveOrgConnection',
  method: 'DELETE',
  path: '/api/v1/organizations/{organization_code}/connections/{connection_id}',
  scope: 'delete:organization_connections',
  tag: 'Organizations',
  summary: 'Switch a connection off for an organization',
  description:
    'Nobody signs in to the organization by it any more; elsewhere it stays on. One that is off is no error.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { code } = await requireOrganization(db, params.organization_code)
    const { id, strategy } = await requireConnection(db, params.connection_id)
    const { numDeletedRows } = await db
      .deleteFrom('organization_connections')
      .where('organization_code', '=', code)
      .where('connection_id', '=', id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows !== 0n) {
      record('organization.connection_disabled', { organization: { code }, connection: { id, strategy } })
    }
    return ok
  },
})
