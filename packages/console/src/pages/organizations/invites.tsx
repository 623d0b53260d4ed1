import { Modal, MultiSelect, Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Code, Copy } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { rolesQuery } from '../../data/roles.ts'
import { useSession } from '../../session/session.tsx'
import type { Organization } from './organization.ts'

interface Invite {
  id: string
  code: string
  email: string
  full_name: string
  created_on: string
  accepted_on: string | null
  is_revoked: boolean
  invite_link: string
  roles: { key: string; name: string }[]
}

/** Invitations to an organization: by a link that the inviter hands on. */
export default function Invites({ organization }: { organization: Organization }) {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const refresh = useRefresh()
  const [isAll, setAll] = useState(false)
  const [made, setMade] = useState<Invite>()
  const [revoking, setRevoking] = useState<Invite>()
  const path = `/api/v1/organization/${organization.code}/invites` as const
  const pages = usePages(['invites', organization.code, isAll], async (cursor) => {
    const { invites = [], next_token } = await call<{ invites?: Invite[]; next_token?: string | null }>(`GET ${path}`, {
      query: { page_size: 50, next_token: cursor, include_revoked: isAll, include_accepted: isAll },
    })
    return { rows: invites, next: next_token }
  })
  const add = mayWrite && <AddButton label="Invite" onClick={dialog.open} />
  return (
    <Section
      title="Invites"
      lede="Whoever opens the link becomes a member with the roles that are set here."
      actions={add}
    >
      <div className="toolbar">
        <Switch
          label="Show accepted and revoked ones"
          checked={isAll}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      </div>
      <List
        pages={pages}
        label="Invites"
        noun="invite"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Person',
            cell: ({ full_name, email }) => (
              <>
                <span className="primary">{full_name || email}</span>
                {full_name && <span className="sub">{email}</span>}
              </>
            ),
          },
          {
            title: 'State',
            cell: ({ accepted_on, is_revoked }) =>
              accepted_on !== null ? (
                <Tag tone="good">Accepted</Tag>
              ) : is_revoked ? (
                <Tag tone="bad">Ended</Tag>
              ) : (
                <Tag tone="accent">Open</Tag>
              ),
          },
          {
            title: 'Roles',
            wide: true,
            cell: ({ roles }) => (roles.length === 0 ? '–' : roles.map(({ name }) => name).join(', ')),
          },
          { title: 'Made', wide: true, cell: ({ created_on }) => <Time at={created_on} /> },
          {
            title: '(Actions)',
            tight: true,
            right: true,
            cell: (invite) =>
              invite.accepted_on === null &&
              !invite.is_revoked && (
                <span className="row" style={{ flexWrap: 'nowrap', justifyContent: 'flex-end' }}>
                  <Copy text={invite.invite_link} what={`the link for ${invite.email}`} />
                  {mayWrite && (
                    <RowActions
                      of={invite.email}
                      actions={[{ label: 'Revoke', isDangerous: true, onClick: () => setRevoking(invite) }]}
                    />
                  )}
                </span>
              ),
          },
        ]}
        empty={
          <Empty icon="mail" title={isAll ? 'No invites yet' : 'No open invites'} actions={add}>
            Invite people who have no account yet. You get a link to send them; it works for 30 days.
          </Empty>
        }
      />
      {dialog.isOpen && (
        <NewInvite
          path={path}
          close={dialog.close}
          done={async (invite) => {
            await refresh('invites')
            dialog.close()
            setMade(invite)
          }}
        />
      )}
      <Modal opened={made !== undefined} onClose={() => setMade(undefined)} title="The invitation">
        <div className="stack">
          <p>
            Send this link to {made?.email}. This server sends no e-mail by itself, and whoever has the link can accept.
          </p>
          <Code text={made?.invite_link ?? ''} what="the link" wrap />
        </div>
      </Modal>
      {revoking && (
        <DeleteDialog
          verb="Revoke"
          what="the invite"
          name={revoking.email}
          close={() => setRevoking(undefined)}
          remove={async () => {
            await call(`DELETE ${path}/${revoking.code}`)
            await refresh('invites')
            tell('The invite was revoked.')
            setRevoking(undefined)
          }}
        />
      )}
    </Section>
  )
}

function NewInvite({
  path,
  close,
  done,
}: {
  path: `/api/v1/${string}`
  close: () => void
  done: (invite: Invite) => Promise<void>
}) {
  const roles = useQuery(rolesQuery)
  const form = useForm({ email: '', first_name: '', last_name: '', roles: [] as string[] }, async (values) => {
    const { invite } = await call<{ invite: Invite }>(`POST ${path}`, {
      body: { ...values, first_name: values.first_name || null, last_name: values.last_name || null },
    })
    await done(invite)
  })
  return (
    <FormDialog
      title="Invite someone"
      form={form}
      close={close}
      submitLabel="Invite"
      canSubmit={form.values.email !== ''}
    >
      <TextInput {...form.text('email')} label="E-mail" type="email" data-autofocus required />
      <div className="halves" style={{ gap: '0.75rem' }}>
        <TextInput {...form.text('first_name')} label="First name" />
        <TextInput {...form.text('last_name')} label="Last name" />
      </div>
      <MultiSelect
        label="Roles"
        data={(roles.data ?? []).map(({ key, name }) => ({ value: key, label: name }))}
        value={form.values.roles}
        onChange={(keys) => form.set('roles', keys)}
        error={form.fault('roles')}
        searchable
      />
    </FormDialog>
  )
}
