import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { requireUser } from '../store/users.ts'

const flag = {
  key: Type.String({ description: 'The flag as code names it.' }),
  name: Type.String({ description: 'Name of the flag.' }),
  description: Type.String({ description: 'What it is for.' }),
  type: Type.String({ description: '`str`, `int` or `bool`.' }),
  allow_override_level: Nullable(
    Type.String({
      description: 'The lowest level at which it may be overridden: `env`, `org` or `usr`; null at none.',
    }),
  ),
  default_value: Type.String({ description: 'Its value where nothing overrides it, as text.' }),
  environment_value: Nullable(Type.String({ description: "The environment's override." })),
}

/** How many organizations with an override are named; the count tells the rest. */
const mostNamed = 50

export const getFlagOverview = operation({
  id: 'getFlagOverview',
  method: 'GET',
  path: '/admin/api/feature_flags',
  scope: 'read:environment_feature_flags',
  role: 'read_only',
  tag: 'Feature flags',
  summary: 'List feature flags with their overrides',
  description:
    'Every flag in one picture: default, environment, the organizations with a value of their own, and how many users have one.',
  responses: {
    200: named(
      'flag_overview_response',
      Success({
        feature_flags: Type.Array(
          Type.Object({
            ...flag,
            organizations: Type.Array(
              Type.Object({
                code: Type.String({ description: 'Code of the organization.' }),
                name: Type.String({ description: 'Name of the organization.' }),
                value: Type.String({ description: 'Its own value.' }),
              }),
              { description: `Organizations with a value of their own, ${mostNamed} at most.` },
            ),
            organization_count: Type.Integer({ description: 'How many organizations have a value of their own.' }),
            user_count: Type.Integer({ description: 'How many users have a value of their own.' }),
          }),
        ),
      }),
    ),
  },
  handler: async ({ db }) => {
    const flags = await db.selectFrom('feature_flags').selectAll().orderBy('seq').execute()
    const counts = await db
      .selectFrom('feature_flag_overrides')
      .select(['flag_id', 'level'])
      .select((select) => select.fn.countAll<number>().as('count'))
      .groupBy(['flag_id', 'level'])
      .execute()
    const ofEnvironment = await db
      .selectFrom('feature_flag_overrides')
      .select(['flag_id', 'value'])
      .where('level', '=', 'env')
      .execute()
    const organizations = await Promise.all(
      flags.map(({ id }) =>
        db
          .selectFrom('feature_flag_overrides as override')
          .innerJoin('organizations', 'organizations.code', 'override.owner_id')
          .select(['organizations.code', 'organizations.name', 'override.value'])
          .where('override.flag_id', '=', id)
          .where('override.level', '=', 'org')
          .orderBy('organizations.seq')
          .limit(mostNamed)
          .execute(),
      ),
    )
    const countOf = (id: string, level: string) =>
      Number(counts.find((row) => row.flag_id === id && row.level === level)?.count ?? 0)
    return {
      ...ok,
      feature_flags: flags.map((row, index) => ({
        key: row.key,
        name: row.name,
        description: row.description,
        type: row.type,
        allow_override_level: row.allow_override_level,
        default_value: row.default_value,
        environment_value: ofEnvironment.find(({ flag_id }) => flag_id === row.id)?.value ?? null,
        organizations: organizations[index]!,
        organization_count: countOf(row.id, 'org'),
        user_count: countOf(row.id, 'usr'),
      })),
    }
  },
})

export const getUserFlags = operation({
  id: 'getUserFlags',
  method: 'GET',
  path: '/admin/api/users/{user_id}/feature_flags',
  scope: 'read:users',
  role: 'read_only',
  tag: 'Feature flags',
  summary: "List a user's feature flags",
  description: 'Every flag that a user may have a value of their own for, with that value where there is one.',
  responses: {
    200: named(
      'user_flags_response',
      Success({
        feature_flags: Type.Array(
          Type.Object({ ...flag, user_value: Nullable(Type.String({ description: "The user's own value." })) }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    await requireUser(db, params.user_id)
    const rows = await db
      .selectFrom('feature_flags as flag')
      .leftJoin('feature_flag_overrides as own', (join) =>
        join.onRef('own.flag_id', '=', 'flag.id').on('own.level', '=', 'usr').on('own.owner_id', '=', params.user_id),
      )
      .leftJoin('feature_flag_overrides as wide', (join) =>
        join.onRef('wide.flag_id', '=', 'flag.id').on('wide.level', '=', 'env'),
      )
      .select([
        'flag.key',
        'flag.name',
        'flag.description',
        'flag.type',
        'flag.allow_override_level',
        'flag.default_value',
      ])
      .select(['own.value as user_value', 'wide.value as environment_value'])
      .where('flag.allow_override_level', '=', 'usr')
      .orderBy('flag.seq')
      .execute()
    return { ...ok, feature_flags: rows }
  },
})
