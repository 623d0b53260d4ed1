import { ok, operation, SuccessReply } from '../operation.ts'
import { requireApiKey } from '../store/api-keys.ts'

export const revokeApiKey = operation({
  id: 'revokeApiKey',
  method: 'POST',
  path: '/admin/api/api_keys/{key_id}/revoke',
  scope: 'delete:api_keys',
  role: 'administrator',
  tag: 'API keys',
  summary: 'Revoke an API key',
  description:
    'It fails from now on, for good, and stays in the lists as revoked. One that is revoked already stays so.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await requireApiKey(db, params.key_id)
    const revoked = await db
      .updateTable('api_keys')
      .set({ status: 'revoked' })
      .where('id', '=', id)
      .where('status', '!=', 'revoked')
      .returning('id')
      .executeTakeFirst()
    if (revoked !== undefined) record('api_key.revoked', { api_key: { id } })
    return ok
  },
})
