import { setImmediate as nextTurn } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import { invalid, shown } from '../../errors.ts'
import { Nullable, named, ok, operation, Success } from '../../operation.ts'
import { requireOrganization } from '../../store/organizations.ts'
import { largestTokenPage, pageSize, tokenPageParameters } from '../../store/page.ts'
import { requireRole } from '../../store/roles.ts'
import type { Db } from '../../store/tables.ts'

export const getOrganizationRoleUsers = operation({
  id: 'GetOrganizationRoleUsers',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/roles/{role_id}/users',
  scope: 'read:organization_user_roles',
  tag: 'Organizations',
  summary: 'List members with a role',
  description: 'Who has the role in the organization, in the order of their ids, a page at a time.',
  query: Type.Object(tokenPageParameters),
  responses: {
    200: named(
      'get_organization_role_users_response',
      Success({
        users: Type.Optional(
          Type.Array(Type.Object({ id: Type.Optional(Type.String({ description: 'Id of the user.' })) })),
        ),
        next_token: Type.Optional(Nullable(Type.String({ description: 'Gives the next page; null on the last one.' }))),
      }),
    ),
  },
  handler: async ({ params, query, db, environment }) => {
    const { code, roleId } = await requireRoleIn(db, params)
    const size = pageSize(query.page_size, largestTokenPage)
    const list = `organizations/${code}/roles/${roleId}/users`
    const after = query.next_token ? environment.pageTokens.read(list, query.next_token).after.value : ''
    const found = await holders(db, { code, roleId, after: after ?? '', limit: size + 1 })
    const ids = found.slice(0, size)
    const nextToken =
      found.length > size ? environment.pageTokens.write(list, '', { seq: 0, value: ids.at(-1)! }) : null
    return { ...ok, users: ids.map((id) => ({ id })), next_token: nextToken }
  },
})

/** @throws {ApiError} 404 ORGANIZATION_NOT_FOUND, ROLE_NOT_FOUND */
async function requireRoleIn(
  db: Db,
  params: { org_code: string; role_id: string },
): Promise<{ code: string; roleId: string }> {
  const { code } = await requireOrganization(db, params.org_code)
  const { id } = await requireRole(db, params.role_id)
  return { code, roleId: id }
}

/** Ids of members with a role, straight off the index, in their order. */
async function holders(
  db: Db,
  { code, roleId, after, limit }: { code: string; roleId: string; after: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('organization_user_roles')
    .select('user_id')
    .where('organization_code', '=', code)
    .where('role_id', '=', roleId)
    .where('user_id', '>', after)
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.user_id)
}

export const countOrganizationRoleUsers = operation({
  id: 'GetOrganizationRoleUsersCount',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/roles/{role_id}/users/count',
  scope: 'read:organization_user_roles',
  tag: 'Organizations',
  summary: 'Count members with a role',
  description: 'How many users have the role in the organization.',
  responses: {
    200: named(
      'get_organization_role_users_count_response',
      Success({ count: Type.Optional(Type.Integer({ description: 'Number of users.' })) }),
    ),
  },
  handler: async ({ params, db }) => {
    const { code, roleId } = await requireRoleIn(db, params)
    const { count } = await db
      .selectFrom('organization_user_roles')
      .select((select) => select.fn.countAll<number>().as('count'))
      .where('organization_code', '=', code)
      .where('role_id', '=', roleId)
      .executeTakeFirstOrThrow()
    return { ...ok, count: Number(count) }
  },
})

const daySeconds = 86_400
/** The window ends before its beginning plus this. */
const longestWindowSeconds = 3 * daySeconds

