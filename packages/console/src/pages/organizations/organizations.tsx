import { Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { useRefresh } from '../../components/changes.ts'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { List, rowsOf, usePages } from '../../components/list.tsx'
import { Page } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'

interface Row {
  code: string
  name: string
  handle: string | null
  external_id: string | null
  is_default: boolean
}

export default function Organizations() {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const [search, setSearch] = useSearchParams()
  const [typed, setTyped] = useState('')
  const sort = search.get('sort') ?? ''
  const pages = usePages(['organizations', 'list', sort], async (cursor) => {
    const { organizations = [], next_token } = await call<{ organizations?: Row[]; next_token?: string | null }>(
      'GET /api/v1/organizations',
      { query: { page_size: 100, next_token: cursor, sort: sort || undefined } },
    )
    return { rows: organizations, next: next_token }
  })
  const rows = rowsOf(pages)
  const matches = ({ name, code, handle }: Row) =>
    `${name} ${code} ${handle ?? ''}`.toLowerCase().includes(typed.trim().toLowerCase())
  const shown =
    typed.trim() === '' || pages.data === undefined
      ? pages
      : {
          ...pages,
          data: {
            ...pages.data,
            pages: pages.data.pages.map((page) => ({ ...page, rows: page.rows.filter(matches) })),
          },
        }
  const add = mayWrite && <AddButton label="Add organization" onClick={dialog.open} />
  return (
    <Page
      title="Organizations"
      lede="Your customers, teams or tenants: each with members, roles and settings of its own."
      actions={add}
    >
      {rows?.length !== 0 && (
        <div className="toolbar">
          <TextInput
            className="grow"
            type="search"
            aria-label="Search organizations"
            placeholder="Name, code or handle"
            leftSection={<Icon name="search" size={16} />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value)
              // Search looks at what is here: the rest is fetched for it.
              if (pages.hasNextPage) void pages.fetchNextPage()
            }}
          />
          <Select
            aria-label="Order"
            data={[
              { value: '', label: 'Oldest first' },
              { value: 'name_asc', label: 'Name, A to Z' },
              { value: 'name_desc', label: 'Name, Z to A' },
            ]}
            value={sort}
            onChange={(value) => setSearch(value ? { sort: value } : {}, { replace: true })}
            allowDeselect={false}
          />
        </div>
      )}
      <List
        pages={shown as typeof pages}
        label="Organizations"
        noun="organization"
        rowKey={({ code }) => code}
        columns={[
          {
            title: 'Name',
            cell: ({ code, name, is_default }) => (
              <>
                <Link href={`/organizations/${code}`} className="primary">
                  {name}
                </Link>{' '}
                {is_default && <Tag tone="accent">Default</Tag>}
              </>
            ),
          },
          { title: 'Code', tight: true, cell: ({ code }) => <code>{code}</code> },
          { title: 'Handle', wide: true, cell: ({ handle }) => handle ?? '–' },
          { title: 'Your own id', wide: true, cell: ({ external_id }) => external_id || '–' },
        ]}
        empty={
          typed === '' ? (
            <Empty icon="organizations" title="No organizations yet" actions={add}>
              An organization holds the people of one customer or team. Roles and permissions hold within it.
            </Empty>
          ) : (
            <Empty icon="search" title="No organization is called that" />
          )
        }
      />
      {dialog.isOpen && <NewOrganization close={dialog.close} />}
    </Page>
  )
}

function NewOrganization({ close }: { close: () => void }) {
  const [, navigate] = useLocation()
  const refresh = useRefresh()
  const form = useForm({ name: '', handle: '', external_id: '' }, async ({ name, handle, external_id }) => {
    const { organization } = await call<{ organization: { code: string } }>('POST /api/v1/organization', {
      body: { name, ...(handle === '' ? {} : { handle }), ...(external_id === '' ? {} : { external_id }) },
    })
    await refresh('organizations')
    navigate(`/organizations/${organization.code}`)
  })
  return (
    <FormDialog
      title="Add an organization"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={form.values.name !== ''}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="Acme" data-autofocus required />
      <TextInput {...form.text('handle')} label="Handle" description="A short name for addresses, such as acme." />
      <TextInput
        {...form.text('external_id')}
        label="Your own id"
        description="Under which another system of yours knows it."
      />
    </FormDialog>
  )
}
