import { hash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { type SelectQueryBuilder, sql } from 'kysely'
import { ApiError, invalid } from '../errors.ts'
import { Nullable } from '../operation.ts'
import type { Cipher } from './cipher.ts'

const defaultSize = 10
/** The largest page of Kinde's lists with `next_token`, and of those with `starting_after`. */
export const largestTokenPage = 500
export const largestCursorPage = 100

/** `page_size` of a list; see {@link pageSize}. */
export const pageSizeParameter = Type.Optional(
  Nullable(Type.Integer({ description: 'How many results a page holds. 10 when left out.' })),
)

/** `page_size` and `next_token`: the parameters of Kinde's first style of lists. */
export const tokenPageParameters = {
  page_size: pageSizeParameter,
  next_token: Type.Optional(
    Nullable(Type.String({ description: 'The next_token of the page before; leave it out for the first page.' })),
  ),
}

/** @throws {ApiError} 400 INVALID_PAGE_SIZE below 1, PAGE_SIZE_LIMIT_EXCEEDED above the limit */
export function pageSize(asked: number | null | undefined, largest: number): number {
  const size = asked ?? defaultSize
  if (size < 1) throw invalid('page_size', `Page size must be at least 1; ${size} was sent.`, 'INVALID_PAGE_SIZE')
  if (size > largest) {
    throw invalid('page_size', `Page size cannot be greater than ${largest}`, 'PAGE_SIZE_LIMIT_EXCEEDED')
  }
  return size
}

/** Where a page ends: the sort value of its last row, where the list is sorted, and the row's `seq`. */
export interface Position {
  seq: number
  value?: string | undefined
}

/**
 * Reads and writes `next_token`: base64url of `<position>:::<sort>:::<seal>`, as Kinde's tokens carry their sort. The
 * seal makes a token that was changed, or made up, a 400 and not a wrong page. It is two nested hashes under keys of the
 * environment, the construction below HMAC, by Node's one-shot hash: a quarter of the cost of `createHmac`.
 */
export class PageTokens {
  readonly #innerKey: string
  readonly #outerKey: string

  constructor(cipher: Cipher) {
    this.#innerKey = cipher.deriveKey('page tokens, inner').toString('hex')
    this.#outerKey = cipher.deriveKey('page tokens, outer').toString('hex')
  }

  /** @param list names the list, so that a token of one list does not open another */
  write(list: string, sort: string, { seq, value }: Position): string {
    const content = `${value === undefined ? seq : JSON.stringify([seq, value])}:::${sort}`
    return Buffer.from(`${content}:::${this.#seal(list, content)}`).toString('base64url')
  }

  /** @throws {ApiError} 400 INVALID_NEXT_TOKEN */
  read(list: string, token: string): { sort: string; after: Position } {
    const bytes = Buffer.from(token, 'base64url')
    const [, content, position, sort, seal] = /^((.*):::(\w*)):::(.*)$/s.exec(bytes.toString()) ?? []
    // Decoding overlooks characters that do not belong there.
    const isExact = bytes.toString('base64url') === token
    if (!isExact || content === undefined || seal !== this.#seal(list, content)) {
      throw invalid(
        'next_token',
        'This next_token does not belong to this list. Use the one of the page before, unchanged, or start without one.',
        'INVALID_NEXT_TOKEN',
      )
    }
    const parsed = JSON.parse(position!) as number | [number, string]
    const after = typeof parsed === 'number' ? { seq: parsed } : { seq: parsed[0], value: parsed[1] }
    return { sort: sort!, after }
  }

  #seal(list: string, content: string): string {
    const inner = hash('sha256', `${this.#innerKey}${list}\0${content}`)
    return hash('sha256', `${this.#outerKey}${inner}`, 'base64url').slice(0, 22)
  }
}

/**
 * How a list may be sorted: `name_asc` → the column and the direction. The empty key is the order of making, which the
 * column `seq` turns round.
 */
export type Sorts = Record<string, { column: string; direction: 'asc' | 'desc' }>

/**
 * One page of a list in Kinde's first style (`page_size`, `next_token`). The sort of a token wins over another one
 * that is sent beside it.
 * @param rows the query, without order and limit; it selects `seq`, and the column of each sort
 * @param options `list` names it; `prefix` is the table or alias whose `seq` and sort columns are meant
 * @returns the page's rows, and the token of the next page where there is one
 */
