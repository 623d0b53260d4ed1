import { isDeepStrictEqual } from 'node:util'
import type { Seed } from '@kindred/server'
import { type Kind, kinds, type Members, type PlannedList } from './kinds.ts'

/** What a member is and what it shall be; undefined: not there. */
export interface MemberChange {
  member: string
  from: unknown
  to: unknown
}

/** One thing that is made, changed or deleted at the target. */
export interface Change {
  action: 'create' | 'change' | 'delete'
  list: PlannedList
  noun: string
  /** Its natural key. */
  name: string
  /** The members that differ; of what is made, those that are known. */
  members: MemberChange[]
  /** Why it cannot be done, where that is known beforehand. */
  obstacle?: string
}

export interface PlanOptions {
  /** Delete what the source does not have. */
  prune: boolean
  /** Name of the target's application that stays as it is. */
  except: string | undefined
  /** Whether both sides tell which scopes applications have. */
  comparesScopes: boolean
}

/**
 * What makes the configuration of `target` that of `source`, in the order in which it can be done. Lists and members
 * that the source leaves out stay as they are.
 */
export function planOf(source: Seed, target: Seed, options: PlanOptions): Change[] {
  const changes: Change[] = []
  const deletions: Change[] = []
  for (const kind of kinds) {
    const wanted = kind.entries(source)
    if (wanted === undefined) continue
    const there = kind.entries(target) ?? new Map<string, Members>()
    const isExcepted = (name: string) => kind.list === 'applications' && name === options.except
    for (const [name, members] of wanted) {
      if (isExcepted(name)) continue
      const change = compare(kind, name, { wanted: members, there: there.get(name), options })
      if (change !== undefined) changes.push(change)
    }
    if (!options.prune || kind.isKept) continue
    const { list, noun } = kind
    const gone = [...there.keys()].filter((name) => !wanted.has(name) && !isExcepted(name))
    deletions.unshift(...gone.map((name): Change => ({ action: 'delete', list, noun, name, members: [] })))
  }
  return [...changes, ...deletions]
}

function compare(
  { list, noun, final }: Kind,
  name: string,
  { wanted, there, options }: { wanted: Members; there: Members | undefined; options: PlanOptions },
): Change | undefined {
  const known = Object.entries(wanted.values).filter(([, value]) => value !== undefined)
  if (there === undefined) {
    const members = known.map(([member, to]): MemberChange => ({ member, from: undefined, to }))
    for (const [part, given] of Object.entries(wanted.parts)) {
      const values = Object.entries(given?.values ?? {})
      members.push(...values.map(([key, to]) => ({ member: `${part}.${key}`, from: undefined, to })))
    }
    return { action: 'create', list, noun, name, members }
  }
  const members: MemberChange[] = []
  for (const [member, to] of known) {
    const from = there.values[member]
    // A member that the target does not tell cannot be compared.
    if (from !== undefined && !isSame(from, to)) members.push({ member, from, to })
  }
  for (const [part, given] of Object.entries(wanted.parts)) {
    if (given === undefined) continue
    const held = there.parts[part]?.values ?? {}
    // A scope of an API is a thing of its own, and goes from everyone who has it.
    const isWhole = given.isWhole && (list !== 'apis' || options.prune)
    for (const key of new Set([...Object.keys(given.values), ...(isWhole ? Object.keys(held) : [])])) {
      const from = held[key]
      const to = given.values[key]
      if (isSame(from, to)) continue
      if (
        from !== undefined &&
        to !== undefined &&
        list === 'applications' &&
        part === 'apis' &&
        !options.comparesScopes
      )
        continue
      members.push({ member: `${part}.${key}`, from, to })
    }
  }
  if (members.length === 0) return undefined
  const obstacles = members.filter(({ member }) => final.includes(member)).map(({ member }) => member)
  const change: Change = { action: 'change', list, noun, name, members }
  if (obstacles.length === 0) return change
  return { ...change, obstacle: `${obstacles.join(' and ')} cannot be changed: delete the ${noun} at the target first` }
}

/** Lists are in one order at one server and in another one at the next. */
function isSame(from: unknown, to: unknown): boolean {
  if (Array.isArray(from) && Array.isArray(to)) return isDeepStrictEqual(from.toSorted(), to.toSorted())
  return isDeepStrictEqual(from, to)
}
