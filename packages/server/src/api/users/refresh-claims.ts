import { ok, operation, SuccessReply } from '../../operation.ts'
import { requireUser } from '../../store/users.ts'

export const refreshUserClaims = operation({
  id: 'refreshUserClaims',
  method: 'POST',
  path: '/api/v1/users/{user_id}/refresh_claims',
  scope: 'update:user_refresh_claims',
  tag: 'Users',
  summary: "Refresh a user's claims",
  description: "From now on the user's next token is made from present data, whatever was remembered for it.",
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const { id } = await requireUser(db, params.user_id)
    await db.updateTable('users').set({ claims_refreshed_at_ms: now }).where('id', '=', id).execute()
    record('user.claims_refreshed', { user: { id } })
    return ok
  },
})
