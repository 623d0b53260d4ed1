import type { Operation } from './operation.ts'
import { type Links, linksOf } from './postman-variables.ts'

/** Requests of one tag within one part of a run. */
export interface Chapter {
  tag: string
  operations: Operation[]
}

/** The parts of a run, in their order. */
export const parts = ['Create', 'Read and change', 'Take apart', 'Delete'] as const

/** One of {@link parts}, with its chapters in the order in which they can be run. */
export interface Part {
  name: (typeof parts)[number]
  chapters: Chapter[]
}

/**
 * Orders operations so that a run from top to bottom finds everything that it needs: what makes things comes first,
 * then what reads and changes them, then what takes them apart, and the deletions of whole things come last, in the
 * reverse order of their making.
 * @throws {Error} when operations, or the tags of one part, need each other in a circle
 */
export function inRunningOrder(operations: readonly Operation[]): { parts: Part[]; links: Map<Operation, Links> } {
  const links = linksOf(operations)
  const makers = operations.filter((operation) => operation.method === 'POST' && links.get(operation)!.gives.length > 0)
  const made = inChapters(makers, links)
  const order = made.flatMap((chapter) => chapter.operations)
  const makerOf = new Map<Operation, Operation>()
  for (const operation of operations) {
    const maker = order.find((post) => isUndoing(operation, post))
    if (maker !== undefined) makerOf.set(operation, maker)
  }
  const others = operations.filter((operation) => !makers.includes(operation) && !makerOf.has(operation))
  const deletions = others.filter(({ method }) => method === 'DELETE').sort((a, b) => depth(b) - depth(a))
  const lastFirst = [...makerOf.keys()].sort((a, b) => order.indexOf(makerOf.get(b)!) - order.indexOf(makerOf.get(a)!))
  const between = others
    .filter(({ method }) => method !== 'DELETE')
    .sort((a, b) => rank(a, operations) - rank(b, operations))
  return {
    links,
    parts: [
      { name: 'Create', chapters: made },
      { name: 'Read and change', chapters: inChapters(between, links) },
      { name: 'Take apart', chapters: byTag(deletions) },
      { name: 'Delete', chapters: byTag(lastFirst) },
    ],
  }
}

/** It deletes what the maker made. */
function isUndoing(operation: Operation, maker: Operation): boolean {
  if (operation.method !== 'DELETE') return false
  if (operation.path === maker.path) return !operation.path.includes('{')
  const last = /^(.+)\/\{\w+\}$/.exec(operation.path)?.[1]
  return last !== undefined && last === maker.path
}

function depth({ path }: Operation): number {
  return path.split('/').length
}

/** What adds to a list comes before what shows it, changes after it, and acts such as a revocation at the end. */
function rank(operation: Operation, operations: readonly Operation[]): number {
  const { method, path } = operation
  if (method === 'GET') return 1
  if (method !== 'POST') return 2
  return operations.some((other) => other !== operation && other.path === path) ? 0 : 3
}

/** One chapter for each tag, the chapters and their operations sorted so that each comes after what it depends on. */
function inChapters(list: Operation[], links: Map<Operation, Links>): Chapter[] {
  const before = new Map(list.map((operation) => [operation, dependencies(operation, list, links)]))
  const tags = [...new Set(list.map(({ tag }) => tag))]
  const tagsBefore = new Map(
    tags.map((tag) => {
      const own = list.filter((operation) => operation.tag === tag)
      const others = own.flatMap((operation) => before.get(operation)!.map((other) => other.tag))
      return [tag, others.filter((other) => other !== tag)]
    }),
  )
  const sorted = sortedAfter(list, before, ({ id }) => id)
  return sortedAfter(tags, tagsBefore, (tag) => tag).map((tag) => ({
    tag,
    operations: sorted.filter((operation) => operation.tag === tag),
  }))
}

function byTag(list: Operation[]): Chapter[] {
  const tags = [...new Set(list.map(({ tag }) => tag))]
  return tags.map((tag) => ({ tag, operations: list.filter((operation) => operation.tag === tag) }))
}

/**
 * What must have been called before an operation: what gives the variables that it needs, and, below an address such as
 * `/apis/{api_id}/applications`, what connects the two there.
 */
function dependencies(operation: Operation, list: Operation[], links: Map<Operation, Links>): Operation[] {
  const { needs } = links.get(operation)!
  const connects = (other: Operation) => other.method !== 'GET' && operation.path.startsWith(`${other.path}/`)
  return list.filter((other) => {
    if (other === operation) return false
    return links.get(other)!.gives.some(({ variable }) => needs.has(variable)) || connects(other)
  })
}

/** Sorts so that everything comes after what is before it, and changes the order as little as that needs. */
function sortedAfter<Item>(
  items: readonly Item[],
  before: Map<Item, readonly Item[]>,
  nameOf: (item: Item) => string,
): Item[] {
  const sorted: Item[] = []
  let left = [...items]
  while (left.length > 0) {
    const next = left.find((item) => before.get(item)!.every((other) => sorted.includes(other)))
    if (next === undefined) throw new Error(`These need each other in a circle: ${left.map(nameOf).join(', ')}.`)
    sorted.push(next)
    left = left.filter((item) => item !== next)
  }
  return sorted
}
