import { Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import { invalid } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import type { Db } from '../store/tables.ts'
import { periodOf, periodParameters } from './activity.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

const hourMs = 3_600_000
const lengths = { hour: hourMs, day: 24 * hourMs } as const
/** What is shown when no period is given, and at most. */
const usualBuckets = { hour: 48, day: 30 } as const
const mostBuckets = 750

const counted = [
  'users',
  'organizations',
  'applications',
  'apis',
  'roles',
  'permissions',
  'feature_flags',
  'webhooks',
] as const
const number = (description: string) => Type.Integer({ description })

export const getStatistics = operation({
  id: 'getStatistics',
  method: 'GET',
  path: '/admin/api/statistics',
  scope: 'read:environments',
  role: 'read_only',
  tag: 'Statistics',
  summary: 'Get figures of the environment',
  description: 'How many of everything there are, how calls went since this process started, and how webhooks fare.',
  responses: {
    200: named(
      'statistics_response',
      Success({
        counts: Type.Object(
          Object.fromEntries(counted.map((table) => [table, number(`How many ${table.replaceAll('_', ' ')}.`)])),
        ),
        requests: Type.Object({
          since: Moment('When this process started.'),
          total: number('Calls since then, or in the last seven days.'),
          refused: number('Those that were answered with 4xx.'),
          failed: number('Those that were answered with 5xx.'),
          by_hour: Type.Array(
            Type.Object({
              at: Moment('Beginning of the hour.'),
              total: number('Calls in it.'),
              refused: number('Answered with 4xx.'),
              failed: number('Answered with 5xx.'),
            }),
          ),
        }),
        webhooks: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the webhook.' }),
            name: Type.String({ description: 'Its name.' }),
            endpoint: Type.String({ description: 'Its URL.' }),
            is_enabled: Type.Boolean({ description: 'Whether it is switched on.' }),
            is_failing: Type.Boolean({ description: 'Whether its last attempts have failed.' }),
            failing_since: Nullable(Moment('Since when.')),
            delivered: number('Deliveries of the last 30 days that were taken.'),
            pending: number('Deliveries that wait.'),
            failed: number('Deliveries that were given up.'),
          }),
        ),
      }),
    ),
  },
  handler: async ({ db, environment: { requestLog } }) => {
    const { hours } = requestLog
    const sum = (member: 'total' | 'refused' | 'failed') => hours.reduce((total, hour) => total + hour[member], 0)
    return {
      ...ok,
      counts: await countAll(db),
      requests: {
        since: moment(requestLog.sinceMs),
        total: sum('total'),
        refused: sum('refused'),
        failed: sum('failed'),
        by_hour: hours.map(({ hourMs: at, total, refused, failed }) => ({ at: moment(at), total, refused, failed })),
      },
      webhooks: await webhookHealth(db),
    }
  },
})

async function countAll(db: Db): Promise<Record<(typeof counted)[number], number>> {
  const counts: Record<string, number> = {}
  for (const table of counted) {
    const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`.execute(db)
    counts[table] = Number(rows[0]!.rows)
  }
  return counts
}

async function webhookHealth(db: Db) {
  const webhooks = await db.selectFrom('webhooks').selectAll().orderBy('seq').execute()
  const rows = await db
    .selectFrom('webhook_deliveries')
    .select(['webhook_id', 'state', (select) => select.fn.countAll<number>().as('deliveries')])
    .groupBy(['webhook_id', 'state'])
    .execute()
  const counts = new Map(rows.map((row) => [`${row.webhook_id} ${row.state}`, Number(row.deliveries)]))
  const count = (id: string, state: string) => counts.get(`${id} ${state}`) ?? 0
  return webhooks.map(({ id, name, endpoint, is_enabled, failing_since_ms: failingSinceMs }) => ({
    id,
    name,
    endpoint,
    is_enabled,
    is_failing: failingSinceMs !== null,
    failing_since: momentOrNull(failingSinceMs),
    delivered: count(id, 'delivered'),
    pending: count(id, 'pending'),
    failed: count(id, 'failed'),
  }))
}

export const getTokenStatistics = operation({
  id: 'getTokenStatistics',
  method: 'GET',
  path: '/admin/api/statistics/tokens',
  scope: 'read:applications',
  role: 'read_only',
  tag: 'Statistics',
  summary: 'Get how many tokens were issued',
  description:
    'Tokens by application over time: the last 30 days by day, or 48 hours by hour, when no period is given.',
  query: Type.Object({
    ...periodParameters,
    interval: Type.Optional(
      Nullable(Choice(['hour', 'day'], { description: 'Length of a bucket; a day is one of UTC.' })),
    ),
    application_id: Type.Optional(Nullable(Type.String({ description: 'Only tokens of this application.' }))),
  }),
  responses: {
    200: named(
      'token_statistics_response',
      Success({
        interval: Choice(['hour', 'day'], { description: 'Length of a bucket.' }),
        total: number('Tokens in the period.'),
        applications: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Client id.' }),
            name: Type.String({ description: 'Name of the application.' }),
            total: number('Its tokens in the period.'),
          }),
        ),
        buckets: Type.Array(
          Type.Object({
            at: Moment('Beginning of the bucket.'),
            total: number('Tokens in it.'),
            by_application: Type.Object(
              {},
              { description: 'Tokens by client id; those without any are left out.', additionalProperties: true },
            ),
          }),
        ),
      }),
    ),
  },
  handler: async ({ query, db, now, environment }) => {
    const interval = query.interval ?? 'day'
    const length = lengths[interval]
    const { since, until = now + 1 } = periodOf(query)
    const floor = (ms: number) => ms - (((ms % length) + length) % length)
    const last = floor(until - 1)
    const first = floor(since ?? last - (usualBuckets[interval] - 1) * length)
    if ((last - first) / length >= mostBuckets || first > last) {
      throw invalid(
        'since',
        `Ask for 1 to ${mostBuckets} buckets: since and until lie too far apart, or the wrong way round.`,
      )
    }
    // What has been counted and not written yet belongs to the figures.
    await environment.tokenUse.flush()
    let counts = db
      .selectFrom('application_token_counts as counts')
      .innerJoin('applications', 'applications.id', 'counts.application_id')
      .select(['applications.id', 'applications.name', 'counts.hour_ms', 'counts.tokens'])
      .where('counts.hour_ms', '>=', first)
      .where('counts.hour_ms', '<', last + length)
    if (query.application_id) counts = counts.where('applications.id', '=', query.application_id)
    const rows = await counts.execute()
    const buckets = new Map<number, { total: number; by: Map<string, number> }>()
    for (let at = first; at <= last; at += length) buckets.set(at, { total: 0, by: new Map() })
    const applications = new Map<string, { id: string; name: string; total: number }>()
    for (const { id, name, hour_ms: hour, tokens } of rows) {
      const bucket = buckets.get(floor(hour))!
      bucket.total += tokens
      bucket.by.set(id, (bucket.by.get(id) ?? 0) + tokens)
      const application = applications.get(id) ?? { id, name, total: 0 }
      application.total += tokens
      applications.set(id, application)
    }
    return {
      ...ok,
      interval,
      total: rows.reduce((total, { tokens }) => total + tokens, 0),
      applications: [...applications.values()].sort((left, right) => right.total - left.total),
      buckets: [...buckets].map(([at, { total, by }]) => ({
        at: moment(at),
        total,
        by_application: Object.fromEntries(by),
      })),
    }
  },
})
