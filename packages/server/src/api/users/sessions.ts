import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { requireUser } from '../../store/users.ts'
import { timestamp } from '../../time.ts'

const moment = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))
const text = (description: string) => Type.Optional(Type.String({ description }))

export const getUserSessions = operation({
  id: 'GetUserSessions',
  method: 'GET',
  path: '/api/v1/users/{user_id}/sessions',
  scope: 'read:user_sessions',
  tag: 'Users',
  summary: "List a user's sessions",
  description: 'Where the user is signed in at the moment: sessions that have neither expired nor been ended.',
  notFoundAsObject: true,
  responses: {
    200: named(
      'get_user_sessions_response',
      Success({
        has_more: Type.Optional(Type.Boolean({ description: 'Always false: the list comes whole.' })),
        sessions: Type.Optional(
          Type.Array(
            Type.Object({
              user_id: text('Id of the user.'),
              org_code: Type.Optional(
                Nullable(Type.String({ description: 'Code of the organization that was signed in to.' })),
              ),
              client_id: text('Client id of the application that began the session.'),
              expires_on: moment('When it expires, RFC 3339.'),
              session_id: text('Id of the session.'),
              started_on: moment('When it began, RFC 3339.'),
              updated_on: moment('When it was last used, RFC 3339.'),
              connection_id: text('The connection by which the user signed in.'),
              last_ip_address: text('Address of the last use.'),
              last_user_agent: text('Program of the last use.'),
              initial_ip_address: text('Address from which it began.'),
              initial_user_agent: text('Program with which it began.'),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async ({ params, db, now }) => {
    await requireUser(db, params.user_id)
    const rows = await db
      .selectFrom('sessions')
      .selectAll()
      .where('user_id', '=', params.user_id)
      .where('expires_at_ms', '>', now)
      .orderBy('seq')
      .execute()
    const sessions = rows.map((row) => ({
      user_id: row.user_id,
      org_code: row.organization_code,
      client_id: row.application_id,
      expires_on: timestamp(row.expires_at_ms),
      session_id: row.id,
      started_on: timestamp(row.started_at_ms),
      updated_on: timestamp(row.updated_at_ms),
      connection_id: row.connection_id ?? undefined,
      last_ip_address: row.last_ip ?? undefined,
      last_user_agent: row.last_user_agent ?? undefined,
      initial_ip_address: row.initial_ip ?? undefined,
      initial_user_agent: row.initial_user_agent ?? undefined,
    }))
    return { ...ok, has_more: false, sessions }
  },
})

export const deleteUserSessions = operation({
  id: 'DeleteUserSessions',
  method: 'DELETE',
  path: '/api/v1/users/{user_id}/sessions',
  scope: 'delete:user_sessions',
  tag: 'Users',
  summary: "End a user's sessions",
  description: 'Signs the user out everywhere.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    await requireUser(db, params.user_id)
    const { numDeletedRows } = await db.deleteFrom('sessions').where('user_id', '=', params.user_id).executeTakeFirst()
    if (numDeletedRows > 0n) {
      record('user.sessions_ended', { user: { id: params.user_id }, reach: { sessions: Number(numDeletedRows) } })
    }
    return ok
  },
})
