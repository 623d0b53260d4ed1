import { Switch, Textarea } from '@mantine/core'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { useSession } from '../../session/session.tsx'
import type { Organization } from './organization.ts'

/** Who becomes a member of an organization without being invited. */
export function Joining({ organization, isByDomain }: { organization: Organization; isByDomain: boolean }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    {
      is_auto_membership_enabled: organization.is_auto_membership_enabled,
      is_auto_join_domain_list: isByDomain,
      allowed_domains: (organization.allowed_domains ?? []).join('\n'),
    },
    async ({ allowed_domains, ...switches }) => {
      const domains = allowed_domains
        .split('\n')
        .map((domain) => domain.trim())
        .filter(Boolean)
      await call(`PATCH /api/v1/organization/${organization.code}`, {
        body: { ...switches, allowed_domains: domains },
      })
      await refresh('organization', 'organizations')
      tell('The rules for joining were saved.')
    },
  )
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Switch
        {...form.box('is_auto_membership_enabled')}
        label="Whoever signs in with the organization's code joins"
        description="Off: only people who were invited or added."
        disabled={!mayWrite}
      />
      <Switch
        {...form.box('is_auto_join_domain_list')}
        label="Whoever signs up with an address of the domains below joins"
        disabled={!mayWrite}
      />
      <Textarea
        {...form.text('allowed_domains')}
        label="Domains, one a line"
        description="Only addresses of these domains may sign up to the organization. Empty: any."
        placeholder="acme.example"
        autosize
        minRows={2}
        readOnly={!mayWrite}
      />
      <FormEnd form={form} label="Save joining" />
    </form>
  )
}
