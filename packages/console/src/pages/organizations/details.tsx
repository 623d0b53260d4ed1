import { Button, Switch, Textarea, TextInput } from '@mantine/core'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { Note, Refusal } from '../../components/states.tsx'
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
      is_allow_registrations: organization.is_allow_registrations ?? false,
      is_auto_membership_enabled: organization.is_auto_membership_enabled,
      allowed_domains: (organization.allowed_domains ?? []).join('\n'),
    },
    async ({ handle, allowed_domains, ...values }) => {
      const domains = allowed_domains
        .split('\n')
        .map((domain) => domain.trim())
        .filter(Boolean)
      await call(`PATCH /api/v1/organization/${organization.code}`, {
        body: { ...values, allowed_domains: domains, ...(handle === '' ? {} : { handle }) },
      })
      if (handle === '' && organization.handle) await call(`DELETE /api/v1/organization/${organization.code}/handle`)
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
          <Switch {...form.box('is_allow_registrations')} label="People may join by themselves" disabled={!mayWrite} />
          <Switch
            {...form.box('is_auto_membership_enabled')}
            label="People with an address of the domains below become members when they sign in"
            disabled={!mayWrite}
          />
          <Textarea
            {...form.text('allowed_domains')}
            label="Domains, one a line"
            placeholder="acme.example"
            autosize
            minRows={2}
            readOnly={!mayWrite}
          />
          {form.refusal !== undefined && <Refusal error={form.refusal} />}
          {mayWrite && (
            <div>
              <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
                Save organization
              </Button>
            </div>
          )}
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
