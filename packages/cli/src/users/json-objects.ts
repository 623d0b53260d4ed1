/** An object as it stands in a file, or what is no object there. */
export interface JsonText {
  /** Counted from 1. */
  line: number
  text: string
}

/** A line, or an entry of an array, is not longer than this. */
const mostCharacters = 4_000_000

/**
 * Cuts a file into its JSON objects as it comes: one a line (NDJSON), or the entries of one array.
 * @param chunks text, cut anywhere
 * @yields texts that are to be parsed; those of an array may stretch over lines
 * @throws {Error} for an entry of more than four million characters
 */
export async function* readJsonObjects(chunks: AsyncIterable<string>): AsyncGenerator<JsonText> {
  let rest = ''
  let isArray: boolean | undefined
  let line = 1
  for await (const chunk of chunks) {
    rest += isArray === undefined ? chunk.replace(/^\ufeff/, '') : chunk
    isArray ??= startsArray(rest)
    if (isArray === undefined) continue
    const cut = isArray ? entries(rest) : lines(rest)
    for (const { text, linesBefore } of cut.found) {
      yield { line: line + linesBefore, text }
    }
    line += cut.linesCut
    rest = cut.rest
    if (rest.length > mostCharacters)
      throw new Error(`line ${line}: an entry has more than ${mostCharacters} characters`)
  }
  const last = rest.replace(/^[\s,\][]+|[\s,\]]+$/g, '')
  if (last !== '') yield { line, text: isArray ? last : rest.trim() }
}

/** The first character that is no white space tells. */
function startsArray(text: string): boolean | undefined {
  const start = text.trimStart()
  return start === '' ? undefined : start.startsWith('[')
}

interface Cut {
  found: { text: string; linesBefore: number }[]
  linesCut: number
  rest: string
}

function lines(text: string): Cut {
  const parts = text.split('\n')
  const rest = parts.pop()!
  const found = parts.flatMap((part, at) => (part.trim() === '' ? [] : [{ text: part.trim(), linesBefore: at }]))
  return { found, linesCut: parts.length, rest }
}

/** Whole objects at the beginning of the text; what stands between them is left out. */
function entries(text: string): Cut {
  const found: Cut['found'] = []
  let depth = 0
  let start = 0
  let isString = false
  let newlines = 0
  let newlinesAtStart = 0
  let cutAt = 0
  let newlinesAtCut = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '\n') newlines += 1
    if (isString) {
      if (character === '\\') at += 1
      else if (character === '"') isString = false
    } else if (character === '"') isString = true
    else if (character === '{') {
      if (depth === 0) {
        start = at
        newlinesAtStart = newlines
      }
      depth += 1
    } else if (character === '}') {
      depth -= 1
      if (depth === 0) {
        found.push({ text: text.slice(start, at + 1), linesBefore: newlinesAtStart })
        cutAt = at + 1
        newlinesAtCut = newlines
      }
    }
  }
  return { found, linesCut: newlinesAtCut, rest: text.slice(cutAt) }
}
