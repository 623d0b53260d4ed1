import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import type { Operation } from './operation.ts'

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Refuses methods that a known path does not have: 405 and what is allowed. RFC 9110 §15.5.6. Most such requests find no
 * route, so it is asked then; routes are made only where another operation would take a word of the path for an id.
 * @returns for a request that found no route: throws an {@link ApiError} when its path is known
 */
export function refuseOtherMethods(
  app: FastifyInstance,
  list: readonly Operation[],
): (request: FastifyRequest, reply: FastifyReply) => void {
  const methods = new Map<string, string[]>()
  for (const { path, method } of list) methods.set(path, [...(methods.get(path) ?? []), method])
  const paths = [...methods.keys()].map((path) => ({ path, segments: path.split('/') }))

  for (const { path, segments } of paths) {
    const own = methods.get(path)!
    const taken = paths.filter((other) => other.path !== path && takesForIds(other.segments, segments))
    const others = new Set(taken.flatMap((other) => methods.get(other.path)!).filter((method) => !own.includes(method)))
    if (others.size === 0) continue
    app.route({
      method: [...others],
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => refuse(reply, request.method, own),
    })
  }

  return function refuseKnownPath(request, reply) {
    const segments = request.raw.url!.split('?', 1)[0]!.split('/')
    const known = paths.filter((one) => matches(one.segments, segments))
    // A path without a parameter is meant before one that has the same words as ids.
    const meant = known.find(({ path }) => !path.includes('{')) ?? known[0]
    if (meant !== undefined) refuse(reply, request.method, methods.get(meant.path)!)
  }
}

function refuse(reply: FastifyReply, method: string, allowed: readonly string[]): never {
  reply.header('allow', allowed.join(', '))
  throw new ApiError(
    405,
    'METHOD_NOT_ALLOWED',
    `${method} is not possible here. Possible: ${allMethods.filter((one) => allowed.includes(one)).join(', ')}.`,
  )
}

/** Whether a path with parameters takes another path's own words for their values. */
function takesForIds(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((word, at) => word === segments[at] || word.startsWith('{')) &&
    pattern.some((word, at) => word.startsWith('{') && !segments[at]!.startsWith('{'))
  )
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((word, at) => (word.startsWith('{') ? segments[at] !== '' : word === segments[at]))
  )
}
