import type { FastifyInstance } from 'fastify'
import { metrics } from './metrics.ts'
import { openApiDocument } from './openapi.ts'
import type { Surface } from './server.ts'
import { startPage } from './start-page.ts'

/** What is neither OAuth nor the Management API: health, metrics, documents, the start page. */
export function systemRoutes(app: FastifyInstance, { environment }: Surface): void {
  // Whether the process lives; it says nothing of the database, so that a restart is not asked of a node whose
  // database is away.
  app.get('/healthz', { exposeHeadRoute: true }, async function healthz() {
    return { status: 'ok' }
  })

  app.get('/readyz', { exposeHeadRoute: true }, async function readyz(_request, reply) {
    try {
      await environment.store.ping()
      return { status: 'ok' }
    } catch (error) {
      environment.log.warn({ err: error }, 'the database does not answer')
      reply.code(503)
      return { status: 'unavailable', reason: 'The database does not answer.' }
    }
  })

  app.get('/metrics', async function prometheusMetrics(_request, reply) {
    const { contentType, text } = await metrics(environment)
    return reply.type(contentType).send(text)
  })

  let document: string | undefined
  app.get('/openapi.json', async function openApi(_request, reply) {
    document ??= JSON.stringify(openApiDocument(environment.baseUrl))
    reply.header('access-control-allow-origin', '*')
    return reply.type('application/json; charset=utf-8').send(document)
  })

  app.get('/', async function root(_request, reply) {
    return reply.redirect('/admin')
  })
  app.get('/admin', async function admin(_request, reply) {
    const { html, contentSecurityPolicy } = startPage(environment.baseUrl)
    reply.header('content-security-policy', contentSecurityPolicy)
    return reply.type('text/html; charset=utf-8').send(html)
  })
}
