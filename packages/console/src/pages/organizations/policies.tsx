import { useQuery } from '@tanstack/react-query'
import { Section } from '../../components/page.tsx'
import { Loaded } from '../../components/states.tsx'
import { Joining } from './joining.tsx'
import { type Organization, policiesQuery } from './organization.ts'
import { Factors, Passkeys, Sessions } from './security-policies.tsx'

/** What an organization has of its own about joining, signing in and staying signed in. */
export default function Policies({ organization }: { organization: Organization }) {
  const policies = useQuery(policiesQuery(organization.code))
  const { code } = organization
  return (
    <Loaded query={policies} lines={8}>
      {(data) => (
        <div className="stack-wide">
          <Section title="Joining" lede="Who becomes a member without an invitation.">
            <Joining
              key={JSON.stringify([organization, data.is_auto_join_domain_list])}
              organization={organization}
              isByDomain={data.is_auto_join_domain_list}
            />
          </Section>
          <Section title="Second factors" lede="Something besides the first way to sign in.">
            <Factors key={JSON.stringify([data.mfa, data.is_enforce_mfa])} code={code} policies={data} />
          </Section>
          <Section title="Passkeys" lede="Signing in with the lock of the device instead of a password.">
            <Passkeys key={String(data.passkey_policy)} code={code} policies={data} />
          </Section>
          <Section title="Sessions" lede="How long members stay signed in, where the applications would say otherwise.">
            <Sessions key={JSON.stringify(data.sessions)} code={code} sessions={data.sessions} />
          </Section>
        </div>
      )}
    </Loaded>
  )
}
