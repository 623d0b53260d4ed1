import type { Operation } from '../operation.ts'
import * as administrators from './administrators.ts'
import * as invites from './invites.ts'
import * as links from './links.ts'
import * as me from './me.ts'
import * as session from './session.ts'
import * as sessions from './sessions.ts'

/**
 * The operations of the console, under `/admin/api/`. Kinde has none of them: they are no part of the Management API's
 * document.
 */
export const adminOperations: readonly Operation[] = [session, links, me, sessions, administrators, invites].flatMap(
  (file) => Object.values(file).filter((value): value is Operation => isOperation(value)),
)

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'handler' in value
}
