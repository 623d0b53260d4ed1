import { Type } from '@sinclair/typebox'
import { invalid, notFound } from '../../errors.ts'
import { Choice, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { controlOf } from '../control.ts'
import type { Fault, PlacedFault } from '../faults.ts'

const whole = (description: string) => Type.Optional(Type.Integer({ description }))

const members = {
  operation: Type.Optional(Type.String({ description: 'Hits only this operation, by its id: createUser.' })),
  method: Type.Optional(Type.String({ description: 'Hits only this method.' })),
  path: Type.Optional(Type.String({ description: 'Hits only this path; `*` stands for any part of it.' })),
  after: whole('Lets so many pass first.'),
  times: whole('How many requests it hits; all of them when left out.'),
  probability: Type.Optional(Type.Number({ description: 'The chance of a request to be hit, 0 to 1.' })),
  seed: whole('The dice for probability: the same number gives the same throws.'),
  delay_ms: whole('Milliseconds of real time that the request waits.'),
  status: whole('Answers with this status, 400 to 599, and does nothing.'),
  code: Type.Optional(Type.String({ description: 'Code of the refusal.' })),
  message: Type.Optional(Type.String({ description: 'Message of the refusal.' })),
  retry_after_seconds: whole('Sent as Retry-After and RateLimit-Reset; 1 for 429 and 503 when left out.'),
  cut: Type.Optional(
    Choice(['before', 'after'], {
      description: 'Drops the connection without an answer: before anything was done, or after all of it was.',
    }),
  ),
}

const PlacedFaultSchema = named(
  'fault',
  Type.Object({
    id: Type.String({ description: 'Id of the fault.' }),
    hits: Type.Integer({ description: 'How many requests it has hit.' }),
    ...members,
  }),
)

export const listFaults = operation({
  id: 'listFaults',
  method: 'GET',
  path: '/_kindred/faults',
  scope: null,
  tag: 'Faults',
  summary: 'List faults',
  description: 'The faults that are in place, in the order of their making; the first one that fits a request hits it.',
  responses: { 200: Success({ faults: Type.Array(PlacedFaultSchema) }) },
  handler: async ({ environment }) => ({ ...ok, faults: controlOf(environment).faults.list().map(shownFault) }),
})

export const addFault = operation({
  id: 'addFault',
  method: 'POST',
  path: '/_kindred/faults',
  scope: null,
  tag: 'Faults',
  summary: 'Place a fault',
  description: 'Lets requests fail, wait or lose their connection. It needs at least one of status, delay_ms and cut.',
  body: Type.Object(members, { additionalProperties: false }),
  bodyRequired: true,
  responses: { 201: Success({ fault: PlacedFaultSchema }) },
  handler: async ({ body, environment }) => {
    const { delay_ms: delayMs, retry_after_seconds: retryAfterSeconds, ...rest } = body
    const fault: Fault = {
      ...rest,
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    }
    try {
      return { ...ok, fault: shownFault(controlOf(environment).faults.add(fault)) }
    } catch (error) {
      if (error instanceof RangeError) throw invalid('body', error.message)
      throw error
    }
  },
})

export const clearFaults = operation({
  id: 'clearFaults',
  method: 'DELETE',
  path: '/_kindred/faults',
  scope: null,
  tag: 'Faults',
  summary: 'Remove all faults',
  description: 'From here on every request is answered as it should be.',
  responses: { 200: SuccessReply },
  handler: async ({ environment }) => {
    controlOf(environment).faults.clear()
    return ok
  },
})

export const removeFault = operation({
  id: 'removeFault',
  method: 'DELETE',
  path: '/_kindred/faults/{fault_id}',
  scope: null,
  tag: 'Faults',
  summary: 'Remove a fault',
  description: 'Takes one fault away; requests that wait because of it still wait.',
  responses: { 200: SuccessReply },
  handler: async ({ params, environment }) => {
    if (!controlOf(environment).faults.remove(params.fault_id)) throw notFound('fault', params.fault_id)
    return ok
  },
})

function shownFault({ id, hits, fault }: PlacedFault) {
  const { delayMs, retryAfterSeconds, ...rest } = fault
  return { id, hits, ...rest, delay_ms: delayMs, retry_after_seconds: retryAfterSeconds }
}
