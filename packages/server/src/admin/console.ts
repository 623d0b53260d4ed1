import type { FastifyInstance } from 'fastify'
import { consoleFolder } from '../console-folder.ts'
import { addOperation } from '../operation-route.ts'
import { createApp, type Surface } from '../server.ts'
import { startPage } from '../start-page.ts'
import { adminOperations } from './index.ts'
import { staticSite } from './static-files.ts'

/** Scripts of this server alone, and none inside a page. Component libraries set styles on elements. */
const consolePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** The same for the API reference, whose renderer brings fonts and workers along. */
const docsPolicy = consolePolicy
  .replace("font-src 'self'", "font-src 'self' data:")
  .replace("worker-src 'self'", "worker-src 'self' blob:")

/**
 * Builds what answers under `/admin` and `/docs`: the operations of the console, and its files.
 * @param folder where the built console lies
 */
export async function buildConsole(surface: Surface, folder: URL = consoleFolder): Promise<FastifyInstance> {
  const { environment } = surface
  const app = createApp(environment, adminOperations)
  for (const operation of adminOperations) addOperation(app, operation, surface)
  // What no operation has is no page of the console either.
  for (const url of ['/admin/api', '/admin/api/*']) {
    app.all(url, async function noOperation(_request, reply) {
      return reply.callNotFound()
    })
  }
  staticSite(app, {
    folder,
    path: '/admin',
    contentSecurityPolicy: consolePolicy,
    withoutBuild(reply) {
      const { html, contentSecurityPolicy } = startPage(environment.baseUrl)
      reply.headers({ 'content-security-policy': contentSecurityPolicy, 'x-content-type-options': 'nosniff' })
      return reply.type('text/html; charset=utf-8').send(html)
    },
  })
  staticSite(app, {
    folder: new URL('docs/', folder),
    path: '/docs',
    contentSecurityPolicy: docsPolicy,
    withoutBuild(reply) {
      reply.code(404).header('x-content-type-options', 'nosniff').type('text/plain; charset=utf-8')
      return reply.send(
        'The API reference is not built yet: npm run build makes it. The document is at /openapi.json.\n',
      )
    },
  })
  await app.ready()
  return app
}
