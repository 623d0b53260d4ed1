/** One row, by column. */
export type Row = Record<string, unknown>

/** Control characters in a name could move the cursor or change the terminal's settings. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu

const gap = 2
/** No column is made narrower than this to make room. */
const leastWidth = 8

/**
 * A table with a head, as wide as `width` allows. Moments are shown to the minute, in UTC. The widest columns give way first, and where even that does not do,
 * the last columns are left out.
 */
export function tableText(rows: readonly Row[], columns: readonly string[], width = Number.POSITIVE_INFINITY): string {
  const cells = rows.map((row) => columns.map((column) => toTheMinute(cellText(row[column]))))
  let widths = columns.map((column, at) => Math.max(column.length, ...cells.map((line) => line[at]!.length)))
  const least = widths.map((wide, at) =>
    isIdentity(columns[at]!) || cells.some((line) => isMoment(line[at]!)) ? wide : Math.min(wide, leastWidth),
  )
  let shown = columns.length
  while (shown > 1 && sum(least.slice(0, shown)) + gap * (shown - 1) > width) shown -= 1
  widths = fitted(widths.slice(0, shown), least, width - gap * (shown - 1))
  const lines = [columns.map((column) => column.toUpperCase()), ...cells].map((line) =>
    widths
      .map((wide, at) => (at === shown - 1 ? cut(line[at]!, wide) : cut(line[at]!, wide).padEnd(wide + gap)))
      .join('')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** Names and values, one a line; what lies deeper is indented below its name. */
export function recordText(record: Row, indent = ''): string {
  const entries = Object.entries(record)
  const wide = Math.max(0, ...entries.filter(([, value]) => !isDeep(value)).map(([name]) => name.length))
  return entries
    .map(([name, value]) => {
      if (!isDeep(value)) return `${indent}${name.padEnd(wide)}  ${cellText(value)}`.trimEnd().concat('\n')
      if (!Array.isArray(value)) return `${indent}${name}\n${recordText(value as Row, `${indent}  `)}`
      const items = (value as Row[]).map((item) => recordText(item, `${indent}    `).replace(/^( *) {2}(?=\S)/, '$1- '))
      return `${indent}${name}\n${items.join('')}`
    })
    .join('')
}

/** The members that make good columns: those that hold one value, in the order in which they first appear. */
export function columnsOf(rows: readonly Row[]): string[] {
  const columns = new Set<string>()
  for (const row of rows) for (const [name, value] of Object.entries(row)) if (!isDeep(value)) columns.add(name)
  // A column in which nothing stands says nothing.
  return [...columns].filter((column) => rows.some((row) => cellText(row[column]) !== ''))
}

/** One value in one line, safe to show. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = Array.isArray(value)
    ? value.map((item) => cellText(item)).join(', ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
  return visible(text)
}

/** The text without anything that a terminal would act on. */
export function visible(text: string): string {
  return text.replaceAll(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function isDeep(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((item) => typeof item === 'object' && item !== null)
  return Object.keys(value).length > 0
}

function toTheMinute(text: string): string {
  return text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(\.\d+)?(Z|\+00:00)$/, '$1 $2')
}

/** Half of one says nothing. */
function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text)
}

/** What is copied into the next command must be whole. */
function isIdentity(column: string): boolean {
  return /^(id|code|key|operation|path|.*_(id|code|key))$/.test(column)
}

function fitted(widths: readonly number[], least: readonly number[], room: number): number[] {
  const fit = [...widths]
  for (let over = sum(fit) - room; over > 0 && Number.isFinite(over); over -= 1) {
    const spare = fit.map((wide, at) => (wide > least[at]! ? wide : 0))
    const widest = Math.max(...spare)
    if (widest === 0) break
    fit[spare.indexOf(widest)] = widest - 1
  }
  return fit
}

function cut(text: string, wide: number): string {
  return text.length <= wide ? text : `${text.slice(0, wide - 1)}…`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