export const countOrganizationRoleActiveUsers = operation({
  id: 'GetOrganizationRoleActiveUsersCount',
  method: 'GET',
  path: '/api/v1/organizations/{org_code}/roles/{role_id}/active_users/count',
  scope: 'read:organization_user_roles',
  tag: 'Organizations',
  summary: 'Count active members with a role',
  description:
    'How many users who have the role in the organization now got an access token in a window of time, for whichever ' +
    'organization. Both bounds belong to the window, which is at most three days long; the reply tells them as they ' +
    'were used.',
  query: Type.Object({
    date_time_from: Type.String({
      format: 'date-time',
      description: 'Beginning of the window, ISO 8601, in UTC without an offset. A fraction of a second is cut off.',
    }),
    date_time_to: Type.String({
      format: 'date-time',
      description: 'End of the window, likewise. With a fraction, the next whole second counts.',
    }),
  }),
  example: { query: { date_time_from: '2026-01-01T00:00:00Z', date_time_to: '2026-01-03T00:00:00Z' } },
  responses: {
    200: named(
      'get_organization_role_active_users_count_response',
      Success({
        active_users_count: Type.Optional(Type.Integer({ description: 'Number of users.' })),
        date_time_from: Type.Optional(
          Type.String({ format: 'date-time', description: 'Beginning of the window, whole seconds, RFC 3339.' }),
        ),
        date_time_to: Type.Optional(
          Type.String({ format: 'date-time', description: 'End of the window, whole seconds, RFC 3339.' }),
        ),
      }),
    ),
  },
  handler: async ({ params, query, db }) => {
    const from = wholeSecond(query.date_time_from, 'date_time_from', 'down')
    const to = wholeSecond(query.date_time_to, 'date_time_to', 'up')
    if (to < from) {
      const message = 'date_time_to must not be earlier than date_time_from.'
      throw invalid('date_time_to', message, 'INVALID_DATE_TIME_RANGE')
    }
    if (to >= from + longestWindowSeconds) {
      const message =
        'The window is at most three days long: date_time_to must be earlier than date_time_from plus three days.'
      throw invalid('date_time_to', message, 'DATE_TIME_RANGE_TOO_LARGE')
    }
    const role = await requireRoleIn(db, params)
    return {
      ...ok,
      active_users_count: await countActive(db, role, { from, to }),
      date_time_from: secondText(from),
      date_time_to: secondText(to),
    }
  },
})

/** How many holders are looked at in one statement; on SQLite others wait meanwhile. */
const holdersPerTurn = 20_000

/** @param window in seconds since the epoch, both included */
async function countActive(
  db: Db,
  { code, roleId }: { code: string; roleId: string },
  { from, to }: { from: number; to: number },
): Promise<number> {
  let active = 0
  for (let after = ''; ; ) {
    const { rows } = await sql<{ seen: number; active: number; last: string | null }>`
      select count(*) as seen, max(user_id) as last,
        sum(case when exists (
          select 1 from user_token_times where user_token_times.user_id = holders.user_id
            and issued_at_seconds >= ${from} and issued_at_seconds <= ${to}
        ) then 1 else 0 end) as active
      from (
        select user_id from organization_user_roles
        where organization_code = ${code} and role_id = ${roleId} and user_id > ${after}
        order by user_id limit ${holdersPerTurn}
      ) as holders`.execute(db)
    const turn = rows[0]!
    active += Number(turn.active)
    if (Number(turn.seen) < holdersPerTurn) return active
    after = turn.last!
    await nextTurn()
  }
}

/** The offset may be left out; a plus that was not encoded arrives as a space. */
const iso8601 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([-+ ])(\d\d):?(\d\d))?$/i

/** @returns seconds since the epoch @throws {ApiError} 400 INVALID_VALUE for what is no date and time */
function wholeSecond(text: string, field: string, rounding: 'down' | 'up'): number {
  const [, date, time, fraction = '', sign, hours, minutes] = iso8601.exec(text) ?? []
  const local = new Date(`${date}T${time}Z`)
  // JavaScript takes the 30th of February for the 2nd of March.
  const isReal = !Number.isNaN(local.getTime()) && local.toISOString().startsWith(`${date}T${time}`)
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60 * (sign === '-' ? -1 : 1)
  if (!isReal || Math.abs(offset) >= daySeconds) {
    const message = `${field} must be a date and time in ISO 8601, such as 2026-01-31T09:00:00Z; ${shown(text)} was sent.`
    throw invalid(field, message)
  }
  const second = local.getTime() / 1000 - offset
  return rounding === 'up' && /[1-9]/.test(fraction) ? second + 1 : second
}

function secondText(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z')
}