export async function tokenPage<DB, TB extends keyof DB, Row extends { seq: number }>(
  rows: SelectQueryBuilder<DB, TB, Row>,
  query: { page_size?: number | null; next_token?: string | null; sort?: string | null },
  options: { list: string; tokens: PageTokens; table: string; sorts: Sorts },
): Promise<{ rows: Row[]; nextToken: string | undefined }> {
  const size = pageSize(query.page_size, largestTokenPage)
  const given = query.next_token ? options.tokens.read(options.list, query.next_token) : undefined
  const sort = given?.sort ?? query.sort ?? ''
  const sorting = sort === '' ? undefined : options.sorts[sort]
  const seq = sql.ref<number>(`${options.table}.seq`)
  const direction = sorting?.direction ?? 'asc'
  const beyond = direction === 'asc' ? sql`>` : sql`<`
  const isByMaking = sorting === undefined || sorting.column === 'seq'
  let page = rows as unknown as SelectQueryBuilder<DB, TB, Row>
  if (isByMaking) {
    if (given !== undefined) page = page.where(sql<boolean>`${seq} ${beyond} ${given.after.seq}`)
    page = page.orderBy(seq, direction)
  } else {
    const column = sql.ref<string>(`${options.table}.${sorting.column}`)
    if (given !== undefined) {
      page = page.where(sql<boolean>`(${column}, ${seq}) ${beyond} (${given.after.value}, ${given.after.seq})`)
    }
    page = page.orderBy(column, direction).orderBy(seq, direction)
  }
  const found = await page.limit(size + 1).execute()
  const last = found.length > size ? found[size - 1]! : undefined
  if (last === undefined) return { rows: found, nextToken: undefined }
  const value = isByMaking ? undefined : String((last as unknown as Record<string, unknown>)[sorting.column])
  return { rows: found.slice(0, size), nextToken: options.tokens.write(options.list, sort, { seq: last.seq, value }) }
}

/** `starting_after` and `ending_before`: the parameters of Kinde's second style of lists. */
export interface CursorQuery {
  page_size?: number | null
  starting_after?: string | null
  ending_before?: string | null
}

/**
 * One page of a list in Kinde's second style. The values are ids of entities.
 * @param rows the query, without order and limit; it selects `seq`
 * @param options `seqOf` finds the `seq` of the entity with an id, within the same list
 * @throws {ApiError} 400 TOO_MANY_PARAMETERS when both cursors are sent, INVALID_CURSOR for an unknown id
 */
export async function cursorPage<DB, TB extends keyof DB, Row extends { seq: number }>(
  rows: SelectQueryBuilder<DB, TB, Row>,
  query: CursorQuery,
  options: { table: string; seqOf: (id: string) => Promise<number | undefined>; largest?: number },
): Promise<{ rows: Row[]; hasMore: boolean }> {
  const size = pageSize(query.page_size, options.largest ?? largestCursorPage)
  const { seq: cursor, backwards } = await cursorPosition(query, options.seqOf)
  const seq = sql.ref<number>(`${options.table}.seq`)
  let page = rows
  if (cursor !== undefined)
    page = page.where(backwards ? sql<boolean>`${seq} < ${cursor}` : sql<boolean>`${seq} > ${cursor}`)
  const found = await page
    .orderBy(seq, backwards ? 'desc' : 'asc')
    .limit(size + 1)
    .execute()
  const kept = found.slice(0, size)
  return { rows: backwards ? kept.reverse() : kept, hasMore: found.length > size }
}

/** Where a page of the second style starts, and whether it is read backwards. See {@link cursorPage} for errors. */
export async function cursorPosition(
  { starting_after: startingAfter, ending_before: endingBefore }: CursorQuery,
  seqOf: (id: string) => Promise<number | undefined>,
): Promise<{ seq: number | undefined; backwards: boolean }> {
  if (startingAfter && endingBefore) {
    throw new ApiError(400, 'TOO_MANY_PARAMETERS', 'Only one of starting_after or ending_before may be specified')
  }
  const id = startingAfter || endingBefore
  if (!id) return { seq: undefined, backwards: false }
  const seq = await seqOf(id)
  if (seq === undefined) {
    const field = startingAfter ? 'starting_after' : 'ending_before'
    throw invalid(field, `${field} must be the id of an entry of this list.`, 'INVALID_CURSOR')
  }
  return { seq, backwards: !startingAfter }
}
