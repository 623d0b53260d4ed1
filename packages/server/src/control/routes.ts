import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError } from '../errors.ts'
import { isLoopback } from '../management-api.ts'
import { hashSecret, sameHash } from '../oauth/secrets.ts'
import { isLoopback as isLoopbackAddress } from '../one-port.ts'
import { openApiDocument } from '../openapi.ts'
import type { Operation } from '../operation.ts'
import { successReply } from '../operation-route.ts'
import { requestText } from '../request-body.ts'
import { sendJson } from '../send-json.ts'
import { inputCheck } from '../validate.ts'
import { controlOperations } from './api/index.ts'
import type { Control } from './control.ts'

interface Credentials {
  clientId: string
  clientSecret: string
}

/**
 * Adds the control API. Whoever is on this machine may use it; from elsewhere it asks for the first application's
 * credentials by HTTP Basic. It never answers pages of other sites, which a browser on this machine could open.
 */
export function controlRoutes(app: FastifyInstance, control: Control, owner: Credentials): void {
  const { environment } = control
  for (const operation of controlOperations) add(operation)

  let document: string | undefined
  app.get('/_kindred/openapi.json', { onRequest: admit }, async function controlDocument(_request, reply) {
    document ??= JSON.stringify(describe(environment.baseUrl))
    return reply.type('application/json; charset=utf-8').send(document)
  })

  function add(operation: Operation): void {
    const check = inputCheck(operation)
    const { status, stringify } = successReply(operation)
    const handle = operation.handler as (request: unknown) => Promise<unknown>
    app.route({
      method: operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      onRequest: admit,
      handler: async function handleControl(request, reply) {
        const { query, body } = check(request.query as Record<string, unknown>, requestText(request))
        const result = await handle({ params: request.params, query, body, environment })
        sendJson(reply, status, stringify(result))
      },
    })
  }

  async function admit(request: FastifyRequest): Promise<void> {
    refuseOtherSites(request, environment.baseUrl)
    if (isLoopbackAddress(request.ip) || isOwner(request.headers.authorization, owner)) return
    throw new ApiError(
      403,
      'CONTROL_DENIED',
      'From another machine the control API needs the credentials of the first application, by HTTP Basic.',
    )
  }
}

/** A page of another site can make a browser send requests here, and can give this machine a name of its own. */
function refuseOtherSites({ headers }: FastifyRequest, baseUrl: string): void {
  const own = new URL(baseUrl)
  const origin = headers.origin
  const host = hostOf(`http://${headers.host}`)
  const isOwnOrigin = origin === undefined || isOwnName(hostOf(origin), own)
  if (isOwnOrigin && (isOwnName(host, own) || /^[\d.]+$|^\[/.test(host))) return
  throw new ApiError(403, 'CONTROL_DENIED', `The control API answers no page of ${origin ?? host}.`)
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : ''
}

function isOwnName(host: string, own: URL): boolean {
  return host === own.hostname || isLoopback(host)
}

function isOwner(authorization: string | undefined, { clientId, clientSecret }: Credentials): boolean {
  const encoded = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined || clientSecret === '') return false
  const given = Buffer.from(encoded, 'base64').toString()
  return sameHash(hashSecret(given), hashSecret(`${clientId}:${clientSecret}`))
}

function describe(baseUrl: string): Record<string, unknown> {
  const { components, security: _, ...document } = openApiDocument(baseUrl, controlOperations)
  const { schemas } = components as { schemas: object }
  return {
    ...document,
    info: {
      title: 'Kindred control API',
      version: '1',
      description:
        'For tests: moves the clock, takes the environment back, lets requests fail, tells what was requested.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    components: { schemas },
  }
}
