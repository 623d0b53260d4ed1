import type { FastifyInstance, FastifyReply } from 'fastify'
import { ApiError } from './errors.ts'
import { metrics } from './metrics.ts'
import { openApiDocument } from './openapi.ts'
import type { Surface } from './server.ts'
import { cacheKey, findLogo, logoContent, logoPaths, logoTypes } from './store/logos.ts'

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

  const noLogo = () => new ApiError(404, 'LOGO_NOT_FOUND', 'No logo is set here.')
  // Anyone may see a logo: pages for signing in show it. `cache` changes with the picture.
  for (const type of logoTypes) {
    app.get(logoPaths[type], { exposeHeadRoute: true }, async function logo(request, reply) {
      const { org_code: code, p_org_code: other, cache } = request.query as Record<string, unknown>
      const organizationCode = [code, other].find((given) => typeof given === 'string' && /^\w{1,64}$/.test(given))
      const { read } = environment.store
      const found = await findLogo(read, { organizationCode: (organizationCode as string | undefined) ?? '', type })
      if (found === undefined) throw noLogo()
      const etag = `"${found.sha256}"`
      const isForGood = cache === cacheKey(found)
      reply.headers({
        etag,
        'cache-control': isForGood ? 'public, max-age=31536000, immutable' : 'no-cache',
        // A picture and nothing else, also where its address is opened: an SVG could hold scripts.
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
      })
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      const content = await logoContent(read, { ...found, type })
      // It was replaced between the two readings.
      if (content === undefined) throw noLogo()
      return reply.type(found.contentType).send(content)
    })
  }

  let document: string | undefined
  app.get('/openapi.json', async function openApi(_request, reply) {
    document ??= JSON.stringify(openApiDocument(environment.baseUrl))
    reply.header('access-control-allow-origin', '*')
    return reply.type('application/json; charset=utf-8').send(document)
  })

  // Read late: nobody's start should wait for it.
  const postman = () => import('./postman.ts')
  let collection: Promise<string> | undefined
  app.get('/postman/collection.json', async function collectionForPostman(_request, reply) {
    collection ??= postman().then(({ postmanCollection }) => JSON.stringify(postmanCollection()))
    return download(reply, 'kindred.postman_collection.json', await collection)
  })
  let settings: Promise<string> | undefined
  app.get('/postman/environment.json', async function environmentForPostman(_request, reply) {
    settings ??= postman().then(({ postmanEnvironment }) => JSON.stringify(postmanEnvironment(environment.baseUrl)))
    return download(reply, 'kindred.postman_environment.json', await settings)
  })

  app.get('/', async function root(_request, reply) {
    return reply.redirect('/admin')
  })
}

/** A JSON file that anyone may have, on any origin, under the name that a browser saves it by. */
function download(reply: FastifyReply, fileName: string, text: string): FastifyReply {
  reply.headers({
    'access-control-allow-origin': '*',
    'content-disposition': `inline; filename="${fileName}"`,
    'content-type': 'application/json; charset=utf-8',
  })
  return reply.send(text)
}
