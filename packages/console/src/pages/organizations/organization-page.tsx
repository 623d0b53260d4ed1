import { useQuery } from '@tanstack/react-query'
import { Redirect, Route, Switch, useParams } from 'wouter'
import { call } from '../../api.ts'
import { later } from '../../components/later.tsx'
import { Page, Section } from '../../components/page.tsx'
import { PropertyValues } from '../../components/property-values.tsx'
import { Bones, Loaded, Tag } from '../../components/states.tsx'
import { Details } from './details.tsx'
import { type Organization, organizationQuery } from './organization.ts'

const Members = later(() => import('./members.tsx'), <Bones />)
const Invites = later(() => import('./invites.tsx'), <Bones />)
const Flags = later(() => import('./organization-flags.tsx'), <Bones />)
const Machines = later(() => import('./machines.tsx'), <Bones />)
const Policies = later(() => import('./policies.tsx'), <Bones />)
const SignIn = later(() => import('./sign-in.tsx'), <Bones />)
const Branding = later(() => import('./branding.tsx'), <Bones />)
const Billing = later(() => import('../billing/customers.tsx'), <Bones />)
const ApiKeys = later(() => import('../apis/api-key-list.tsx'), <Bones />)

export default function OrganizationPage() {
  const { id } = useParams<{ id: string }>()
  const organization = useQuery(organizationQuery(id))
  return <Loaded query={organization}>{(data) => <Parts organization={data} />}</Loaded>
}

function Parts({ organization }: { organization: Organization }) {
  const at = `/organizations/${organization.code}`
  const owner = `/api/v1/organizations/${organization.code}` as const
  return (
    <Page
      title={organization.name}
      parent={{ to: '/organizations', label: 'Organizations' }}
      tag={
        organization.is_suspended ? (
          <Tag tone="bad">Suspended</Tag>
        ) : organization.is_default ? (
          <Tag tone="accent">Default</Tag>
        ) : undefined
      }
      tabs={[
        { to: at, label: 'Details' },
        { to: `${at}/members`, label: 'Members' },
        { to: `${at}/invites`, label: 'Invites' },
        { to: `${at}/policies`, label: 'Policies' },
        { to: `${at}/sign-in`, label: 'Sign-in' },
        { to: `${at}/branding`, label: 'Branding' },
        { to: `${at}/flags`, label: 'Feature flags' },
        { to: `${at}/properties`, label: 'Properties' },
        { to: `${at}/applications`, label: 'M2M applications' },
        { to: `${at}/api-keys`, label: 'API keys' },
        { to: `${at}/billing`, label: 'Billing' },
      ]}
    >
      <Switch>
        <Route path="/organizations/:id">
          <Details key={JSON.stringify(organization)} organization={organization} />
        </Route>
        <Route path="/organizations/:id/members">
          <Members organization={organization} />
        </Route>
        <Route path="/organizations/:id/invites">
          <Invites organization={organization} />
        </Route>
        <Route path="/organizations/:id/flags">
          <Flags organization={organization} />
        </Route>
        <Route path="/organizations/:id/properties">
          <Section title="Properties" lede="Values of your own that belong to this organization.">
            <PropertyValues
              owner={owner}
              save={(properties) => call(`PATCH ${owner}/properties`, { body: { properties } })}
            />
          </Section>
        </Route>
        <Route path="/organizations/:id/applications">
          <Machines organization={organization} />
        </Route>
        <Route path="/organizations/:id/policies">
          <Policies organization={organization} />
        </Route>
        <Route path="/organizations/:id/sign-in">
          <SignIn organization={organization} />
        </Route>
        <Route path="/organizations/:id/branding">
          <Branding organization={organization} />
        </Route>
        <Route path="/organizations/:id/billing">
          <Billing owner={{ org_code: organization.code }} />
        </Route>
        <Route path="/organizations/:id/api-keys">
          <ApiKeys of={organization.name} owner={{ org_code: organization.code }} />
        </Route>
        <Route>
          <Redirect to={at} replace />
        </Route>
      </Switch>
    </Page>
  )
}
