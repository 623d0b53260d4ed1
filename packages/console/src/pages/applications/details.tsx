import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Secret, Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { Note, Refusal } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { type Application, accessQuery } from './application.ts'
import { RateLimit } from './rate-limit.tsx'

/** Keys and name of an application, what is left to do until it gets a token, and its end. */
export function Details({ application }: { application: Application }) {
  const { url, mayWrite } = useSession()
  const access = useQuery(accessQuery(application.id))
  return (
    <div className="stack-wide">
      {application.type === 'm2m' && <NextStep application={application} />}
      <Section title="Keys" lede="What the application sends to ask for a token.">
        <div className="card">
          <Facts>
            <Fact name="Domain">
              <Value text={url} what="the domain" />
            </Fact>
            <Fact name="Client id">
              <Value text={application.client_id} what="the client id" />
            </Fact>
            {(application.type === 'm2m' || application.type === 'reg') && (
              <Fact name="Client secret">
                {application.client_secret === '' ? (
                  <span className="soft">{mayWrite ? 'None: add one under Secrets.' : 'Shown to administrators.'}</span>
                ) : (
                  <Secret text={application.client_secret} what="the client secret" />
                )}
              </Fact>
            )}
            <Fact name="Token endpoint">
              <Value text={`${url}/oauth2/token`} what="the token endpoint" />
            </Fact>
            {application.type === 'm2m' && (
              <Fact name="Organization">
                {access.data === undefined ? (
                  <div className="bone" style={{ width: '8rem' }} />
                ) : access.data.org_code === null ? (
                  'General: all organizations'
                ) : (
                  <Link href={`/organizations/${access.data.org_code}`}>{access.data.org_code}</Link>
                )}
              </Fact>
            )}
          </Facts>
        </div>
      </Section>
      {mayWrite && <Name application={application} />}
      <RateLimit application={application} />
      {mayWrite && <Removal application={application} />}
    </div>
  )
}

/** What is missing between a new application and its first good call. */
function NextStep({ application }: { application: Application }) {
  const access = useQuery(accessQuery(application.id))
  if (access.data === undefined) return null
  const authorized = access.data.apis.filter(({ is_authorized }) => is_authorized)
  const withScopes = authorized.filter(({ scope_ids }) => scope_ids.length > 0)
  if (withScopes.length > 0) return null
  const at = `/applications/${application.id}`
  return (
    <Note>
      {authorized.length === 0 ? (
        <>
          <strong>Next: authorize it for an API.</strong> Until then it gets no token.{' '}
          <Link href={`${at}/apis`}>Choose the API</Link>
        </>
      ) : (
        <>
          <strong>Next: choose its scopes.</strong> Its tokens open nothing yet.{' '}
          <Link href={`${at}/apis/${authorized[0]!.id}`}>Choose scopes for {authorized[0]!.name}</Link>
        </>
      )}
    </Note>
  )
}

function Name({ application }: { application: Application }) {
  const refresh = useRefresh()
  const form = useForm({ name: application.name }, async (values) => {
    await call(`PATCH /api/v1/applications/${application.id}`, { body: values })
    await refresh('application', 'applications')
    tell('The name was saved.')
  })
  return (
    <Section title="Name">
      <form onSubmit={form.submit} className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput {...form.text('name')} label="Name of the application" className="grow" maw={420} />
        <Button type="submit" variant="default" loading={form.isBusy} disabled={!form.isChanged}>
          Save name
        </Button>
      </form>
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
    </Section>
  )
}

function Removal({ application }: { application: Application }) {
  const dialog = useDialog('delete')
  const refresh = useRefresh()
  const [, navigate] = useLocation()
  return (
    <Section title="Delete" lede="Its secrets, callback URLs and authorizations go too. Its tokens end here at once.">
      <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={dialog.open}>
        Delete application
      </Button>
      {dialog.isOpen && (
        <DeleteDialog
          what="the application"
          name={application.name}
          kind="application"
          id={application.id}
          close={dialog.close}
          remove={async () => {
            await call(`DELETE /api/v1/applications/${application.id}`)
            navigate('/applications', { replace: true })
            await refresh('applications')
            tell(`${application.name} was deleted.`)
          }}
        />
      )}
    </Section>
  )
}
