import { Type } from '@sinclair/typebox'
import type { Environment } from '../environment.ts'
import { type Browser, named, ok, Success } from '../operation.ts'
import { requireAdministrator } from '../store/administrators.ts'
import type { AdministratorRow, Db } from '../store/tables.ts'
import { scopesOf, sessionCookie } from './console-access.ts'
import { beginSession } from './console-sessions.ts'
import { AdministratorShape, SessionShape, shownAdministrator, shownSession } from './shapes.ts'

export const SignedInReply = named(
  'signed_in_response',
  Success({
    administrator: AdministratorShape,
    session: SessionShape,
    scopes: Type.Array(Type.String(), {
      description: 'The scopes of the Management API that the role opens in the console.',
    }),
  }),
)

/** Begins a session in the transaction of a sign-in, and gives the browser its cookie. */
export async function signIn(
  db: Db,
  administratorId: string,
  { environment, browser, now }: { environment: Environment; browser: Browser; now: number },
) {
  await db.updateTable('administrators').set({ last_signed_in_at_ms: now }).where('id', '=', administratorId).execute()
  const administrator = await requireAdministrator(db, administratorId)
  const { address, userAgent } = browser
  const { id, token } = await beginSession(db, { administratorId, address, userAgent, ids: environment.ids, now })
  browser.setCookie = sessionCookie(token, browser)
  browser.administrator = { id: administrator.id, name: administrator.name }
  return signedIn(db, administrator, id)
}

/** What who is signed in gets to know of administrator and session. */
export async function signedIn(db: Db, administrator: AdministratorRow, sessionId: string) {
  const session = await db
    .selectFrom('administrator_sessions')
    .selectAll()
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow()
  return {
    ...ok,
    administrator: shownAdministrator(administrator),
    session: shownSession(session, sessionId),
    scopes: [...scopesOf(shownAdministrator(administrator).role)],
  }
}
