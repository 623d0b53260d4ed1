import { isDeepStrictEqual } from 'node:util'

/** How something was before an update, and after it. May hold more than what changed, secrets too. */
export interface Change {
  before: object
  after: object
}

type Members = Readonly<Record<string, unknown>>

const secretNames = /secret|password|private_key|(access|refresh|id)_token$/

/**
 * The members of `after` that differ from those of `before`, with secrets hidden: texts whose names say that they are
 * secret, and the value of whatever says of itself `is_secret`. What is undefined after was not asked to change.
 * @returns null when nothing differs
 */
export function changedMembers(change: Change): { before: Members; after: Members } | null {
  const { before, after } = change as { before: Members; after: Members }
  const names = Object.keys(after).filter(
    (name) => after[name] !== undefined && !isDeepStrictEqual(before[name] ?? null, after[name] ?? null),
  )
  if (names.length === 0) return null
  const isSecret = before.is_secret === true || after.is_secret === true
  const shown = (from: Members, word: string) =>
    Object.fromEntries(
      names.map((name) => [name, withoutSecrets(isSecret && name === 'value' ? 'secret' : name, from[name], word)]),
    )
  // Two words, so that it shows that the secret is another one.
  return { before: shown(before, '(hidden)'), after: shown(after, '(hidden, another one)') }
}

function withoutSecrets(name: string, value: unknown, word: string): unknown {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.map((entry) => withoutSecrets(name, entry, word))
  if (typeof value === 'object') {
    const members = Object.entries(value)
    return Object.fromEntries(members.map(([inner, held]) => [inner, withoutSecrets(inner, held, word)]))
  }
  return typeof value === 'string' && secretNames.test(name) ? word : value
}
