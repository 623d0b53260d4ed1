import { KindredError } from './errors.ts'

/** How a list is paged: by `next_token`, by the id of an entry (`starting_after`, `ending_before`), or not at all. */
export type Paging = 'token' | 'cursor' | 'none'

/** One page of a list. */
export interface Page<Item, Reply> {
  items: Item[]
  /** Where the next page begins, for {@link List.from}; undefined on the last page. */
  cursor: string | undefined
  /** The whole reply. */
  reply: Reply
}

/** Both styles of Kinde's lists give pages of this size. */
const sizeOfPages = 100

/**
 * A list of the Management API. Nothing is requested before it is used.
 * @example
 * for await (const user of kindred.users.list()) console.log(user.id)    // every user; pages are read as they are needed
 * const everyone = await kindred.users.list().all()
 * const reply = await kindred.users.list({ page_size: 10 })              // one page, as the server sent it
 */
export class List<Item, Reply extends object> implements AsyncIterable<Item>, PromiseLike<Reply> {
  readonly #read: (input: Record<string, unknown>) => Promise<Reply>
  readonly #input: Record<string, unknown>
  readonly #items: string
  readonly #paging: Paging
  #first: Promise<Reply> | undefined

  /** Made by the methods of resources. */
  constructor(
    read: (input: Record<string, unknown>) => Promise<Reply>,
    input: object,
    { items, paging }: { items: string; paging: Paging },
  ) {
    this.#read = read
    this.#input = input as Record<string, unknown>
    this.#items = items
    this.#paging = paging
  }

  /** The same list, beginning where a page ended: {@link Page.cursor}, which may be kept for later. */
  from(cursor: string): List<Item, Reply> {
    return new List(this.#read, this.#at(cursor), { items: this.#items, paging: this.#paging })
  }

  /**
   * The pages, read as they are asked for, of `page_size` entries: 100 when it was left out. With `ending_before` they go
   * back towards the beginning.
   */
  async *pages(): AsyncGenerator<Page<Item, Reply>, void, undefined> {
    let input =
      this.#paging === 'none' ? this.#input : { ...this.#input, page_size: this.#input.page_size ?? sizeOfPages }
    for (let before: string | undefined; ; ) {
      const reply = await this.#read(input)
      const items = ((reply as Record<string, unknown>)[this.#items] ?? []) as Item[]
      const cursor = this.#cursorAfter(reply, items, Number(input.page_size))
      yield { items, cursor, reply }
      if (cursor === undefined) return
      if (cursor === before) {
        throw new KindredError(
          'LIST_REPEATS',
          `The server gave the same page twice (${cursor}): the list cannot be read.`,
        )
      }
      before = cursor
      input = { ...input, ...this.#at(cursor) }
    }
  }

  /** Every entry, in the order of the list; going back from `ending_before`, the nearest comes first. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const { items } of this.pages()) yield* this.#isBackwards ? items.toReversed() : items
  }

  /**
   * All entries in one array.
   * @param options `limit`: how many at most
   */
  async all({ limit = Number.POSITIVE_INFINITY }: { limit?: number } = {}): Promise<Item[]> {
    const all: Item[] = []
    if (limit <= 0) return all
    for await (const item of this) {
      all.push(item)
      if (all.length >= limit) break
    }
    return all
  }

  /** One page, as the server sends it: `await kindred.users.list()`. */
  // biome-ignore lint/suspicious/noThenProperty: awaiting a list is how one page of it is read.
  then<Kept = Reply, Failed = never>(
    onReply?: ((reply: Reply) => Kept | PromiseLike<Kept>) | null,
    onError?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Kept | Failed> {
    this.#first ??= this.#read(this.#input)
    return this.#first.then(onReply, onError)
  }

  get #isBackwards(): boolean {
    return this.#paging === 'cursor' && Boolean(this.#input.ending_before)
  }

  #at(cursor: string): Record<string, unknown> {
    if (this.#paging === 'token') return { ...this.#input, next_token: cursor }
    if (this.#paging === 'none') return this.#input
    return this.#isBackwards ? { ...this.#input, ending_before: cursor } : { ...this.#input, starting_after: cursor }
  }

  #cursorAfter(reply: Reply, items: Item[], size: number): string | undefined {
    const { next_token: nextToken, has_more: hasMore } = reply as { next_token?: unknown; has_more?: unknown }
    if (this.#paging === 'none') return undefined
    if (this.#paging === 'token') return typeof nextToken === 'string' && nextToken !== '' ? nextToken : undefined
    // A list that does not say whether more follows has ended when a page is not full.
    if (!(typeof hasMore === 'boolean' ? hasMore : items.length >= size)) return undefined
    return idOf((this.#isBackwards ? items[0] : items.at(-1)) as object | undefined)
  }
}

/** Connections lie one level deeper in their lists: `{ connection: { id } }`. */
function idOf(item: object | undefined): string | undefined {
  if (item === undefined) return undefined
  const { id } = item as { id?: unknown }
  if (typeof id === 'string') return id
  const inner = Object.values(item).find((value) => typeof (value as { id?: unknown } | null)?.id === 'string')
  return (inner as { id: string } | undefined)?.id
}
