import type { FastifyInstance, FastifyReply } from 'fastify'
import { ProviderError } from './connected-app-provider.ts'
import { callbackPath, completeSession, readState } from './connected-app-sessions.ts'
import { type ChangeEvent, recordEvents, recordInto } from './journal/record.ts'
import type { OperationRequest } from './operation.ts'
import type { Surface } from './server.ts'
import type { Db } from './store/tables.ts'

/** Where the providers of connected apps send people back to. RFC 6749 §4.1.2. */
export function connectedAppsRoutes(app: FastifyInstance, { environment }: Surface): void {
  const { store, ids, log } = environment
  /** By the session: a browser that comes twice at once waits for the one exchange. A code is good for one. */
  const completing = new Map<string, Promise<boolean>>()

  app.get(callbackPath, async function connectedAppCallback(request, reply) {
    // The address holds what the provider gave: it is for nobody else.
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    const { state, code, error } = request.query as Record<string, unknown>
    const beginning = typeof state === 'string' ? readState(state, environment) : undefined
    if (beginning === undefined)
      return page(reply, 400, 'This address is not complete. Begin again in your application.')
    const connectedApp = await store.read
      .selectFrom('connected_apps')
      .selectAll()
      .where('id', '=', beginning.appId)
      .executeTakeFirst()
    if (connectedApp === undefined) return page(reply, 400, 'This app is not connected any more.')
    const { sessionId } = beginning
    const back = beginning.callbackUrl ?? connectedApp.callback_url
    const refuse = (reason: string, message: string) =>
      back === null
        ? page(reply, 400, `${message} Begin again in your application.`)
        : reply.redirect(withParameters(back, { session_id: sessionId, error: reason }), 303)

    if (beginning.expiresAtMs <= environment.now()) return refuse('expired', 'This took too long.')
    if (typeof code !== 'string') {
      const isDenial = error === 'access_denied'
      return refuse(isDenial ? 'access_denied' : 'provider_error', 'The app was not authorized.')
    }
    if (!(await ownerExists(store.read, beginning))) return refuse('unknown_owner', 'There is nobody to authorize for.')

    const write: OperationRequest['write'] = (work) =>
      store.write(async (db) => {
        const events: ChangeEvent[] = []
        const result = await work(db, recordInto(events))
        const actor = { source: 'user', applicationId: null, requestId: request.id } as const
        await recordEvents(db, events, { actor, ids, now: environment.now() })
        return result
      })
    try {
      const complete = () =>
        completeSession(connectedApp, beginning, code, environment, write).finally(() => completing.delete(sessionId))
      const completion = completing.get(sessionId) ?? complete()
      completing.set(sessionId, completion)
      if (!(await completion)) return refuse('unknown_owner', 'There is nobody to authorize for.')
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      log.warn({ reason: error.message, app: connectedApp.key_code_ref }, 'connected app not authorized')
      return refuse('provider_error', 'The provider gave no access.')
    }
    if (back === null) return page(reply, 200, 'The app is authorized. You can close this page.')
    return reply.redirect(withParameters(back, { session_id: sessionId }), 303)
  })
}

/** Whether the user and the organization that a session is for are still there. */
async function ownerExists(
  db: Db,
  { userId, organizationCode }: { userId: string | null; organizationCode: string | null },
): Promise<boolean> {
  if (userId !== null) {
    const user = await db.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst()
    if (user === undefined) return false
  }
  if (organizationCode === null) return true
  const organization = await db
    .selectFrom('organizations')
    .select('code')
    .where('code', '=', organizationCode)
    .executeTakeFirst()
  return organization !== undefined
}

function withParameters(address: string, parameters: Record<string, string>): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

function page(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`)
}
