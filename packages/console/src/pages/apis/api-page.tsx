import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Redirect, Route, Switch, useLocation, useParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { Icon } from '../../components/icon.tsx'
import { Fact, Facts, Page, Section } from '../../components/page.tsx'
import { Loaded, Note, Tag } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { type Api, apiQuery } from './api.ts'
import { ApiApplications } from './api-applications.tsx'
import { ApiScopes } from './api-scopes.tsx'

export default function ApiPage() {
  const { id } = useParams<{ id: string }>()
  const api = useQuery(apiQuery(id))
  return <Loaded query={api}>{(data) => <Parts api={data} />}</Loaded>
}

function Parts({ api }: { api: Api }) {
  const at = `/apis/${api.id}`
  return (
    <Page
      title={api.name}
      parent={{ to: '/apis', label: 'APIs' }}
      tag={api.is_management_api ? <Tag tone="accent">This server</Tag> : undefined}
      tabs={[
        { to: at, label: 'Details' },
        { to: `${at}/scopes`, label: 'Scopes' },
        { to: `${at}/applications`, label: 'Applications' },
      ]}
    >
      <Switch>
        <Route path="/apis/:id">
          <Details api={api} />
        </Route>
        <Route path="/apis/:id/scopes">
          <ApiScopes api={api} />
        </Route>
        <Route path="/apis/:id/applications">
          <ApiApplications api={api} />
        </Route>
        <Route>
          <Redirect to={at} replace />
        </Route>
      </Switch>
    </Page>
  )
}

function Details({ api }: { api: Api }) {
  const { mayWrite, url } = useSession()
  const dialog = useDialog('delete')
  const refresh = useRefresh()
  const [, navigate] = useLocation()
  return (
    <div className="stack-wide">
      <div className="card">
        <Facts>
          <Fact name="API id">
            <Value text={api.id} what="the API id" />
          </Fact>
          <Fact name="Audience">
            <Value text={api.audience} what="the audience" />
          </Fact>
          <Fact name="Issuer">
            <Value text={url} what="the issuer" />
          </Fact>
          <Fact name="Signing keys">
            <Value text={`${url}/.well-known/jwks.json`} what="the address of the signing keys" />
          </Fact>
        </Facts>
      </div>
      <Note>
        To check a token, the API verifies its signature with the signing keys, and that <code>iss</code> is the issuer,{' '}
        <code>aud</code> holds the audience, <code>exp</code> lies ahead and <code>scope</code> holds what the call
        needs.
      </Note>
      {mayWrite && !api.is_management_api && (
        <Section
          title="Delete"
          lede="Applications get no more tokens for it. Tokens that they have run out by themselves."
        >
          <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={dialog.open}>
            Delete API
          </Button>
        </Section>
      )}
      {dialog.isOpen && (
        <DeleteDialog
          what="the API"
          name={api.name}
          kind="api"
          id={api.id}
          close={dialog.close}
          remove={async () => {
            await call(`DELETE /api/v1/apis/${api.id}`)
            navigate('/apis', { replace: true })
            await refresh('apis', 'access')
            tell(`${api.name} was deleted.`)
          }}
        />
      )}
    </div>
  )
}
