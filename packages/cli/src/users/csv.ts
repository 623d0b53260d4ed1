/**
 * Reads CSV (RFC 4180) as it comes: quoted fields may hold separators, quotes and line ends. Empty lines are left out.
 * @param chunks text, cut anywhere
 * @param separator one character
 * @yields the fields of a row, and the line on which it begins, counted from 1
 * @throws {Error} when a quoted field is not closed
 */
export async function* readCsv(
  chunks: AsyncIterable<string>,
  separator = ',',
): AsyncGenerator<{ line: number; fields: string[] }> {
  let fields: string[] = []
  let field = ''
  let isQuoted = false
  /** A quote within a quoted field: the end of it, or the first half of a quote. */
  let isQuoteOpen = false
  let line = 1
  let startedAt = 1
  let isFirst = true
  for await (const chunk of chunks) {
    // A byte order mark, as spreadsheets write it.
    const text = isFirst ? chunk.replace(/^\ufeff/, '') : chunk
    isFirst = false
    for (const character of text) {
      if (isQuoted && !isQuoteOpen) {
        if (character === '"') isQuoteOpen = true
        else field += character
        if (character === '\n') line += 1
        continue
      }
      if (isQuoteOpen) {
        isQuoteOpen = false
        if (character === '"') {
          field += '"'
          continue
        }
        isQuoted = false
      }
      if (character === '"' && field === '') isQuoted = true
      else if (character === separator) {
        fields.push(field)
        field = ''
      } else if (character === '\n') {
        fields.push(field)
        if (fields.length > 1 || fields[0] !== '') yield { line: startedAt, fields }
        fields = []
        field = ''
        line += 1
        startedAt = line
      } else if (character !== '\r') field += character
    }
  }
  if (isQuoted && !isQuoteOpen) throw new Error(`line ${startedAt}: a field in quotes is not closed`)
  if (field !== '' || fields.length > 0) yield { line: startedAt, fields: [...fields, field] }
}

/** One row, with its line end. */
export function csvRow(fields: readonly string[]): string {
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\n`
}
