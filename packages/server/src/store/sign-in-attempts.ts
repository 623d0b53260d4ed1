import { sql } from 'kysely'
import { hashSecret } from '../oauth/secrets.ts'
import { emailKey } from './administrators.ts'
import type { Db } from './tables.ts'

const windowMs = 15 * 60_000
/**
 * Tries within a window. Few from one address at one account; more from one address at all accounts; and most at one
 * account from everywhere, so that a stranger does not easily keep its owner out.
 */
const limits = { pair: 5, address: 20, account: 50 } as const

/**
 * Counts a try before the password is looked at, so that tries at the same moment count too. To be called in a
 * transaction of its own, which is kept when the try fails.
 * @param now milliseconds since the epoch
 * @returns when the next try is possible; null when this one is
 */
export async function countAttempt(
  db: Db,
  { email, address, now }: { email: string; address: string; now: number },
): Promise<number | null> {
  const account = accountKey(email)
  await db.deleteFrom('sign_in_attempts').where('window_ends_at_ms', '<=', now).execute()
  let blockedUntil: number | null = null
  // In one order, or two transactions could wait for each other.
  for (const [kind, key] of [
    ['account', account],
    ['address', `address:${address}`],
    ['pair', `${account}:${address}`],
  ] as const) {
    const { rows } = await sql<{ attempts: number; window_ends_at_ms: number }>`
      insert into sign_in_attempts (key, attempts, window_ends_at_ms) values (${key}, 1, ${now + windowMs})
      on conflict (key) do update set attempts = sign_in_attempts.attempts + 1
      returning attempts, window_ends_at_ms`.execute(db)
    const { attempts, window_ends_at_ms: endsAtMs } = rows[0]!
    if (Number(attempts) > limits[kind]) blockedUntil = Math.max(blockedUntil ?? 0, Number(endsAtMs))
  }
  return blockedUntil
}

/** Forgets the tries at an account, once its owner has signed in. Those of the address go on counting. */
export async function clearAttempts(db: Db, email: string): Promise<void> {
  const account = accountKey(email)
  // `;` is the character after `:`.
  await sql`delete from sign_in_attempts
    where key = ${account} or (key > ${`${account}:`} and key < ${`${account};`})`.execute(db)
}

/** Hashed, because people type passwords into the field above. */
function accountKey(email: string): string {
  return `account:${hashSecret(emailKey(email)).toString('hex')}`
}
