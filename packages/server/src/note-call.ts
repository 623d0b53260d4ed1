import type { FastifyRequest } from 'fastify'
import type { Environment } from './environment.ts'
import type { LoggedCall } from './request-log.ts'

/** Notes a call in the request log. @param reason why it was refused */
export function noteCall(
  request: FastifyRequest,
  environment: Environment,
  status: number,
  reason: LoggedCall['reason'],
): void {
  const { operationId: operation = null, scope = null } = request.routeOptions.config
  const { caller, startedAt } = request
  environment.requestLog.note({
    method: request.method,
    path: request.raw.url!,
    operation,
    scope,
    status,
    durationMs: startedAt === 0 ? 0 : performance.now() - startedAt,
    applicationId: (caller?.applicationId ?? request.clientId) || null,
    administrator: caller?.administrator ?? null,
    requestId: request.id,
    address: request.ip,
    reason,
  })
}
