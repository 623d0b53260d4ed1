import { Type } from '@sinclair/typebox'
import { ApiError } from '../errors.ts'
import { named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { emailKey, hasAdministrators, holdAdministrator, requireAdministrator } from '../store/administrators.ts'
import { clearAttempts, countAttempt } from '../store/sign-in-attempts.ts'
import { version } from '../version.ts'
import { sessionCookie } from './console-access.ts'
import { verifyPassword } from './passwords.ts'
import { SignedInReply, signedIn, signIn } from './sign-in.ts'

export const getConsoleStatus = operation({
  id: 'getConsoleStatus',
  method: 'GET',
  path: '/admin/api/status',
  scope: null,
  role: 'read_only',
  anonymous: true,
  tag: 'Console',
  summary: 'Get the state of the console',
  description: 'What the console shows before anyone has signed in: whether there is an administrator yet.',
  responses: {
    200: named(
      'console_status_response',
      Success({
        needs_setup: Type.Boolean({ description: 'Whether nobody has an account yet.' }),
        signed_in: Type.Boolean({ description: 'Whether this browser is signed in.' }),
        version: Type.String({ description: 'Version of the server.' }),
        url: Type.String({ description: 'Public base URL of the server.' }),
        audience: Type.String({ description: 'Audience of the Management API.' }),
      }),
    ),
  },
  handler: async ({ db, browser: { cookie }, environment: { baseUrl, consoleSessions } }) => ({
    ...ok,
    signed_in: cookie !== undefined && (await consoleSessions.find(cookie)) !== undefined,
    needs_setup: !(await hasAdministrators(db)),
    version,
    url: baseUrl,
    audience: `${baseUrl}/api`,
  }),
})

export const createConsoleSession = operation({
  id: 'createConsoleSession',
  method: 'POST',
  path: '/admin/api/session',
  scope: null,
  role: 'read_only',
  anonymous: true,
  // Comparing a password takes long: no transaction waits for it.
  callsOut: true,
  tag: 'Console',
  summary: 'Sign in',
  description: 'Begins a session and sets its cookie. Tries are counted by account and by address.',
  body: Type.Object({
    email: Type.String({ description: 'The e-mail address of the account.', maxLength: 320 }),
    password: Type.String({ description: 'Its password.', maxLength: 1024 }),
  }),
  bodyRequired: true,
  responses: { 200: SignedInReply },
  handler: async ({ body, db, now, environment, browser, write }) => {
    await requireAttempt(write, { email: body.email, address: browser.address, now })
    const known = await db
      .selectFrom('administrators')
      .select(['id', 'name', 'password_sealed'])
      .where('email_key', '=', emailKey(body.email))
      .executeTakeFirst()
    const stored = known === undefined ? null : environment.cipher.open(known.password_sealed, passwordPlace(known.id))
    const isRight = await verifyPassword(body.password, stored)
    if (known !== undefined && !isRight) {
      const administrator = { id: known.id, name: known.name }
      await write(async (_db, record) => record('administrator.sign_in_failed', { administrator }))
    }
    if (known === undefined || !isRight) throw signInFailed()
    return write(async (db, record) => {
      const administrator = await holdAdministrator(db, known.id)
      // Removed, or given another password, while this one was compared.
      if (administrator?.password_sealed !== known.password_sealed) throw signInFailed()
      await clearAttempts(db, body.email)
      const reply = await signIn(db, known.id, { environment, browser, now })
      record('administrator.signed_in', { administrator: { id: known.id }, session: { id: reply.session.id } })
      return reply
    })
  },
})

export const getConsoleSession = operation({
  id: 'getConsoleSession',
  method: 'GET',
  path: '/admin/api/session',
  scope: null,
  role: 'read_only',
  tag: 'Console',
  summary: 'Get who is signed in',
  description: 'The administrator of this session, and the scopes of the Management API that it opens.',
  responses: { 200: SignedInReply },
  handler: async ({ db, caller }) => {
    const { id, sessionId } = caller.administrator!
    return signedIn(db, await requireAdministrator(db, id), sessionId)
  },
})

export const endConsoleSession = operation({
  id: 'endConsoleSession',
  method: 'DELETE',
  path: '/admin/api/session',
  scope: null,
  role: 'read_only',
  tag: 'Console',
  summary: 'Sign out',
  description: 'Ends this session and takes its cookie back.',
  responses: { 200: SuccessReply },
  handler: async ({ db, caller, browser, record }) => {
    const { id, sessionId } = caller.administrator!
    await db.deleteFrom('administrator_sessions').where('id', '=', sessionId).execute()
    browser.setCookie = sessionCookie(null, browser)
    record('administrator.signed_out', { administrator: { id }, session: { id: sessionId } })
    return ok
  },
})

/** Where the password of an administrator is sealed for. */
export function passwordPlace(administratorId: string): string {
  return `administrators:${administratorId}`
}

/**
 * Counts a try to give a password, whatever comes of it.
 * @throws {ApiError} 429 TOO_MANY_ATTEMPTS, alike for accounts that exist and others
 */
export async function requireAttempt(
  write: Parameters<Parameters<typeof operation>[0]['handler']>[0]['write'],
  attempt: { email: string; address: string; now: number },
): Promise<void> {
  const blockedUntilMs = await write((db) => countAttempt(db, attempt))
  if (blockedUntilMs === null) return
  const retryAfterSeconds = Math.max(1, Math.ceil((blockedUntilMs - attempt.now) / 1000))
  throw new ApiError(
    429,
    'TOO_MANY_ATTEMPTS',
    `Too many tries. The next one is possible in ${Math.ceil(retryAfterSeconds / 60)} min; \`kindred admin reset-password\` on the server helps at once.`,
    { retryAfterSeconds },
  )
}

/** One answer for an unknown account and a wrong password. */
function signInFailed(): ApiError {
  return new ApiError(401, 'SIGN_IN_FAILED', 'E-mail address or password is wrong.')
}
