import { useElementSize } from '@mantine/hooks'
import { useState } from 'react'

export interface Series {
  name: string
  color: string
}

export interface Bar {
  /** beginning of the span that the bar stands for, ISO 8601 */
  at: string
  /** one number for each series */
  values: number[]
}

const height = 200
const left = 40
const bottom = 22
/** No bar is wider, however few there are. */
const widestBar = 28

/** Stacked bars over time. The same numbers are in a table, for those who do not see the picture. */
export function BarChart({
  label,
  series,
  bars,
  formatTime,
}: {
  label: string
  series: Series[]
  bars: Bar[]
  formatTime: (at: string) => string
}) {
  const { ref, width } = useElementSize()
  const [pointed, setPointed] = useState<number>()
  const sums = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0))
  const top = niceCeiling(Math.max(1, ...sums))
  const step = Math.max(1, width - left) / Math.max(1, bars.length)
  const barWidth = Math.min(step * 0.7, widestBar)
  const y = (value: number) => (height - bottom) * (1 - value / top)
  const everyNth = Math.max(1, Math.ceil((bars.length * 64) / Math.max(1, width)))
  const shown = pointed === undefined ? undefined : bars[pointed]
  return (
    <figure ref={ref} className="chart stack-narrow" style={{ margin: 0 }}>
      <svg
        viewBox={`0 0 ${Math.max(1, width)} ${height}`}
        aria-hidden="true"
        onPointerLeave={() => setPointed(undefined)}
      >
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line className="grid" x1={left} x2={width} y1={y(value)} y2={y(value)} />
            <text x={left - 6} y={Math.max(9, y(value) + 4)} textAnchor="end">
              {compact.format(value)}
            </text>
          </g>
        ))}
        {bars.map((bar, index) => {
          let from = 0
          return (
            <g key={bar.at} onPointerEnter={() => setPointed(index)}>
              <rect x={left + index * step} y={0} width={step} height={height - bottom} fill="transparent" />
              {bar.values.map((value, layer) => {
                const lower = from
                from += value
                if (value === 0) return null
                return (
                  <rect
                    key={series[layer]!.name}
                    x={left + index * step + (step - barWidth) / 2}
                    width={barWidth}
                    y={y(from)}
                    height={Math.max(1, y(lower) - y(from))}
                    rx={1.5}
                    fill={series[layer]!.color}
                    opacity={pointed === undefined || pointed === index ? 1 : 0.5}
                  />
                )
              })}
              {index % everyNth === 0 && (
                <text x={left + index * step + step / 2} y={height - 6} textAnchor="middle">
                  {formatTime(bar.at)}
                </text>
              )}
            </g>
          )
        })}
      </svg>
      <ul className="legend">
        {series.map(({ name, color }, layer) => (
          <li key={name}>
            <span className="swatch" style={{ background: color }} />
            {name}
            {shown && <span className="number">{compact.format(shown.values[layer] ?? 0)}</span>}
          </li>
        ))}
        {shown && <li>{formatTime(shown.at)}</li>}
      </ul>
      <table className="unseen">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .filter((_, index) => sums[index]! > 0)
            .map(({ at, values }) => (
              <tr key={at}>
                <th scope="row">{formatTime(at)}</th>
                {values.map((value, layer) => (
                  <td key={series[layer]!.name}>{value}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  )
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** The next number above that has a half worth writing: 2, 4, 10, 20, 40, 100. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return (
    [1, 2, 4, 10].map((step) => step * power).find((candidate) => candidate >= value && candidate >= 2) ?? 10 * power
  )
}
