import { Modal, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { Value } from '../../components/copy.tsx'
import { Icon } from '../../components/icon.tsx'
import { List, usePages } from '../../components/list.tsx'
import { Fact, Facts, Page } from '../../components/page.tsx'
import { Empty, Note, Tag } from '../../components/states.tsx'
import { exactTime, Time } from '../../components/time.tsx'
import { type Fix, FixLink } from './fix.tsx'

interface Call {
  id: string
  at: string
  method: string
  path: string
  operation: string | null
  status: number
  duration_ms: number
  application: { id: string; name: string } | null
  administrator: { id: string; name: string } | null
  request_id: string
  address: string
  reason: { code: string; message: string } | null
  fix: Fix | null
}

/** The latest calls, and for a refused one the reason and what mends it. */
export default function Requests() {
  const [search, setSearch] = useSearchParams()
  const [shown, setShown] = useState<Call>()
  const get = (name: string) => search.get(name) ?? ''
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === '') before.delete(name)
        else before.set(name, value)
        return before
      },
      { replace: true },
    )
  const [typed, setTyped] = useState(get('path'))
  const searchSoon = useDebouncedCallback((value: string) => set('path', value.trim()), 250)
  const names = ['status', 'method', 'path', 'application_id'] as const
  const filters = Object.fromEntries(names.flatMap((name) => (get(name) === '' ? [] : [[name, get(name)]])))
  const pages = usePages(['requests', filters], async (cursor) => {
    const reply = await call<{ requests: Call[]; next_token: string | null }>('GET /admin/api/requests', {
      query: { ...filters, page_size: 50, next_token: cursor },
    })
    return { rows: reply.requests, next: reply.next_token }
  })
  return (
    <Page
      title="Requests"
      lede="The latest calls to the token endpoint and the Management API. A refused one tells why, and what mends it. They are kept in memory until the server stops."
    >
      <div className="toolbar">
        <TextInput
          className="grow"
          type="search"
          aria-label="Part of the path"
          placeholder="Part of the path"
          leftSection={<Icon name="search" size={16} />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            searchSoon(event.currentTarget.value)
          }}
        />
        <Select
          aria-label="Status"
          data={[
            { value: '', label: 'Any status' },
            { value: '2xx', label: 'Good (2xx)' },
            { value: '4xx', label: 'Refused (4xx)' },
            { value: '5xx', label: 'Failed (5xx)' },
          ]}
          value={get('status')}
          onChange={(value) => set('status', value ?? '')}
          allowDeselect={false}
        />
        <Select
          aria-label="Method"
          data={[{ value: '', label: 'Any method' }, 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']}
          value={get('method')}
          onChange={(value) => set('method', value ?? '')}
          allowDeselect={false}
        />
      </div>
      <List
        pages={pages}
        label="Requests"
        noun="request"
        rowKey={({ id }) => id}
        columns={[
          { title: 'Status', tight: true, cell: ({ status }) => <Tag tone={toneOf(status)}>{status}</Tag> },
          {
            title: 'Request',
            cell: (row) => (
              <>
                <button type="button" className="link-button" onClick={() => setShown(row)}>
                  <code>
                    {row.method} {row.path}
                  </code>
                </button>
                {row.reason && <span className="sub">{row.reason.message}</span>}
              </>
            ),
          },
          { title: 'By', wide: true, cell: (row) => <Caller call={row} /> },
          {
            title: 'Took',
            wide: true,
            right: true,
            cell: ({ duration_ms }) => `${Math.round(duration_ms * 10) / 10} ms`,
          },
          { title: 'When', tight: true, wide: true, cell: ({ at }) => <Time at={at} /> },
        ]}
        empty={
          <Empty icon="requests" title={Object.keys(filters).length > 0 ? 'No call is like that' : 'No calls yet'}>
            Calls of applications appear here as they come: ask for a token, or list the users.
          </Empty>
        }
      />
      <Modal opened={shown !== undefined} onClose={() => setShown(undefined)} title="Request" size="lg">
        {shown && <Detail call={shown} />}
      </Modal>
    </Page>
  )
}

function toneOf(status: number) {
  return status < 400 ? 'good' : status < 500 ? 'warn' : 'bad'
}

function Caller({ call: { application, administrator } }: { call: Call }) {
  if (application) return <Link href={`/applications/${application.id}`}>{application.name}</Link>
  return administrator ? administrator.name : <span className="soft">Unknown</span>
}

function Detail({ call: row }: { call: Call }) {
  return (
    <div className="stack">
      {row.reason && (
        <Note tone={row.status < 500 ? 'warn' : 'bad'}>
          <strong>{row.reason.code}</strong>
          <p>{row.reason.message}</p>
        </Note>
      )}
      {row.fix && (
        <Note tone="good">
          <strong>What mends it</strong>
          <p>{row.fix.message}</p>
          <FixLink fix={row.fix} />
        </Note>
      )}
      <Facts>
        <Fact name="Request">
          <code>
            {row.method} {row.path}
          </code>
        </Fact>
        <Fact name="Status">
          <Tag tone={toneOf(row.status)}>{row.status}</Tag>
        </Fact>
        {row.operation && <Fact name="Operation">{row.operation}</Fact>}
        <Fact name="By">
          <Caller call={row} />
        </Fact>
        <Fact name="From">{row.address}</Fact>
        <Fact name="When">{exactTime(row.at)}</Fact>
        <Fact name="Took">{Math.round(row.duration_ms * 10) / 10} ms</Fact>
        <Fact name="Request id">
          <Value text={row.request_id} what="the request id" />
        </Fact>
      </Facts>
    </div>
  )
}
