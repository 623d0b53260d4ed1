import { Button, Switch, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { Section } from '../../components/page.tsx'
import { Empty, Loaded, Refusal } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import type { Application } from './application.ts'
import { SignInPages } from './sign-in-pages.tsx'

/** Callback and logout addresses, and the connections with which people may sign in. */
export default function SignIn({ application }: { application: Application }) {
  const urls = useQuery({
    queryKey: ['urls', application.id],
    queryFn: async () => {
      const at = `/api/v1/applications/${application.id}` as const
      const [redirect, logout] = await Promise.all([
        call<{ redirect_urls: string[] }>(`GET ${at}/auth_redirect_urls`),
        call<{ logout_urls: string[] }>(`GET ${at}/auth_logout_urls`),
      ])
      return { redirect: redirect.redirect_urls, logout: logout.logout_urls }
    },
  })
  return (
    <div className="stack-wide">
      <Loaded query={urls}>{(data) => <Addresses application={application} {...data} />}</Loaded>
      <SignInPages application={application} />
      <Connections application={application} />
    </div>
  )
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function Addresses({
  application,
  redirect,
  logout,
}: {
  application: Application
  redirect: string[]
  logout: string[]
}) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    {
      redirect_uris: redirect.join('\n'),
      logout_uris: logout.join('\n'),
      login_uri: application.login_uri,
      homepage_uri: application.homepage_uri,
    },
    async (values) => {
      await call(`PATCH /api/v1/applications/${application.id}`, {
        body: {
          redirect_uris: lines(values.redirect_uris),
          logout_uris: lines(values.logout_uris),
          login_uri: values.login_uri,
          homepage_uri: values.homepage_uri,
        },
      })
      await refresh('urls', 'application')
      tell('The addresses were saved.')
    },
  )
  return (
    <Section title="Addresses" lede="Where people may be sent after signing in and out. No other address is taken.">
      <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
        <Textarea
          {...form.text('redirect_uris')}
          label="Callback URLs, one a line"
          placeholder="http://localhost:3000/callback"
          autosize
          minRows={3}
          readOnly={!mayWrite}
        />
        <Textarea
          {...form.text('logout_uris')}
          label="URLs after sign-out, one a line"
          placeholder="http://localhost:3000"
          autosize
          minRows={2}
          readOnly={!mayWrite}
        />
        <TextInput
          {...form.text('login_uri')}
          label="Sign-in URL"
          description="Where a sign-in that got lost starts again."
          readOnly={!mayWrite}
        />
        <TextInput {...form.text('homepage_uri')} label="Home page" readOnly={!mayWrite} />
        {form.refusal !== undefined && <Refusal error={form.refusal} />}
        {mayWrite && (
          <div>
            <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
              Save addresses
            </Button>
          </div>
        )}
      </form>
    </Section>
  )
}

interface Connection {
  id: string
  name: string
  display_name: string
  strategy: string
}

function Connections({ application }: { application: Application }) {
  const { mayWrite } = useSession()
  const path = `/api/v1/applications/${application.id}/connections` as const
  const connections = useQuery({
    queryKey: ['connections', 'of', application.id],
    queryFn: async () => {
      const [all, enabled] = await Promise.all([
        call<{ connections?: Connection[] }>('GET /api/v1/connections', { query: { page_size: 500 } }),
        call<{ connections?: Connection[] }>(`GET ${path}`),
      ])
      const ids = new Set((enabled.connections ?? []).map(({ id }) => id))
      return (all.connections ?? []).map((connection) => ({ ...connection, is_enabled: ids.has(connection.id) }))
    },
  })
  const change = useChange(
    ({ id, isOn }: { id: string; isOn: boolean }) => call(`${isOn ? 'POST' : 'DELETE'} ${path}/${id}`),
    { keys: ['connections'] },
  )
  return (
    <Section title="Connections" lede="The ways to sign in that this application offers.">
      <Loaded query={connections}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="connections" title="No connections yet">
              Add social and enterprise connections under Connections, then choose here which ones this application
              offers.
            </Empty>
          ) : (
            <div className="card stack">
              {rows.map(({ id, display_name, name, strategy, is_enabled }) => (
                <Switch
                  key={id}
                  label={display_name || name}
                  description={strategy}
                  checked={is_enabled}
                  disabled={!mayWrite || change.isPending}
                  onChange={(event) => change.mutate({ id, isOn: event.currentTarget.checked })}
                />
              ))}
            </div>
          )
        }
      </Loaded>
    </Section>
  )
}
