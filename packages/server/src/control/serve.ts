// What `kindred serve` loads where the control API is switched on.
import type { FastifyInstance } from 'fastify'
import type { FirstClient } from '../first-start.ts'
import type { Control } from './control.ts'
import { observe } from './observe.ts'
import { controlRoutes } from './routes.ts'

export { Clock } from './clock.ts'
export { Control } from './control.ts'

/** Adds the control API, the log of requests and the faults to a server. */
export function addControl(app: FastifyInstance, control: Control, owner: FirstClient): void {
  observe(app, control)
  controlRoutes(app, control, owner)
}
