import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import { noteCall } from './note-call.ts'
import { introspect } from './oauth/introspect.ts'
import { jwksMaxAgeSeconds } from './oauth/keys.ts'
import { discoveryDocument } from './oauth/metadata.ts'
import { invalidRequest } from './oauth/request.ts'
import { revoke } from './oauth/revoke.ts'
import { type TokenRequest, token } from './oauth/token.ts'
import { sendJson } from './send-json.ts'
import type { Surface } from './server.ts'

const json = 'application/json; charset=utf-8'
const otherThanPost = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** RFC 6749 §5.1: no cache may keep what a token endpoint says. */
const tokenHeaders = ['cache-control', 'no-store', 'pragma', 'no-cache']

/** The addresses of OAuth 2.0 and OpenID Connect. */
export function oauthRoutes(app: FastifyInstance, { environment, bearer, isManagementAudience }: Surface): void {
  post('/oauth2/token', async (request) => JSON.stringify(await token(request, environment, isManagementAudience)))
  post('/oauth2/introspect', async (request) => {
    return JSON.stringify(await introspect(request, environment, { isManagementBearer, isManagementAudience }))
  })
  post('/oauth2/revoke', async (request) => {
    await revoke(request, environment)
    return ''
  })

  const discovery = discoveryDocument(environment.baseUrl)
  publish('/.well-known/openid-configuration', () => discovery)
  publish('/.well-known/oauth-authorization-server', () => discovery)
  publish('/.well-known/jwks', () => environment.keys.jwks)
  publish('/.well-known/jwks.json', () => environment.keys.jwks)

  async function isManagementBearer(authorization: string): Promise<boolean> {
    try {
      return (bearer.peek(authorization) ?? (await bearer.authenticate(authorization))) !== undefined
    } catch (error) {
      if (error instanceof ApiError) return false
      throw error
    }
  }

  function post(url: string, answer: (request: TokenRequest & { requestId: string }) => Promise<string>): void {
    const config = { operationId: url.slice(1) }
    app.post(url, { config }, async function oauthEndpoint(request, reply) {
      request.startedAt = performance.now()
      const asked = readRequest(request)
      let text: string
      try {
        text = await answer(asked)
      } finally {
        request.clientId = asked.clientId ?? null
      }
      noteCall(request, environment, 200, null)
      if (text !== '') {
        sendJson(reply, 200, text, tokenHeaders)
        return reply
      }
      return reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache', 'x-request-id': request.id }).send()
    })
    app.route({
      method: otherThanPost,
      url,
      handler: async function refuseMethod(request, reply) {
        reply.header('allow', 'POST')
        throw invalidRequest(`The HTTP method is not supported here: use POST, not ${request.method}.`, 405)
      },
    })
  }

  function publish(url: string, text: () => string): void {
    app.get(
      url,
      { exposeHeadRoute: true },
      async function publicDocument(_request: FastifyRequest, reply: FastifyReply) {
        reply.headers({
          'access-control-allow-origin': '*',
          'cache-control': `public, max-age=${jwksMaxAgeSeconds}`,
        })
        return reply.type(json).send(text())
      },
    )
  }
}

function readRequest(request: FastifyRequest): TokenRequest & { requestId: string } {
  return {
    contentType: request.headers['content-type'],
    // A multipart body comes as bytes; what it says of itself is refused like any other form that is not ours.
    body: (request.body as string | Buffer | undefined)?.toString(),
    authorization: request.headers.authorization,
    remoteAddress: request.ip,
    requestId: request.id,
  }
}
