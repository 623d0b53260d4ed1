const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })

/** How long ago, or how far ahead, in the largest unit that fits. */
export function ago(at: Date, now = Date.now()): string {
  const seconds = Math.round((at.getTime() - now) / 1000)
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit)
  }
  return seconds > 5 ? `in ${seconds} seconds` : 'just now'
}

/** A moment: how long ago in the text, the exact time when pointed at. */
export function Time({ at, none = '–' }: { at: string | number | null | undefined; none?: string }) {
  if (at === null || at === undefined || at === '') return <span className="soft">{none}</span>
  const date = new Date(at)
  return (
    <time dateTime={date.toISOString()} title={exact.format(date)}>
      {ago(date)}
    </time>
  )
}

/** A moment, exact. */
export function exactTime(at: string | number): string {
  return exact.format(new Date(at))
}

/** A length of time in words: 86400 is "1 day". */
export function duration(seconds: number): string {
  for (const [unit, length] of steps.slice(2)) {
    if (seconds >= length && seconds % length === 0) return count(seconds / length, unit)
  }
  return count(seconds, 'second')
}

const whole = new Intl.NumberFormat('en')

/** "1 user", "2,000 users". */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${whole.format(number)} ${number === 1 ? noun : plural}`
}
