import { Button } from '@mantine/core'
import { type InfiniteData, type QueryKey, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Refusal } from './states.tsx'
import { type Column, Table } from './table.tsx'
import { count } from './time.tsx'

/** One page of a list: its rows, and the cursor of the next page, if there is one. */
export interface PageOf<Row> {
  rows: Row[]
  next?: string | null | undefined
}

type Pages<Row> = UseInfiniteQueryResult<InfiniteData<PageOf<Row>>>

/** A list that is read page by page, by cursors and never by offsets: as fast at the end as at the start. */
export function usePages<Row>(
  key: QueryKey,
  read: (cursor: string | undefined) => Promise<PageOf<Row>>,
  options: { enabled?: boolean; refetchInterval?: number } = {},
): Pages<Row> {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next || undefined,
    ...options,
  })
}

/** All rows read so far. */
export function rowsOf<Row>(pages: Pages<Row>): Row[] | undefined {
  return pages.data?.pages.flatMap(({ rows }) => rows)
}

/** A table of a list with a button for more; where it is empty, what teaches how to begin. */
export function List<Row>({
  pages,
  label,
  columns,
  rowKey,
  noun,
  plural,
  empty,
}: {
  pages: Pages<Row>
  label: string
  columns: Column<Row>[]
  rowKey: (row: Row) => string
  noun: string
  plural?: string
  empty: ReactNode
}) {
  const rows = rowsOf(pages)
  if (pages.isError && rows === undefined) return <Refusal error={pages.error} retry={() => void pages.refetch()} />
  if (rows?.length === 0) return empty
  return (
    <>
      <Table label={label} columns={columns} rows={rows} rowKey={rowKey} />
      <div className="table-foot">
        <span className="number" aria-live="polite">
          {rows &&
            (pages.hasNextPage ? `${count(rows.length, noun, plural)} so far` : count(rows.length, noun, plural))}
        </span>
        {pages.hasNextPage && (
          <Button
            variant="default"
            size="xs"
            loading={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </div>
    </>
  )
}
