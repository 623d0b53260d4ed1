import { ok, operation, SuccessReply } from '../../operation.ts'
import { holdApplication, requireApplication } from '../../store/applications.ts'
import { keepConnection, requireConnection, requireSignIn } from '../../store/connections.ts'
import { ConnectionsReply, listedConnection } from '../connections.ts'

export const getApplicationConnections = operation({
  id: 'GetApplicationConnections',
  method: 'GET',
  path: '/api/v1/applications/{application_id}/connections',
  scope: 'read:application_connections',
  tag: 'Applications',
  summary: "List an application's connections",
  description: 'The ways in which people can sign in to the application, all at once.',
  responses: { 200: ConnectionsReply },
  handler: async ({ params, db }) => {
    const { id } = await requireApplication(db, params.application_id)
    const rows = await db
      .selectFrom('application_connections')
      .innerJoin('connections', 'connections.id', 'application_connections.connection_id')
      .select(['connections.id', 'connections.name', 'connections.display_name', 'connections.strategy'])
      .where('application_connections.application_id', '=', id)
      .orderBy('connections.seq')
      .execute()
    return { ...ok, connections: rows.map(listedConnection), has_more: false }
  },
})

export const enableConnection = operation({
  id: 'EnableConnection',
  method: 'POST',
  path: '/api/v1/applications/{application_id}/connections/{connection_id}',
  scope: 'create:application_connections',
  tag: 'Applications',
  summary: 'Switch a connection on for an application',
  description:
    'From now on people can sign in to the application by it. One that is on stays on. Not for the type m2m.',
  responses: { 200: null },
  handler: async ({ params, db, record }) => {
    const application = await holdApplication(db, params.application_id)
    requireSignIn(application, 'application_id')
    const { id, strategy } = await keepConnection(db, params.connection_id)
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('application_connections')
      .values({ application_id: application.id, connection_id: id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== 0n) {
      record('application.connection_enabled', { application: { id: application.id }, connection: { id, strategy } })
    }
    return ok
  },
})

export const removeConnection = operation({
  id: 'RemoveConnection',
  method: 'DELETE',
  path: '/api/v1/applications/{application_id}/connections/{connection_id}',
  scope: 'delete:application_connections',
  tag: 'Applications',
  summary: 'Switch a connection off for an application',
  description: 'Nobody signs in to the application by it any more; elsewhere it stays on. One that is off is no error.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const application = await requireApplication(db, params.application_id)
    const { id, strategy } = await requireConnection(db, params.connection_id)
    const { numDeletedRows } = await db
      .deleteFrom('application_connections')
      .where('application_id', '=', application.id)
      .where('connection_id', '=', id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows !== 0n) {
      record('application.connection_disabled', { application: { id: application.id }, connection: { id, strategy } })
    }
    return ok
  },
})
