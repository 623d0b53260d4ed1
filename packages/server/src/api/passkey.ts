import { Type } from '@sinclair/typebox'
import { Choice, ok, operation, Success } from '../operation.ts'
import { environmentPolicies, holdEnvironmentPolicies, passkeyPolicies } from '../store/policies.ts'

const PasskeyReply = Success({
  enabled: Type.Optional(Type.Boolean({ description: 'Whether passkeys can be used: the policy is not off.' })),
  policy: Type.Optional(
    Choice(passkeyPolicies, { description: 'Whether users may, or must, sign in with a passkey.' }),
  ),
})

export const getPasskey = operation({
  id: 'GetPasskey',
  method: 'GET',
  path: '/api/v1/passkey',
  scope: 'read:passkey',
  tag: 'Environments',
  summary: 'Get the passkey policy',
  description: 'Whether users may, or must, have passkeys, where their organization says nothing else.',
  responses: { 200: PasskeyReply },
  handler: async ({ db }) => {
    const { passkeyPolicy: policy } = await environmentPolicies(db)
    return { ...ok, enabled: policy !== 'off', policy }
  },
})

export const updatePasskey = operation({
  id: 'UpdatePasskey',
  method: 'PUT',
  path: '/api/v1/passkey',
  scope: 'update:passkey',
  tag: 'Environments',
  summary: 'Set the passkey policy',
  description: 'It holds for every organization that has no policy of its own.',
  body: Type.Object({
    policy: Choice(passkeyPolicies, { description: 'off, optional (users may skip it) or mandatory.' }),
  }),
  bodyRequired: true,
  example: { body: { policy: 'optional' } },
  responses: { 200: PasskeyReply },
  handler: async ({ body: { policy }, db, record }) => {
    const { passkeyPolicy: before } = await holdEnvironmentPolicies(db)
    if (policy !== before) {
      await db.updateTable('environment').set({ passkey_policy: policy }).execute()
      const change = { before: { policy: before }, after: { policy } }
      record('environment.passkey_policy_updated', { passkey: { policy } }, change)
    }
    return { ...ok, enabled: policy !== 'off', policy }
  },
})
