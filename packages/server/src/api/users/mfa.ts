import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { requireFactor, resetFactors } from '../../store/mfa.ts'
import { requireUser } from '../../store/users.ts'

/** A second factor, as the replies of users and of members of organizations show it. */
export const FactorReply = named(
  'get_user_mfa_response',
  Success({
    mfa: Type.Optional(
      Type.Object({
        id: Type.Optional(Type.String({ description: 'Id of the factor.' })),
        type: Type.Optional(Type.String({ description: 'Kind of factor, such as email, SMS or authenticator app.' })),
        created_on: Type.Optional(Type.String({ format: 'date-time', description: 'When it was set up, RFC 3339.' })),
        name: Type.Optional(Type.String({ description: 'What it goes by: an address or a number.' })),
        is_verified: Type.Optional(Type.Boolean({ description: 'Whether it has been proven to work.' })),
        usage_count: Type.Optional(Type.Integer({ description: 'How often it has been used.' })),
        last_used_on: Type.Optional(Type.String({ format: 'date-time', description: 'Last use, RFC 3339.' })),
      }),
    ),
  }),
)

export const getUserMfa = operation({
  id: 'GetUsersMFA',
  method: 'GET',
  path: '/api/v1/users/{user_id}/mfa',
  scope: 'read:user_mfa',
  tag: 'Users',
  summary: "Get a user's second factor",
  description: 'The factor that the user used last. Those that an organization asked for are shown with its members.',
  notFoundAsObject: true,
  responses: { 200: FactorReply },
  handler: async ({ params, db }) => {
    const { id } = await requireUser(db, params.user_id)
    return { ...ok, mfa: await requireFactor(db, { userId: id, organizationCode: null }) }
  },
})

export const resetUserMfa = operation({
  id: 'ResetUsersMFAAll',
  method: 'DELETE',
  path: '/api/v1/users/{user_id}/mfa',
  scope: 'delete:user_mfa',
  tag: 'Users',
  summary: "Reset a user's second factors",
  description: 'Removes every factor of the environment, so that the user sets them up again at the next sign-in.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await requireUser(db, params.user_id)
    const factors = await resetFactors(db, { userId: id, organizationCode: null }, null)
    record('user.mfa_reset', { user: { id }, reach: { factors } })
    return ok
  },
})

export const resetUserMfaFactor = operation({
  id: 'ResetUsersMFA',
  method: 'DELETE',
  path: '/api/v1/users/{user_id}/mfa/{factor_id}',
  scope: 'delete:user_mfa',
  tag: 'Users',
  summary: "Reset one of a user's second factors",
  description: 'Removes one factor of the environment, so that the user sets it up again.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await requireUser(db, params.user_id)
    const factors = await resetFactors(db, { userId: id, organizationCode: null }, params.factor_id)
    record('user.mfa_reset', { user: { id }, reach: { factors } })
    return ok
  },
})
