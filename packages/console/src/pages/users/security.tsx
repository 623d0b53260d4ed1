import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { DeleteDialog } from '../../components/dialog.tsx'
import { Section } from '../../components/page.tsx'
import { RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { nameOf, type User } from './user.ts'

interface UserSession {
  session_id: string
  org_code: string | null
  client_id: string
  started_on: string
  updated_on: string
  expires_on: string
  last_ip_address: string
  last_user_agent: string
}

interface Factor {
  id: string
  type: string
  name: string
  /** the organization that asked for it; null: the environment */
  organization_code: string | null
  is_verified: boolean
  last_used_at: string | null
  usage_count: number
}

/** Where a person is signed in, and the second factors that they have set up. */
export default function Security({ user }: { user: User }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const [asking, setAsking] = useState<'sessions' | 'factors' | Factor>()
  const at = `/api/v1/users/${user.id}` as const
  const sessions = useQuery({
    queryKey: ['user-sessions', user.id],
    queryFn: async () => (await call<{ sessions?: UserSession[] }>(`GET ${at}/sessions`)).sessions ?? [],
  })
  const factors = useQuery({
    queryKey: ['factors', user.id],
    queryFn: async () => (await call<{ factors: Factor[] }>(`GET /admin/api/users/${user.id}/factors`)).factors,
  })
  return (
    <div className="stack-wide">
      <Section
        title="Sessions"
        lede="Where this person is signed in."
        actions={
          mayWrite &&
          sessions.data?.length !== 0 && (
            <Button variant="light" color="red" onClick={() => setAsking('sessions')}>
              End all sessions
            </Button>
          )
        }
      >
        <Loaded query={sessions}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="clock" title="No sessions">
                Sessions appear here once the person signs in to one of your applications.
              </Empty>
            ) : (
              <Table
                label="Sessions"
                rows={rows}
                rowKey={({ session_id }) => session_id}
                columns={[
                  {
                    title: 'Device',
                    cell: ({ last_user_agent, last_ip_address }) => (
                      <>
                        <span className="primary">{last_user_agent || 'Unknown'}</span>
                        <span className="sub">{last_ip_address}</span>
                      </>
                    ),
                  },
                  { title: 'Organization', wide: true, cell: ({ org_code }) => org_code ?? '–' },
                  { title: 'Last seen', cell: ({ updated_on }) => <Time at={updated_on} /> },
                  { title: 'Ends', wide: true, cell: ({ expires_on }) => <Time at={expires_on} /> },
                ]}
              />
            )
          }
        </Loaded>
      </Section>
      <Section
        title="Second factors"
        lede="Lost a phone? Remove the factors, and the person sets up new ones at the next sign-in."
        actions={
          mayWrite &&
          factors.data?.length !== 0 && (
            <Button variant="light" color="red" onClick={() => setAsking('factors')}>
              Remove all factors
            </Button>
          )
        }
      >
        <Loaded query={factors}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="lock" title="No second factors">
                This person signs in with one factor alone.
              </Empty>
            ) : (
              <Table
                label="Second factors"
                rows={rows}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Factor', cell: ({ name, type }) => <span className="primary">{name || type}</span> },
                  {
                    title: 'State',
                    cell: ({ is_verified }) =>
                      is_verified ? <Tag tone="good">Verified</Tag> : <Tag tone="warn">Not verified</Tag>,
                  },
                  { title: 'Asked for by', wide: true, cell: ({ organization_code: code }) => code ?? 'Environment' },
                  { title: 'Used', wide: true, right: true, cell: ({ usage_count }) => usage_count },
                  {
                    title: 'Last used',
                    wide: true,
                    cell: ({ last_used_at }) => <Time at={last_used_at} none="Never" />,
                  },
                  {
                    title: '(Actions)',
                    tight: true,
                    right: true,
                    cell: (factor) =>
                      mayWrite && (
                        <RowActions
                          of={factor.name || factor.type}
                          actions={[{ label: 'Remove', isDangerous: true, onClick: () => setAsking(factor) }]}
                        />
                      ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Section>
      {asking === 'sessions' && (
        <DeleteDialog
          verb="End"
          what="all sessions"
          name={nameOf(user)}
          isReversible
          close={() => setAsking(undefined)}
          remove={async () => {
            await call(`DELETE ${at}/sessions`)
            await refresh('user-sessions')
            tell('All sessions were ended.')
            setAsking(undefined)
          }}
        />
      )}
      {asking === 'factors' && (
        <DeleteDialog
          verb="Remove"
          what="all second factors"
          name={nameOf(user)}
          close={() => setAsking(undefined)}
          remove={async () => {
            // Each in its place: the environment's, and those of every organization that asked for one.
            for (const code of new Set(factors.data?.map(({ organization_code }) => organization_code))) {
              await call(`DELETE ${placeOf(user.id, code)}/mfa`)
            }
            await refresh('factors')
            tell('The second factors were removed.')
            setAsking(undefined)
          }}
        />
      )}
      {typeof asking === 'object' && (
        <DeleteDialog
          verb="Remove"
          what="the second factor"
          name={asking.name || asking.type}
          close={() => setAsking(undefined)}
          remove={async () => {
            await call(`DELETE ${placeOf(user.id, asking.organization_code)}/mfa/${asking.id}`)
            await refresh('factors')
            tell('The second factor was removed.')
            setAsking(undefined)
          }}
        >
          <p className="soft">The person sets it up again at the next sign-in that needs it.</p>
        </DeleteDialog>
      )}
    </div>
  )
}

/** Where the factors are that somebody asked a person for. */
function placeOf(userId: string, organizationCode: string | null): `/api/v1/${string}` {
  return organizationCode === null
    ? `/api/v1/users/${userId}`
    : `/api/v1/organizations/${organizationCode}/users/${userId}`
}
