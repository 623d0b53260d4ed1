import { Button } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { faultsOf } from '../api.ts'
import { Icon, type IconName } from './icon.tsx'

/** What is shown where nothing is yet: what belongs here, what it is for, and how to begin. */
export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconName
  title: string
  children?: ReactNode
  actions?: ReactNode
}) {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="actions">{actions}</div>}
    </div>
  )
}

export type Tone = 'info' | 'good' | 'warn' | 'bad'
const noteIcons = { info: 'info', good: 'good', warn: 'warning', bad: 'bad' } as const

/** A sentence that must not be missed. Refusals are read out at once by screen readers. */
export function Note({ tone = 'info', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div className={`note ${tone}`} role={tone === 'bad' ? 'alert' : 'note'}>
      <Icon name={noteIcons[tone]} />
      <div>{children}</div>
    </div>
  )
}

/** One or two words about the state of a thing. */
export function Tag({ tone, children }: { tone?: 'good' | 'warn' | 'bad' | 'accent'; children: ReactNode }) {
  return <span className={`tag ${tone ?? ''}`}>{children}</span>
}

/** A refusal in the words of the server, with the request id to look it up in the log. */
export function Refusal({ error, retry }: { error: unknown; retry?: () => void }) {
  const faults = faultsOf(error)
  return (
    <Note tone="bad">
      <div className="stack-narrow">
        {faults.map(({ message, code }) => (
          <p key={`${code}${message}`}>{message}</p>
        ))}
        {faults[0]?.requestId && (
          <p className="small">
            Request <code>{faults[0].requestId}</code>
          </p>
        )}
        {retry && (
          <div>
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          </div>
        )}
      </div>
    </Note>
  )
}

/** Grey bars of the size of what is to come, so that nothing jumps when it arrives. */
export function Bones({ lines = 4 }: { lines?: number }) {
  return (
    <div className="stack" aria-busy="true">
      <span className="unseen" role="status">
        Loading
      </span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars are alike
        <div key={line} className="bone" style={{ width: `${90 - ((line * 23) % 50)}%` }} />
      ))}
    </div>
  )
}

/** Shows what a query gave; before that, bars, or the refusal with a way to try again. */
export function Loaded<Data>({
  query,
  lines,
  children,
}: {
  query: UseQueryResult<Data>
  lines?: number
  children: (data: Data) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.isError) return <Refusal error={query.error} retry={() => void query.refetch()} />
  return <Bones lines={lines ?? 4} />
}
