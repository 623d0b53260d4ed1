import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../api.ts'
import { BarChart } from '../components/bar-chart.tsx'
import { Icon, type IconName } from '../components/icon.tsx'
import { Page, Section } from '../components/page.tsx'
import { Bones, Empty, Loaded, Tag } from '../components/states.tsx'
import { count } from '../components/time.tsx'
import { useSession } from '../session/session.tsx'

interface Statistics {
  counts: Record<string, number>
  requests: {
    since: string
    total: number
    refused: number
    failed: number
    by_hour: { at: string; total: number; refused: number; failed: number }[]
  }
  webhooks: {
    id: string
    name: string
    endpoint: string
    is_enabled: boolean
    is_failing: boolean
    delivered: number
    pending: number
    failed: number
  }[]
}

interface TokenStatistics {
  total: number
  applications: { id: string; name: string; total: number }[]
  buckets: { at: string; total: number; by_application: Record<string, number> }[]
}

const tiles: [name: string, label: string, to: string, icon: IconName][] = [
  ['users', 'Users', '/users', 'users'],
  ['organizations', 'Organizations', '/organizations', 'organizations'],
  ['applications', 'Applications', '/applications', 'applications'],
  ['apis', 'APIs', '/apis', 'apis'],
  ['roles', 'Roles', '/roles', 'roles'],
  ['feature_flags', 'Feature flags', '/flags', 'flags'],
]

const colors = [1, 2, 3, 4, 5].map((number) => `var(--series-${number})`)
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const hour = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** Counts, tokens, errors and webhooks at a glance, and how to begin. */
export default function Home() {
  const { administrator } = useSession()
  const statistics = useQuery({
    queryKey: ['statistics'],
    queryFn: () => call<Statistics>('GET /admin/api/statistics'),
    refetchInterval: 30_000,
  })
  return (
    <Page title={`Hello, ${administrator.name.split(' ')[0]}`}>
      <div className="stack-wide">
        <div className="stats">
          {tiles.map(([name, label, to, icon]) => (
            <Link key={name} href={to} className="card stat">
              <span className="row soft small" style={{ gap: '0.375rem' }}>
                <Icon name={icon} size={16} />
                {label}
              </span>
              {statistics.data ? (
                <b>{(statistics.data.counts[name] ?? 0).toLocaleString('en')}</b>
              ) : (
                <b>
                  <span className="unseen">Loading</span>–
                </b>
              )}
            </Link>
          ))}
        </div>
        <Tokens />
        <Loaded query={statistics} lines={6}>
          {(data) => (
            <div className="halves">
              <RequestChart requests={data.requests} />
              <Webhooks webhooks={data.webhooks} />
            </div>
          )}
        </Loaded>
      </div>
    </Page>
  )
}

function Tokens() {
  const [interval, setInterval] = useState('day')
  const tokens = useQuery({
    queryKey: ['token-statistics', interval],
    queryFn: () => call<TokenStatistics>('GET /admin/api/statistics/tokens', { query: { interval } }),
    refetchInterval: 60_000,
    placeholderData: (before) => before,
  })
  if (tokens.isError) return null
  return (
    <Section
      title="Tokens"
      lede={
        // Nothing below moves when the number comes.
        `${tokens.data ? count(tokens.data.total, 'token') : 'Tokens'} in the last ${interval === 'day' ? '30 days' : '48 hours'}, by application`
      }
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Span"
          data={[
            { value: 'hour', label: '48 hours' },
            { value: 'day', label: '30 days' },
          ]}
          value={interval}
          onChange={setInterval}
        />
      }
    >
      <div className="card" style={{ minHeight: '17rem' }}>
        {tokens.data === undefined ? (
          <Bones lines={6} />
        ) : tokens.data.total === 0 ? (
          <Empty icon="key" title="No tokens yet">
            <Link href="/applications">Choose an application</Link>, open its quick start, and run one of the ten
            samples: its first token shows up here.
          </Empty>
        ) : (
          <TokenChart tokens={tokens.data} isDaily={interval === 'day'} />
        )}
      </div>
    </Section>
  )
}

function TokenChart({ tokens, isDaily }: { tokens: TokenStatistics; isDaily: boolean }) {
  const named = [...tokens.applications].sort((a, b) => b.total - a.total).filter(({ total }) => total > 0)
  const first = named.slice(0, 5)
  const rest = named.slice(5)
  const series = [
    ...first.map(({ name }, index) => ({ name, color: colors[index]! })),
    ...(rest.length > 0 ? [{ name: `${rest.length} others`, color: 'var(--series-6)' }] : []),
  ]
  const bars = tokens.buckets.map(({ at, by_application }) => {
    const values = first.map(({ id }) => by_application[id] ?? 0)
    if (rest.length > 0) values.push(rest.reduce((sum, { id }) => sum + (by_application[id] ?? 0), 0))
    return { at, values }
  })
  const format = isDaily ? day : hour
  return (
    <BarChart
      label="Tokens by application"
      series={series}
      bars={bars}
      formatTime={(at) => format.format(new Date(at))}
    />
  )
}

function RequestChart({ requests }: { requests: Statistics['requests'] }) {
  return (
    <Section
      title="Requests"
      lede={`${count(requests.total, 'call')}, ${requests.refused.toLocaleString('en')} refused, ${requests.failed.toLocaleString('en')} failed since the server started`}
      actions={<Link href="/requests?status=4xx">Refused ones</Link>}
    >
      <div className="card">
        <BarChart
          label="Calls by hour"
          series={[
            { name: 'Good', color: 'var(--series-1)' },
            { name: 'Refused', color: 'var(--series-3)' },
            { name: 'Failed', color: 'var(--series-5)' },
          ]}
          bars={lastDay(requests.by_hour)}
          formatTime={(at) => hour.format(new Date(at))}
        />
      </div>
    </Section>
  )
}

/** The last 24 hours, also those without a call. */
function lastDay(hours: Statistics['requests']['by_hour']) {
  const known = new Map(hours.map((each) => [Date.parse(each.at), each]))
  const now = Math.floor(Date.now() / 3_600_000) * 3_600_000
  return Array.from({ length: 24 }, (_, index) => {
    const at = now - (23 - index) * 3_600_000
    const { total = 0, refused = 0, failed = 0 } = known.get(at) ?? {}
    return { at: new Date(at).toISOString(), values: [total - refused - failed, refused, failed] }
  })
}

function Webhooks({ webhooks }: { webhooks: Statistics['webhooks'] }) {
  return (
    <Section title="Webhooks" lede="Deliveries of the last 30 days">
      {webhooks.length === 0 ? (
        <Empty icon="webhooks" title="No webhooks yet">
          Have your own systems told when a user is created or an organization changes.{' '}
          <Link href="/webhooks?dialog=new">Add a webhook</Link>
        </Empty>
      ) : (
        <div className="card stack">
          {webhooks.map(({ id, name, is_enabled, is_failing, delivered, pending, failed }) => (
            <div key={id} className="row between">
              <Link href={`/webhooks/${id}`}>{name}</Link>
              <span className="row">
                <span className="soft small number">
                  {delivered} delivered, {pending} waiting, {failed} failed
                </span>
                {!is_enabled ? (
                  <Tag>Off</Tag>
                ) : is_failing ? (
                  <Tag tone="bad">Failing</Tag>
                ) : (
                  <Tag tone="good">Healthy</Tag>
                )}
              </span>
            </div>
          ))}
        </div>
      )}
    </Section>
  )
}
