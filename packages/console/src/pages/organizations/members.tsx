import { MultiSelect, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { Avatar } from '../../components/avatar.tsx'
import { tell, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { rolesQuery } from '../../data/roles.ts'
import { useSession } from '../../session/session.tsx'
import { nameOf } from '../users/user.ts'
import type { Organization } from './organization.ts'

interface Member {
  id: string
  email: string | null
  full_name: string
  joined_on: string
  last_accessed_on: string | null
  is_suspended: boolean
  roles: string[]
}

/** The people of an organization and their roles in it. */
export default function Members({ organization }: { organization: Organization }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const dialog = useDialog('add')
  const roles = useQuery(rolesQuery)
  const [search, setSearch] = useSearchParams()
  const role = search.get('role') ?? ''
  const [editing, setEditing] = useState<Member>()
  const [removing, setRemoving] = useState<Member>()
  const path = `/api/v1/organizations/${organization.code}/users` as const
  const pages = usePages(['members', organization.code, role], async (cursor) => {
    const { organization_users = [], next_token } = await call<{
      organization_users?: Member[]
      next_token?: string | null
    }>(`GET ${path}`, { query: { page_size: 50, next_token: cursor, roles: role || undefined } })
    return { rows: organization_users, next: next_token }
  })
  const roleName = (key: string) => roles.data?.find((each) => each.key === key)?.name ?? key
  const add = mayWrite && <AddButton label="Add members" onClick={dialog.open} />
  return (
    <Section title="Members" lede="A person may be a member of several organizations." actions={add}>
      {roles.data?.length !== 0 && (
        <div className="toolbar">
          <Select
            aria-label="Role"
            placeholder="Any role"
            data={(roles.data ?? []).map(({ key, name }) => ({ value: key, label: name }))}
            value={role || null}
            onChange={(key) => setSearch(key ? { role: key } : {}, { replace: true })}
            clearable
            clearButtonProps={{ 'aria-label': 'Any role' }}
          />
        </div>
      )}
      <List
        pages={pages}
        label="Members"
        noun="member"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Member',
            cell: ({ id, full_name, email, is_suspended }) => (
              <span className="row" style={{ flexWrap: 'nowrap' }}>
                <Avatar name={full_name || email || id} />
                <span style={{ minWidth: 0 }}>
                  <Link href={`/users/${id}`} className="primary">
                    {full_name || email || id}
                  </Link>{' '}
                  {is_suspended && <Tag tone="bad">Suspended</Tag>}
                  <span className="sub">{email}</span>
                </span>
              </span>
            ),
          },
          {
            title: 'Roles',
            wide: true,
            cell: ({ roles: keys }) => (
              <span className="row">
                {keys.length === 0 ? '–' : keys.map((key) => <Tag key={key}>{roleName(key)}</Tag>)}
              </span>
            ),
          },
          { title: 'Joined', wide: true, cell: ({ joined_on }) => <Time at={joined_on} /> },
          {
            title: '(Actions)',
            tight: true,
            right: true,
            cell: (member) =>
              mayWrite && (
                <RowActions
                  of={member.full_name || member.email || member.id}
                  actions={[
                    { label: 'Roles', onClick: () => setEditing(member) },
                    { label: 'Remove', isDangerous: true, onClick: () => setRemoving(member) },
                  ]}
                />
              ),
          },
        ]}
        empty={
          role === '' ? (
            <Empty icon="users" title="No members yet" actions={add}>
              Add people who have an account already, or invite others on the Invites tab.
            </Empty>
          ) : (
            <Empty icon="search" title="Nobody here has that role" />
          )
        }
      />
      {dialog.isOpen && <AddMembers organization={organization} close={dialog.close} />}
      {editing && <MemberRoles organization={organization} member={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          verb="Remove"
          what="the member"
          name={removing.full_name || removing.email || removing.id}
          isReversible
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE ${path}/${removing.id}`)
            await refresh('members', 'user', 'users')
            tell('The member was removed.')
            setRemoving(undefined)
          }}
        >
          <p className="soft">The account stays. Roles and permissions in this organization go.</p>
        </DeleteDialog>
      )}
    </Section>
  )
}

interface Found {
  id: string
  first_name: string | null
  last_name: string | null
  email: string | null
}

function AddMembers({ organization, close }: { organization: Organization; close: () => void }) {
  const refresh = useRefresh()
  const roles = useQuery(rolesQuery)
  const [typed, setTyped] = useState('')
  const [wanted] = useDebouncedValue(typed.trim(), 150)
  const [known, setKnown] = useState<Record<string, string>>({})
  const found = useQuery({
    queryKey: ['find-users', wanted],
    queryFn: async () =>
      (await call<{ results?: Found[] }>('GET /api/v1/search/users', { query: { query: wanted, page_size: 20 } }))
        .results ?? [],
    placeholderData: (before) => before,
  })
  const form = useForm({ ids: [] as string[], roles: [] as string[] }, async (values) => {
    await call(`POST /api/v1/organizations/${organization.code}/users`, {
      body: { users: values.ids.map((id) => ({ id, roles: values.roles })) },
    })
    await refresh('members', 'user', 'users')
    tell('Added.')
    close()
  })
  const options = new Map([
    ...form.values.ids.map((id) => [id, known[id] ?? id] as const),
    ...(found.data ?? []).map((user) => [user.id, `${nameOf(user)}${user.email ? ` · ${user.email}` : ''}`] as const),
  ])
  return (
    <FormDialog
      title={`Add members to ${organization.name}`}
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={form.values.ids.length > 0}
    >
      <MultiSelect
        label="People"
        placeholder="Search by name or address"
        data={[...options].map(([value, label]) => ({ value, label }))}
        // The server has searched already.
        filter={({ options: given }) => given}
        value={form.values.ids}
        onChange={(ids) => {
          setKnown({ ...known, ...Object.fromEntries(options) })
          form.set('ids', ids)
        }}
        searchValue={typed}
        onSearchChange={setTyped}
        nothingFoundMessage="Nobody is like that"
        searchable
        data-autofocus
      />
      <MultiSelect
        label="Roles"
        data={(roles.data ?? []).map(({ key, name }) => ({ value: key, label: name }))}
        value={form.values.roles}
        onChange={(keys) => form.set('roles', keys)}
        searchable
      />
    </FormDialog>
  )
}

function MemberRoles({
  organization,
  member,
  close,
}: {
  organization: Organization
  member: Member
  close: () => void
}) {
  const refresh = useRefresh()
  const roles = useQuery(rolesQuery)
  const form = useForm({ roles: member.roles }, async ({ roles: keys }) => {
    const path = `/api/v1/organizations/${organization.code}/users/${member.id}/roles` as const
    const idOf = (key: string) => roles.data?.find((role) => role.key === key)?.id ?? key
    for (const key of keys) {
      if (!member.roles.includes(key)) await call(`POST ${path}`, { body: { role_id: idOf(key) } })
    }
    for (const key of member.roles) if (!keys.includes(key)) await call(`DELETE ${path}/${idOf(key)}`)
    await refresh('members', 'membership')
    tell('The roles were saved.')
    close()
  })
  return (
    <FormDialog
      title={`Roles of ${member.full_name || member.email}`}
      form={form}
      close={close}
      submitLabel="Save roles"
    >
      <MultiSelect
        label="Roles"
        data={(roles.data ?? []).map(({ key, name }) => ({ value: key, label: name }))}
        value={form.values.roles}
        onChange={(keys) => form.set('roles', keys)}
        searchable
        data-autofocus
      />
    </FormDialog>
  )
}
