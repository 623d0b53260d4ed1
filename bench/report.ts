import type { LoadResult } from './load.ts'
import type { Goal } from './scenarios.ts'

/** What one server did in one round. */
export interface Sample extends LoadResult {
  /** Of the whole process, with its threads; NaN where there is no /proc. */
  cpuUsPerRequest: number
}

/** One line of the report: the values of all rounds, and what goes with them. */
export interface Figure {
  name: string
  unit: 'ratio' | 'ms' | 'kB' | 'MB' | 'per second' | 'count'
  store?: string
  users?: number
  rounds: readonly number[]
  goal?: Goal
  moreIsBetter?: boolean
  kindred?: readonly Sample[]
  baseline?: readonly Sample[]
}

/** Median, least and most. */
export interface Spread {
  median: number
  min: number
  max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

const widths = { name: 47, value: 26, goal: 14, pair: 16 }

/** The line that stands above lines of {@link figureLine}. */
export function headingLine(title: string, withSamples: boolean): string {
  const { name, value, goal, pair } = widths
  const line = `${title.padEnd(name + 2)}${'median (min–max)'.padEnd(value)}${'floor / aim'.padEnd(goal)}`
  if (!withSamples) return line.trimEnd()
  return `${line}${['CPU µs', 'requests/s', 'p99 ms'].map((text) => text.padStart(pair)).join('')}`
}

export function figureLine(figure: Figure): string {
  const { name, unit, users, rounds, goal, kindred, baseline } = figure
  const title = users === undefined ? name : `${name}, ${users.toLocaleString('en')} users`
  const { median, min, max } = spread(rounds)
  const range = rounds.length > 1 ? ` (${short(min)}–${short(max)})` : ''
  const value = `${short(median)}${suffixes[unit]}${range}`
  const line =
    `${goal === undefined ? ' ' : marks[standing(figure)]} ${title.padEnd(widths.name)}${value.padEnd(widths.value)}` +
    `${goal === undefined ? '' : `${goal.floor} / ${goal.aim}`}`.padEnd(widths.goal)
  if (kindred === undefined) return line.trimEnd()
  const pairs = (['cpuUsPerRequest', 'requestsPerSecond', 'p99Ms'] as const).map((member) => {
    const [ours, theirs] = [kindred, baseline ?? []].map((samples) => short(medianOf(samples, member)))
    return `${ours}${baseline === undefined ? '' : ` (${theirs})`}`.padStart(widths.pair)
  })
  return `${line}${pairs.join('')}`
}

const suffixes = { ratio: '', ms: ' ms', kB: ' kB', MB: ' MB', 'per second': ' /s', count: '' }
const marks = { aim: '✓', floor: '·', below: '✗', unknown: '?' }

/** What a figure reaches. */
export function standing({ rounds, goal, moreIsBetter = false }: Figure): keyof typeof marks {
  const { median } = spread(rounds)
  if (goal === undefined || !Number.isFinite(median)) return 'unknown'
  const reaches = (target: number) => (moreIsBetter ? median >= target : median <= target)
  if (reaches(goal.aim)) return 'aim'
  return reaches(goal.floor) ? 'floor' : 'below'
}

function medianOf(samples: readonly Sample[], member: keyof Sample): number {
  return samples.length === 0 ? Number.NaN : spread(samples.map((sample) => sample[member])).median
}

/** A figure as JSON tells it. What could not be measured is null there. */
export function figureJson(figure: Figure): Record<string, unknown> {
  const { goal, rounds, kindred, baseline, moreIsBetter = false, ...rest } = figure
  const summary = (samples: readonly Sample[] | undefined) =>
    samples && {
      cpuUsPerRequest: spread(samples.map((sample) => sample.cpuUsPerRequest)),
      requestsPerSecond: spread(samples.map((sample) => sample.requestsPerSecond)),
      p99Ms: spread(samples.map((sample) => sample.p99Ms)),
    }
  return {
    ...rest,
    ...spread(rounds),
    rounds,
    ...(goal && { ...goal, moreIsBetter, reaches: standing(figure) }),
    kindred: summary(kindred),
    baseline: summary(baseline),
  }
}

function short(value: number): string {
  if (!Number.isFinite(value)) return '?'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
