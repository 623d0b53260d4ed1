/** The media types that a logo may have. */
export const pictureTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml'] as const
export type PictureType = (typeof pictureTypes)[number]

/**
 * What kind of picture a file is, by its bytes: what its sender says of it, name included, is not believed.
 * @returns undefined for anything else
 */
export function pictureType(bytes: Buffer): PictureType | undefined {
  const startsWith = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text
  // PNG (RFC 2083 §3.1); JPEG's start of image and the marker after it.
  if (startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (startsWith('GIF87a') || startsWith('GIF89a')) return 'image/gif'
  if (startsWith('RIFF') && startsWith('WEBP', 8)) return 'image/webp'
  return isSvg(bytes) ? 'image/svg+xml' : undefined
}

/** Whether the file is text in UTF-8 whose first element is `svg`. */
function isSvg(bytes: Buffer): boolean {
  let text: string
  try {
    // Takes a byte order mark away.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // It is no text.
    return false
  }
  for (let at = 0; ; ) {
    at += /^\s*/.exec(text.slice(at, at + 1024))![0].length
    if (/^<svg[\s/>]/.test(text.slice(at, at + 5))) return true
    const end = endOfPreface(text, at)
    if (end < 0) return false
    at = end
  }
}

/** Where the declaration, comment or document type ends that begins here; -1 when none does. */
function endOfPreface(text: string, at: number): number {
  for (const [opening, closing] of [
    ['<?xml', '?>'],
    ['<!--', '-->'],
    ['<!DOCTYPE svg', '>'],
  ] as const) {
    if (!text.startsWith(opening, at)) continue
    const end = text.indexOf(closing, at + opening.length)
    // A document type with declarations of its own could define entities that grow without bound.
    if (opening === '<!DOCTYPE svg' && text.slice(at, end).includes('[')) return -1
    return end < 0 ? -1 : end + closing.length
  }
  return -1
}
