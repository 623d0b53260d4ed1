import { Type } from '@sinclair/typebox'
import { invalid } from '../../errors.ts'
import { named, ok, operation, Success } from '../../operation.ts'
import { timestamp } from '../../time.ts'
import { durationMs, momentMs } from '../clock.ts'
import { controlOf } from '../control.ts'

const ClockReply = named(
  'clock',
  Success({
    now: Type.String({ description: 'What the clock shows, RFC 3339.' }),
    is_frozen: Type.Boolean({ description: 'Whether it stands still.' }),
  }),
)

export const getClock = operation({
  id: 'getClock',
  method: 'GET',
  path: '/_kindred/clock',
  scope: null,
  tag: 'Clock',
  summary: 'Read the clock',
  description:
    'The time by which tokens expire, invitations lapse, webhooks are tried again and old events are removed.',
  responses: { 200: ClockReply },
  handler: async ({ environment }) => {
    const { clock } = controlOf(environment)
    return { ...ok, now: timestamp(clock.now()), is_frozen: clock.isFrozen }
  },
})

export const setClock = operation({
  id: 'setClock',
  method: 'PUT',
  path: '/_kindred/clock',
  scope: null,
  tag: 'Clock',
  summary: 'Set the clock',
  description:
    'Puts the clock to a moment, lets it stand still, or lets it run again. Forwards, what lies in between happens at its ' +
    'time; the reply comes when all of it is done.',
  body: Type.Object({
    now: Type.Optional(Type.String({ description: 'The moment, RFC 3339; where it is when left out.' })),
    is_frozen: Type.Optional(Type.Boolean({ description: 'Whether it stands still from now on.' })),
  }),
  bodyRequired: true,
  responses: { 200: ClockReply },
  handler: async ({ body, environment }) => {
    const control = controlOf(environment)
    const { clock } = control
    const toMs = body.now === undefined ? undefined : asked('now', () => momentMs(body.now!))
    if (toMs !== undefined) await control.moveClock(toMs)
    if (body.is_frozen === true && !clock.isFrozen) clock.freeze()
    if (body.is_frozen === false) clock.run()
    return { ...ok, now: timestamp(clock.now()), is_frozen: clock.isFrozen }
  },
})

export const advanceClock = operation({
  id: 'advanceClock',
  method: 'POST',
  path: '/_kindred/clock/advance',
  scope: null,
  tag: 'Clock',
  summary: 'Advance the clock',
  description:
    'Moves the clock forward. What lies in between happens at its time; the reply comes when all of it is done.',
  body: Type.Object({
    by: Type.Unsafe<number | string>({
      anyOf: [{ type: 'number' }, { type: 'string' }],
      description: 'Milliseconds, or a text such as 90s, 15m, 2h or 30d.',
    }),
  }),
  bodyRequired: true,
  responses: { 200: ClockReply },
  handler: async ({ body, environment }) => {
    const control = controlOf(environment)
    const { clock } = control
    await control.moveClock(clock.now() + asked('by', () => durationMs(body.by)))
    return { ...ok, now: timestamp(clock.now()), is_frozen: clock.isFrozen }
  },
})

function asked(field: string, read: () => number): number {
  try {
    return read()
  } catch (error) {
    throw invalid(field, (error as Error).message)
  }
}
