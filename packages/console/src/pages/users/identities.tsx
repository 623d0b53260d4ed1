import { Button, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { RowActions } from '../../components/row-actions.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import type { User } from './user.ts'

interface Identity {
  id: string
  type: string
  name: string
  email: string | null
  is_confirmed: boolean
  is_primary: boolean | null
  created_on: string
  last_login_on: string | null
  total_logins: number
}

const typeNames: Record<string, string> = { email: 'E-mail', phone: 'Phone', username: 'Username' }

/** The addresses and names with which a person signs in. */
export default function Identities({ user }: { user: User }) {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const refresh = useRefresh()
  const [removing, setRemoving] = useState<Identity>()
  const pages = usePages(['identities', user.id], async (cursor) => {
    const { identities = [], has_more } = await call<{ identities?: Identity[]; has_more?: boolean }>(
      `GET /api/v1/users/${user.id}/identities`,
      { query: { page_size: 50, starting_after: cursor } },
    )
    return { rows: identities, next: has_more ? identities.at(-1)?.id : null }
  })
  const makePrimary = useChange(
    (id: string) => call(`PATCH /api/v1/identities/${id}`, { body: { is_primary: true } }),
    { keys: ['identities', 'user', 'users'], done: 'That is now the primary identity.' },
  )
  const add = mayWrite && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={dialog.open}>
      Add identity
    </Button>
  )
  return (
    <Section title="Identities" lede="The addresses and names with which this person signs in." actions={add}>
      <List
        pages={pages}
        label="Identities"
        noun="identity"
        plural="identities"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Identity',
            cell: ({ name, email, type }) => (
              <>
                <span className="primary">{name || email}</span>
                <span className="sub">{typeNames[type] ?? type}</span>
              </>
            ),
          },
          {
            title: 'State',
            cell: ({ is_confirmed, is_primary }) => (
              <span className="row">
                {is_primary && <Tag tone="accent">Primary</Tag>}
                {is_confirmed ? <Tag tone="good">Verified</Tag> : <Tag tone="warn">Not verified</Tag>}
              </span>
            ),
          },
          { title: 'Sign-ins', wide: true, right: true, cell: ({ total_logins }) => total_logins },
          { title: 'Last used', wide: true, cell: ({ last_login_on }) => <Time at={last_login_on} none="Never" /> },
          {
            title: '(Actions)',
            tight: true,
            right: true,
            cell: (identity) =>
              mayWrite && (
                <RowActions
                  of={identity.name || identity.email || identity.id}
                  actions={[
                    ...(identity.is_primary || identity.type === 'username'
                      ? []
                      : [{ label: 'Make primary', onClick: () => makePrimary.mutate(identity.id) }]),
                    { label: 'Delete', isDangerous: true, onClick: () => setRemoving(identity) },
                  ]}
                />
              ),
          },
        ]}
        empty={
          <Empty icon="mail" title="No identities" actions={add}>
            Without an e-mail address, phone or username this person cannot sign in.
          </Empty>
        }
      />
      {dialog.isOpen && <NewIdentity user={user} close={dialog.close} />}
      {removing && (
        <DeleteDialog
          what="the identity"
          name={removing.name || removing.email || removing.id}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /api/v1/identities/${removing.id}`)
            await refresh('identities', 'user', 'users')
            tell('The identity was deleted.')
            setRemoving(undefined)
          }}
        />
      )}
    </Section>
  )
}

function NewIdentity({ user, close }: { user: User; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm({ type: 'email', value: '' }, async (body) => {
    await call(`POST /api/v1/users/${user.id}/identities`, { body })
    await refresh('identities', 'user', 'users')
    tell('The identity was added.')
    close()
  })
  return (
    <FormDialog
      title="Add an identity"
      form={form}
      close={close}
      submitLabel="Add identity"
      canSubmit={form.values.value !== ''}
    >
      <Select
        label="Type"
        data={Object.entries(typeNames).map(([value, label]) => ({ value, label }))}
        value={form.values.type}
        onChange={(type) => form.set('type', type ?? 'email')}
        allowDeselect={false}
      />
      <TextInput {...form.text('value')} label={typeNames[form.values.type]!} data-autofocus required />
    </FormDialog>
  )
}
