import type { FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import type { Operation, UploadedFile } from './operation.ts'

/**
 * Reads the file out of a multipart/form-data body. RFC 7578.
 * @throws {ApiError} 415 for another content type; 400 when the body is damaged or the file is missing; 413 when it is
 *   too large
 */
export async function uploadedFile(
  request: FastifyRequest,
  { field, largestBytes }: NonNullable<Operation['upload']>,
): Promise<UploadedFile> {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', `Send multipart/form-data with the file in the part ${field}.`)
  }
  let form: FormData
  try {
    // Node's own reader of forms, the one behind fetch.
    form = await new Response(request.body as Buffer<ArrayBuffer>, {
      headers: { 'content-type': contentType },
    }).formData()
  } catch (cause) {
    throw new ApiError(400, 'INVALID_MULTIPART', 'The multipart/form-data body is damaged.', { cause })
  }
  const part = form.get(field)
  if (part === null || typeof part === 'string') {
    throw new ApiError(400, `${field.toUpperCase()}_REQUIRED`, `The part ${field} with the file is missing.`, { field })
  }
  if (part.size > largestBytes) {
    throw new ApiError(413, 'FILE_TOO_LARGE', `The file has ${part.size} bytes; ${largestBytes} are possible.`, {
      field,
    })
  }
  return { name: part.name, contentType: part.type, bytes: Buffer.from(await part.arrayBuffer()) }
}
