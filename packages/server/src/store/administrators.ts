import type { Role } from '../auth.ts'
import { ApiError, invalid, notFound } from '../errors.ts'
import { dialectOf, violatedUnique } from './dialect.ts'
import { lockSetup } from './open.ts'
import type { AdministratorRow, Db } from './tables.ts'

/** The form in which an e-mail address is unique. */
export function emailKey(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}

/** @throws {ApiError} 400 EMAIL_INVALID */
export function requireEmail(email: string): string {
  const trimmed = email.trim()
  if (/^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@<>"(),:;\\[\]]{1,190}$/.test(trimmed)) return trimmed
  throw invalid('email', 'Give an e-mail address, such as ada@example.com.', 'EMAIL_INVALID')
}

/** @throws {ApiError} 404 ADMINISTRATOR_NOT_FOUND */
export async function requireAdministrator(db: Db, id: string): Promise<AdministratorRow> {
  const row = await db.selectFrom('administrators').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('administrator', id)
  return row
}

/** Whether somebody has an account already. */
export async function hasAdministrators(db: Db): Promise<boolean> {
  return (await db.selectFrom('administrators').select('seq').limit(1).executeTakeFirst()) !== undefined
}

/** @throws {ApiError} 409 EMAIL_TAKEN */
export async function addAdministrator(
  db: Db,
  row: { id: string; name: string; email: string; role: Role; password_sealed: string; created_at_ms: number },
): Promise<void> {
  try {
    await db
      .insertInto('administrators')
      .values({ ...row, email_key: emailKey(row.email), last_signed_in_at_ms: null })
      .execute()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw emailTaken()
  }
}

/** The refusal of an address that somebody has already. */
export function emailTaken(): ApiError {
  return new ApiError(409, 'EMAIL_TAKEN', 'An administrator with this e-mail address exists already.', {
    field: 'email',
  })
}

/**
 * Waits for other transactions that change owners, so that two of them cannot each remove the last but one. Then makes
 * sure that somebody but `id` is an owner.
 * @throws {ApiError} 409 LAST_OWNER
 */
export async function requireOtherOwner(db: Db, id: string): Promise<void> {
  await lockSetup(db)
  const other = await db
    .selectFrom('administrators')
    .select('id')
    .where('role', '=', 'owner')
    .where('id', '<>', id)
    .limit(1)
    .executeTakeFirst()
  if (other !== undefined) return
  throw new ApiError(409, 'LAST_OWNER', 'This is the last owner: make somebody else an owner first.')
}

/** Holds the row until the transaction ends, so that what was read of it stays true. SQLite has one writer. */
export async function holdAdministrator(db: Db, id: string): Promise<AdministratorRow | undefined> {
  return db
    .selectFrom('administrators')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
}
