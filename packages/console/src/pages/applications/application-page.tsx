import { useQuery } from '@tanstack/react-query'
import { Redirect, Route, Switch, useParams } from 'wouter'
import { later } from '../../components/later.tsx'
import { Page } from '../../components/page.tsx'
import { Bones, Loaded, Tag } from '../../components/states.tsx'
import { type Application, applicationQuery, typeNames } from './application.ts'
import { Details } from './details.tsx'

const Apis = later(() => import('./apis.tsx'), <Bones />)
const Scopes = later(() => import('./scopes.tsx'), <Bones />)
const Secrets = later(() => import('./secrets.tsx'), <Bones />)
const QuickStart = later(() => import('./quick-start.tsx'), <Bones />)
const Test = later(() => import('./test-token.tsx'), <Bones />)
const Tokens = later(() => import('./tokens.tsx'), <Bones />)
const AccessRoles = later(() => import('./access-roles.tsx'), <Bones />)
const SignIn = later(() => import('./sign-in.tsx'), <Bones />)
const Properties = later(() => import('./application-properties.tsx'), <Bones />)

export default function ApplicationPage() {
  const { id } = useParams<{ id: string }>()
  const application = useQuery(applicationQuery(id))
  return <Loaded query={application}>{(data) => <Parts application={data} />}</Loaded>
}

function Parts({ application }: { application: Application }) {
  const at = `/applications/${application.id}`
  const isM2m = application.type === 'm2m'
  const hasSecret = isM2m || application.type === 'reg'
  return (
    <Page
      title={application.name}
      parent={{ to: '/applications', label: 'Applications' }}
      tag={<Tag>{typeNames[application.type]}</Tag>}
      tabs={[
        { to: at, label: 'Details' },
        { to: `${at}/apis`, label: 'APIs and scopes' },
        ...(hasSecret ? [{ to: `${at}/secrets`, label: 'Secrets' }] : []),
        ...(isM2m ? [{ to: `${at}/quick-start`, label: 'Quick start' }] : []),
        ...(isM2m ? [{ to: `${at}/test`, label: 'Test' }] : []),
        { to: `${at}/tokens`, label: 'Tokens' },
        ...(isM2m ? [] : [{ to: `${at}/sign-in`, label: 'Sign-in' }]),
        ...(isM2m ? [] : [{ to: `${at}/access-roles`, label: 'Access roles' }]),
        { to: `${at}/properties`, label: 'Properties' },
      ]}
    >
      <Switch>
        <Route path="/applications/:id">
          <Details application={application} />
        </Route>
        <Route path="/applications/:id/apis">
          <Apis application={application} />
        </Route>
        <Route path="/applications/:id/apis/:apiId">
          <Scopes application={application} />
        </Route>
        <Route path="/applications/:id/secrets">
          <Secrets application={application} />
        </Route>
        <Route path="/applications/:id/quick-start">
          <QuickStart application={application} />
        </Route>
        <Route path="/applications/:id/test">
          <Test application={application} />
        </Route>
        <Route path="/applications/:id/sign-in">
          <SignIn application={application} />
        </Route>
        <Route path="/applications/:id/tokens">
          <Tokens application={application} />
        </Route>
        <Route path="/applications/:id/access-roles">
          <AccessRoles application={application} />
        </Route>
        <Route path="/applications/:id/properties">
          <Properties application={application} />
        </Route>
        <Route>
          <Redirect to={at} replace />
        </Route>
      </Switch>
    </Page>
  )
}
