import { Type } from '@sinclair/typebox'
import type { Role } from '../auth.ts'
import { ApiError } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import { linkInvalid, requireLink, takeLink } from '../store/administrator-links.ts'
import { addAdministrator, emailKey, emailTaken, hasAdministrators, requireEmail } from '../store/administrators.ts'
import { lockSetup } from '../store/open.ts'
import { clearAttempts } from '../store/sign-in-attempts.ts'
import type { AdministratorLinkRow, Db } from '../store/tables.ts'
import { endSessions } from './console-sessions.ts'
import { hashPassword, requireGoodPassword } from './passwords.ts'
import { passwordPlace } from './session.ts'
import { Moment, moment, RoleOf } from './shapes.ts'
import { SignedInReply, signIn } from './sign-in.ts'

const token = Type.String({ description: 'The token of the link.', minLength: 1, maxLength: 200 })

export const inspectConsoleLink = operation({
  id: 'inspectConsoleLink',
  method: 'POST',
  path: '/admin/api/links/inspect',
  scope: null,
  role: 'read_only',
  anonymous: true,
  callsOut: true,
  tag: 'Console',
  summary: 'Look at a one-time link',
  description:
    'What a link is for, without using it up. The token comes in the body, so that no log of addresses has it.',
  body: Type.Object({ token }),
  bodyRequired: true,
  responses: {
    200: named(
      'console_link_response',
      Success({
        link: Type.Object({
          purpose: Choice(['setup', 'invite', 'reset'], {
            description: 'Whether it makes the first account, an invited one, or sets a new password.',
          }),
          name: Nullable(Type.String({ description: 'Name of the person, as far as it is known.' })),
          email: Nullable(Type.String({ description: 'The address of the account, where it is fixed.' })),
          role: RoleOf('The role of the account.'),
          expires_at: Moment('Until when the link can be used.'),
        }),
      }),
    ),
  },
  handler: async ({ body, db, now }) => {
    const link = await requireLink(db, body.token, now)
    await requireUsable(db, link)
    const known = await accountOf(db, link)
    return {
      ...ok,
      link: {
        purpose: link.purpose as 'setup' | 'invite' | 'reset',
        name: known?.name ?? link.name,
        email: known?.email ?? link.email,
        role: (known?.role ?? link.role) as Role,
        expires_at: moment(link.expires_at_ms),
      },
    }
  },
})

export const redeemConsoleLink = operation({
  id: 'redeemConsoleLink',
  method: 'POST',
  path: '/admin/api/links/redeem',
  scope: null,
  role: 'read_only',
  anonymous: true,
  // Hashing a password takes long: no transaction waits for it.
  callsOut: true,
  tag: 'Console',
  summary: 'Use a one-time link',
  description:
    'Makes the account that the link is for, or sets the new password of an existing one, and signs in. The link is used up.',
  body: Type.Object({
    token,
    password: Type.String({ description: 'The password from now on, 12 characters or more.', maxLength: 1024 }),
    name: Type.Optional(Type.String({ description: 'Name of the person.', maxLength: 100 })),
    email: Type.Optional(Type.String({ description: 'Address of the first account.', maxLength: 320 })),
  }),
  bodyRequired: true,
  responses: { 200: SignedInReply },
  handler: async ({ body, db, now, environment, browser, write }) => {
    const { cipher, ids } = environment
    // Looked at before anything is hashed, so that made-up links cost nothing.
    const link = await requireLink(db, body.token, now)
    await requireUsable(db, link)
    const known = await accountOf(db, link)
    const email = known?.email ?? requireEmail(link.email ?? required(body.email, 'email'))
    const name = (known?.name ?? required(body.name ?? link.name ?? undefined, 'name')).trim()
    requireGoodPassword(body.password, [email, email.split('@', 1)[0]!, name])
    const hash = await hashPassword(body.password)
    return write(async (db, record) => {
      const link = await takeLink(db, body.token, now)
      await lockSetup(db)
      await requireUsable(db, link)
      const id = link.administrator_id ?? ids.timed('admin', now)
      const sealed = cipher.seal(hash, passwordPlace(id))
      if (link.administrator_id === null) {
        const role = link.role as Role
        await addAdministrator(db, { id, name, email, role, password_sealed: sealed, created_at_ms: now })
        await db.deleteFrom('administrator_links').where('purpose', '=', 'setup').execute()
        record('administrator.created', { administrator: { id, name, email, role } })
      } else {
        await db.updateTable('administrators').set({ password_sealed: sealed }).where('id', '=', id).execute()
        await db.deleteFrom('administrator_links').where('administrator_id', '=', id).execute()
        const sessions = await endSessions(db, { administratorId: id })
        record('administrator.password_set', { administrator: { id }, reach: { sessions } })
      }
      await clearAttempts(db, email)
      return signIn(db, id, { environment, browser, now })
    })
  },
})

/** Once somebody has an account, the first one cannot be made; an invited address may have got one meanwhile. */
async function requireUsable(db: Db, link: AdministratorLinkRow): Promise<void> {
  if (link.purpose === 'setup' && (await hasAdministrators(db))) throw linkInvalid()
  if (link.purpose !== 'invite') return
  const taken = await db
    .selectFrom('administrators')
    .select('id')
    .where('email_key', '=', emailKey(link.email!))
    .executeTakeFirst()
  if (taken !== undefined) throw emailTaken()
}

async function accountOf(db: Db, { administrator_id: id }: AdministratorLinkRow) {
  if (id === null) return undefined
  return db.selectFrom('administrators').selectAll().where('id', '=', id).executeTakeFirst()
}

function required(value: string | undefined, field: string): string {
  if (value !== undefined && value.trim() !== '') return value
  throw new ApiError(400, `${field.toUpperCase()}_REQUIRED`, `The member ${field} is missing.`, { field })
}
