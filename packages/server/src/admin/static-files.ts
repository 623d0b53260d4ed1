import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** What the build gives a name that changes with the content, such as `assets/main-B3xk9_aQ.js`. */
const hashedName = /[-.][\w-]{8,}\.\w+$/

export interface StaticSite {
  /** The folder of the built files, and the path below which they are served, without a slash at its end. */
  folder: URL
  path: string
  contentSecurityPolicy: string
  /** Answers where nothing was built. */
  withoutBuild: (reply: FastifyReply) => unknown
}

/**
 * Serves the files of a folder, and its `index.html` for every other address below that names no file: what to show
 * there is for the page to find out. A file is only ever looked up in the list of those that there are, so that no
 * address leads out of the folder.
 */
export function staticSite(app: FastifyInstance, site: StaticSite): void {
  const folder = fileURLToPath(site.folder)
  let files: Promise<ReadonlySet<string>> | undefined

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const [path] = request.raw.url!.split('?', 1)
    // The router has refused by now what cannot be decoded.
    const name = decodeURIComponent(path!.slice(site.path.length).replace(/^\//, ''))
    // Read anew for the page itself, which a later build may have replaced; what the page names is there by then.
    if (!name.includes('.')) files = undefined
    files ??= list(folder)
    const known = await files
    if (!known.has('index.html')) {
      files = undefined
      return site.withoutBuild(reply)
    }
    if (known.has(name)) return send(request, reply, name, known)
    if (name.split('/').at(-1)!.includes('.')) return reply.callNotFound()
    return send(request, reply, 'index.html', known)
  }

  async function send(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    known: ReadonlySet<string>,
  ): Promise<unknown> {
    const encoding = accepted(request.headers['accept-encoding'], (ending) => known.has(`${name}.${ending}`))
    const file = join(folder, encoding === undefined ? name : `${name}.${encoding}`)
    const { mtimeMs, size } = await stat(file)
    const etag = `"${Math.round(mtimeMs).toString(36)}-${size.toString(36)}"`
    reply.headers({
      etag,
      vary: 'accept-encoding',
      'cache-control': hashedName.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': site.contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      // Addresses of one-time links stay here. With no-referrer browsers would leave out the Origin of our own calls too.
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    if (encoding !== undefined) reply.header('content-encoding', encoding === 'br' ? 'br' : 'gzip')
    reply.type(types[extname(name)] ?? 'application/octet-stream')
    return reply.send(await readFile(file))
  }

  for (const url of [site.path, `${site.path}/*`]) app.get(url, { exposeHeadRoute: true }, answer)
}

/** Every file below a folder, by its path with slashes; none when there is no such folder. */
async function list(folder: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    // Links are left out: they could lead anywhere.
    const files = entries.filter((entry) => entry.isFile())
    return new Set(
      files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length).replaceAll('\\', '/')),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set()
    throw error
  }
}

function accepted(header: string | undefined, has: (ending: string) => boolean): 'br' | 'gz' | undefined {
  const words = (header ?? '').split(',').map((word) => word.trim().split(';', 1)[0])
  if (words.includes('br') && has('br')) return 'br'
  return words.includes('gzip') && has('gz') ? 'gz' : undefined
}
