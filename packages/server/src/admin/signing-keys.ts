import { Type } from '@sinclair/typebox'
import { jwksMaxAgeSeconds } from '../oauth/keys.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

const states = ['next', 'current', 'retired'] as const
const kid = (description: string) => Type.String({ description })

export const getSigningKeys = operation({
  id: 'getSigningKeys',
  method: 'GET',
  path: '/admin/api/signing_keys',
  scope: 'read:environments',
  role: 'read_only',
  tag: 'Signing keys',
  summary: 'List signing keys',
  description:
    'The keys that are published at /.well-known/jwks.json: the next one, the current one, then those that are retired.',
  responses: {
    200: named(
      'signing_keys_response',
      Success({
        keys: Type.Array(
          Type.Object({
            kid: kid('Id of the key.'),
            state: Choice(states, {
              description: 'Whether it waits, signs, or is published for tokens that it has signed.',
            }),
            algorithm: Type.String({ description: 'What it signs with.' }),
            created_at: Moment('When it was made.'),
            activated_at: Nullable(Moment('Since when it signs.')),
            retired_at: Nullable(Moment('Since when it signs no more.')),
          }),
        ),
      }),
    ),
  },
  handler: async ({ db }) => {
    const rows = await db
      .selectFrom('signing_keys')
      .select(['kid', 'created_at_ms', 'activated_at_ms', 'retired_at_ms'])
      .execute()
    const stateOf = (row: (typeof rows)[number]): (typeof states)[number] => {
      if (row.activated_at_ms === null) return 'next'
      return row.retired_at_ms === null ? 'current' : 'retired'
    }
    rows.sort(
      (left, right) =>
        states.indexOf(stateOf(left)) - states.indexOf(stateOf(right)) ||
        (right.retired_at_ms ?? 0) - (left.retired_at_ms ?? 0),
    )
    return {
      ...ok,
      keys: rows.map((row) => ({
        kid: row.kid,
        state: stateOf(row),
        algorithm: 'RS256',
        created_at: moment(row.created_at_ms),
        activated_at: momentOrNull(row.activated_at_ms),
        retired_at: momentOrNull(row.retired_at_ms),
      })),
    }
  },
})

export const rotateSigningKeys = operation({
  id: 'rotateSigningKeys',
  method: 'POST',
  path: '/admin/api/signing_keys/rotate',
  scope: 'update:environments',
  role: 'administrator',
  // Making a key takes long, and the ring has a transaction of its own.
  callsOut: true,
  tag: 'Signing keys',
  summary: 'Rotate the signing keys',
  description:
    'Signs with the next key from now on and makes a new next one. Tokens that were signed before stay valid until they expire.',
  responses: {
    200: named(
      'rotate_signing_keys_response',
      Success({
        retired: kid('The key that signs no more.'),
        current: kid('The key that signs now.'),
        next: kid('The key that is published for the next rotation.'),
        warning: Nullable(Type.String({ description: 'What to know when the last rotation was only just made.' })),
      }),
    ),
  },
  handler: async ({ environment, write }) => {
    const { publishedSeconds, ...keys } = await environment.keys.rotate()
    await write(async (_db, record) => record('signing_keys.rotated', { signing_keys: keys }))
    const warning =
      publishedSeconds < jwksMaxAgeSeconds
        ? `The key that signs now was published ${publishedSeconds} s ago; clients may hold a key set up to ${jwksMaxAgeSeconds} s old and fetch it anew.`
        : null
    return { ...ok, ...keys, warning }
  },
})
