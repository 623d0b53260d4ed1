import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { useChange } from '../../components/changes.ts'
import { Section } from '../../components/page.tsx'
import { Empty, Loaded } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { type ConnectionRow, connectionsQuery, strategyName } from '../connections/connection.ts'
import { Directory } from './directory.tsx'
import type { Organization } from './organization.ts'

/** The connections by which members sign in, and the directory that says who they are. */
export default function SignIn({ organization }: { organization: Organization }) {
  const path = `/api/v1/organizations/${organization.code}/connections` as const
  const enabled = useQuery({
    queryKey: ['connections', 'of-organization', organization.code],
    queryFn: async () => (await call<{ connections?: ConnectionRow[] }>(`GET ${path}`)).connections ?? [],
  })
  return (
    <div className="stack-wide">
      <Section title="Connections" lede="The ways to sign in to this organization, beside those of the application.">
        <Loaded query={enabled}>{(rows) => <Connections path={path} enabled={rows.map(({ id }) => id)} />}</Loaded>
      </Section>
      <Directory organization={organization} connections={enabled.data ?? []} />
    </div>
  )
}

function Connections({ path, enabled }: { path: `/api/v1/${string}`; enabled: string[] }) {
  const { mayWrite } = useSession()
  const connections = useQuery(connectionsQuery)
  const change = useChange(
    ({ id, isOn }: { id: string; isOn: boolean }) => call(`${isOn ? 'POST' : 'DELETE'} ${path}/${id}`),
    { keys: ['connections'] },
  )
  return (
    <Loaded query={connections}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty icon="connections" title="No connections yet">
            A company signs in with its own accounts by an enterprise connection, such as SAML.{' '}
            <Link href="/connections?dialog=new">Add a connection</Link>
          </Empty>
        ) : (
          <div className="card stack">
            {rows.map(({ id, name, display_name, strategy }) => (
              <Switch
                key={id}
                label={display_name || name}
                description={strategyName(strategy)}
                checked={enabled.includes(id)}
                disabled={!mayWrite || (change.isPending && change.variables.id === id)}
                onChange={(event) => change.mutate({ id, isOn: event.currentTarget.checked })}
              />
            ))}
          </div>
        )
      }
    </Loaded>
  )
}
