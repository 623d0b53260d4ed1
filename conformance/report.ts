import { type Comparison, type Deviation, keyOf } from './compare.ts'

export interface Judgement {
  explained: { key: string; reason: string }[]
  /** Keys of deviations that have no reason. */
  unexplained: string[]
  /** Keys of reasons whose deviation does not exist. */
  stale: string[]
}

/** Sets deviations against reasons. All is well when nothing is unexplained and nothing is stale. */
export function judge(deviations: Deviation[], reasons: Record<string, string>): Judgement {
  const keys = deviations.map(keyOf)
  const reasonOf = (key: string) => (Object.hasOwn(reasons, key) ? reasons[key]?.trim() : undefined)
  return {
    explained: keys.flatMap((key) => {
      const reason = reasonOf(key)
      return reason ? [{ key, reason }] : []
    }),
    unexplained: keys.filter((key) => !reasonOf(key)),
    stale: Object.keys(reasons).filter((key) => !keys.includes(key)),
  }
}

/** The whole comparison as text for a terminal. */
export function report(comparison: Comparison, { explained, unexplained, stale }: Judgement): string {
  const { present, total, deviations, extra, tags } = comparison
  const width = Math.max(0, ...[...tags.keys()].map((tag) => tag.length))
  return [
    `${present.length} of ${total} operations, ${deviations.length} ${deviations.length === 1 ? 'deviation' : 'deviations'} ` +
      `(${explained.length} with a reason, ${unexplained.length} without)`,
    '',
    ...[...tags].map(([tag, count]) => `  ${tag.padEnd(width)}  ${`${count.present}`.padStart(3)}/${count.total}`),
    ...section('Deviations:', [
      ...unexplained.map((key) => `${key}\n    NO REASON`),
      ...explained.map((one) => `${one.key}\n    ${one.reason}`),
    ]),
    ...section('Stale reasons (no such deviation):', stale),
    ...section(`Operations of our own (${extra.length}):`, extra),
  ].join('\n')
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}
