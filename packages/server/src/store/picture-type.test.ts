import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pictureType } from './picture-type.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

test('a picture is known by its bytes', () => {
  const rows = [
    [bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), 'image/png'],
    [bytes('\xff\xd8\xff\xe0\0\x10JFIF\0'), 'image/jpeg'],
    [bytes('GIF87a\x01\0'), 'image/gif'],
    [bytes('GIF89a\x01\0'), 'image/gif'],
    [bytes('RIFF\x24\0\0\0WEBPVP8 '), 'image/webp'],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'],
    [Buffer.from('<svg/>'), 'image/svg+xml'],
    [Buffer.from('\ufeff\n <?xml version="1.0"?>\n<!-- an owl --><!-- 🦉 -->\n<svg>'), 'image/svg+xml'],
    [Buffer.from('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://svg.example">\n<svg>'), 'image/svg+xml'],
  ] as const
  for (const [file, type] of rows) assert.equal(pictureType(file), type, file.toString())
})

test('what only looks like a picture is none', () => {
  const rows = [
    '',
    'PNG',
    '\x89PNG\r\n',
    'GIF88a',
    'RIFF\x24\0\0\0WAVEfmt ',
    '<html><svg></svg></html>',
    '<!DOCTYPE html><svg>',
    '<script>alert(1)</script><svg>',
    'text <svg>',
    '<svga>',
    '<!-- <svg>',
    '<?xml version="1.0"',
    // Entities of its own.
    '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
    // Not UTF-8.
    '<svg>\xff</svg>',
  ]
  for (const text of rows) assert.equal(pictureType(bytes(text)), undefined, text)
  // As many comments as fit in: looked at once each.
  assert.equal(pictureType(bytes('<!---->'.repeat(290_000))), undefined)
})
