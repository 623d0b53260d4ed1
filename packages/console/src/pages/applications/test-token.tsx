import { Button, MultiSelect, Select } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { Code, Copy } from '../../components/copy.tsx'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { Empty, Loaded, Note, Refusal, Tag } from '../../components/states.tsx'
import { duration, exactTime } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { type Application, accessQuery, apiScopesQuery } from './application.ts'
import { TryOperation } from './try-operation.tsx'

export interface TestToken {
  access_token: string
  expires_in: number
  expires_at: string
  audience: string
  scopes: string[]
  header: Record<string, unknown>
  claims: Record<string, unknown>
}

/** Gets a token as the application would, shows what is in it, and calls an operation with it. */
export default function Test({ application }: { application: Application }) {
  const { mayWrite } = useSession()
  const access = useQuery(accessQuery(application.id))
  const [apiId, setApiId] = useState<string>()
  const [scopes, setScopes] = useState<string[]>([])
  const authorized = (access.data?.apis ?? []).filter(({ is_authorized }) => is_authorized)
  const api =
    authorized.find(({ id }) => id === apiId) ?? authorized.find((each) => each.is_management_api) ?? authorized[0]
  const known = useQuery({ ...apiScopesQuery(api?.id ?? ''), enabled: api !== undefined })
  const token = useMutation({
    mutationFn: () =>
      call<TestToken>(`POST /admin/api/applications/${application.id}/test_token`, {
        body: { api_id: api!.id, ...(scopes.length > 0 ? { scopes } : {}) },
      }),
  })
  if (!mayWrite) {
    return (
      <Empty icon="lock" title="For administrators">
        A test token can do what the application can, so only those who may change things get one.
      </Empty>
    )
  }
  return (
    <Loaded query={access}>
      {() =>
        api === undefined ? (
          <Empty
            icon="apis"
            title="No API to get a token for"
            actions={
              <Link href={`/applications/${application.id}/apis`}>
                <Button component="span">Authorize it for an API</Button>
              </Link>
            }
          >
            The application gets tokens once it is authorized for an API.
          </Empty>
        ) : (
          <div className="stack-wide">
            <Section
              title="Get a test token"
              lede="The same token that the application would get. For trying things out: whoever holds it can do what it says until it runs out."
            >
              <div className="stack">
                <div className="row" style={{ alignItems: 'flex-end' }}>
                  <Select
                    className="grow"
                    label="API"
                    data={authorized.map(({ id, name }) => ({ value: id, label: name }))}
                    value={api.id}
                    onChange={(id) => {
                      setApiId(id ?? undefined)
                      setScopes([])
                    }}
                    allowDeselect={false}
                  />
                  <MultiSelect
                    className="grow"
                    label="Scopes"
                    placeholder={scopes.length === 0 ? 'All that are enabled' : ''}
                    data={(known.data ?? []).filter(({ id }) => api.scope_ids.includes(id)).map(({ key }) => key)}
                    value={scopes}
                    onChange={setScopes}
                    searchable
                    maxDropdownHeight={260}
                  />
                  <Button onClick={() => token.mutate()} loading={token.isPending}>
                    Get token
                  </Button>
                </div>
                {token.isError && <Refusal error={token.error} />}
              </div>
            </Section>
            {token.data && <Decoded token={token.data} />}
            {token.data && api.is_management_api && <TryOperation key={token.data.access_token} token={token.data} />}
          </div>
        )
      }
    </Loaded>
  )
}

function Decoded({ token }: { token: TestToken }) {
  const left = useCountdown(token.expires_at)
  return (
    <Section title="The token" actions={<Copy text={token.access_token} what="the token" label="Copy" />}>
      <div className="stack">
        <Code text={token.access_token} what="the access token" wrap />
        <div className="card">
          <Facts>
            <Fact name="Good for">
              {duration(token.expires_in)}, until {exactTime(token.expires_at)}
              {left <= 0 ? <Tag tone="bad">Run out</Tag> : <Tag tone="good">{clock(left)} left</Tag>}
            </Fact>
            <Fact name="Audience">
              <code>{token.audience}</code>
            </Fact>
            <Fact name="Scopes">
              {token.scopes.length === 0 ? (
                <Tag tone="warn">None: it opens nothing</Tag>
              ) : (
                <details>
                  <summary>{token.scopes.length}</summary>
                  <span className="row" style={{ marginTop: '0.5rem' }}>
                    {token.scopes.map((scope) => (
                      <Tag key={scope}>{scope}</Tag>
                    ))}
                  </span>
                </details>
              )}
            </Fact>
          </Facts>
        </div>
        <div className="halves">
          <div className="stack-narrow">
            <h3 className="small">Header</h3>
            <Code text={JSON.stringify(token.header, null, 2)} what="the header" />
          </div>
          <div className="stack-narrow">
            <h3 className="small">Claims</h3>
            <Code text={JSON.stringify(token.claims, null, 2)} what="the claims" />
          </div>
        </div>
        {left <= 0 && <Note tone="warn">The token has run out. Get another one above.</Note>}
      </div>
    </Section>
  )
}

/** Seconds until a moment, counted down. */
function useCountdown(until: string): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return Math.round((Date.parse(until) - now) / 1000)
}

function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(seconds % 60)}`
}
