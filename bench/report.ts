/** One line of the report. */
export interface Figure {
  name: string
  unit: string
  /** Median of the rounds, and the range in which they fell. */
  value: number
  least: number
  most: number
  store?: string
  users?: number
  /** What must be reached, and what is to be reached. */
  floor?: number | undefined
  aim?: number | undefined
  moreIsBetter?: boolean
  details?: Record<string, number>
}

export function median(values: readonly number[]): Pick<Figure, 'value' | 'least' | 'most'> {
  const sorted = values.toSorted((left, right) => left - right)
  return { value: sorted[Math.floor(sorted.length / 2)]!, least: sorted[0]!, most: sorted.at(-1)! }
}

export function printFigure(figure: Figure): string {
  const { name, unit, value, least, most, floor, aim, details } = figure
  const range = least === most ? '' : ` (${short(least)}–${short(most)})`
  const target = floor === undefined ? '' : `${mark(figure)} floor ${floor}, aim ${aim}`
  const more = Object.entries(details ?? {}).map(([key, amount]) => `${short(amount)} ${labels[key] ?? key}`)
  const figures = `${short(value)} ${unit}${range}`
  return `${`  ${name.padEnd(44)} ${figures.padEnd(26)} ${target.padEnd(26)} ${more.join(', ')}`.trimEnd()}\n`
}

const labels: Record<string, string> = {
  cpuUsPerRequest: 'µs CPU a request',
  requestsPerSecond: 'a second',
  p99Ms: 'ms p99',
}

function mark({ value, floor, aim, moreIsBetter = false }: Figure): string {
  const reaches = (target: number) => (moreIsBetter ? value >= target : value <= target)
  if (reaches(aim!)) return '✓'
  return reaches(floor!) ? '·' : '✗'
}

function short(value: number): string {
  if (!Number.isFinite(value)) return '?'
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(value >= 10 ? 3 : 2)
}
