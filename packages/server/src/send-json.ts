import type { FastifyReply } from 'fastify'
import { version } from './version.ts'

/** For a reply with none but its own. */
export const noHeaders: readonly string[] = []

const json = 'application/json; charset=utf-8'

/**
 * Answers with JSON text, straight to the socket: on this path Fastify's pipeline of hooks has nothing to add. Text that
 * is all ASCII is written as Latin-1, the same bytes in half the time.
 * @param headers further ones: name, value, name, value
 */
export function sendJson(
  reply: FastifyReply,
  status: number,
  text: string,
  headers: readonly string[] = noHeaders,
): void {
  const bytes = Buffer.byteLength(text)
  const { id } = reply.request
  reply.hijack()
  reply.raw.writeHead(status, [
    'content-type',
    json,
    'content-length',
    `${bytes}`,
    'x-request-id',
    id,
    'kindred-version',
    version,
    ...headers,
  ])
  reply.raw.end(text, bytes === text.length ? 'latin1' : 'utf8')
}

/** Answers 204: done, and nothing to say. @param headers as for {@link sendJson} */
export function sendNoContent(reply: FastifyReply, headers: readonly string[] = noHeaders): void {
  reply.hijack()
  reply.raw.writeHead(204, ['x-request-id', reply.request.id, 'kindred-version', version, ...headers])
  reply.raw.end()
}
