import { isDeepStrictEqual } from 'node:util'
import { visible } from '../table.ts'
import type { Change, MemberChange } from './plan.ts'

const signs = { create: '+', change: '~', delete: '-' } as const

/** The plan for people: a line for each change, and below it the members with what they are and what they will be. */
export function planText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing to do: both have the same configuration.\n'
  const blocks = changes.map(({ action, noun, name, members, obstacle }) =>
    [
      `${signs[action]} ${action} ${noun} ${visible(name)}`,
      ...members.filter(({ from, to }) => from !== undefined || !isEmpty(to)).map((one) => `    ${memberText(one)}`),
      ...(obstacle === undefined ? [] : [`    ! ${obstacle}`]),
    ].join('\n'),
  )
  return `${blocks.join('\n')}\n\n${countText(changes)}\n`
}

/** `3 to create, 1 to change, 0 to delete.` */
export function countText(changes: readonly Change[]): string {
  const count = (action: Change['action']) => changes.filter((change) => change.action === action).length
  return `${count('create')} to create, ${count('change')} to change, ${count('delete')} to delete.`
}

/** `change role keeper` */
export function changeText({ action, noun, name }: Change): string {
  return `${action} ${noun} ${visible(name)}`
}

function memberText({ member, from, to }: MemberChange): string {
  const name = visible(member)
  if (Array.isArray(from) && Array.isArray(to)) {
    const added = to.filter((value) => !from.includes(value)).map((value) => `+${value}`)
    const gone = from.filter((value) => !to.includes(value)).map((value) => `-${value}`)
    return `${name}: ${visible([...added, ...gone].join(' '))}`
  }
  if (from === undefined) return `${name}: ${valueText(to)}`
  return `${name}: ${valueText(from)} → ${to === undefined ? 'nothing' : valueText(to)}`
}

function valueText(value: unknown): string {
  return visible(Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(' ')) : JSON.stringify(value))
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === false || isDeepStrictEqual(value, [])
}
