import { type TSchema, Type } from '@sinclair/typebox'
import { ApiError, notFound } from '../../errors.ts'
import { named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { applySeed } from '../../seed/apply.ts'
import { readSeed } from '../../seed/read.ts'
import { SeedError, type Seeded, seedSchema } from '../../seed/seed.ts'
import { controlOf } from '../control.ts'

const snapshotId = Type.String({ description: 'Id of the snapshot.' })

export const seed = operation({
  id: 'seed',
  method: 'POST',
  path: '/_kindred/seed',
  scope: null,
  tag: 'State',
  summary: 'Seed',
  description:
    'Adds what the seed names to what is there, all or nothing. From then on reset returns to this state. The reply has ' +
    'the ids and credentials of what was made, by the names in the seed.',
  // Checked by the reader of seeds, which names the place of a fault.
  body: named('seed', Type.Unsafe<unknown>(seedSchema as TSchema)),
  bodyRequired: true,
  responses: {
    201: Success({
      seeded: Type.Unsafe<Seeded>({
        type: 'object',
        additionalProperties: { type: 'object', additionalProperties: {} },
        description: 'applications, apis, organizations, roles, permissions, users, connections and webhooks, by name.',
      }),
    }),
  },
  handler: async ({ body, environment }) => {
    const control = controlOf(environment)
    try {
      const seeded = await applySeed(environment, await readSeed(body))
      await control.keepAsStart()
      return { ...ok, seeded }
    } catch (error) {
      if (!(error instanceof SeedError)) throw error
      throw new ApiError(400, 'INVALID_SEED', error.message, { field: error.path, cause: error })
    }
  },
})

export const reset = operation({
  id: 'reset',
  method: 'POST',
  path: '/_kindred/reset',
  scope: null,
  tag: 'State',
  summary: 'Reset',
  description:
    'Back to the state after the start, or after the last seed: data and clock. Faults and requests are forgotten.',
  responses: { 200: SuccessReply },
  handler: async ({ environment }) => {
    await controlOf(environment).reset()
    return ok
  },
})

export const takeSnapshot = operation({
  id: 'takeSnapshot',
  method: 'POST',
  path: '/_kindred/snapshots',
  scope: null,
  tag: 'State',
  summary: 'Take a snapshot',
  description: 'Keeps data and clock as they are now, in memory, until the snapshot is deleted or the server stops.',
  responses: { 201: Success({ snapshot: Type.Object({ id: snapshotId }) }) },
  handler: async ({ environment }) => ({ ...ok, snapshot: { id: await controlOf(environment).keepSnapshot() } }),
})

export const restoreSnapshot = operation({
  id: 'restoreSnapshot',
  method: 'POST',
  path: '/_kindred/snapshots/{snapshot_id}/restore',
  scope: null,
  tag: 'State',
  summary: 'Restore a snapshot',
  description: 'Puts data and clock back as they were; it can be done any number of times.',
  responses: { 200: SuccessReply },
  handler: async ({ params, environment }) => {
    const control = controlOf(environment)
    const snapshot = control.findSnapshot(params.snapshot_id)
    if (snapshot === undefined) throw notFound('snapshot', params.snapshot_id)
    await control.restore(snapshot)
    return ok
  },
})

export const deleteSnapshot = operation({
  id: 'deleteSnapshot',
  method: 'DELETE',
  path: '/_kindred/snapshots/{snapshot_id}',
  scope: null,
  tag: 'State',
  summary: 'Delete a snapshot',
  description: 'Gives its memory back.',
  responses: { 200: SuccessReply },
  handler: async ({ params, environment }) => {
    if (!controlOf(environment).dropSnapshot(params.snapshot_id)) throw notFound('snapshot', params.snapshot_id)
    return ok
  },
})
