import { useQuery } from '@tanstack/react-query'
import { Redirect, Route, Switch, useParams } from 'wouter'
import { call } from '../../api.ts'
import { later } from '../../components/later.tsx'
import { Page, Section } from '../../components/page.tsx'
import { PropertyValues } from '../../components/property-values.tsx'
import { Bones, Loaded, Tag } from '../../components/states.tsx'
import { Profile } from './profile.tsx'
import { nameOf, type User, userQuery } from './user.ts'

const Identities = later(() => import('./identities.tsx'), <Bones />)
const Memberships = later(() => import('./memberships.tsx'), <Bones />)
const Flags = later(() => import('./user-flags.tsx'), <Bones />)
const Security = later(() => import('./security.tsx'), <Bones />)
const Billing = later(() => import('../billing/customers.tsx'), <Bones />)
const ApiKeys = later(() => import('../apis/api-key-list.tsx'), <Bones />)
const Events = later(() => import('./user-events.tsx'), <Bones />)

export default function UserPage() {
  const { id } = useParams<{ id: string }>()
  const user = useQuery(userQuery(id))
  return <Loaded query={user}>{(data) => <Parts user={data} />}</Loaded>
}

function Parts({ user }: { user: User }) {
  const at = `/users/${user.id}`
  const owner = `/api/v1/users/${user.id}` as const
  return (
    <Page
      title={nameOf(user)}
      lede={nameOf(user) === user.preferred_email ? undefined : user.preferred_email}
      parent={{ to: '/users', label: 'Users' }}
      tag={user.is_suspended ? <Tag tone="bad">Suspended</Tag> : <Tag tone="good">Active</Tag>}
      tabs={[
        { to: at, label: 'Profile' },
        { to: `${at}/identities`, label: 'Identities' },
        { to: `${at}/organizations`, label: 'Organizations and roles' },
        { to: `${at}/properties`, label: 'Properties' },
        { to: `${at}/flags`, label: 'Feature flags' },
        { to: `${at}/security`, label: 'Sessions and MFA' },
        { to: `${at}/api-keys`, label: 'API keys' },
        { to: `${at}/billing`, label: 'Billing' },
        { to: `${at}/events`, label: 'Events' },
      ]}
    >
      <Switch>
        <Route path="/users/:id">
          <Profile key={user.id} user={user} />
        </Route>
        <Route path="/users/:id/identities">
          <Identities user={user} />
        </Route>
        <Route path="/users/:id/organizations">
          <Memberships user={user} />
        </Route>
        <Route path="/users/:id/properties">
          <Section title="Properties" lede="Values of your own that belong to this person.">
            <PropertyValues
              owner={owner}
              save={(properties) => call(`PATCH ${owner}/properties`, { body: { properties } })}
            />
          </Section>
        </Route>
        <Route path="/users/:id/flags">
          <Flags user={user} />
        </Route>
        <Route path="/users/:id/security">
          <Security user={user} />
        </Route>
        <Route path="/users/:id/billing">
          <Billing owner={{ user_id: user.id }} />
        </Route>
        <Route path="/users/:id/api-keys">
          <ApiKeys of={nameOf(user)} owner={{ user_id: user.id }} />
        </Route>
        <Route path="/users/:id/events">
          <Events user={user} />
        </Route>
        <Route>
          <Redirect to={at} replace />
        </Route>
      </Switch>
    </Page>
  )
}
