import { Type } from '@sinclair/typebox'
import { ApiError, notFound } from '../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { endSessions, hasEnded } from './console-sessions.ts'
import { SessionShape, shownSession } from './shapes.ts'

export const getConsoleSessions = operation({
  id: 'getConsoleSessions',
  method: 'GET',
  path: '/admin/api/sessions',
  scope: null,
  role: 'read_only',
  tag: 'Console',
  summary: 'List sessions',
  description: 'Where you are signed in. An owner may look at the sessions of others.',
  query: Type.Object({
    administrator_id: Type.Optional(
      Nullable(Type.String({ description: 'Whose sessions; your own when it is left out.' })),
    ),
  }),
  responses: { 200: named('console_sessions_response', Success({ sessions: Type.Array(SessionShape) })) },
  handler: async ({ query, db, now, caller, environment }) => {
    const { id, role, sessionId } = caller.administrator!
    const whose = query.administrator_id ?? id
    if (whose !== id && role !== 'owner') {
      throw new ApiError(403, 'OWNER_REQUIRED', 'Only an owner may look at the sessions of others.')
    }
    const rows = await db
      .selectFrom('administrator_sessions')
      .selectAll()
      .where('administrator_id', '=', whose)
      .execute()
    const sessions = rows
      .map((row) => ({ ...row, last_seen_at_ms: environment.consoleSessions.lastSeen(row.id, row.last_seen_at_ms) }))
      .filter((row) => !hasEnded(row.expires_at_ms, row.last_seen_at_ms, now))
      .sort((left, right) => right.last_seen_at_ms - left.last_seen_at_ms || right.seq - left.seq)
    return { ...ok, sessions: sessions.map((row) => shownSession(row, sessionId)) }
  },
})

export const endSession = operation({
  id: 'endSession',
  method: 'DELETE',
  path: '/admin/api/sessions/{session_id}',
  scope: null,
  role: 'read_only',
  tag: 'Console',
  summary: 'End a session',
  description: 'Signs a browser out, wherever it is. An owner may end the sessions of others.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, caller, record }) => {
    const { id, role } = caller.administrator!
    const session = await db
      .selectFrom('administrator_sessions')
      .select(['id', 'administrator_id'])
      .where('id', '=', params.session_id)
      .executeTakeFirst()
    // To anyone but an owner the session of somebody else is as unknown as one that never was.
    if (session === undefined || (session.administrator_id !== id && role !== 'owner')) {
      throw notFound('session', params.session_id)
    }
    await db.deleteFrom('administrator_sessions').where('id', '=', session.id).execute()
    record('administrator.sessions_ended', { administrator: { id: session.administrator_id }, reach: { sessions: 1 } })
    return ok
  },
})

export const endOtherSessions = operation({
  id: 'endOtherSessions',
  method: 'DELETE',
  path: '/admin/api/sessions',
  scope: null,
  role: 'read_only',
  tag: 'Console',
  summary: 'End all other sessions',
  description: 'Signs you out everywhere but here.',
  responses: {
    200: named(
      'sessions_ended_response',
      Success({ ended: Type.Integer({ description: 'How many sessions ended.' }) }),
    ),
  },
  handler: async ({ db, caller, record }) => {
    const { id, sessionId } = caller.administrator!
    const ended = await endSessions(db, { administratorId: id, except: sessionId })
    if (ended > 0) record('administrator.sessions_ended', { administrator: { id }, reach: { sessions: ended } })
    return { ...ok, ended }
  },
})
