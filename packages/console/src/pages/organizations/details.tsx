import { Button, TextInput } from '@mantine/core'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { Icon } from '../../components/icon.tsx'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { Note } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import type { Organization } from './organization.ts'

/** Names and rules of an organization, and what can be done with it as a whole. */
export function Details({ organization }: { organization: Organization }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    {
      name: organization.name,
      handle: organization.handle ?? '',
      external_id: organization.external_id ?? '',
      sender_name: organization.sender_name ?? '',
      sender_email: organization.sender_email ?? '',
    },
    async ({ handle, sender_name, sender_email, ...values }) => {
      const sender = { sender_name: sender_name || null, sender_email: sender_email || null }
      const path = `/api/v1/organization/${organization.code}` as const
      await call(`PATCH ${path}`, { body: { ...values, ...sender, ...(handle === '' ? {} : { handle }) } })
      if (handle === '' && organization.handle) await call(`DELETE ${path}/handle`)
      await refresh('organization', 'organizations')
      tell('The organization was saved.')
    },
  )
  return (
    <div className="stack-wide">
      <div className="card">
        <Facts>
          <Fact name="Code">
            <Value text={organization.code} what="the code" />
          </Fact>
          <Fact name="Created">
            <Time at={organization.created_on} />
          </Fact>
        </Facts>
      </div>
      <Section title="Settings">
        <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
          <TextInput {...form.text('name')} label="Name" readOnly={!mayWrite} />
          <TextInput {...form.text('handle')} label="Handle" readOnly={!mayWrite} />
          <TextInput {...form.text('external_id')} label="Your own id" readOnly={!mayWrite} />
          <TextInput
            {...form.text('sender_name')}
            label="Sender of e-mails"
            description="The name in which its members get e-mails. Empty: that of the business."
            readOnly={!mayWrite}
          />
          <TextInput {...form.text('sender_email')} label="Address of the sender" type="email" readOnly={!mayWrite} />
          <FormEnd form={form} label="Save organization" />
        </form>
      </Section>
      {mayWrite && <Actions organization={organization} />}
    </div>
  )
}

function Actions({ organization }: { organization: Organization }) {
  const suspending = useDialog('suspend')
  const deleting = useDialog('delete')
  const refresh = useRefresh()
  const [, navigate] = useLocation()
  const path = `/api/v1/organization/${organization.code}` as const
  const setSuspended = useChange((is_suspended: boolean) => call(`PATCH ${path}`, { body: { is_suspended } }), {
    keys: ['organization', 'organizations'],
    done: organization.is_suspended ? 'The organization is active again.' : 'The organization was suspended.',
  })
  return (
    <Section
      title="Organization as a whole"
      lede="While it is suspended its members cannot sign in to it, and its M2M applications get no tokens."
    >
      <div className="actions">
        {organization.is_suspended ? (
          <Button variant="default" loading={setSuspended.isPending} onClick={() => setSuspended.mutate(false)}>
            Lift the suspension
          </Button>
        ) : (
          <Button variant="default" leftSection={<Icon name="lock" size={16} />} onClick={suspending.open}>
            Suspend
          </Button>
        )}
        {!organization.is_default && (
          <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={deleting.open}>
            Delete organization
          </Button>
        )}
      </div>
      {suspending.isOpen && (
        <DeleteDialog
          verb="Suspend"
          what="the organization"
          name={organization.name}
          isReversible
          close={suspending.close}
          remove={async () => {
            await setSuspended.mutateAsync(true)
            suspending.close()
          }}
        >
          <Note tone="warn">Its members cannot sign in to it, and its M2M applications get no tokens.</Note>
        </DeleteDialog>
      )}
      {deleting.isOpen && (
        <DeleteDialog
          what="the organization"
          name={organization.name}
          kind="organization"
          id={organization.code}
          close={deleting.close}
          remove={async () => {
            await call(`DELETE ${path}`)
            navigate('/organizations', { replace: true })
            await refresh('organizations', 'applications')
            tell(`${organization.name} was deleted.`)
          }}
        />
      )}
    </Section>
  )
}
