import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { Avatar } from '../../components/avatar.tsx'
import { useDialog } from '../../components/dialog.tsx'
import { Icon } from '../../components/icon.tsx'
import { later } from '../../components/later.tsx'
import { List, type PageOf, usePages } from '../../components/list.tsx'
import { Page } from '../../components/page.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { NewUser } from './new-user.tsx'
import { nameOf } from './user.ts'

interface Row {
  id: string
  first_name: string | null
  last_name: string | null
  email: string | null
  phone?: string | null
  username: string | null
  is_suspended: boolean
  total_sign_ins: number | null
  last_signed_in: string | null
  created_on: string | null
}

// Both bring the whole SDK.
const ImportUsers = later(async () => ({ default: (await import('./import-users.tsx')).ImportUsers }))
const ExportUsers = later(async () => ({ default: (await import('./export-users.tsx')).ExportUsers }))

const pageSize = 50

interface Filters {
  q: string
  seen: string
  organization: string
}

/** A page of users: by id or part of a name or address where something was typed, in the order of their making otherwise. */
async function readUsers({ q, seen, organization }: Filters, cursor: string | undefined): Promise<PageOf<Row>> {
  if (q !== '' && !/^kp_\w+$/.test(q)) {
    const { results = [] } = await call<{ results?: Row[] }>('GET /api/v1/search/users', {
      query: { query: q, page_size: pageSize, starting_after: cursor },
    })
    return { rows: results, next: results.length === pageSize ? results.at(-1)!.id : null }
  }
  const since = seen === '' ? undefined : new Date(Date.now() - Number(seen) * 86_400_000).toISOString()
  const { users = [], next_token } = await call<{ users?: Row[]; next_token?: string | null }>('GET /api/v1/users', {
    query: {
      page_size: pageSize,
      next_token: cursor,
      user_id: q || undefined,
      active_since: since,
      has_organization: organization === '' ? undefined : organization === 'with',
    },
  })
  return { rows: users, next: next_token }
}

export default function Users() {
  const { mayWrite } = useSession()
  const [search, setSearch] = useSearchParams()
  const dialog = useDialog('new')
  const importing = useDialog('import')
  const exporting = useDialog('export')
  const filters = {
    q: search.get('q') ?? '',
    seen: search.get('seen') ?? '',
    organization: search.get('organization') ?? '',
  }
  const [typed, setTyped] = useState(filters.q)
  const setFilter = (name: keyof Filters, value: string) =>
    setSearch(
      (before) => {
        if (value === '') before.delete(name)
        else before.set(name, value)
        return before
      },
      { replace: true },
    )
  const searchSoon = useDebouncedCallback((value: string) => setFilter('q', value.trim()), 200)
  // The day is enough for the key: with the moment in it, every rendering would ask again.
  const pages = usePages(['users', filters], (cursor) => readUsers(filters, cursor))
  const isFiltered = Object.values(filters).some((value) => value !== '')
  const add = mayWrite && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={dialog.open}>
      Add user
    </Button>
  )
  const bring = mayWrite && (
    <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={importing.open}>
      Import
    </Button>
  )
  const actions = (
    <>
      <Button variant="default" leftSection={<Icon name="download" size={16} />} onClick={exporting.open}>
        Export
      </Button>
      {bring}
      {add}
    </>
  )
  return (
    <Page title="Users" lede="People who can sign in to your applications." actions={actions}>
      <div className="toolbar">
        <TextInput
          className="grow"
          type="search"
          aria-label="Search users"
          placeholder="Name, e-mail, phone, username or id"
          leftSection={<Icon name="search" size={16} />}
          rightSection={<kbd className="wide-only">/</kbd>}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            searchSoon(event.currentTarget.value)
          }}
        />
        <Select
          aria-label="Last seen"
          data={[
            { value: '', label: 'Seen at any time' },
            { value: '1', label: 'Seen in the last day' },
            { value: '7', label: 'Seen in the last 7 days' },
            { value: '30', label: 'Seen in the last 30 days' },
          ]}
          value={filters.seen}
          onChange={(value) => setFilter('seen', value ?? '')}
          disabled={filters.q !== ''}
          allowDeselect={false}
        />
        <Select
          aria-label="Organization"
          w={240}
          data={[
            { value: '', label: 'With or without organization' },
            { value: 'with', label: 'In an organization' },
            { value: 'without', label: 'In no organization' },
          ]}
          value={filters.organization}
          onChange={(value) => setFilter('organization', value ?? '')}
          disabled={filters.q !== ''}
          allowDeselect={false}
        />
      </div>
      <List
        pages={pages}
        label="Users"
        noun="user"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'User',
            cell: (row) => (
              <span className="row" style={{ flexWrap: 'nowrap' }}>
                <Avatar name={nameOf(row)} />
                <span style={{ minWidth: 0 }}>
                  <Link href={`/users/${row.id}`} className="primary">
                    {nameOf(row)}
                  </Link>{' '}
                  {row.is_suspended && <Tag tone="bad">Suspended</Tag>}
                  <span className="sub">{row.email ?? row.phone ?? row.username ?? row.id}</span>
                </span>
              </span>
            ),
          },
          { title: 'Sign-ins', wide: true, right: true, cell: ({ total_sign_ins }) => total_sign_ins ?? 0 },
          { title: 'Last seen', wide: true, cell: ({ last_signed_in }) => <Time at={last_signed_in} none="Never" /> },
          { title: 'Created', wide: true, cell: ({ created_on }) => <Time at={created_on} /> },
        ]}
        empty={
          isFiltered ? (
            <Empty icon="search" title="Nobody is like that">
              Search finds parts of names, e-mail addresses, phones and usernames. With one or two characters it finds
              beginnings only.
            </Empty>
          ) : (
            <Empty
              icon="users"
              title="No users yet"
              actions={
                <>
                  {bring}
                  {add}
                </>
              }
            >
              Add one here, bring thousands from a file of Kinde or Auth0, or create them with{' '}
              <code>POST /api/v1/user</code>.
            </Empty>
          )
        }
      />
      {dialog.isOpen && <NewUser close={dialog.close} />}
      {importing.isOpen && <ImportUsers close={importing.close} />}
      {exporting.isOpen && <ExportUsers close={exporting.close} />}
    </Page>
  )
}
