import { Type } from '@sinclair/typebox'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { requireUser } from '../store/users.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

export const getUserFactors = operation({
  id: 'getUserFactors',
  method: 'GET',
  path: '/admin/api/users/{user_id}/factors',
  scope: 'read:user_mfa',
  role: 'read_only',
  tag: 'Users',
  summary: "List a user's second factors",
  description: 'All of them, in the order in which they were set up; none is no error.',
  responses: {
    200: named(
      'user_factors_response',
      Success({
        factors: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the factor.' }),
            type: Type.String({ description: 'What kind of factor it is.' }),
            name: Type.String({ description: 'What the person calls it.' }),
            organization_code: Nullable(
              Type.String({ description: 'The organization that asked for it; null: the environment.' }),
            ),
            is_verified: Type.Boolean({ description: 'Whether the person has shown that it works.' }),
            usage_count: Type.Integer({ description: 'How often it was used.' }),
            created_at: Moment('When it was set up.'),
            last_used_at: Nullable(Moment('When it was last used.')),
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    await requireUser(db, params.user_id)
    const rows = await db
      .selectFrom('mfa_factors')
      .select([
        'id',
        'type',
        'name',
        'organization_code',
        'is_verified',
        'usage_count',
        'created_at_ms',
        'last_used_at_ms',
      ])
      .where('user_id', '=', params.user_id)
      .orderBy('seq')
      .execute()
    const factors = rows.map(({ created_at_ms, last_used_at_ms, ...factor }) => ({
      ...factor,
      created_at: moment(created_at_ms),
      last_used_at: momentOrNull(last_used_at_ms),
    }))
    return { ...ok, factors }
  },
})
