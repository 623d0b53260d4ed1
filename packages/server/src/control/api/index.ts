import type { Operation } from '../../operation.ts'
import * as clock from './clock.ts'
import * as faults from './faults.ts'
import * as requests from './requests.ts'
import * as state from './state.ts'

/** The operations of the control API. They are no part of the Management API, nor of its document. */
export const controlOperations: readonly Operation[] = [clock, faults, requests, state].flatMap((file) =>
  Object.values(file),
)
