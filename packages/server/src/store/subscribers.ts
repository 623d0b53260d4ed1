import { invalid, shown } from '../errors.ts'
import { nameSort, violatedUnique } from './dialect.ts'
import { emailValue } from './identity-values.ts'
import type { Ids } from './ids.ts'
import type { Db } from './tables.ts'

/**
 * Adds a subscriber.
 * @returns its id
 * @throws {ApiError} 400 SUBSCRIBER_EXISTS, INVALID_EMAIL, EMAIL_TOO_LONG
 */
export async function createSubscriber(
  db: Db,
  subscriber: { firstName: string; lastName: string; email: string },
  { ids, now }: { ids: Ids; now: number },
): Promise<string> {
  const { value, valueKey } = emailValue(subscriber.email, 'email')
  const id = ids.timed('subscriber', now)
  try {
    await db
      .insertInto('subscribers')
      .values({
        id,
        email: value,
        email_sort: valueKey,
        first_name: subscriber.firstName,
        last_name: subscriber.lastName,
        name_sort: nameSort(fullName(subscriber.firstName, subscriber.lastName)),
        created_at_ms: now,
      })
      .execute()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('email', `A subscriber with the address ${shown(value)} exists already.`, 'SUBSCRIBER_EXISTS')
  }
  return id
}

/** Given and family name as one. */
export function fullName(first: string | null, last: string | null): string {
  return [first, last].filter(Boolean).join(' ')
}
