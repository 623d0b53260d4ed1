import { Type } from '@sinclair/typebox'
import type { Role } from '../auth.ts'
import { Choice, Nullable, named } from '../operation.ts'
import type { AdministratorRow } from '../store/tables.ts'

/** A moment as the console's operations write it. @param ms milliseconds since the epoch */
export function moment(ms: number): string {
  return new Date(ms).toISOString()
}

/** The same for a moment that may not have come. */
export function momentOrNull(ms: number | null): string | null {
  return ms === null ? null : moment(ms)
}

/** A member that holds a moment. */
export function Moment(description: string) {
  return Type.String({ description: `${description} ISO 8601.` })
}

const roles: readonly Role[] = ['owner', 'administrator', 'read_only']

/** A member that holds a role. */
export function RoleOf(description: string) {
  return Choice(roles, { description })
}

export const AdministratorShape = named(
  'administrator',
  Type.Object({
    id: Type.String({ description: 'Id of the administrator.' }),
    name: Type.String({ description: 'Name of the person.' }),
    email: Type.String({ description: 'The address that the person signs in with.' }),
    role: RoleOf('What the administrator may do.'),
    created_at: Moment('When the account was made.'),
    last_signed_in_at: Nullable(Moment('When the person last signed in.')),
  }),
)

/** An administrator as replies show it. */
export function shownAdministrator(row: AdministratorRow) {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role as Role,
    created_at: moment(row.created_at_ms),
    last_signed_in_at: momentOrNull(row.last_signed_in_at_ms),
  }
}

export const SessionShape = named(
  'administrator_session',
  Type.Object({
    id: Type.String({ description: 'Id of the session.' }),
    administrator_id: Type.String({ description: 'Whose session it is.' }),
    address: Type.String({ description: 'The address that the sign-in came from.' }),
    user_agent: Nullable(Type.String({ description: 'What the browser said of itself.' })),
    created_at: Moment('When the person signed in.'),
    last_seen_at: Moment('When the session was last used.'),
    expires_at: Moment('When it ends, unless it is left unused for 12 hours before.'),
    is_current: Type.Boolean({ description: 'Whether it is the session of this call.' }),
  }),
)

interface SessionRow {
  id: string
  administrator_id: string
  address: string
  user_agent: string | null
  created_at_ms: number
  last_seen_at_ms: number
  expires_at_ms: number
}

/** A session as replies show it. @param currentId the session of the call */
export function shownSession(row: SessionRow, currentId: string) {
  return {
    id: row.id,
    administrator_id: row.administrator_id,
    address: row.address,
    user_agent: row.user_agent,
    created_at: moment(row.created_at_ms),
    last_seen_at: moment(row.last_seen_at_ms),
    expires_at: moment(row.expires_at_ms),
    is_current: row.id === currentId,
  }
}
