import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Surface } from './server.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * The console and the API reference: `/admin` and `/docs` with all that lies below. They are an application of their own,
 * which is loaded and built when somebody asks for the first time, so that the start need not wait for it.
 */
export function consoleRoutes(app: FastifyInstance, surface: Surface): void {
  let made: Promise<FastifyInstance> | undefined

  async function passOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    made ??= import('./admin/console.ts').then(({ buildConsole }) => buildConsole(surface))
    const console = await made
    // Before its body is read: that is for the other application to do.
    reply.hijack()
    console.routing(request.raw, reply.raw)
  }

  for (const url of ['/admin', '/admin/*', '/docs', '/docs/*']) {
    app.route({ method: methods, url, onRequest: passOn, handler: async () => {} })
  }
  app.addHook('onClose', async () => {
    await (await made)?.close()
  })
}
