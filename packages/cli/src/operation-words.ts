import type { OperationInfo } from '@kindred/sdk'
import { CommandError } from './exit-code.ts'

/** An operation, or any path of the server, as the words of a command line name it. */
export interface Target {
  method: string
  /** As it was typed, the query left out; the template of the operation where that is what was named. */
  path: string
  operation: OperationInfo | undefined
  /** What the path that was typed holds of the operation's input. */
  fromPath: Record<string, string>
  /** What its query holds. */
  fromQuery: [name: string, value: string][]
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const apiPrefix = '/api/v1/'

/**
 * Finds what `getUsers`, `users.list` or `GET /api/v1/users?page_size=5` name.
 * @throws {CommandError} with what was probably meant
 */
export function findTarget(words: readonly string[], operations: readonly OperationInfo[]): Target {
  const [first = '', second, ...rest] = words
  if (rest.length > 0)
    throw new CommandError(`Too many words: ${words.join(' ')}. Parameters are given with -f name=value.`)
  const method = first.toUpperCase()
  if (methods.includes(method)) {
    if (second === undefined)
      throw new CommandError(`${method} of which path? For example: kindred api GET /api/v1/users`)
    return targetOfPath(method, second, operations)
  }
  if (second !== undefined) {
    throw new CommandError(
      `${JSON.stringify(first)} is no method. Give an operation alone, or one of ${methods.join(', ')} and a path.`,
    )
  }
  const operation = findOperation(first, operations)
  if (operation !== undefined) {
    return { method: operation.method, path: operation.path, operation, fromPath: {}, fromQuery: [] }
  }
  const near = nearest(first, operations)
  const meant = near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`
  throw new CommandError(
    `There is no operation ${JSON.stringify(first)}.${meant} Find it with: kindred api --list <word>`,
  )
}

/** By Kinde's operation id, or its name in @kindred/sdk; large and small letters are the same. */
function findOperation(word: string, operations: readonly OperationInfo[]): OperationInfo | undefined {
  const wanted = word.toLowerCase()
  return operations.find(({ id, name }) => id.toLowerCase() === wanted || name.toLowerCase() === wanted)
}

/** Operations in which every word stands somewhere: in the id, the path, the scope, the summary, the chapter. */
export function searchOperations(words: readonly string[], operations: readonly OperationInfo[]): OperationInfo[] {
  return operations.filter(({ id, name, method, path, scope, summary, tag }) => {
    const text = [id, name, method, path, scope, summary, tag].join(' ').toLowerCase()
    return words.every((word) => text.includes(word.toLowerCase()))
  })
}

function targetOfPath(method: string, typed: string, operations: readonly OperationInfo[]): Target {
  const [bare = '', ...queries] = typed.split('?')
  // Some shells turn a slash at the beginning into a folder: it may be left out.
  const path = bare.startsWith('/') ? bare : `${apiPrefix}${bare}`
  const fromQuery = [...new URLSearchParams(queries.join('?'))]
  for (const operation of operations) {
    const fromPath = operation.method === method ? matchPath(operation.path, path) : undefined
    if (fromPath !== undefined) return { method, path, operation, fromPath, fromQuery }
  }
  return { method, path, operation: undefined, fromPath: {}, fromQuery }
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const values: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined && part !== given[at]) return undefined
    // A template that was pasted is filled with -f.
    if (name !== undefined && given[at] !== part) values[name] = decodeURIComponent(given[at]!)
  }
  return values
}

function nearest(word: string, operations: readonly OperationInfo[]): string[] {
  const wanted = word.toLowerCase()
  return operations
    .flatMap(({ id, name }) => [id, name].map((text) => ({ id, away: distance(wanted, text.toLowerCase()) })))
    .filter(({ away }) => away <= Math.max(2, wanted.length / 4))
    .toSorted((one, other) => one.away - other.away)
    .map(({ id }) => id)
    .filter((id, at, all) => all.indexOf(id) === at)
    .slice(0, 3)
}

/** How many letters have to be put in, left out or replaced (Levenshtein). */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[other.length]!
}
