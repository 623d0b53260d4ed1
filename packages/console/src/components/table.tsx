import type { ReactNode } from 'react'

export interface Column<Row> {
  title: string
  cell: (row: Row) => ReactNode
  /** left out where the window is narrow */
  wide?: boolean
  right?: boolean
  /** as narrow as its content */
  tight?: boolean
}

/** A table of alike things. Before the rows are there it has the height it will have. */
export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  bones = 6,
}: {
  label: string
  columns: Column<Row>[]
  rows: Row[] | undefined
  rowKey: (row: Row) => string
  bones?: number
}) {
  const classOf = ({ wide, right, tight }: Column<Row>) =>
    [wide && 'wide', right && 'right', tight && 'tight'].filter(Boolean).join(' ') || undefined
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the window scrolls, also by keyboard
    <section className="table-frame" tabIndex={0} aria-label={label}>
      <table className="table" aria-busy={rows === undefined}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} className={classOf(column)} scope="col">
                {column.title.startsWith('(') ? (
                  <span className="unseen">{column.title.slice(1, -1)}</span>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows?.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.title} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          )) ??
            Array.from({ length: bones }, (_, line) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: bars are alike
              <tr key={line}>
                {columns.map((column) => (
                  <td key={column.title} className={classOf(column)}>
                    <div className="bone" style={{ width: `${70 - ((line * 17) % 30)}%` }} />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}
