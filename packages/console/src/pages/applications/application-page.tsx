import { useQuery } from '@tanstack/react-query'
import { lazy } from 'react'
import { Redirect, Route, Switch, useParams } from 'wouter'
import { Page } from '../../components/page.tsx'
import { Loaded, Tag } from '../../components/states.tsx'
import { type Application, applicationQuery, typeNames } from './application.ts'
import { Details } from './details.tsx'

const Apis = lazy(() => import('./apis.tsx'))
const Scopes = lazy(() => import('./scopes.tsx'))
const Secrets = lazy(() => import('./secrets.tsx'))
const QuickStart = lazy(() => import('./quick-start.tsx'))
const Test = lazy(() => import('./test-token.tsx'))
const Tokens = lazy(() => import('./tokens.tsx'))
const AccessRoles = lazy(() => import('./access-roles.tsx'))
const SignIn = lazy(() => import('./sign-in.tsx'))
const Properties = lazy(() => import('./application-properties.tsx'))

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
