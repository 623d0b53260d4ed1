import type { Db } from './tables.ts'

/** For how long it is known when a user got an access token. */
const keptForSeconds = 400 * 86_400

/**
 * Notes that a user gets an access token: whoever got one is counted as active. To be called in the transaction in
 * which the token is issued.
 * @param now milliseconds since the epoch
 */
export async function noteUserToken(db: Db, userId: string, now: number): Promise<void> {
  const second = Math.floor(now / 1000)
  await db
    .insertInto('user_token_times')
    .values({ user_id: userId, issued_at_seconds: second })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await db
    .deleteFrom('user_token_times')
    .where('user_id', '=', userId)
    .where('issued_at_seconds', '<', second - keptForSeconds)
    .execute()
}
