import { Modal, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Administrator, call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Code } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Page, Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { roleNames, useSession } from '../../session/session.tsx'

interface Invite {
  id: string
  email: string
  name: string | null
  role: Administrator['role']
  created_at: string
  expires_at: string
}

const roleOptions = [
  { value: 'read_only', label: 'Read-only: sees everything but secrets' },
  { value: 'administrator', label: 'Administrator: may change everything' },
  { value: 'owner', label: 'Owner: may also make and remove owners' },
]

/** Those who can sign in to this console. */
export default function Administrators() {
  const { mayWrite, isOwner, administrator: me } = useSession()
  const dialog = useDialog('invite')
  const refresh = useRefresh()
  const [link, setLink] = useState<{ title: string; link: string }>()
  const [editing, setEditing] = useState<Administrator>()
  const [removing, setRemoving] = useState<Administrator>()
  const [revoking, setRevoking] = useState<Invite>()
  const administrators = useQuery({
    queryKey: ['administrators'],
    queryFn: async () =>
      (await call<{ administrators: Administrator[] }>('GET /admin/api/administrators')).administrators,
  })
  const invites = useQuery({
    queryKey: ['administrator-invites'],
    queryFn: async () => (await call<{ invites: Invite[] }>('GET /admin/api/invites')).invites,
    enabled: mayWrite,
  })
  const mayChange = ({ role }: { role: Administrator['role'] }) => isOwner || (mayWrite && role !== 'owner')
  const resetLink = async (administrator: Administrator) => {
    const made = await call<{ link: string }>(`POST /admin/api/administrators/${administrator.id}/reset_link`)
    setLink({ title: `A new password for ${administrator.name}`, link: made.link })
  }
  return (
    <Page
      title="Administrators"
      lede="Who can sign in to this console, and what they may do here."
      actions={mayWrite && <AddButton label="Invite" onClick={dialog.open} />}
    >
      <div className="stack-wide">
        <Loaded query={administrators}>
          {(rows) => (
            <Table
              label="Administrators"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Person',
                  cell: ({ id, name, email }) => (
                    <>
                      <span className="primary">{name}</span> {id === me.id && <Tag tone="accent">You</Tag>}
                      <span className="sub">{email}</span>
                    </>
                  ),
                },
                { title: 'Role', cell: ({ role }) => roleNames[role] },
                {
                  title: 'Last signed in',
                  wide: true,
                  cell: ({ last_signed_in_at }) => <Time at={last_signed_in_at} none="Never" />,
                },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (row) =>
                    mayChange(row) &&
                    row.id !== me.id && (
                      <RowActions
                        of={row.name}
                        actions={[
                          { label: 'Role', onClick: () => setEditing(row) },
                          ...(isOwner ? [{ label: 'Reset password', onClick: () => void resetLink(row) }] : []),
                          { label: 'Remove', isDangerous: true, onClick: () => setRemoving(row) },
                        ]}
                      />
                    ),
                },
              ]}
            />
          )}
        </Loaded>
        {(invites.data?.length ?? 0) > 0 && (
          <Section title="Open invitations">
            <Table
              label="Open invitations"
              rows={invites.data}
              rowKey={({ id }) => id}
              columns={[
                { title: 'E-mail', cell: ({ email }) => <span className="primary">{email}</span> },
                { title: 'Role', cell: ({ role }) => roleNames[role] },
                { title: 'Runs out', wide: true, cell: ({ expires_at }) => <Time at={expires_at} /> },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (row) => (
                    <RowActions
                      of={row.email}
                      actions={[{ label: 'Revoke', isDangerous: true, onClick: () => setRevoking(row) }]}
                    />
                  ),
                },
              ]}
            />
          </Section>
        )}
      </div>
      {dialog.isOpen && (
        <Invitation
          close={dialog.close}
          done={async (made) => {
            await refresh('administrator-invites')
            dialog.close()
            setLink({ title: 'The invitation', link: made })
          }}
        />
      )}
      <Modal opened={link !== undefined} onClose={() => setLink(undefined)} title={link?.title}>
        <div className="stack">
          <p>Hand this link on. It is shown this once, and works once.</p>
          <Code text={link?.link ?? ''} what="the link" wrap />
        </div>
      </Modal>
      {editing && <RoleDialog administrator={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          verb="Remove"
          what="the administrator"
          name={removing.name}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /admin/api/administrators/${removing.id}`)
            await refresh('administrators')
            tell(`${removing.name} was removed.`)
            setRemoving(undefined)
          }}
        >
          <p className="soft">All their sessions end at once.</p>
        </DeleteDialog>
      )}
      {revoking && (
        <DeleteDialog
          verb="Revoke"
          what="the invitation"
          name={revoking.email}
          close={() => setRevoking(undefined)}
          remove={async () => {
            await call(`DELETE /admin/api/invites/${revoking.id}`)
            await refresh('administrator-invites')
            tell('The invitation was revoked.')
            setRevoking(undefined)
          }}
        />
      )}
    </Page>
  )
}

function RoleSelect({
  value,
  onChange,
  error,
}: {
  value: string
  onChange: (role: Administrator['role']) => void
  error: string | undefined
}) {
  const { isOwner } = useSession()
  return (
    <Select
      label="Role"
      data={roleOptions.filter((option) => isOwner || option.value !== 'owner')}
      value={value}
      onChange={(role) => onChange((role ?? 'read_only') as Administrator['role'])}
      error={error}
      allowDeselect={false}
    />
  )
}

function Invitation({ close, done }: { close: () => void; done: (link: string) => Promise<void> }) {
  const form = useForm(
    { email: '', name: '', role: 'administrator' as Administrator['role'] },
    async ({ name, ...body }) => {
      const { link } = await call<{ link: string }>('POST /admin/api/invites', {
        body: { ...body, ...(name === '' ? {} : { name }) },
      })
      await done(link)
    },
  )
  return (
    <FormDialog
      title="Invite an administrator"
      form={form}
      close={close}
      submitLabel="Invite"
      canSubmit={form.values.email !== ''}
    >
      <TextInput {...form.text('email')} label="E-mail" type="email" data-autofocus required />
      <TextInput {...form.text('name')} label="Name" />
      <RoleSelect value={form.values.role} onChange={(role) => form.set('role', role)} error={form.fault('role')} />
    </FormDialog>
  )
}

function RoleDialog({ administrator, close }: { administrator: Administrator; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm({ role: administrator.role }, async (body) => {
    await call(`PATCH /admin/api/administrators/${administrator.id}`, { body })
    await refresh('administrators')
    tell('The role was saved.')
    close()
  })
  return (
    <FormDialog title={`Role of ${administrator.name}`} form={form} close={close} submitLabel="Save role">
      <RoleSelect value={form.values.role} onChange={(role) => form.set('role', role)} error={form.fault('role')} />
    </FormDialog>
  )
}
