import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../../errors.ts'
import { Nullable } from '../../operation.ts'
import { identityKey } from '../../store/identity-values.ts'
import type { Db } from '../../store/tables.ts'
import {
  memberOf,
  signedInSince,
  type UserCondition,
  withId,
  withIdentity,
  withOrganization,
} from '../../store/user-conditions.ts'
import { wordsOf } from './expansions.ts'

const oneOfThese = (what: string) =>
  Type.Optional(Nullable(Type.String({ description: `Only users with one of these ${what}, separated by commas.` })))

/** The parameters that narrow the list of users. */
export const filterParameters = {
  user_id: oneOfThese('ids'),
  email: oneOfThese('e-mail addresses'),
  username: oneOfThese('usernames'),
  phone: oneOfThese('phone numbers'),
  has_organization: Type.Optional(
    Nullable(Type.Boolean({ description: 'Only users with at least one organization, or only those without.' })),
  ),
  active_since: Type.Optional(
    Nullable(
      Type.String({
        format: 'date-time',
        description: 'Only users who signed in at or after this moment, ISO 8601; in UTC without an offset.',
      }),
    ),
  ),
}

interface Filters {
  user_id?: string | null
  email?: string | null
  username?: string | null
  phone?: string | null
  has_organization?: boolean | null
  active_since?: string | null
}

/**
 * What users must meet to be in the list.
 * @param orgCode of the organization that the caller is held to; null for a general application
 * @throws {ApiError} 400 INVALID_VALUE for a moment that is none
 */
export function conditionsOf(db: Db, filters: Filters, orgCode: string | null): UserCondition[] {
  const conditions: UserCondition[] = []
  const ids = wordsOf(filters.user_id)
  if (ids.length > 0) conditions.push(withId(db, ids))
  const values = {
    // A plus that was not encoded arrives as a space, and no address holds one.
    email: wordsOf(filters.email).map((email) => email.replaceAll(' ', '+')),
    username: wordsOf(filters.username),
    phone: wordsOf(filters.phone),
  }
  for (const type of ['email', 'username', 'phone'] as const) {
    const keys = values[type].map((value) => identityKey(type, value))
    if (keys.length > 0) conditions.push(withIdentity(db, type, keys))
  }
  const { has_organization: hasOrganization, active_since: activeSince } = filters
  if (typeof hasOrganization === 'boolean') conditions.push(withOrganization(hasOrganization))
  if (activeSince) conditions.push(signedInSince(moment(activeSince)))
  if (orgCode !== null) conditions.push(memberOf(orgCode))
  return conditions
}

/** A date, or date and time; the offset may be whole hours. A plus that was not encoded arrives as a space. */
const iso8601 =
  /^(?<date>\d{4}-\d\d-\d\d)(?:(?<time>T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|(?<sign>[-+ ])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)?)?$/i

/** @returns milliseconds since the epoch */
function moment(text: string): number {
  const { date, time = 'T00:00', sign, hours, minutes = '00' } = iso8601.exec(text)?.groups ?? {}
  const offset = sign === undefined ? 'Z' : `${sign === '-' ? '-' : '+'}${hours}:${minutes}`
  const ms = Date.parse(`${date}${time}${offset}`)
  if (!Number.isNaN(ms)) return ms
  throw invalid(
    'active_since',
    `active_since must be a date and time in ISO 8601, such as 2026-01-31T09:00:00Z; ${shown(text)} was sent.`,
  )
}
