import type { FastifyInstance } from 'fastify'
import { addOperation, createApp, refuseOtherMethods, type Surface } from '../server.ts'
import { startPage } from '../start-page.ts'
import { adminOperations } from './index.ts'

/** Builds what answers under `/admin` and `/docs`: the operations of the console, and its files. */
export async function buildConsole(surface: Surface): Promise<FastifyInstance> {
  const { environment } = surface
  const app = createApp(environment)
  for (const operation of adminOperations) addOperation(app, operation, surface)
  refuseOtherMethods(app, adminOperations)
  app.get('/admin', async function admin(_request, reply) {
    const { html, contentSecurityPolicy } = startPage(environment.baseUrl)
    reply.headers({ 'content-security-policy': contentSecurityPolicy, 'x-content-type-options': 'nosniff' })
    return reply.type('text/html; charset=utf-8').send(html)
  })
  await app.ready()
  return app
}
