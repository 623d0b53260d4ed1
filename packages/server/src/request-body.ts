import type { FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'

/** The largest body that is read, in bytes. */
export const largestBody = 1_048_576
/** The largest multipart body; what a file may have is for the operation to say. */
export const largestUpload = 4 * 1_048_576

/** The body as text; refuses what is not JSON by its own account. */
export function requestText(request: FastifyRequest): string | undefined {
  const body = request.body as string | Buffer | undefined
  if (body === undefined || body.length === 0) return undefined
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== undefined && type !== 'application/json' && !type.endsWith('+json')) {
    throw new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', `Send the body as application/json; ${type} was sent.`)
  }
  return body.toString()
}
