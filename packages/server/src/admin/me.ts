import { Type } from '@sinclair/typebox'
import { invalid } from '../errors.ts'
import { named, ok, operation, Success } from '../operation.ts'
import { holdAdministrator, requireAdministrator } from '../store/administrators.ts'
import { clearAttempts } from '../store/sign-in-attempts.ts'
import { endSessions } from './console-sessions.ts'
import { hashPassword, requireGoodPassword, verifyPassword } from './passwords.ts'
import { passwordPlace, requireAttempt } from './session.ts'
import { AdministratorShape, shownAdministrator } from './shapes.ts'
import { SignedInReply, signIn } from './sign-in.ts'

export const updateMe = operation({
  id: 'updateMe',
  method: 'PATCH',
  path: '/admin/api/me',
  scope: null,
  role: 'read_only',
  tag: 'Console',
  summary: 'Change your own name',
  description: 'The name under which the activity shows what you do from now on.',
  body: Type.Object({ name: Type.String({ description: 'Your name.', minLength: 1, maxLength: 100 }) }),
  bodyRequired: true,
  responses: { 200: named('me_response', Success({ administrator: AdministratorShape })) },
  handler: async ({ body, db, caller, record }) => {
    const { id, name: before } = caller.administrator!
    const name = body.name.trim()
    if (name === '') throw invalid('name', 'Give a name.')
    if (name !== before) {
      await db.updateTable('administrators').set({ name }).where('id', '=', id).execute()
      record('administrator.updated', { administrator: { id } }, { before: { name: before }, after: { name } })
    }
    return { ...ok, administrator: shownAdministrator(await requireAdministrator(db, id)) }
  },
})

export const setMyPassword = operation({
  id: 'setMyPassword',
  method: 'PUT',
  path: '/admin/api/me/password',
  scope: null,
  role: 'read_only',
  callsOut: true,
  tag: 'Console',
  summary: 'Change your own password',
  description: 'Sets a new password and ends every session of yours; this browser gets a new one.',
  body: Type.Object({
    current_password: Type.String({ description: 'The password until now.', maxLength: 1024 }),
    new_password: Type.String({ description: 'The one from now on, 12 characters or more.', maxLength: 1024 }),
  }),
  bodyRequired: true,
  responses: { 200: SignedInReply },
  handler: async ({ body, db, now, caller, environment, browser, write }) => {
    const { id } = caller.administrator!
    const { cipher } = environment
    const before = await requireAdministrator(db, id)
    const { email, name } = before
    requireGoodPassword(body.new_password, [email, email.split('@', 1)[0]!, name], 'new_password')
    // Whoever finds an open browser must not have more tries than whoever signs in.
    await requireAttempt(write, { email, address: browser.address, now })
    const isRight = await verifyPassword(body.current_password, cipher.open(before.password_sealed, passwordPlace(id)))
    if (!isRight) throw invalid('current_password', 'This is not your password.', 'PASSWORD_WRONG')
    const hash = await hashPassword(body.new_password)
    return write(async (db, record) => {
      const held = await holdAdministrator(db, id)
      if (held?.password_sealed !== before.password_sealed) {
        throw invalid('current_password', 'The password was changed at the same moment elsewhere.', 'PASSWORD_WRONG')
      }
      const sealed = cipher.seal(hash, passwordPlace(id))
      await db.updateTable('administrators').set({ password_sealed: sealed }).where('id', '=', id).execute()
      await db.deleteFrom('administrator_links').where('administrator_id', '=', id).execute()
      const sessions = await endSessions(db, { administratorId: id })
      await clearAttempts(db, email)
      record('administrator.password_set', { administrator: { id }, reach: { sessions } })
      return signIn(db, id, { environment, browser, now })
    })
  },
})
